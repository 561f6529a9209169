#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <variant>
#include <vector>

#include "messages/inverter/items.hpp"
#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

namespace inverter_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;
using messages::inverter::item;
using messages::inverter::item_of;

namespace {

site::plan example() {
  auto loaded = site::load(VOLTAIC_SOURCE_FOLDER "/configs/can_inverter.toml");
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  return std::get<site::plan>(std::move(loaded));
}

/// The example with its racks closed, and what its inverter is told.
struct bench {
  site::plan plan = example();
  simulate::simulated_site site{plan, {}};

  bench() {
    simulate::simulation_options how;
    how.duration_ms = 3'000;
    how.out = [](const std::string&) {};
    REQUIRE(simulate::run_simulation(site, plan, how));
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds * 100; ++i) site.step();
  }
  void open(const std::string& rack) {
    auto command = simulate::make_command("open", rack, 1);
    command.deadline_utc_us = site.now().utc_us + simulate::command_deadline_us;
    site.send(std::move(command));
  }
  [[nodiscard]] double told(messages::inverter::item which) const {
    const auto* inverter = site.inverter("inverter_0");
    REQUIRE(inverter != nullptr);
    const auto number = inverter->told().number(which);
    REQUIRE(number);
    return *number;
  }
  [[nodiscard]] bool flag(messages::inverter::item which) const {
    return site.inverter("inverter_0")->told().flag(which) == true;
  }
  [[nodiscard]] std::string text(const std::string& point) const {
    const auto found = site.points().find("inverter_0/" + point);
    REQUIRE(found);
    return found->text;
  }
  void set_cells(double volts) {
    for (const auto* rack : {"rack_0", "rack_1"})
      REQUIRE(site.set(rack, "cell_voltage", std::nullopt, override_kind::value, volts));
  }
};

} // namespace

TEST_CASE("an empty battery is told to be charged and not discharged, and a full one otherwise") {
  bench bench;
  CHECK(bench.told(item_of("charge_current_limit")) > 0);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
  CHECK(bench.text("bms_communication") == "Normal");
  bench.set_cells(2.79);
  bench.pass(6);
  CHECK(bench.told(item_of("charge_current_limit")) > 0);
  CHECK(bench.told(item_of("discharge_current_limit")) == 0);
  CHECK(bench.flag(item_of("alarm_low_voltage")));
  bench.set_cells(3.3);
  bench.pass(20);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
  bench.set_cells(3.61);
  bench.pass(6);
  CHECK(bench.told(item_of("charge_current_limit")) == 0);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
}

TEST_CASE(
    "a low state of charge stops discharge and still allows charge, and a high one otherwise") {
  bench bench;
  const auto set_soc = [&](double percent) {
    for (const auto* rack : {"rack_0", "rack_1"})
      REQUIRE(bench.site.set(rack, "soc", std::nullopt, override_kind::value, percent));
  };
  set_soc(4);
  bench.pass(60);
  CHECK(bench.told(item_of("discharge_current_limit")) == 0);
  CHECK(bench.told(item_of("charge_current_limit")) > 0);
  set_soc(50);
  bench.pass(60);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
  set_soc(100);
  bench.pass(60);
  CHECK(bench.told(item_of("charge_current_limit")) == 0);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
}

TEST_CASE("no told limit rises from a fault of one of two racks until that rack is open") {
  bench bench;
  struct trip {
    double cell_v;
    item limit;
    item enable;
  };
  const auto way =
      GENERATE(trip{3.66, item_of("charge_current_limit"), item_of("charge_enable")},
               trip{2.45, item_of("discharge_current_limit"), item_of("discharge_enable")});
  // What flows is more than the contactors break: the opening waits for it.
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(bench.site.set(rack, "current", std::nullopt, override_kind::value,
                           way.cell_v > 3 ? -100 : 100));
  REQUIRE(bench.site.set("rack_0", "cell_voltage", 3, override_kind::value, way.cell_v));
  double last = bench.told(way.limit);
  bool was_enabled = true;
  bool was_opening = false;
  for (int step = 0; step < 2'000; ++step) {
    bench.site.step();
    const auto word = bench.site.points().find("rack_0/contactor")->text;
    if (word == "open") break;
    was_opening = was_opening || word == "opening";
    CHECK(bench.told(way.limit) <= last);
    last = bench.told(way.limit);
    if (was_opening) CHECK(last == 0);
    CHECK((was_enabled || !bench.flag(way.enable)));
    was_enabled = bench.flag(way.enable);
  }
  CHECK(was_opening);
  CHECK_FALSE(was_enabled);
  CHECK(bench.site.points().find("rack_0/contactor")->text == "open");
  bench.pass(5); // the other one goes on alone
  CHECK(bench.told(way.limit) > 0);
}

