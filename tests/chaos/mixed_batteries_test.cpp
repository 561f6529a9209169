#include <signal.h>

#include <catch2/catch.hpp>

#include "chaos/live_site.hpp"
#include "support/own_ports.hpp"

// Batteries of several languages in one site, as processes.
namespace mixed_batteries_test {

using namespace chaos;

namespace {

/// Not every battery tells all that a rack may have.
bool is_heard(const live_site& site, const std::string& rack) {
  const auto seen = site.points(rack + "/cell_voltage_max");
  return seen.size() == 1 && seen.begin()->second.value("quality", "") == "good";
}

bool all_heard(const live_site& site) {
  return is_heard(site, "rack_0") && is_heard(site, "rack_1") && is_heard(site, "rack_2") &&
         is_heard(site, "rack_3");
}

} // namespace

TEST_CASE("batteries of several languages are commissioned by profile, and come back when killed") {
  live_site site;
  site.write(shipped_site("mixed_batteries") + voltaic::tests::own_ports());
  site.up();
  REQUIRE(eventually([&] { return all_heard(site); }, 60s));
  site.close({"rack_0", "rack_1", "rack_2", "rack_3"});

  for (const auto* limit : {"bms_0/charge_current_limit", "pack_0/charge_current_limit",
                            "bms_2/charge_current_limit"}) {
    INFO(limit);
    CHECK(site.voltaic({"set", limit, "20", "--reason", "test", "--site", site.file()}).code == 0);
  }

  // Who plays them dies: what only he plays opens or ages, and comes back.
  const auto player = site.player();
  REQUIRE(player > 0);
  ::kill(player, SIGKILL);
  CHECK(eventually([&] { return site.contactor("rack_1") == "open"; }, 20s));
  CHECK(eventually([&] { return site.contactor("rack_3") == "open"; }, 20s));
  CHECK(eventually([&] { return site.contactor("rack_2") == "open"; }, 20s));
  CHECK(eventually([&] { return all_heard(site); }, 60s));
  CHECK(site.contactor("rack_0") == "closed");

  // A node of each language that is asked or answered dies: the others are not disturbed.
  for (const auto* name : {"rack_1", "packs", "rack_3"}) {
    INFO(name);
    const auto node = site.pid_of(name);
    REQUIRE(node > 0);
    ::kill(node, SIGKILL);
    CHECK(site.wait_for_successor(name, node) > 0);
    CHECK(eventually([&] { return all_heard(site); }, 60s));
    CHECK(site.contactor("rack_0") == "closed");
  }
}

} // namespace mixed_batteries_test
