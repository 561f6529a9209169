#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "chaos/live_site.hpp"
#include "support/own_ports.hpp"

// Batteries of several languages in one site, as processes.
namespace mixed_batteries_test {

using namespace chaos;

namespace {

/// configs/mixed_batteries.toml as it is shipped.
std::string shipped() {
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/configs/mixed_batteries.toml");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Who plays what does not broadcast.
pid_t simulator_of(live_site& site) {
  for (const auto pid : children_of(site.process().pid()))
    if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find("--equipment") !=
        std::string::npos)
      return pid;
  return 0;
}

bool all_good(const live_site& site) {
  for (const auto* rack : {"rack_0", "rack_1", "rack_2"})
    if (!site.good(rack)) return false;
  return true;
}

} // namespace

TEST_CASE("batteries of several languages are commissioned by profile, and come back when killed") {
  live_site site;
  site.write(shipped() + voltaic::tests::own_ports());
  site.up();
  REQUIRE(eventually([&] { return all_good(site); }, 60s));
  site.close({"rack_0", "rack_1"});

  // Who plays them dies: what only he plays opens or ages, and comes back.
  const auto player = simulator_of(site);
  REQUIRE(player > 0);
  ::kill(player, SIGKILL);
  CHECK(eventually([&] { return site.contactor("rack_1") == "open"; }, 20s));
  CHECK(eventually([&] { return !site.good("rack_2"); }, 20s));
  CHECK(eventually([&] { return all_good(site); }, 60s));
  CHECK(site.contactor("rack_0") == "closed");

  // A node of each language dies: the others are not disturbed.
  for (const auto* name : {"rack_1", "packs"}) {
    INFO(name);
    const auto node = site.pid_of(name);
    REQUIRE(node > 0);
    ::kill(node, SIGKILL);
    CHECK(site.wait_for_successor(name, node) > 0);
    CHECK(eventually([&] { return all_good(site); }, 60s));
    CHECK(site.contactor("rack_0") == "closed");
  }
}

} // namespace mixed_batteries_test
