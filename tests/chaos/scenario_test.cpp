#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "chaos/live_site.hpp"

namespace scenario_test {

using namespace chaos;

namespace {

constexpr const char* rows =
    "t_ms,point,index,value\n"
    "6000,rack_1/module_fault,7,1\n"
    "6000,meter_0,,silent\n"
    "6000,hvac_0,,late 1500\n"
    "6000,inverter_0/run,,1\n"
    "6000,inverter_0/power_setpoint,,30000\n";

json missing_of(const live_site& site) {
  const auto seen = site.points("rack_1/cell_voltage_max");
  return seen.empty() ? json() : seen.begin()->second.value("missing", json());
}

std::string quality_of(const live_site& site, const std::string& point) {
  const auto seen = site.points(point);
  return seen.empty() ? "" : seen.begin()->second.value("quality", "");
}

/// Started with what it does in its site file.
void up_with_scenario(live_site& site) {
  std::ofstream(site.folder() + "/configs/scenario.csv") << rows;
  auto text = read_file(site.file());
  const std::string table = "[simulator]\n";
  const auto at = text.find(table);
  REQUIRE(at != std::string::npos);
  site.write(text.insert(at + table.size(), "scenario = \"scenario.csv\"\n"));
  site.up();
}

} // namespace

TEST_CASE("simulated racks and equipment of a running site play its scenario") {
  live_site site(live_site::equipment::all);
  up_with_scenario(site);
  CHECK(eventually([&] { return missing_of(site) == json::array({"module_7"}); }, 30s));
  CHECK(eventually([&] { return quality_of(site, "meter_0/power") == "stale"; }, 30s));
  CHECK(eventually([&] { return quality_of(site, "hvac_0/load") == "stale"; }, 30s));
  CHECK(eventually(
      [&] {
        const auto power = site.points("inverter_0/power");
        return !power.empty() && power.begin()->second.value("value", json()) == 30'000;
      },
      30s));
  // A simulator that is started again finds its place: the module is still without measurement.
  pid_t simulator = 0;
  for (const pid_t pid : children_of(site.process().pid()))
    if (auto line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
        std::ranges::replace(line, '\0', ' '), line.find("--rack rack_1 ") != std::string::npos)
      simulator = pid;
  REQUIRE(simulator > 0);
  ::kill(simulator, SIGKILL);
  CHECK(eventually([&] { return !alive(simulator); }));
  CHECK(eventually([&] { return quality_of(site, "rack_1/voltage") == "good"; }, 30s));
  // Cells are whole later than the voltage.
  CHECK(eventually([&] { return missing_of(site) == json::array({"module_7"}); }, 30s));
}

TEST_CASE("a scenario that is wrong keeps a site from starting, and check tells its place") {
  const live_site site(live_site::equipment::all);
  std::ofstream(site.folder() + "/configs/scenario.csv")
      << "t_ms,point,index,value\n1,rack_9/soc,,1\n2,inverter_0/run,,start\n";
  auto text = read_file(site.file());
  const std::string table = "[simulator]\n";
  site.write(text.insert(text.find(table) + table.size(), "scenario = \"scenario.csv\"\n"));
  for (const auto* command : {"check", "up", "run", "sim"}) {
    const auto said = site.voltaic({command, site.file()});
    INFO(command << said.output << said.errors);
    CHECK(said.code == 1);
    CHECK((said.output + said.errors).find("scenario.csv:3:19: value: expected") !=
          std::string::npos);
  }
}

} // namespace scenario_test
