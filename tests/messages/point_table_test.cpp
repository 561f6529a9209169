#include "messages/points/point_table.hpp"

#include <catch2/catch.hpp>

#include "messages/points/catalogue.hpp"

namespace point_table_test {

using namespace voltaic::messages;
using namespace voltaic::messages::points;

namespace {

constexpr std::int64_t utc_offset_us = 1'769'860'800'000'000;

catalogue described() {
  return make_catalogue("bms_0", {{.name = "rack_0/cell_voltage",
                                   .channel = "bms_0/CellVoltage",
                                   .unit = "V",
                                   .raw_type = "u16",
                                   .count = 4,
                                   .group_size = 2,
                                   .scale = 0.001},
                                  {.name = "rack_0/current",
                                   .channel = "bms_0/Current",
                                   .unit = "A",
                                   .raw_type = "i16",
                                   .scale = 0.1}});
}

struct said {
  std::uint32_t incarnation = 1;
  std::uint64_t sequence = 1;
  std::int64_t time_us = 1'000;
  std::int64_t source_time_us = 1'000;
};

message cells(const said& when, std::vector<std::uint16_t> words, std::uint32_t first_index = 0) {
  return {.header = {.source = "bms_0",
                     .incarnation = when.incarnation,
                     .sequence = when.sequence,
                     .time = {when.time_us, when.time_us + utc_offset_us}},
          .payload = telemetry{.owner = "bms_0",
                               .fingerprint = described().fingerprint,
                               .blocks = {{.point = 0,
                                           .first_index = first_index,
                                           .source_time_us = when.source_time_us,
                                           .quality = quality::good,
                                           .values = std::move(words)}}}};
}

point_table table_with_catalogue() {
  point_table table;
  table.apply({.header = {.source = "bms_0"}, .payload = described()});
  return table;
}

double first_number(const point_table& table) {
  return table.find("rack_0/cell_voltage")->numbers[0];
}

} // namespace

TEST_CASE("a table holds the newest value with its quality and source time") {
  auto table = table_with_catalogue();
  table.apply(cells({}, {3300, 3301, 3302, 3303}));
  const auto point = *table.find("bms_0/CellVoltage");
  CHECK(point.quality == quality::good);
  CHECK(point.numbers[3] == Approx(3.303));
  CHECK(point.source_time == instant{1'000, 1'000 + utc_offset_us});
  CHECK(table.find("rack_0/module_1:cell_1")->numbers[0] == Approx(3.303));
  CHECK(table.find("rack_0/cell_voltage[3]")->description.name == "rack_0/cell_voltage[3]");
  CHECK(table.statistics().applied == 1);
}

TEST_CASE("a point that nobody spoke of is never, not zero") {
  const auto table = table_with_catalogue();
  const auto point = *table.find("rack_0/cell_voltage");
  CHECK_FALSE(point.received);
  CHECK(point.quality == quality::never);
  CHECK(point.element_quality == std::vector<quality>(4, quality::never));
}

TEST_CASE("the elements that were not yet heard of are never") {
  auto table = table_with_catalogue();
  table.apply(cells({}, {3300, 3301}, 2));
  const auto point = *table.find("rack_0/cell_voltage");
  CHECK(point.quality == quality::never);
  CHECK(point.element_quality[1] == quality::never);
  CHECK(point.element_quality[2] == quality::good);
}

TEST_CASE("signed words are the device's own bits") {
  auto table = table_with_catalogue();
  auto spoken = cells({}, {static_cast<std::uint16_t>(-125)});
  std::get<telemetry>(spoken.payload).blocks[0].point = 1;
  table.apply(spoken);
  CHECK(table.find("rack_0/current")->numbers[0] == Approx(-12.5));
}

TEST_CASE("F-034 a reordered or repeated older sample does not change the state") {
  auto table = table_with_catalogue();
  table.apply(cells({.sequence = 5, .time_us = 5'000}, {3500, 1, 1, 1}));
  table.apply(cells({.sequence = 4, .time_us = 4'000}, {3400, 1, 1, 1}));
  table.apply(cells({.sequence = 5, .time_us = 5'000}, {3400, 1, 1, 1}));
  CHECK(first_number(table) == Approx(3.5));
  CHECK(table.statistics().older == 2);
  table.apply(cells({.sequence = 6, .time_us = 6'000}, {3600, 1, 1, 1}));
  CHECK(first_number(table) == Approx(3.6));
}

TEST_CASE("F-034 a restarted source is accepted, its former life's late samples are not") {
  auto table = table_with_catalogue();
  table.apply(cells({.incarnation = 1, .sequence = 500, .time_us = 5'000}, {3500, 1, 1, 1}));
  table.apply(cells({.incarnation = 2, .sequence = 1, .time_us = 6'000}, {3600, 1, 1, 1}));
  CHECK(first_number(table) == Approx(3.6));
  table.apply(cells({.incarnation = 1, .sequence = 501, .time_us = 5'500}, {3550, 1, 1, 1}));
  CHECK(first_number(table) == Approx(3.6));
  // A node that was started again counts from one in both.
  table.apply(cells({.incarnation = 1, .sequence = 1, .time_us = 7'000}, {3700, 1, 1, 1}));
  CHECK(first_number(table) == Approx(3.7));
}

TEST_CASE("telemetry for another catalogue is refused and counted") {
  auto table = table_with_catalogue();
  auto spoken = cells({}, {3300, 1, 1, 1});
  std::get<telemetry>(spoken.payload).fingerprint += 1;
  table.apply(spoken);
  CHECK(table.statistics().other_fingerprint == 1);
  CHECK_FALSE(table.find("rack_0/cell_voltage")->received);
  std::get<telemetry>(spoken.payload).owner = "bms_9";
  table.apply(spoken);
  CHECK(table.statistics().without_catalogue == 1);
}

TEST_CASE("a catalogue that does not fit its fingerprint is refused") {
  point_table table;
  auto wrong = described();
  wrong.points[0].scale = 1;
  table.apply({.header = {.source = "bms_0"}, .payload = wrong});
  CHECK(table.catalogue_of("bms_0") == nullptr);
  CHECK(table.statistics().other_fingerprint == 1);
}

TEST_CASE("blocks that do not fit their point are refused wholly") {
  auto table = table_with_catalogue();
  table.apply(cells({}, {1, 2, 3, 4, 5}));
  table.apply(cells({}, {1}, 4));
  auto unknown = cells({}, {1});
  std::get<telemetry>(unknown.payload).blocks[0].point = 9;
  table.apply(unknown);
  CHECK(table.statistics().out_of_range == 3);
  CHECK_FALSE(table.find("rack_0/cell_voltage")->received);
}

TEST_CASE("a source that is down shows its last values as stale, until it speaks again") {
  auto table = table_with_catalogue();
  table.apply(cells({}, {3300, 3301, 3302, 3303}));
  table.apply({.payload = snapshot{.kind = snapshot_kind::end,
                                   .sources = {{.source = "bms_0", .alive = false}}}});
  const auto down = *table.find("rack_0/cell_voltage");
  CHECK(down.quality == quality::stale);
  CHECK(down.element_quality == std::vector<quality>(4, quality::stale));
  CHECK(down.source_time.monotonic_us == 1'000);
  CHECK(down.numbers[0] == Approx(3.3));
  table.apply(cells({.sequence = 2, .time_us = 2'000, .source_time_us = 2'000}, {1, 1, 1, 1}));
  CHECK(table.find("rack_0/cell_voltage")->quality == quality::good);
}

TEST_CASE("F-050 publishing again does not refresh the source time") {
  auto table = table_with_catalogue();
  table.apply(cells({.sequence = 1, .time_us = 1'000, .source_time_us = 1'000}, {1, 1, 1, 1}));
  table.apply(cells({.sequence = 2, .time_us = 900'000, .source_time_us = 1'000}, {1, 1, 1, 1}));
  const auto point = *table.find("rack_0/cell_voltage");
  CHECK(table.statistics().applied == 2);
  CHECK(point.source_time == instant{1'000, 1'000 + utc_offset_us});
}

TEST_CASE("patterns select points by either spelling, sorted and once") {
  auto table = table_with_catalogue();
  const auto names = [&](const std::vector<std::string>& patterns) {
    std::vector<std::string> out;
    for (const auto& point : table.select(patterns)) out.push_back(point.description.name);
    return out;
  };
  using list = std::vector<std::string>;
  CHECK(names({}) == list{"rack_0/cell_voltage", "rack_0/current"});
  CHECK(names({"bms_*/C*"}) == list{"rack_0/cell_voltage", "rack_0/current"});
  CHECK(names({"rack_*/cell_*", "rack_0/cell_voltage"}) == list{"rack_0/cell_voltage"});
  CHECK(names({"rack_0/module_1:cell_0"}) == list{"rack_0/cell_voltage[2]"});
  CHECK(names({"nothing"}).empty());
}

TEST_CASE("a new catalogue of an owner starts its points anew") {
  auto table = table_with_catalogue();
  table.apply(cells({}, {1, 1, 1, 1}));
  auto next = described();
  next.points.pop_back();
  next = make_catalogue("bms_0", next.points);
  table.apply({.payload = next});
  CHECK(table.select({}).size() == 1);
  CHECK_FALSE(table.find("rack_0/cell_voltage")->received);
  table.apply({.payload = next});
  CHECK(table.select({}).size() == 1);
}

TEST_CASE("a value that nobody renews is stale to whoever looks at it, whatever its source said") {
  auto about = described();
  about.points[0].period_ms = 200;
  const auto of = make_catalogue("bms_0", about.points);
  const auto shown_at = [&](std::int64_t now_us, std::uint32_t point, utc_quality utc) {
    point_table table;
    table.apply({.header = {.source = "bms_0"}, .payload = of});
    auto said = cells({}, {3'300, 3'301, 3'302, 3'303});
    said.header.utc_quality = utc;
    auto& words = std::get<telemetry>(said.payload);
    words.fingerprint = of.fingerprint;
    if (point == 1) words.blocks[0].values = block::words{5};
    words.blocks[0].point = static_cast<std::uint16_t>(point);
    table.apply(said);
    CHECK(table.select({}).at(point).quality == quality::good); // nobody looks yet
    table.look_at(utc_offset_us + now_us);
    return table.select({}).at(point);
  };
  const auto bound_us = 1'000 + shown_good_us(200);
  CHECK(shown_good_us(200) == 1'000'000);
  CHECK(shown_at(bound_us, 0, utc_quality::unknown).quality == quality::good);
  const auto old = shown_at(bound_us + 1, 0, utc_quality::unknown);
  CHECK(old.quality == quality::stale);
  CHECK(old.element_quality == std::vector<quality>(4, quality::stale));
  CHECK(old.numbers[0] == Approx(3.3)); // it is still shown
  CHECK(shown_at(bound_us + 1, 0, utc_quality::simulated).quality == quality::good);
  CHECK(shown_at(86'400'000'000, 1, utc_quality::unknown).quality == quality::good); // no period
}

} // namespace point_table_test
