#include <signal.h>

#include <catch2/catch.hpp>

#include "chaos/live_site.hpp"

// Two batteries of one language in a process of their own, commissioned by one profile.
namespace pack_sites_test {

using namespace chaos;

namespace {

/// A site of the project's and what its batteries are asked by.
struct packs {
  std::string site;
  std::string language; ///< of `why`, and the first part of the point that says the state
};

std::string state_of(const live_site& site, const std::string& point) {
  const auto seen = site.points(point);
  if (seen.size() != 1) return "";
  const auto& value = seen.begin()->second;
  return value.contains("value") && value["value"].is_string() ? value["value"].get<std::string>()
                                                               : value.dump();
}

bool run(const live_site& site, const packs& of) {
  for (const auto* device : {"bms_0/", "bms_1/"})
    if (state_of(site, device + of.language + "_state") != "operational") return false;
  return site.good("rack_0") && site.good("rack_1");
}

void close_kill_and_await(const packs& of) {
  live_site site;
  site.write(shipped_site(of.site));
  site.up();
  REQUIRE(eventually([&] { return run(site, of); }, 30s));
  site.close({"rack_0"});
  const auto why = site.voltaic({"why", "rack_0", "--json", "--site", site.file()});
  REQUIRE(why.code == 0);
  CHECK(json::parse(why.output)[of.language]["state"] == "operational");
  CHECK(site.contactor("rack_1") == "open");
  const auto killed = site.player();
  REQUIRE(killed > 0);
  ::kill(killed, SIGKILL);
  REQUIRE(eventually([&] { return site.contactor("rack_0") == "open"; }, 10s));
  REQUIRE(eventually([&] { return run(site, of); }, 30s));
  // A battery that is back is not closed by that.
  CHECK(site.contactor("rack_0") == "open");
}

} // namespace

TEST_CASE("CANopen batteries are commissioned by their profile, closed, killed, and come back") {
  close_kill_and_await({"canopen_pack", "canopen"});
}

TEST_CASE("J1939 batteries are followed by their NAME, closed, killed, and come back") {
  close_kill_and_await({"j1939_pack", "j1939"});
}

} // namespace pack_sites_test
