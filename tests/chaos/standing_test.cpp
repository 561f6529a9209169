#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "chaos/live_site.hpp"

namespace standing_test {

using namespace chaos;

namespace {

/// The simulator's process of a rack, or of all equipment.
pid_t simulator_of(live_site& site, const std::string& word) {
  for (const pid_t pid : children_of(site.process().pid())) {
    auto line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
    std::ranges::replace(line, '\0', ' ');
    if (line.find(" sim ") != std::string::npos && line.find(word) != std::string::npos) return pid;
  }
  return 0;
}

std::vector<json> events_of(const live_site& site, const std::string& subject,
                            const std::string& state) {
  auto found = site.events();
  std::erase_if(found, [&](const json& event) {
    return event.value("subject", "") != subject || event.value("state", "") != state;
  });
  return found;
}

/// Sets the limit, lets the simulated device lose it, and awaits it again.
void require_written_again(live_site& site, const std::string& limit, const std::string& reported,
                           const std::string& simulator) {
  INFO(limit);
  const auto value = [&] {
    const auto seen = site.points(reported);
    return seen.empty() || seen.begin()->second["quality"] != "good"
               ? json()
               : seen.begin()->second["value"];
  };
  REQUIRE(site.voltaic({"set", limit, "50", "--site", site.file()}).code == 0);
  const pid_t pid = simulator_of(site, simulator);
  REQUIRE(pid > 0);
  ::kill(pid, SIGKILL);
  // The next life of the device knows nothing of it.
  CHECK(eventually([&] { return value().is_number() && value() != 50.0; }, 15s));
  CHECK(eventually([&] { return value() == 50.0; }, 20s));
  const auto told = events_of(site, limit, "written_again");
  REQUIRE(told.size() == 1);
  CHECK(told[0]["value"] == 50.0);
  CHECK(told[0]["reason"].get<std::string>().starts_with("the device held 1"));
}

} // namespace

TEST_CASE("a battery and an inverter that were restarted are given their limits again") {
  live_site site(live_site::equipment::all);
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  require_written_again(site, "rack_0/charge_current_limit", "rack_0/reported_charge_current_limit",
                        "--rack rack_0");
  require_written_again(site, "inverter_0/charge_current_limit", "inverter_0/charge_current_limit",
                        "--equipment");
}

TEST_CASE("a set that ended unknown does not drop the limit that a battery or an inverter had") {
  live_site site(live_site::equipment::all);
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto require_confirmed_again = [&](const std::string& limit, const std::string& reported,
                                           const std::string& simulator) {
    INFO(limit);
    const auto holds = [&](double value) {
      const auto seen = site.points(reported);
      return !seen.empty() && seen.begin()->second["quality"] == "good" &&
             seen.begin()->second["value"] == value;
    };
    REQUIRE(site.voltaic({"set", limit, "70", "--site", site.file()}).code == 0);
    const pid_t pid = simulator_of(site, simulator);
    REQUIRE(pid > 0);
    ::kill(pid, SIGSTOP);
    CHECK(site.voltaic({"set", limit, "20", "--site", site.file()}).code == 6);
    ::kill(pid, SIGKILL);
    CHECK(eventually([&] { return events_of(site, limit, "written_again").size() == 1; }, 30s));
    CHECK(eventually([&] { return holds(70); }, 20s));
    CHECK(events_of(site, limit, "written_again")[0]["value"] == 70.0);
  };
  require_confirmed_again("rack_0/charge_current_limit", "rack_0/reported_charge_current_limit",
                          "--rack rack_0");
  require_confirmed_again("inverter_0/charge_current_limit", "inverter_0/charge_current_limit",
                          "--equipment");
}

TEST_CASE("a plain limit is resumed at the first report after a start of the whole site") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const std::string limit = "rack_0/charge_current_limit";
  REQUIRE(site.voltaic({"set", limit, "45", "--site", site.file()}).code == 0);
  REQUIRE(site.stop() == 0);
  site.up();
  CHECK(eventually([&] { return events_of(site, limit, "resumed").size() == 1; }));
  CHECK(eventually([&] {
    const auto seen = site.points("rack_0/reported_charge_current_limit");
    return !seen.empty() && seen.begin()->second["value"] == 45.0;
  }));
  CHECK(events_of(site, limit, "written_again").empty());
}

TEST_CASE(
    "a limit for a time that outlives its node is resumed, and its end names what was typed") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const std::string limit = "rack_0/charge_current_limit";
  REQUIRE(site.voltaic({"set", limit, "50", "--for", "12s", "--site", site.file()}).code == 0);
  const pid_t pid = site.pid_of("rack_0");
  ::kill(pid, SIGKILL);
  REQUIRE(site.wait_for_successor("rack_0", pid) > 0);
  CHECK(eventually([&] { return events_of(site, limit, "resumed").size() == 1; }));
  CHECK(events_of(site, limit, "reverted").empty());
  CHECK(eventually([&] { return events_of(site, limit, "reverted").size() == 1; }, 20s));
  CHECK(events_of(site, limit, "reverted")[0]["value"] == 140.0);
  const auto set = events_of(site, limit, "done");
  REQUIRE(set.size() == 1);
  CHECK(set[0]["actions"] == json{"for 12s"});
}

} // namespace standing_test
