#include "messages/points/catalogue.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace points_catalogue_test {

using namespace voltaic::messages;
using namespace voltaic::messages::points;

namespace {

catalogue rack_catalogue() {
  return make_catalogue("bms_0", {{.name = "rack_0/cell_voltage",
                                   .channel = "bms_0/CellVoltage",
                                   .unit = "V",
                                   .raw_type = "u16",
                                   .count = 480,
                                   .group_size = 16,
                                   .scale = 0.001},
                                  {.name = "rack_0/cell_temperature",
                                   .channel = "bms_0/CellTemperature",
                                   .unit = "degC",
                                   .raw_type = "i16",
                                   .count = 240,
                                   .group_size = 8,
                                   .scale = 0.1},
                                  {.name = "rack_0/soc",
                                   .channel = "bms_0/Soc",
                                   .unit = "%",
                                   .raw_type = "u16",
                                   .scale = 0.1}});
}

std::optional<reference> find(const catalogue& where, std::string_view path) {
  return points::find(where, *parse_path(path));
}

} // namespace

TEST_CASE("either spelling finds a point, an index or a scope its element") {
  const auto where = rack_catalogue();
  CHECK(find(where, "rack_0/cell_voltage") == reference{0, {}});
  CHECK(find(where, "bms_0/CellVoltage") == reference{0, {}});
  CHECK(find(where, "bms_0/CellVoltage[17]") == reference{0, 17u});
  CHECK(find(where, "rack_0/cell_voltage:module_1:cell_3") == reference{0, 19u});
  CHECK(find(where, "rack_0/module_1:cell_3") == reference{0, 19u});
  CHECK(find(where, "bms_0/module_1|cell_3") == reference{0, 19u});
  CHECK(find(where, "rack_0/module_1:temperature_3") == reference{1, 11u});
  CHECK(find(where, "rack_0/soc[0]") == reference{2, 0u});
}

TEST_CASE("a computed point is one good name in both spellings, and says how often it comes") {
  const auto soc = describe("rack_0", {"soc", "Soc", "%", 1}, 500'000);
  CHECK(soc == point_description{.name = "rack_0/soc",
                                 .channel = "rack_0/Soc",
                                 .unit = "%",
                                 .raw_type = "f64",
                                 .period_ms = 500,
                                 .category = "operational",
                                 .decimals = 1});
  CHECK(describe("rack_0", {"state", "State", "", 0, "text"}, 1'000).raw_type == "text");
}

TEST_CASE("what is not there is not found") {
  const auto where = rack_catalogue();
  CHECK_FALSE(find(where, "rack_0/cell_voltage[480]"));
  CHECK_FALSE(find(where, "rack_0/cell_voltage:module_30:cell_0"));
  CHECK_FALSE(find(where, "rack_0/cell_voltage:module_0:cell_16"));
  CHECK_FALSE(find(where, "rack_1/module_1:cell_3"));
  CHECK_FALSE(find(where, "rack_0/nothing"));
  CHECK_FALSE(find(where, "rack_0/soc[1]"));
}

TEST_CASE("the fingerprint follows every field and nothing else") {
  const auto where = rack_catalogue();
  CHECK(where.fingerprint == rack_catalogue().fingerprint);
  CHECK(where.fingerprint == fingerprint_of(where));
  const auto differs = [&](auto change) {
    auto other = where;
    change(other.points[0], other);
    return fingerprint_of(other) != where.fingerprint;
  };
  CHECK(differs([](auto& point, auto&) { point.name += "x"; }));
  CHECK(differs([](auto& point, auto&) { point.channel += "x"; }));
  CHECK(differs([](auto& point, auto&) { point.unit += "x"; }));
  CHECK(differs([](auto& point, auto&) { point.raw_type = "i16"; }));
  CHECK(differs([](auto& point, auto&) { point.count = 1; }));
  CHECK(differs([](auto& point, auto&) { point.group_size = 1; }));
  CHECK(differs([](auto& point, auto&) { point.scale = 1; }));
  CHECK(differs([](auto& point, auto&) { point.offset = 1; }));
  CHECK(differs([](auto& point, auto&) { point.period_ms = 1; }));
  CHECK(differs([](auto& point, auto&) { point.category = "x"; }));
  CHECK(differs([](auto& point, auto&) { point.writable = true; }));
  CHECK(differs([](auto& point, auto&) { point.decimals = 7; }));
  CHECK(differs([](auto& point, auto&) { point.texts = {"x"}; }));
  CHECK(differs([](auto&, auto& all) { all.owner = "bms_1"; }));
  CHECK(differs([](auto&, auto& all) { all.points.pop_back(); }));
  CHECK(differs([](auto&, auto& all) { std::swap(all.points[0], all.points[1]); }));
}

TEST_CASE("the fingerprint is FNV-1a, the same on every machine") {
  // Owner "a" (0x61), the end mark 0xFF, and no points.
  std::uint64_t expected = 0xCBF29CE484222325u;
  for (const std::uint64_t byte : {0x61u, 0xFFu}) expected = (expected ^ byte) * 0x100000001B3u;
  CHECK(fingerprint_of({.owner = "a"}) == expected);
}

TEST_CASE("decimals follow from scale and offset") {
  CHECK(decimals_of(0.001, 0) == 3);
  CHECK(decimals_of(0.1, 0) == 1);
  CHECK(decimals_of(1, 0) == 0);
  CHECK(decimals_of(10, -40) == 0);
  CHECK(decimals_of(0.5, 0) == 1);
  CHECK(decimals_of(1, 0.25) == 2);
  CHECK(decimals_of(0.03125, 0) == 5);
  CHECK(decimals_of(1.0 / 3, 0) == decimals_max);
}

TEST_CASE("numbers are printed at their resolution, never 3.3010001") {
  CHECK(number_text(3301 * 0.001, 3) == "3.301");
  for (int raw = 0; raw <= 65535; ++raw) {
    auto expected = std::to_string(raw / 1000) + "." + std::to_string(1000 + raw % 1000).substr(1);
    while (expected.back() == '0' && expected[expected.size() - 2] != '.') expected.pop_back();
    if (number_text(raw * 0.001, 3) != expected) FAIL(raw);
  }
  CHECK(number_text(3.3, 3) == "3.3");
  CHECK(number_text(120, 1) == "120.0");
  CHECK(number_text(88, 0) == "88");
  CHECK(number_text(100, 0) == "100");
  CHECK(number_text(-0.00001, 3) == "0.0");
  CHECK(number_text(-0.5, 1) == "-0.5");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN(), 3) == "null");
  CHECK(fixed_text(3.3, 3) == "3.300");
  CHECK(fixed_text(-0.00001, 3) == "0.000");
  CHECK(fixed_text(std::numeric_limits<double>::quiet_NaN(), 3) == "null");
  CHECK(number_text(std::numeric_limits<double>::infinity(), 3) == "null");
}

} // namespace points_catalogue_test
