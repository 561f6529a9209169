#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <variant>
#include <vector>

#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/load.hpp"
#include "support/temporary_folder.hpp"

namespace modbus_inverter_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::equipment_effect;
using actors::simulator::override_kind;

// An inverter that is told by its registers, simulated as the demo has it.
namespace {

std::string text_of(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The example with `more` in the table of its inverter.
site::plan modbus_example(const std::string& more) {
  const auto file = std::string(VOLTAIC_SOURCE_FOLDER "/configs/modbus_inverter.toml");
  auto text = text_of(file);
  const std::string table = "[[inverter]]\n";
  text.insert(text.find(table) + table.size(), more);
  auto loaded = site::load_text(text, file);
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
  return std::get<site::plan>(std::move(loaded));
}

struct modbus_bench {
  site::plan plan;
  simulate::simulated_site site{plan, {}};

  explicit modbus_bench(const std::string& more = "") : plan(modbus_example(more)) {
    simulate::simulation_options how;
    how.duration_ms = 10'000;
    how.out = [](const std::string&) {};
    REQUIRE(simulate::run_simulation(site, plan, how));
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds * 100; ++i) site.step();
  }
  [[nodiscard]] double number(const std::string& point) const {
    const auto found = site.points().find("inverter_0/" + point);
    REQUIRE(found);
    REQUIRE_FALSE(found->numbers.empty());
    return found->numbers.front();
  }
  [[nodiscard]] std::string text(const std::string& point) const {
    const auto found = site.points().find(point);
    REQUIRE(found);
    return found->text;
  }
  void feed(const std::string& point, double value) {
    REQUIRE(site.set(
        simulate::equipment_overlay{"inverter_0", point, {}, equipment_effect::value, value}));
  }
  /// How many commands became known since this was last asked: results and their events.
  [[nodiscard]] std::size_t commands_told() {
    std::size_t count = 0;
    for (const auto& message : site.take_messages()) {
      const auto* event = std::get_if<messages::event>(&message.payload);
      count += event != nullptr && event->kind == "command" ? 1 : 0;
    }
    return count;
  }
  void set_limit(const std::string& user, double amperes, std::uint64_t lease_ms) {
    messages::command command;
    command.id = command.key = user;
    command.target = "command";
    command.operation = "set";
    command.point = "rack_0/charge_current_limit";
    command.value = amperes;
    command.lease_ms = lease_ms;
    command.deadline_utc_us = site.now().utc_us + 5 * messages::us_per_s;
    command.role = "service";
    command.user = user;
    site.send(std::move(command));
  }
};

} // namespace

