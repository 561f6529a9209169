#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "chaos/live_site.hpp"

// Two J1939 batteries in a process of their own, followed by one profile.
namespace j1939_site_test {

using namespace chaos;

namespace {

/// configs/j1939_pack.toml as it is shipped.
std::string shipped() {
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/configs/j1939_pack.toml");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string state_of(const live_site& site, const std::string& device) {
  const auto seen = site.points(device + "/j1939_state");
  if (seen.size() != 1) return "";
  const auto& value = seen.begin()->second;
  return value.contains("value") && value["value"].is_string() ? value["value"].get<std::string>()
                                                               : value.dump();
}

bool run(const live_site& site) {
  return state_of(site, "bms_0") == "operational" && state_of(site, "bms_1") == "operational" &&
         site.good("rack_0") && site.good("rack_1");
}

pid_t simulator_of(live_site& site) {
  for (const auto pid : children_of(site.process().pid()))
    if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find("--equipment") !=
        std::string::npos)
      return pid;
  return 0;
}

} // namespace

TEST_CASE("J1939 batteries are followed by their NAME, closed, killed, and come back") {
  live_site site;
  site.write(shipped());
  site.up();
  REQUIRE(eventually([&] { return run(site); }, 30s));
  site.close({"rack_0"});
  const auto why = site.voltaic({"why", "rack_0", "--json", "--site", site.file()});
  REQUIRE(why.code == 0);
  CHECK(json::parse(why.output)["j1939"]["state"] == "operational");
  CHECK(site.contactor("rack_1") == "open");
  const auto killed = simulator_of(site);
  REQUIRE(killed > 0);
  ::kill(killed, SIGKILL);
  REQUIRE(eventually([&] { return site.contactor("rack_0") == "open"; }, 10s));
  REQUIRE(eventually([&] { return run(site); }, 30s));
  // A battery that is back is not closed by that.
  CHECK(site.contactor("rack_0") == "open");
}

} // namespace j1939_site_test
