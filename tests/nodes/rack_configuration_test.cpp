#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "nodes/process/chain_actors.hpp"
#include "nodes/process/plan_difference.hpp"
#include "nodes/site/configuration.hpp"
#include "nodes/site/load.hpp"
#include "support/one_rack_site.hpp"
#include "support/temporary_folder.hpp"

namespace rack_configuration_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

std::string shipped(const std::string& name) {
  std::ifstream stream(VOLTAIC_SOURCE_FOLDER "/configs/" + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The example of an inverter on CAN, its racks with an emergency stop.
std::string example() {
  auto text = shipped("can_inverter.toml");
  const std::string bus = "dc_bus = \"dc_0\"\n";
  text.insert(text.find(bus), "emergency_stop = \"dio_0/stop\"\n");
  return text + R"(
[[digital]]
name = "dio_0"
chip = "simulated"
[[digital.input]]
name = "stop"
line = 17
debounce = "20ms"
[[digital.output]]
name = "relay"
line = 27
)";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

site::plan plan_of(const std::string& text) {
  auto loaded =
      site::load_text(text, std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/can_inverter.toml");
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
  return std::get<site::plan>(std::move(loaded));
}

messages::configuration::rack_configuration configuration_of(const std::string& text) {
  const auto plan = plan_of(text);
  return site::configuration_of(plan, plan.racks.front());
}

// The racks whose chains `apply` would start anew.
std::size_t racks_touched(const std::string& before, const std::string& after) {
  return process::compare(plan_of(before), plan_of(after), false).racks_touched.size();
}

// The demo with an air conditioner whose room is judged.
class cooled_site {
 public:
  cooled_site() {
    namespace files = std::filesystem;
    files::copy(VOLTAIC_SOURCE_FOLDER "/configs", place / "configs",
                files::copy_options::recursive);
    std::ifstream source(profile_path());
    profile = nlohmann::json::parse(source);
    profile["points"]["room_temperature"]["protection"] = {"room_temperature_high"};
  }

  site::plan plan(const std::string& from = "", const std::string& to = "") {
    std::ofstream(profile_path()) << profile.dump(2);
    const std::string file = place / "configs/demo.toml";
    std::ifstream stream(file);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    if (!from.empty()) text = with(text, from, to);
    auto loaded = site::load_text(text, file);
    if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
    return std::get<site::plan>(std::move(loaded));
  }

  [[nodiscard]] std::string profile_path() const {
    return place / "configs/profiles/demo_hvac.json";
  }

  tests::temporary_folder place;
  nlohmann::json profile;
};

std::size_t racks_touched(const site::plan& before, const site::plan& after) {
  return process::compare(before, after, false).racks_touched.size();
}

} // namespace

TEST_CASE(
    "the configuration of a rack holds how its inputs are wired and what its inverter goes by") {
  const auto found = configuration_of(example());
  CHECK(found.port == "virtual:can0");
  CHECK(found.emergency_stop_wiring == "simulated line 17, normally closed");
  CHECK(found.emergency_stop_debounce_ms == 20);
  CHECK(found.fire_wiring.empty());
  CHECK(found.inverter.starts_with("discover"));
  CHECK(found.inverter_charge_voltage_v == 1'680);
  CHECK(found.inverter_discharge_voltage_v == 1'440);
  CHECK(found.inverter_charge_current_a == 250);
  CHECK(found.inverter_fold_back_v == 20);
  CHECK(found.fallback_charge_current_a == 0);
}

TEST_CASE("an input that is wired otherwise touches the rack that it opens") {
  const auto base = example();
  CHECK(racks_touched(base, with(base, "line = 17\n", "line = 17\nnormally_closed = false\n")) ==
        2);
  CHECK(racks_touched(base, with(base, "line = 17", "line = 18")) == 2);
  CHECK(racks_touched(base, with(base, "\"20ms\"", "\"21ms\"")) == 2);
  CHECK(racks_touched(base, with(base, "\"20ms\"", "\"19ms\"")) == 0);
}

TEST_CASE("a key that resets latches, and another wiring of it, touch the rack that it resets") {
  const auto base = with(example(), "[[digital.output]]\n",
                         "[[digital.input]]\nname = \"key\"\nline = 20\nnormally_closed = false\n"
                         "[[digital.output]]\n");
  const auto keyed =
      with(base, "emergency_stop = ", "reset_key = \"dio_0/key\"\nemergency_stop = ");
  CHECK(configuration_of(base).reset_key.empty());
  CHECK(configuration_of(keyed).reset_key == "dio_0/key (simulated line 20, normally open)");
  CHECK(racks_touched(base, keyed) == 2);
  CHECK(racks_touched(keyed, with(keyed, "line = 20", "line = 21")) == 2);
  CHECK(racks_touched(base, with(base, "line = 20", "line = 21")) == 0); // nobody's key
}

TEST_CASE(
    "an inverter that is loosened touches the racks behind it, one that is tightened does not") {
  const auto base = example();
  CHECK(racks_touched(base, with(base, "charge_voltage = 1680.0", "charge_voltage = 1690.0")) == 2);
  CHECK(racks_touched(base, with(base, "charge_voltage = 1680.0", "charge_voltage = 1670.0")) == 0);
  CHECK(racks_touched(base, with(base, "charge_current_max = 250.0", "")) == 2);
  const std::string relay = "simulate = true\nsafety_relay = \"dio_0/relay\"\n";
  const auto relayed = with(base, "simulate = true\n", relay);
  CHECK(racks_touched(base, relayed) == 0);
  CHECK(racks_touched(relayed, base) == 2);
}

TEST_CASE("[limits] that are loosened touch every rack, that are tightened none") {
  const auto base = example();
  const auto found = configuration_of(base);
  CHECK(found.limits_policy == "smallest_times_active");
  CHECK(found.limits_lost_silent == "hold");
  CHECK(found.limits_lost_invalid == "hold");
  CHECK(found.limits_hold_ms == 60'000);
  const auto stated = [&](const std::string& rules) { return base + "[limits]\n" + rules; };
  CHECK(racks_touched(base, stated("policy = \"sum\"\n")) == 2);
  CHECK(racks_touched(base, stated("lost_silent = \"exclude\"\n")) == 2);
  CHECK(racks_touched(base, stated("lost_invalid = \"exclude\"\n")) == 2);
  CHECK(racks_touched(base, stated("lost_invalid = \"stop\"\n")) == 0);
  CHECK(racks_touched(base, stated("hold = \"10s\"\n")) == 0);
  CHECK(racks_touched(stated("hold = \"10s\"\n"), base) == 2);
  CHECK(racks_touched(stated("lost_silent = \"stop\"\n"), base) == 2);
}

TEST_CASE("equipment that judges racks and is read otherwise touches each of them") {
  cooled_site site;
  const auto before = site.plan();
  REQUIRE(before.racks.size() == 4);
  const auto found = site::configuration_of(before, before.racks.front());
  CHECK(found.equipment.starts_with("hvac_0: voltaic-demo-hvac "));
  CHECK(found.equipment.ends_with(
      " at 127.0.0.1:1512 unit 1; inverter_0 compares the current by inverter_0/current"));
  CHECK(racks_touched(before, site.plan("port = 1512", "port = 1522")) == 4);
  // Who compares the racks' current is not taken away unasked.
  CHECK(racks_touched(before, site.plan("dc_current = \"inverter\"", "")) == 4);
  // The meter judges nothing.
  CHECK(racks_touched(before, site.plan("port = 1513", "port = 1523")) == 0);
  site.profile["points"]["room_temperature"]["scale"] = 0.05;
  CHECK(racks_touched(before, site.plan()) == 4);
}

TEST_CASE("what tells racks of one bus or line apart is a configuration item of each") {
  const auto addresses = [](const std::string& name) {
    const auto plan = plan_of(shipped(name));
    std::vector<std::string> result;
    for (const auto& rack : plan.racks)
      result.push_back(site::configuration_of(plan, rack).address);
    return result;
  };
  const auto packs = addresses("serial_packs.toml");
  CHECK(packs == std::vector<std::string>{"", "2", "3"});
  const auto bridged = addresses("remapped_racks.toml");
  REQUIRE(bridged.size() == 3);
  CHECK(std::set(bridged.begin(), bridged.end()).size() == 3);
  const auto mixed = plan_of(shipped("mixed_batteries.toml"));
  const auto serial = site::configuration_of(mixed, mixed.racks.at(2));
  CHECK(serial.bus == "packs");
  CHECK(serial.port.ends_with("serial_packs"));
}

TEST_CASE("a battery on RS-485 or J1939 that is to be another one touches its rack alone") {
  const auto base = shipped("mixed_batteries.toml");
  CHECK(racks_touched(base, with(base, "address = \"2\"", "address = \"3\"")) == 1);
  const auto named =
      with(base, "simulate = \"j1939\"", "simulate = \"j1939\"\nj1939_identity_number = 1000");
  CHECK(racks_touched(base, named) == 1);
  CHECK(racks_touched(named, with(named, "= 1000", "= 1001")) == 1);
}

TEST_CASE("a rack's contactors are closed again as soon as its profile says, and no sooner") {
  auto holds = configuration_of(example());
  CHECK(process::contactor_rules("rack_0", holds).spacing_us == 10 * messages::us_per_s);
  auto plan = plan_of(example());
  const auto& rack = plan.racks.front();
  for (auto& device : plan.devices) {
    if (device.name != rack.device) continue;
    auto profile = *device.profile;
    REQUIRE(profile.ratings);
    profile.ratings->closing_spacing_s = 2.5;
    device.profile = std::make_shared<messages::profiles::device_profile>(profile);
  }
  holds = site::configuration_of(plan, rack);
  CHECK(process::contactor_rules("rack_0", holds).spacing_us == 2'500'000);
}

TEST_CASE("check warns of contactors that may be closed again within ten seconds") {
  const tests::temporary_folder place;
  for (const auto* folder : {"profiles", "protection"})
    std::filesystem::create_directory(place / folder);
  std::filesystem::copy_file(VOLTAIC_SOURCE_FOLDER "/configs/protection/lfp.toml",
                             place / "protection/lfp.toml");
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/configs/profiles/demo_rack.json");
  auto profile = nlohmann::json::parse(file);
  const auto warnings = [&](double spacing_s) {
    profile["ratings"]["closing_spacing_s"] = spacing_s;
    std::ofstream(place / "profiles/demo_rack.json") << profile.dump();
    const auto plan =
        tests::sound(site::load_text(tests::one_rack_text("spacing"), place / "site.toml"));
    std::string all;
    for (const auto& each : plan.warnings) all += each.text + "\n";
    return all;
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(warnings(2.5), Contains("rack_0 may be closed every 2.5 s, by the profile"));
  CHECK_THAT(warnings(10), !Contains("may be closed every"));
}

} // namespace rack_configuration_test
