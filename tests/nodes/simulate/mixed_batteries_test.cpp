#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/played_rows.hpp"

// Batteries of several languages beside each other, on virtual time: configs/mixed_batteries.toml.
namespace mixed_batteries_test {

using namespace voltaic;
using nlohmann::json;
using tests::contactor_of;
using tests::time_of;

namespace {

std::vector<json> play(const std::string& rows, std::uint32_t duration_ms) {
  return tests::play_rows(tests::site_of_configs("mixed_batteries"), rows, duration_ms);
}

json fault_of(const std::string& rack) {
  return {{"kind", "protection"},
          {"rack", rack},
          {"candidate", "cell_overvoltage"},
          {"level", "fault"},
          {"edge", "set"}};
}

} // namespace

TEST_CASE("a cell that is too high opens the rack of its language, and no other is disturbed") {
  struct row {
    const char* point;
    std::string rack;
  };
  const row rows[] = {{"bms_0/cell_voltage", "rack_0"},
                      {"bms_1/cell_voltage", "rack_1"},
                      {"pack_0/cell_voltage", "rack_2"},
                      {"bms_2/cell_voltage", "rack_3"}};
  for (const auto& each : rows) {
    INFO(each.point);
    const auto said = play(std::string("5000,") + each.point + ",3,3.80\n", 12'000);
    const auto fault_ms = time_of(said, fault_of(each.rack));
    CHECK(fault_ms >= 5'000);
    CHECK(time_of(said, contactor_of(each.rack.c_str(), "open")) >= fault_ms);
    for (const auto& other : rows)
      if (other.rack != each.rack) CHECK(time_of(said, {{"rack", other.rack}}) == -1);
  }
}

TEST_CASE("racks of four languages are opened and closed by a person, each by itself") {
  const auto said = play(
      "5000,command,,open rack_1\n7000,command,,open rack_3\n9000,command,,open rack_0\n"
      "11000,command,,open rack_2\n20000,command,,close rack_1\n25000,command,,close rack_3\n"
      "30000,command,,close rack_0\n35000,command,,close rack_2\n",
      60'000);
  for (const auto* rack : {"rack_0", "rack_1", "rack_2", "rack_3"}) {
    INFO(rack);
    const auto open_ms = time_of(said, contactor_of(rack, "open"));
    CHECK(open_ms >= 5'000);
    CHECK(time_of(said, contactor_of(rack, "closed")) > open_ms);
  }
}

TEST_CASE("a battery on RS-485 that nobody hears ages alone, and is believed again") {
  for (const auto* effect : {"silent", "checksum", "half_frame"}) {
    INFO(effect);
    const auto said =
        play("5000,pack_0,," + std::string(effect) + "\n12000,pack_0,,release\n", 25'000);
    const json loss = {{"candidate", "communication_loss"}, {"rack", "rack_2"}, {"edge", "set"}};
    const json back = {{"candidate", "communication_loss"}, {"rack", "rack_2"}, {"edge", "clear"}};
    CHECK(time_of(said, loss) >= 5'000);
    CHECK(time_of(said, back) >= 12'000);
    CHECK(time_of(said, {{"rack", "rack_0"}}) == -1);
    CHECK(time_of(said, {{"rack", "rack_1"}}) == -1);
    CHECK(time_of(said, {{"rack", "rack_3"}}) == -1);
  }
}

TEST_CASE("a J1939 battery stays closed for minutes, and opens when it is silent") {
  const auto said = play("120000,bms_2,,silent\n", 125'000);
  const auto first_ms = time_of(said, {{"kind", "contactor"}, {"rack", "rack_3"}});
  CHECK(first_ms >= 120'000);
  CHECK(time_of(said, {{"rack", "rack_1"}}) == -1);
}

TEST_CASE(
    "a battery on RS-485 keeps closed by its lease, and falls open when its orders are lost") {
  const auto said = play("120000,pack_0,,silent\n130000,pack_0,,release\n", 140'000);
  const auto first_ms = time_of(said, {{"kind", "contactor"}, {"rack", "rack_2"}});
  CHECK(first_ms >= 120'000);
  const auto open_ms = time_of(said, contactor_of("rack_2", "open"));
  CHECK(open_ms >= 122'000); // its lease is 2 s
}

TEST_CASE("noise around the answers of RS-485 is passed over") {
  const auto said = play("5000,pack_0,,noise\n", 20'000);
  CHECK(time_of(said, {{"rack", "rack_2"}}) == -1);
}

} // namespace mixed_batteries_test
