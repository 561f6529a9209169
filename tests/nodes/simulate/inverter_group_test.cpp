#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "messages/inverter/items.hpp"
#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/loaded_site.hpp"
#include "support/temporary_folder.hpp"

namespace inverter_group_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;
using messages::inverter::item_of;
namespace fs = std::filesystem;

namespace {

// Of the four racks the inverter has the first two behind it; the second holds three times as much.
constexpr const char* site_text = R"([site]
name = "group"
accept_common_loss = true
[[bus]]
name = "can{0..1}"
port = "virtual:can{0..1}"
[[bus]]
name = "can9"
port = "virtual:can9"
[[device]]
name = "bms_0"
profile = "profiles/demo_rack.json"
bus = "can0"
[[device]]
name = "bms_1"
profile = "profiles/large.json"
bus = "can0"
id_offset = "0xC0"
[[device]]
name = "bms_{2..3}"
profile = "profiles/demo_rack.json"
bus = "can1"
id_offset = "{0..1}*0xC0"
[[rack]]
name = "rack_{0..1}"
device = "bms_{0..1}"
protection = "protection/lfp.toml"
dc_bus = "dc_0"
[[rack]]
name = "rack_{2..3}"
device = "bms_{2..3}"
protection = "protection/lfp.toml"
dc_bus = "dc_1"
[[inverter]]
name = "inverter_0"
profile = "inverters/discover.json"
bus = "can9"
racks = ["rack_{0..1}"]
charge_voltage = 1680.0
discharge_voltage = 1440.0
simulate = true
[simulator]
initial = "closed"
)";

constexpr double rack_limit_a = 140;

class group_site {
 public:
  explicit group_site(const std::string& limits = "") {
    const std::string configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs";
    for (const auto* folder : {"profiles", "protection", "inverters"})
      fs::copy(configs + "/" + folder, folder_.path() / folder);
    std::ifstream stream(configs + "/profiles/demo_rack.json");
    auto profile = nlohmann::json::parse(stream);
    profile["ratings"]["capacity_ah"] = 3 * profile["ratings"]["capacity_ah"].get<double>();
    std::ofstream(folder_.path() / "profiles/large.json") << profile.dump(1);
    plan_ = tests::sound(site::load_text(site_text + limits, folder_ / "site.toml"));
    site = std::make_unique<simulate::simulated_site>(plan_, simulate::simulated_site_options{});
    simulate::simulation_options how;
    how.duration_ms = 3'000;
    how.out = [](const std::string&) {};
    REQUIRE(simulate::run_simulation(*site, plan_, how));
    pass(5);
  }

