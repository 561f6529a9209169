#include <signal.h>

#include <catch2/catch.hpp>

#include "chaos/live_site.hpp"

namespace equipment_test {

using namespace chaos;

namespace {

bool good(const live_site& site, const std::string& device, std::size_t points) {
  const auto seen = site.points(device + "/*");
  if (seen.size() != points) return false;
  for (const auto& [name, point] : seen)
    if (point.value("quality", "") != "good") return false;
  return true;
}

json line(const live_site& site, const std::string& name) {
  for (const auto& each : site.status().value("lines", json::array()))
    if (each.value("name", "") == name) return each;
  return {};
}

} // namespace

TEST_CASE("the demo's inverter, air conditioner and meter are read, set and told as lines") {
  live_site site(live_site::equipment::all);
  site.up();
  REQUIRE(eventually([&] { return good(site, "inverter_0", 26); }, 20s));
  CHECK(eventually([&] { return good(site, "hvac_0", 9); }));
  CHECK(eventually([&] { return good(site, "meter_0", 7); }));
  // The node's heartbeat tells of its lines, four times a second.
  CHECK(eventually([&] { return !line(site, "inverter_line").is_null(); }));
  const auto inverter = line(site, "inverter_line");
  CHECK(inverter.value("kind", "") == "modbus-tcp");
  CHECK(inverter.value("state", "") == "connected");
  CHECK(inverter.value("timeouts", -1) == 0);
  CHECK(inverter.value("crc_errors", -1) == 0);
  CHECK(inverter.value("exceptions", -1) == 0);
  const auto set = [&](const std::string& point, const std::string& value) {
    return site.voltaic({"set", point, value, "--site", site.file()}).code;
  };
  CHECK(set("inverter_0/power_setpoint", "20000") == 0);
  CHECK(set("inverter_0/run", "1") == 0);
  CHECK(set("inverter_0/discharge_power_limit", "100001") == 4);
  CHECK(eventually(
      [&] {
        const auto power = site.points("inverter_0/power");
        return power.size() == 1 && power.begin()->second.value("value", json()) == 20'000;
      },
      20s));
}

TEST_CASE("F-086 a line whose peer freezes or dies is stale, and comes back by itself") {
  live_site site(live_site::equipment::all);
  site.up();
  REQUIRE(eventually([&] { return good(site, "meter_0", 7) && site.good("rack_0"); }, 20s));
  pid_t simulator = 0;
  for (const auto& each : site.status().value("processes", json::array()))
    if (each.value("name", "").find("equipment") != std::string::npos)
      simulator = each.value("pid", 0);
  if (simulator == 0)
    for (const pid_t pid : children_of(site.process().pid()))
      if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find("--equipment") !=
          std::string::npos)
        simulator = pid;
  REQUIRE(simulator > 0);
  ::kill(simulator, SIGSTOP); // the connection stays, nobody answers
  CHECK(eventually([&] { return !good(site, "meter_0", 7); }, 20s));
  CHECK(site.good("rack_0"));
  ::kill(simulator, SIGCONT);
  CHECK(eventually([&] { return good(site, "meter_0", 7); }, 20s));
  // Its successor may be there sooner than anything is stale.
  const auto reconnects = [&] { return line(site, "meter_line").value("reconnects", 0); };
  const auto before = reconnects();
  ::kill(simulator, SIGKILL);
  CHECK(eventually([&] { return reconnects() > before && good(site, "meter_0", 7); }, 60s));
}

} // namespace equipment_test