TEST_CASE("a rack that is opened by command is first relieved of its current") {
  bench bench;
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(bench.site.set(rack, "current", std::nullopt, override_kind::value, -100));
  bench.pass(2);
  bench.open("rack_0");
  bool was_stopped = false;
  for (int step = 0; step < 1'000; ++step) {
    bench.site.step();
    if (bench.site.points().find("rack_0/contactor")->text != "opening") continue;
    was_stopped = was_stopped || bench.told(item_of("charge_current_limit")) == 0;
  }
  CHECK(was_stopped);
}

TEST_CASE(
    "F-166 an inverter that is late to follow a falling limit has the time that the rule gives") {
  bench bench;
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(bench.site.set(rack, "current", std::nullopt, override_kind::value, -100));
  bench.pass(2);
  // The curve leaves a tenth: the current is far more than twice that.
  REQUIRE(bench.site.set("rack_0", "cell_voltage", 3, override_kind::value, 3.595));
  bench.pass(5);
  CHECK(bench.site.points().find("rack_0/contactor")->text == "closed");
  bench.pass(6);
  CHECK(bench.site.points().find("rack_0/contactor")->text != "closed");
}

TEST_CASE("F-159 a welded rack that stays joined to its bus lets nothing flow") {
  bench bench;
  for (const auto* contact : {"minus_closed", "plus_closed"})
    REQUIRE(bench.site.set("rack_0", contact, std::nullopt, override_kind::value, 1));
  bench.open("rack_0");
  bench.pass(15);
  REQUIRE(bench.site.points().find("rack_0/contactor")->text == "fault");
  CHECK(bench.told(item_of("charge_current_limit")) == 0);
  CHECK(bench.told(item_of("discharge_current_limit")) == 0);
  // One of the two that is open is enough.
  REQUIRE(bench.site.set("rack_0", "plus_closed", std::nullopt, override_kind::value, 0));
  bench.pass(5);
  CHECK(bench.told(item_of("charge_current_limit")) > 0);
}

TEST_CASE("racks report their state of health, and the inverter is told what they have together") {
  bench bench;
  bench.pass(3);
  const auto soh = [&] { return bench.site.points().find("system/soh")->numbers.front(); };
  CHECK(soh() == Approx(97.5));
  CHECK(bench.told(item_of("soh")) == Approx(97.5).margin(0.5)); // this family has whole percents
  REQUIRE(bench.site.set("rack_1", "soh", std::nullopt, override_kind::value, 82.5));
  bench.pass(3);
  CHECK(soh() == Approx(90));
  CHECK(bench.site.points().find("system/soh_min")->numbers.front() == Approx(82.5));
  CHECK(bench.told(item_of("soh")) == Approx(90));
}

TEST_CASE("an inverter of this family is told how much charge is left") {
  bench bench;
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(bench.site.set(rack, "soc", std::nullopt, override_kind::value, 50));
  bench.pass(3);
  // Two racks of 280 Ah: 560 Ah, and half of them.
  const auto& data = bench.site.inverter("inverter_0")->frames().at(0x354).data;
  CHECK(data[0] + 256 * data[1] == 560);
  CHECK(data[2] + 256 * data[3] == 280);
}

TEST_CASE("F-004 the inverter is told zero while nobody adds up the racks") {
  bench bench;
  REQUIRE(bench.site.kill("site"));
  bool is_zero = false;
  for (int i = 0; i < 250; ++i) {
    bench.site.step();
    const auto told = bench.site.points().find("inverter_0/told_charge_current_limit");
    is_zero = is_zero || (told && !told->numbers.empty() && told->numbers.front() == 0);
  }
  CHECK(is_zero);
  bench.pass(10);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
}

TEST_CASE("a link that died tells zero until it hears the inverter again") {
  bench bench;
  REQUIRE(bench.site.kill("inverter_0"));
  bench.pass(2);
  CHECK(bench.told(item_of("discharge_current_limit")) == 0);
  CHECK(bench.text("bms_communication") == "Connecting");
  bench.pass(5);
  CHECK(bench.told(item_of("discharge_current_limit")) > 0);
  CHECK(bench.text("bms_communication") == "Normal");
  CHECK(bench.site.points().find("rack_0/contactor")->text == "closed");
}