  void pass(int seconds) {
    for (int i = 0; i < seconds * 100; ++i) site->step();
  }
  /// Nobody hears a rack any more: its node is gone.
  void lose(const std::string& node) { REQUIRE(site->kill(node, 3'600 * messages::us_per_s)); }
  void open(const std::string& rack) {
    auto command = simulate::make_command("open", rack, ++commands_);
    command.deadline_utc_us = site->now().utc_us + simulate::command_deadline_us;
    site->send(std::move(command));
    pass(8);
    REQUIRE(site->points().find(rack + "/contactor")->text == "open");
  }
  void set(const std::string& rack, const std::string& point, double value) {
    REQUIRE(site->set(rack, point, std::nullopt, override_kind::value, value));
  }
  [[nodiscard]] messages::points::point_state at(const std::string& point) const {
    const auto found = site->points().find("inverter_0/battery/" + point);
    REQUIRE(found);
    return *found;
  }
  [[nodiscard]] double value(const std::string& point) const {
    const auto found = at(point);
    REQUIRE_FALSE(found.numbers.empty());
    return found.numbers.front();
  }
  [[nodiscard]] double told(messages::inverter::item which) const {
    const auto number = site->inverter("inverter_0")->told().number(which);
    REQUIRE(number);
    return *number;
  }

  std::unique_ptr<simulate::simulated_site> site;

 private:
  tests::temporary_folder folder_;
  site::plan plan_;
  std::size_t commands_ = 0;
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE("an inverter of two of four racks is told what these two are together") {
  group_site group;
  group.set("rack_0", "soc", 80);
  group.set("rack_1", "soc", 40);
  group.set("rack_2", "soc", 30);
  group.set("rack_0", "current", 10);
  group.set("rack_1", "current", 20);
  group.set("rack_2", "current", 40);
  group.pass(5);
  CHECK(group.value("racks_total") == 2);
  CHECK(group.value("soc") == Approx(50));
  CHECK(group.told(item_of("soc")) == Approx(50));
  CHECK(group.value("current") == Approx(30));
  CHECK(group.told(item_of("current")) == Approx(30));
  CHECK(group.value("charge_current_limit") == Approx(2 * rack_limit_a));
  CHECK(group.told(item_of("charge_current_limit")) == Approx(2 * rack_limit_a));
  CHECK(group.site->points().find("system/charge_current_limit")->numbers.front() ==
        Approx(4 * rack_limit_a));
}

TEST_CASE("an open rack of a group has no part in its limits and its voltage") {
  group_site group;
  group.open("rack_1");
  group.set("rack_1", "voltage", 1'500);
  group.set("rack_0", "voltage", 1'590);
  group.pass(3);
  CHECK(group.value("racks_active") == 1);
  CHECK(group.value("voltage") == Approx(1'590));
  CHECK(group.value("charge_current_limit") == Approx(rack_limit_a));
  CHECK(group.told(item_of("discharge_current_limit")) == Approx(rack_limit_a));
}

TEST_CASE("a lost rack of a group is named, never left out of a sum, and stops it after a minute") {
  group_site group;
  group.set("rack_0", "current", 5);
  group.lose("rack_1");
  group.pass(5);
  CHECK(group.at("current").missing == names{"rack_1"});
  CHECK(group.at("charge_current_limit").missing == names{"rack_1"});
  CHECK(group.at("current").quality > messages::quality::uncertain);
  CHECK(group.told(item_of("charge_current_limit")) == Approx(rack_limit_a));
  group.pass(50);
  CHECK(group.told(item_of("charge_current_limit")) == Approx(rack_limit_a));
  group.pass(10);
  CHECK(group.told(item_of("charge_current_limit")) == 0);
  CHECK(group.told(item_of("discharge_current_limit")) == 0);
}

TEST_CASE("a group of two of four racks, one open and one lost, lets nothing flow") {
  group_site group;
  group.open("rack_0");
  group.lose("rack_1");
  group.pass(5);
  CHECK(group.value("racks_active") == 0);
  CHECK(group.at("soc").missing == names{"rack_1"});
  CHECK(group.told(item_of("charge_current_limit")) == 0);
  CHECK(group.told(item_of("discharge_current_limit")) == 0);
  // The others of the site go on without them.
  CHECK(group.site->points().find("rack_2/contactor")->text == "closed");
}

TEST_CASE("what a lost rack of a group does is what the site file says of lost racks") {
  group_site excluded("[limits]\nlost_silent = \"exclude\"\n");
  excluded.lose("rack_1");
  excluded.pass(70);
  CHECK(excluded.told(item_of("charge_current_limit")) == Approx(rack_limit_a));
  group_site stopped("[limits]\nlost_silent = \"stop\"\n");
  stopped.lose("rack_1");
  stopped.pass(5);
  CHECK(stopped.told(item_of("charge_current_limit")) == 0);
}

TEST_CASE("a rack outside of an inverter's group does not hold its limits down") {
  group_site group("[limits]\nlost_silent = \"stop\"\n");
  group.lose("rack_2");
  group.pass(5);
  CHECK(group.told(item_of("charge_current_limit")) == Approx(2 * rack_limit_a));
  CHECK(group.site->points().find("system/charge_current_limit")->numbers.front() == 0);
}

} // namespace inverter_group_test
