#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/load.hpp"
#include "support/command_line.hpp"
#include "support/temporary_folder.hpp"

// A rack's current sensor against what the inverter of its DC bus measures, in whole sites.
namespace current_witness_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::equipment_effect;
using actors::simulator::override_kind;

namespace {

void replace(std::string& text, const std::string& former, const std::string& by) {
  const auto at = text.find(former);
  REQUIRE(at != std::string::npos);
  text.replace(at, former.size(), by);
}

site::plan load(const std::string& text, const std::string& file) {
  auto loaded = site::load_text(text, file);
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
  return std::get<site::plan>(std::move(loaded));
}

const std::string by_inverter = "dc_current = \"inverter\"";
const std::string unasked;

/// The example whose inverter has registers, of so many racks, which have a second evaluator.
site::plan modbus_plan(int racks, const std::string& measured = by_inverter) {
  const std::string file = VOLTAIC_SOURCE_FOLDER "/configs/modbus_inverter.toml";
  auto text = tests::contents(file);
  const auto last = "{0.." + std::to_string(racks - 1) + "}";
  for (const std::string former : {"bms_{0..1}", "rack_{0..1}", "bms_{0..1}"})
    replace(text, "\"" + former + "\"", "\"" + former.substr(0, former.find('{')) + last + "\"");
  replace(text, "{0..1}*0xC0", last + "*0xC0");
  replace(text, "dc_bus = \"dc_0\"\n", "dc_bus = \"dc_0\"\nsecond_evaluator = true\n");
  replace(text, by_inverter, measured);
  return load(text, file);
}

/// An event of protection: when it came, of which rack, and what it said.
struct told {
  std::int64_t ms = 0;
  std::string rack;
  std::string what; ///< "set current_implausible"
  std::string reason;
};

/// A site whose racks are closed, and what its protection says.
struct bench {
  explicit bench(site::plan from) : plan(std::move(from)) {
    simulate::simulation_options how;
    how.duration_ms = 10'000;
    how.out = [](const std::string&) {};
    REQUIRE(simulate::run_simulation(running, plan, how));
    (void)running.take_messages();
  }
  void set(int rack, const std::string& point, double value) {
    REQUIRE(running.set("rack_" + std::to_string(rack), point, std::nullopt, override_kind::value,
                        value));
  }
  void set_all(const std::string& point, double value) {
    for (std::size_t each = 0; each < plan.racks.size(); ++each)
      set(static_cast<int>(each), point, value);
  }
  void pass(int ms) {
    for (int passed = 0; passed < ms; passed += 10) {
      running.step();
      for (const auto& heard : running.take_messages()) {
        const auto* said = std::get_if<messages::event>(&heard.payload);
        if (said == nullptr || said->kind != "protection") continue;
        const auto at_ms = (heard.header.time.monotonic_us - zero_us) / messages::us_per_ms;
        events.push_back({at_ms, said->subject, said->edge + " " + said->candidate, said->reason});
      }
    }
  }
  /// Times count from now on.
  void begin() {
    zero_us = running.now().monotonic_us;
    events.clear();
  }
  const told* find(const std::string& rack, const std::string& what) const {
    const auto found = std::ranges::find_if(
        events, [&](const told& each) { return each.rack == rack && each.what == what; });
    return found == events.end() ? nullptr : &*found;
  }
  double charge_limit(const std::string& rack) const {
    return running.points().find(rack + "/charge_current_limit")->numbers.front();
  }

  site::plan plan;
  simulate::simulated_site running{plan, {}};
  std::int64_t zero_us = 0;
  std::vector<told> events;
};

constexpr const char* is_set = "set current_implausible";
constexpr const char* is_clear = "clear current_implausible";

} // namespace

