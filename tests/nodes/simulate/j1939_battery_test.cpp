#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "nodes/simulate/simulated_can.hpp"
#include "support/played_site.hpp"

// Batteries of J1939 beside a CANopen battery and a rack, on virtual time.
namespace j1939_battery_test {

using namespace voltaic;
using namespace voltaic::nodes;
using nlohmann::json;

namespace {

constexpr const char* site_text = R"([site]
name = "mixed"

[[bus]]
name = "can0"
port = "virtual:can0"
bitrate = 500000

[[bus]]
name = "can1"
port = "virtual:can1"
bitrate = 250000

[[device]]
name = "bms_0"
profile = "profiles/demo_rack.json"
bus = "can0"

[[device]]
name = "bms_1"
profile = "profiles/canopen_418_battery.json"
bus = "can1"
simulate = "canopen"

[[device]]
name = "bms_2"
profile = "profiles/hvess.json"
bus = "can1"
simulate = "j1939"

[[device]]
name = "bms_3"
profile = "profiles/hvess.json"
bus = "can1"
id_offset = 1
simulate = "j1939"

[[rack]]
name = "rack_{0..1}"
device = "bms_{0..1}"
protection = "protection/lfp.toml"

[simulator]
)";

json point_of(const char* channel, const char* unit, double scale, double offset) {
  return {{"channel", channel}, {"type", "u16"}, {"scale", scale}, {"offset", offset},
          {"unit", unit},       {"decimals", 3}, {"period_ms", 20}};
}

/// Two groups of a battery at its preferred address, as plain frames of 29 bits.
json profile() {
  const auto signal = [](const char* point, int start) {
    return json{{"point", point}, {"start", start}, {"length", 16}, {"order", "intel"}};
  };
  return {{"name", "hvess"},
          {"version", 1},
          {"protocol", "can"},
          {"commissioned", false},
          {"points",
           {{"voltage", point_of("Voltage", "V", 0.05, 0)},
            {"current", point_of("Current", "A", -0.05, 1'600)},
            {"soc", point_of("Soc", "%", 0.0015625, 0)},
            {"highest_cell_voltage", point_of("HighestCellVoltage", "V", 0.001, 0)}}},
          {"messages",
           {{{"name", "power"},
             {"id", "0x0CF090F3"},
             {"length", 8},
             {"signals", {signal("voltage", 32), signal("current", 48)}}},
            {{"name", "charge"},
             {"id", "0x0CF091F3"},
             {"length", 8},
             {"signals", {signal("soc", 0), signal("highest_cell_voltage", 16)}}}}}};
}

simulate::equipment_overlay laid(const char* device, const char* point, double value) {
  return {device, point, {}, actors::simulator::equipment_effect::value, value};
}

} // namespace

TEST_CASE("J1939 batteries are read beside a CANopen battery and a rack") {
  tests::played_site site(site_text, "hvess", profile());
  site.pass(5);
  CHECK(site.text("bms_2/voltage") == "52.80");
  CHECK(site.text("bms_3/voltage") == "52.80");
  CHECK(site.text("rack_0/soc") == "50.0");
  CHECK(site.text("rack_1/soc") == "50");
  CHECK(site.running->set(laid("bms_2", "current", 25)));
  CHECK(site.running->set(laid("bms_3", "cell_voltage", 3.5)));
  site.pass(1);
  CHECK(site.text("bms_2/current") == "25.00");
  CHECK(site.text("bms_3/current") == "0.00");
  CHECK(site.text("bms_3/highest_cell_voltage") == "3.500");
  CHECK(site.running->set(laid("bms_2", "claim_battle", 1)));
  site.pass(2);
  CHECK(site.text("bms_3/highest_cell_voltage") == "3.500"); // whose address nobody took
}

TEST_CASE("J1939 batteries of one bus hear each other's claims on virtual time") {
  tests::played_site site(site_text, "hvess", profile());
  simulate::simulated_can::recordings none;
  messages::instant now{1'000'000, 1'000'000};
  simulate::simulated_can can(site.plan, {}, none, now);
  std::set<std::uint32_t> addresses;
  const auto live = [&](int seconds) {
    addresses.clear();
    for (int i = 0; i < seconds * 100; ++i) {
      now = {now.monotonic_us + 10'000, now.utc_us + 10'000};
      can.step(now, [&](const auto&, const auto&, const bus::can::batch& said) {
        for (const auto& frame : said.frames)
          if ((frame.id >> 8 & 0xFFFF) == 0xF090) addresses.insert(frame.id & 0xFF);
      });
    }
  };
  live(2);
  CHECK(addresses == std::set<std::uint32_t>{243, 244});
  CHECK(can.set(laid("bms_2", "claim_battle", 1)));
  live(1);
  live(1);
  CHECK(addresses == std::set<std::uint32_t>{244, 245});
}

TEST_CASE("a row that a simulated J1939 battery cannot do is told, others are taken") {
  tests::played_site site(site_text, "hvess", profile());
  const auto resolve = [&](const std::string& row) {
    const auto read = simulate::parse_trace("t_ms,point,index,value\n" + row + "\n", "rows.csv");
    REQUIRE(std::holds_alternative<simulate::trace>(read));
    return simulate::resolve_trace(std::get<simulate::trace>(read), site.plan, "rows.csv");
  };
  for (const auto* row :
       {"1,bms_2,,silent", "1,bms_2,,release", "1,bms_2/reset,,1", "1,bms_2/cell_voltage,3,3.6",
        "1,bms_2/Current,,invalid", "1,bms_2/soc_error,,1", "1,bms_2/lost_packet,,2",
        "1,bms_2/doubled_packet,,2", "1,bms_2/swapped_packet,,2", "1,bms_2/claim_battle,,3",
        "1,bms_2/second_battery,,1", "1,bms_2/trouble_code,5919,16", "1,bms_2/latched_code,5919,16",
        "1,bms_2/trouble_code,5919,release"}) {
    CAPTURE(row);
    CHECK(std::holds_alternative<std::vector<simulate::deed>>(resolve(row)));
  }
  const std::pair<const char*, std::string_view> refused[] = {
      {"1,bms_2/nothing,,1", "the simulated j1939 has no point or fault 'nothing'"},
      {"1,bms_2,,freeze", "the simulated j1939 cannot do this with bms_2"},
      {"1,bms_2/cell_voltage,16,3", "bms_2/cell_voltage has no element 16"},
      {"1,bms_2/trouble_code,,3", "bms_2/trouble_code needs an index with this value"},
      {"1,bms_2/claim_battle,,300", "the simulated j1939 does not take 300 for bms_2/claim_battle"},
      {"1,bms_2/lost_packet,,0.5", "the simulated j1939 does not take 0.5 for bms_2/lost_packet"}};
  for (const auto& [row, words] : refused) {
    const auto found = resolve(row);
    CAPTURE(row);
    REQUIRE(std::holds_alternative<messages::findings>(found));
    CHECK(std::get<messages::findings>(found).front().text.starts_with(words));
  }
}

} // namespace j1939_battery_test
