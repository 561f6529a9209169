#include <signal.h>

#include <catch2/catch.hpp>
#include <thread>

#include "chaos/device_bench.hpp"
#include "chaos/live_site.hpp"
#include "chaos/observer.hpp"

namespace relay_death_test {

using namespace chaos;

namespace {

struct watched_site {
  watched_site() {
    site.up({"--no-simulator"});
    site.close({"rack_0", "rack_1"});
  }
  /// The devices saw nothing of it: the chains renew what keeps them closed.
  void require_chains_went_on(const json& before) const {
    for (std::size_t rack = 0; rack < 2; ++rack) {
      CHECK(devices.conducts(rack));
      CHECK(devices.closings(rack) == 1);
    }
    const auto after = site.status();
    for (const auto& was : before["nodes"])
      for (const auto& is : after["nodes"])
        if (was["name"] == is["name"] && was["name"] != "relay") CHECK(was["pid"] == is["pid"]);
  }
  /// A full state came, what was missed was told, and values go on from there.
  void require_observer_is_back(const observer& watcher) const {
    REQUIRE(eventually([&] { return watcher.states() >= 2; }));
    for (const auto* source : {"bms_0", "bms_1"}) {
      CHECK(watcher.hears(source));
      CHECK_FALSE(watcher.of(source).older_as_new);
    }
    for (const auto* rack : {"rack_0", "rack_1"})
      CHECK(eventually([&] { return site.good(rack); }, 5s));
  }
  live_site site;
  device_bench devices{site};
};

} // namespace

TEST_CASE("proof e F-030: the relay dies under load and comes back, and the chains go on") {
  watched_site here;
  observer watcher(here.site);
  const auto before = here.site.status();
  const pid_t pid = here.site.pid_of("relay");
  const auto before_frames = watcher.of("bms_0").frames;
  REQUIRE(watcher.hears("bms_0"));
  CHECK(watcher.of("bms_0").frames > before_frames);
  ::kill(pid, SIGKILL);
  REQUIRE(here.site.wait_for_successor("relay", pid) > 0);
  here.require_observer_is_back(watcher);
  here.require_chains_went_on(before);
  // Orders by people find their way again too.
  CHECK(here.site.voltaic({"set", "rack_1/contactor", "open", "--json"}).code == 0);
}

TEST_CASE("proof e F-031: a relay that is alive but silent is replaced, and the chains go on") {
  watched_site here;
  observer watcher(here.site);
  const auto before = here.site.status();
  const pid_t pid = here.site.pid_of("relay");
  ::kill(pid, SIGSTOP);
  std::this_thread::sleep_for(1s);
  // While it stands still, nobody opens.
  CHECK(here.devices.conducts(0));
  CHECK(here.devices.conducts(1));
  REQUIRE(here.site.wait_for_successor("relay", pid) > 0);
  INFO(here.site.log());
  CHECK(here.site.node("relay")["last_exit"].get<std::string>().find("no progress") !=
        std::string::npos);
  here.require_observer_is_back(watcher);
  // So long a silence is more than anybody keeps for later.
  CHECK(watcher.gaps_told() > 0);
  CHECK(watcher.frames_missed() > 0);
  here.require_chains_went_on(before);
}

TEST_CASE(
    "who asks for a point just after the relay died is answered, not told that there is none") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  for (int round = 0; round < 3; ++round) {
    const pid_t pid = site.pid_of("relay");
    REQUIRE(pid > 0);
    ::kill(pid, SIGKILL);
    const auto told = site.voltaic({"points", "rack_0/soc"});
    INFO(told.output << told.errors);
    CHECK(told.code == 0);
    REQUIRE(site.wait_for_successor("relay", pid) > 0);
  }
}

} // namespace relay_death_test