TEST_CASE(
    "F-148 a sensor that is reversed or ten times too large is told within 10 s by what the "
    "inverter measures") {
  for (const double gain : {-1.0, 10.0, 0.1}) {
    INFO("gain " << gain);
    bench site(modbus_plan(1));
    site.set_all("current", 12);
    site.pass(20'000);
    REQUIRE(site.events.empty());
    site.begin();
    site.set(0, "current_gain", gain);
    site.pass(12'000);
    const auto* alarm = site.find("rack_0", is_set);
    REQUIRE(alarm != nullptr);
    CHECK(alarm->ms > 4'000);
    CHECK(alarm->ms <= 10'000);
    CHECK(alarm->reason.starts_with("inverter_0/current measures 12.0 A, rack_0 shows "));
    CHECK(site.charge_limit("rack_0") == 70);
    // Sound again, it is believed once current flows by which both agree.
    site.set(0, "current_gain", 1);
    site.pass(30'000);
    CHECK(site.find("rack_0", is_clear) != nullptr);
    // Two evaluators hear the same.
    CHECK(site.find("rack_0", "set evaluator_difference") == nullptr);
  }
}

TEST_CASE("F-149 a sensor that dies under a current is told within 1.3 s and both periods") {
  bench site(modbus_plan(2));
  site.set(0, "current", -60);
  site.set(1, "current", -50);
  site.pass(20'000);
  REQUIRE(site.events.empty());
  site.begin();
  site.set(1, "current_gain", 0);
  site.pass(8'000);
  const auto* alarm = site.find("rack_1", is_set);
  REQUIRE(alarm != nullptr);
  // A second in which the register may be old, as it stands still; 300 ms; 100 ms of the rack,
  // 200 ms of the inverter, 50 ms until its link looks again, and a scan.
  CHECK(alarm->ms <= 1'000 + 300 + 100 + 200 + 50 + 100);
  CHECK(alarm->reason.find("rack_1 shows 0.0 A, together -60.0 A") != std::string::npos);
  // No reversal or factor of two of the other one explains it.
  CHECK(site.find("rack_0", is_set) == nullptr);
}

TEST_CASE(
    "F-149 a register that shows for a second what flowed before alarms and latches nothing") {
  bench site(modbus_plan(2));
  site.begin();
  for (int round = 0; round < 7; ++round) {
    site.set_all("current", 60);
    site.pass(8'000);
    REQUIRE(site.running.set({"inverter_0", "current", std::nullopt, equipment_effect::freeze, 0}));
    site.pass(100);
    site.set_all("current", 0);
    site.pass(900);
    REQUIRE(
        site.running.set({"inverter_0", "current", std::nullopt, equipment_effect::release, 0}));
    site.pass(5'000);
  }
  for (const auto& each : site.events)
    CHECK(each.what.find("current_implausible") == std::string::npos);
}

TEST_CASE("F-148 a reversed rack is meant although its neighbours stand at zero") {
  bench site(modbus_plan(4));
  site.set(0, "current", -30);
  for (int rack = 1; rack < 4; ++rack) site.set(rack, "current", 0);
  site.pass(10'000);
  site.begin();
  site.set(0, "current_gain", GENERATE(-1.0, 2.5));
  site.pass(10'000);
  CHECK(site.find("rack_0", is_set) != nullptr);
  CHECK(site.charge_limit("rack_0") == 70);
}

TEST_CASE("F-149 a chain that starts anew goes on with the doubt that stands") {
  bench site(modbus_plan(2));
  site.set_all("current", 60);
  site.pass(10'000);
  site.set(1, "current_gain", 0);
  site.pass(8'000);
  // Nothing flows by which it could be told again.
  site.set_all("current", 0);
  site.pass(5'000);
  REQUIRE(site.charge_limit("rack_1") == 70);
  site.begin();
  REQUIRE(site.running.kill("rack_1"));
  site.pass(20'000);
  CHECK(site.find("rack_1", is_set) != nullptr);
  CHECK(site.charge_limit("rack_1") <= 70);
}

TEST_CASE("F-148 of four racks all are meant that one reversed sensor could be, and nobody opens") {
  bench site(modbus_plan(4));
  site.set_all("current", 40);
  site.pass(20'000);
  site.begin();
  site.set(2, "current_gain", -1);
  site.pass(10'000);
  for (const auto& rack : site.plan.racks) {
    CHECK(site.find(rack.name, is_set) != nullptr);
    CHECK(messages::points::value_text(*site.running.points().find(rack.name + "/contactor")) ==
          "closed");
  }
}

TEST_CASE("an inverter whose current is not known, or of no quality, sets no alarm") {
  for (const auto effect : {equipment_effect::silent, equipment_effect::exception}) {
    bench site(modbus_plan(1));
    site.set_all("current", 50);
    site.pass(10'000);
    REQUIRE(site.running.set({"inverter_0", "current", std::nullopt, effect, 2}));
    site.pass(5'000);
    site.begin();
    site.set(0, "current_gain", -1);
    site.pass(15'000);
    CHECK(site.find("rack_0", is_set) == nullptr);
  }
}

TEST_CASE("racks that come, go and change their current under an inverter alarm nobody") {
  bench site(modbus_plan(3));
  site.begin();
  for (const double current_a : {50.0, -30.0, 0.0, 90.0, 2.0, -90.0, 0.0, 15.0}) {
    site.set_all("current", current_a);
    site.pass(1'730);
  }
  site.set_all("current", 0);
  auto open = simulate::make_command("open", "rack_1", 1);
  open.deadline_utc_us = site.running.now().utc_us + simulate::command_deadline_us;
  site.running.send(std::move(open));
  site.pass(8'000);
  site.set(0, "current", 60);
  site.set(2, "current", 60);
  site.pass(20'000);
  for (const auto& each : site.events) CHECK(each.what != is_set);
}

TEST_CASE("F-148 nothing is compared where the site file does not ask for it, and that is noted") {
  const auto is_noted = [](const site::plan& of) {
    return std::ranges::any_of(of.warnings, [](const messages::finding& each) {
      return each.text.starts_with("inverter: its current says whether the racks' current sensors");
    });
  };
  auto silent = modbus_plan(2, unasked);
  CHECK(is_noted(silent));
  bench site(std::move(silent));
  // Solar power on the DC bus charges both racks while the inverter stands still.
  site.set_all("current", -20);
  REQUIRE(site.running.set({"inverter_0", "current", std::nullopt, equipment_effect::value, 0}));
  site.pass(15'000);
  CHECK(site.find("rack_0", is_set) == nullptr);
  CHECK(site.find("rack_1", is_set) == nullptr);
  CHECK(site.charge_limit("rack_0") == 140);
  CHECK_FALSE(site.running.points().find("inverter_0/current_check").has_value());
  CHECK_FALSE(is_noted(modbus_plan(2)));
}

TEST_CASE("one word has the inverter's own current compared, where only its racks are on the bus") {
  const std::string file = VOLTAIC_SOURCE_FOLDER "/configs/demo.toml";
  auto text = tests::contents(file);
  const auto whole = load(text, file);
  CHECK(whole.inverters.front().measured.current == "inverter_0/current");
  for (const auto& rack : whole.racks) {
    CHECK(site::current_witness_of(whole, rack) == &whole.inverters.front());
    // It hears its inverter, and no other rack's cells.
    CHECK(whole.find_node(rack.node)->hears_others);
    CHECK_FALSE(whole.find_node(rack.node)->hears_chains);
  }
  replace(text, "device = \"inverter_0\"\n",
          "device = \"inverter_0\"\nracks = [\"rack_{0..1}\"]\n");
  for (const auto& stated : {by_inverter, std::string("dc_current = \"inverter_0/current\"")}) {
    auto part = text;
    replace(part, by_inverter, stated);
    const auto refused = site::load_text(part, file);
    const auto* findings = std::get_if<messages::findings>(&refused);
    REQUIRE(findings != nullptr);
    CHECK(findings->front().text ==
          "dc_current: rack_2 is on the same DC bus and not behind inverter_0, whose current is "
          "not that of its racks alone");
  }
  // Unasked, it is neither compared nor noted.
  replace(text, by_inverter, unasked);
  const auto part = load(text, file);
  CHECK_FALSE(part.inverters.front().measured.is_known());
  CHECK_FALSE(part.find_node("rack_0")->hears_others);
  CHECK(part.warnings.empty());
}

TEST_CASE("a current that comes too seldom for F-148 is warned of") {
  namespace files = std::filesystem;
  const tests::temporary_folder place;
  files::copy(VOLTAIC_SOURCE_FOLDER "/configs", place / "configs", files::copy_options::recursive);
  const auto profile_file = place / "configs/profiles/demo_inverter.json";
  auto profile = nlohmann::json::parse(tests::contents(profile_file));
  profile["points"]["current"]["period_ms"] = 4'000;
  profile["points"]["current"]["period_reason"] = "a slow register";
  std::ofstream(profile_file) << profile.dump(2);
  const auto file = place / "configs/modbus_inverter.toml";
  const auto plan = load(tests::contents(file), file);
  CHECK(std::ranges::any_of(plan.warnings, [](const messages::finding& each) {
    return each.text.starts_with("dc_current: inverter_0/current comes every 4000 ms");
  }));
}

TEST_CASE("F-148 power by voltage is a current as well") {
  namespace files = std::filesystem;
  const tests::temporary_folder place;
  files::copy(VOLTAIC_SOURCE_FOLDER "/configs", place / "configs", files::copy_options::recursive);
  const auto file = place / "configs/modbus_inverter.toml";
  auto text = tests::contents(file);
  replace(text, by_inverter,
          "dc_power = \"inverter_0/power\"\ndc_voltage = \"inverter_0/voltage\"");
  bench site(load(text, file));
  // The simulated inverter gives no power by itself: no current at 1,580 V.
  site.set_all("current", 50);
  site.begin();
  site.pass(12'000);
  const auto* alarm = site.find("rack_0", is_set);
  REQUIRE(alarm != nullptr);
  CHECK(alarm->reason.starts_with(
      "inverter_0/power by inverter_0/voltage measures 0.0 A, rack_0 shows 50.0 A"));
}

TEST_CASE("F-148 a CAN inverter that sends its battery current is a witness by its frames") {
  namespace files = std::filesystem;
  const tests::temporary_folder place;
  files::copy(VOLTAIC_SOURCE_FOLDER "/configs", place / "configs", files::copy_options::recursive);
  const auto profile_file = place / "configs/inverters/discover.json";
  auto profile = nlohmann::json::parse(tests::contents(profile_file));
  profile["received"] = nlohmann::json::parse(R"([{"id": "0x305", "length": 8, "fields": [
      {"item": "inverter_voltage", "byte": 0, "signed": true, "scale": 0.1},
      {"item": "inverter_current", "byte": 2, "signed": true, "scale": 0.1}]}])");
  std::ofstream(profile_file) << profile.dump(2);
  const auto file = place / "configs/can_inverter.toml";
  auto text = tests::contents(file);
  replace(text, "\nfold_back = 20.0", "\n" + by_inverter + "\nfold_back = 20.0");
  bench site(load(text, file));
  site.set_all("current", 45);
  site.pass(20'000);
  REQUIRE(site.events.empty());
  site.begin();
  site.set(0, "current_gain", -1);
  site.set(1, "current_gain", -1);
  site.pass(12'000);
  const auto* alarm = site.find("rack_0", is_set);
  REQUIRE(alarm != nullptr);
  CHECK(alarm->ms <= 10'000);
  CHECK(alarm->reason.starts_with("inverter_0 measures 90.0 A, rack_0 shows -45.0 A"));
}

} // namespace current_witness_test