TEST_CASE("F-167 an inverter that falls silent while current flows has its racks opened") {
  bench bench;
  REQUIRE(bench.site.set("rack_0", "current", std::nullopt, override_kind::value, 15));
  REQUIRE(bench.site.set(
      simulate::inverter_overlay{"inverter_0", actors::simulator::inverter_effect::silent}));
  bench.pass(7);
  CHECK(bench.told(item_of("charge_current_limit")) == 0);
  CHECK(bench.text("bms_communication") == "Disconnected");
  CHECK(bench.site.points().find("rack_0/contactor")->text == "closed");
  bench.pass(53);
  bench.pass(15);
  CHECK(bench.site.points().find("rack_0/contactor")->text == "open");
}

TEST_CASE("F-167 a safety relay drops with an inverter that is lost, and stays so") {
  const auto file = std::string(VOLTAIC_SOURCE_FOLDER "/configs/can_inverter.toml");
  std::ifstream stream(file);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  const std::string table = "[[inverter]]\n";
  text.insert(text.find(table) + table.size(), "safety_relay = \"dio_0/inverter_enable\"\n");
  text += R"(
[[digital]]
name = "dio_0"
chip = "simulated"
[[digital.output]]
name = "inverter_enable"
line = 27
)";
  auto loaded = site::load_text(text, file);
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
  const auto plan = std::get<site::plan>(std::move(loaded));
  simulate::simulated_site site(plan, {});
  const auto pass = [&](int seconds) {
    for (int i = 0; i < seconds * 100; ++i) site.step();
  };
  pass(5);
  messages::command enable;
  enable.id = enable.key = "enable";
  enable.target = "command";
  enable.operation = "set";
  enable.point = "dio_0/inverter_enable";
  enable.value = 1.0;
  enable.deadline_utc_us = site.now().utc_us + 5 * messages::us_per_s;
  enable.role = "service";
  site.send(std::move(enable));
  pass(2);
  REQUIRE(site.driven("dio_0") == std::vector<bool>{true});
  const auto be = [&](actors::simulator::inverter_effect effect) {
    REQUIRE(site.set(simulate::inverter_overlay{"inverter_0", effect}));
  };
  be(actors::simulator::inverter_effect::silent);
  pass(58);
  CHECK(site.driven("dio_0") == std::vector<bool>{true});
  pass(5);
  CHECK(site.driven("dio_0") == std::vector<bool>{false});
  be(actors::simulator::inverter_effect::none);
  pass(10);
  CHECK(site.driven("dio_0") == std::vector<bool>{false});
}

TEST_CASE("the same limit set twice changes no frame that the inverter hears") {
  bench bench;
  const auto set_limit = [&](const std::string& key) {
    messages::command command;
    command.id = command.key = key;
    command.target = "command";
    command.operation = "set";
    command.point = "rack_0/charge_current_limit";
    command.value = 50.0;
    command.deadline_utc_us = bench.site.now().utc_us + 5 * messages::us_per_s;
    command.role = "service";
    bench.site.send(std::move(command));
    bench.pass(5);
    return bench.site.inverter("inverter_0")->frames().at(0x351).data;
  };
  const auto once = set_limit("first");
  CHECK(bench.told(item_of("charge_current_limit")) == Approx(100));
  CHECK(set_limit("second") == once);
}

TEST_CASE("a Modbus inverter holds the battery's limits, and zero when its link is gone") {
  auto loaded = site::load(VOLTAIC_SOURCE_FOLDER "/configs/modbus_inverter.toml");
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto plan = std::get<site::plan>(std::move(loaded));
  simulate::simulated_site site{plan, {}};
  simulate::simulation_options how;
  how.duration_ms = 10'000;
  how.out = [](const std::string&) {};
  REQUIRE(simulate::run_simulation(site, plan, how));
  const auto number = [&](const char* point) {
    const auto found = site.points().find(std::string("inverter_0/") + point);
    REQUIRE(found);
    REQUIRE_FALSE(found->numbers.empty());
    return found->numbers.front();
  };
  // It can do no more than 100 A; the racks would give 280 A.
  CHECK(number("charge_current_limit") == 100);
  CHECK(number("told_charge_current_limit") == 100);
  CHECK(site.points().find("inverter_0/bms_communication")->text == "Normal");
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(site.set(rack, "cell_voltage", std::nullopt, override_kind::value, 2.79));
  for (int i = 0; i < 800; ++i) site.step();
  CHECK(number("discharge_current_limit") == 0);
  CHECK(number("charge_current_limit") == 100);
}

} // namespace inverter_test