TEST_CASE("a Modbus inverter's registers hold every limit that it is told") {
  modbus_bench on;
  on.pass(5);
  for (const auto* limit :
       {"charge_current_limit", "discharge_current_limit", "charge_voltage_limit",
        "discharge_voltage_limit", "charge_power_limit", "discharge_power_limit"}) {
    CAPTURE(limit);
    // Registers hold no more than 100 kW.
    CHECK(on.number(limit) == Approx(std::min(on.number(std::string("told_") + limit), 100'000.0)));
  }
  // The racks' own are tighter than those of the site file.
  CHECK(on.number("charge_voltage_limit") == 1656);
  CHECK(on.number("discharge_voltage_limit") == Approx(1497.6));
  // What it charges to is read back.
  CHECK(on.number("absorption_voltage") == 1656);
}

TEST_CASE("a Modbus inverter gets a heartbeat each second, and nobody keeps a record of it") {
  modbus_bench on;
  static_cast<void>(on.commands_told());
  const double before = on.number("heartbeat");
  on.pass(20);
  const double beats = on.number("heartbeat") - before;
  CHECK(beats >= 18);
  CHECK(beats <= 21);
  CHECK(on.commands_told() == 0);
  CHECK(on.text("inverter_0/bms_communication") == "Normal");
}

TEST_CASE("F-167 a Modbus inverter goes to zero by itself when its link's heartbeat ends") {
  modbus_bench on("node = \"link_0\"\n");
  on.feed("run", 1);
  on.feed("power_setpoint", 50'000);
  on.pass(5);
  REQUIRE(on.number("power") == 50'000);
  // The link dies whenever it comes back.
  const auto without_link = [&](int seconds) {
    for (int i = 0; i < seconds * 100; ++i) {
      static_cast<void>(on.site.kill("link_0"));
      on.site.step();
    }
  };
  without_link(8);
  CHECK(on.number("state") == 2);
  without_link(4);
  CHECK(on.number("state") == 3);
  CHECK(on.number("power") == 0);
  // A minute later its limits are zero as well, whatever its own watch does.
  without_link(55);
  CHECK(on.number("discharge_current_limit") == 0);
  CHECK(on.number("charge_current_limit") == 0);
  CHECK(on.text("rack_0/contactor") == "closed");
  on.pass(15);
  CHECK(on.number("power") == 50'000);
}

TEST_CASE("a limit of a rack that somebody set is named to the inverter with its owner") {
  modbus_bench on;
  on.set_limit("anna", 20, 60'000);
  on.pass(5);
  // Two racks share it.
  CHECK(on.number("charge_current_limit") == 40);
  const auto why = on.text("inverter_0/charge_bounds");
  CHECK(why.starts_with("setpoint 40.0 A rack_0 set to 20 A by anna until "));
  on.pass(90);
  CHECK(on.number("charge_current_limit") == 100);
  CHECK(on.text("inverter_0/charge_bounds").starts_with("inverter 100.0 A its rating"));
}

TEST_CASE("a Modbus inverter's registers stand still while the battery's voltage moves a little") {
  modbus_bench on;
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(on.site.set(rack, "cell_voltage", std::nullopt, override_kind::value, 3.61));
  on.pass(10);
  CHECK(on.number("charge_current_limit") == 0);
  const double told = on.number("charge_voltage_limit");
  CHECK(told > 1440);
  CHECK(told <= 1680);
  for (const double volts : {1580.0, 1580.4, 1579.7}) {
    for (const auto* rack : {"rack_0", "rack_1"})
      REQUIRE(on.site.set(rack, "voltage", std::nullopt, override_kind::value, volts));
    on.pass(3);
    CHECK(on.number("charge_voltage_limit") == Approx(1580).margin(5));
  }
}

namespace {

/// The example beside a table of its own; its rack 0 opened, and closed again.
struct partners_bench {
  tests::temporary_folder place;
  site::plan plan;

  explicit partners_bench(const std::string& model, bool compatible) {
    for (const auto* part : {"profiles", "protection", "inverters"})
      std::filesystem::copy(std::string(VOLTAIC_SOURCE_FOLDER "/configs/") + part,
                            place.path() / part);
    std::ofstream(place / "inverters/compatibility.json")
        << R"({"pairs": [{"battery": "voltaic-demo-rack", "inverter": "voltaic-demo-inverter",
               "inverter_model": ")"
        << model << R"(", "compatible": )" << (compatible ? "true" : "false") << "}]}";
    auto loaded = site::load_text(text_of(VOLTAIC_SOURCE_FOLDER "/configs/modbus_inverter.toml"),
                                  place / "site.toml");
    if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
    plan = std::get<site::plan>(std::move(loaded));
  }
};

std::vector<messages::result> order(simulate::simulated_site& site, const std::string& word,
                                    std::size_t number) {
  auto asked = simulate::make_command(word, "rack_0", number);
  asked.deadline_utc_us = site.now().utc_us + simulate::command_deadline_us;
  site.send(std::move(asked));
  std::vector<messages::result> results;
  for (int steps = 0; steps < 400; ++steps) {
    site.step();
    for (const auto& heard : site.take_messages())
      if (const auto* told = std::get_if<messages::result>(&heard.payload))
        if (told->key.find("inverter") == std::string::npos) results.push_back(*told);
  }
  return results;
}

} // namespace

TEST_CASE("who a Modbus inverter is, is read from it: a known one closes, a bad one does not") {
  struct expected {
    std::string model;
    bool compatible;
    std::string told;
    messages::outcome closing;
  };
  using messages::outcome;
  for (const auto& [model, compatible, told, closing] :
       {expected{"SIM-100", true, "compatible", outcome::done},
        expected{"SIM-200", true, "unknown", outcome::done},
        expected{"SIM-100", false, "incompatible", outcome::rejected}}) {
    CAPTURE(told);
    const partners_bench bench(model, compatible);
    simulate::simulated_site site(bench.plan, {});
    for (int steps = 0; steps < 2'000; ++steps) site.step();
    REQUIRE(site.points().find("inverter_0/compatibility"));
    CHECK(site.points().find("inverter_0/compatibility")->text == told);
    CHECK(site.points().find("inverter_0/identity")->text == "Voltaic SIM-100 1.0.0");
    static_cast<void>(site.take_messages());
    const auto opened = order(site, "open", 1);
    REQUIRE(opened.size() == 1);
    CHECK(opened.front().outcome == outcome::done);
    const auto closed = order(site, "close", 2);
    REQUIRE(closed.size() == 1);
    CHECK(closed.front().outcome == closing);
    if (closing == outcome::rejected)
      CHECK(closed.front().reasons ==
            std::vector<std::string>{
                "inverter_incompatible: inverter_0 does not work with this battery"});
  }
}

} // namespace modbus_inverter_test
