#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "chaos/live_site.hpp"

namespace system_events_test {

using namespace chaos;

namespace {

/// The newest of what was told of a part of the system by this code; null if none was.
json newest(const std::vector<json>& events, const std::string& code, const std::string& subject) {
  for (auto each = events.rbegin(); each != events.rend(); ++each)
    if (each->value("code", "") == code && each->value("subject", "") == subject) return *each;
  return {};
}

bool told(const live_site& site, const std::string& code, const std::string& subject) {
  return eventually([&] { return newest(site.events(), code, subject).is_object(); });
}

std::vector<json> lines_of(const std::string& path) {
  std::vector<json> result;
  std::istringstream text(read_file(path));
  for (std::string line; std::getline(text, line);)
    if (auto parsed = json::parse(line, nullptr, false); parsed.is_object())
      result.push_back(std::move(parsed));
  return result;
}

} // namespace

TEST_CASE(
    "F-001 F-004: the death of each node is an event with process and signal, kept and live") {
  live_site site;
  site.up();
  const auto followed = site.folder() + "/followed.json";
  const auto follower = site.begin({"events", "--follow", "--json"}, followed);
  REQUIRE(eventually([&] { return !lines_of(followed).empty(); }));
  std::vector<pid_t> killed;
  const std::vector<std::string> victims{"rack_0", "relay", "site"};
  for (const auto& victim : victims) {
    INFO(victim);
    const pid_t pid = site.pid_of(victim);
    REQUIRE(pid > 0);
    killed.push_back(pid);
    ::kill(pid, SIGKILL);
    const pid_t successor = site.wait_for_successor(victim, pid);
    REQUIRE(successor > 0);
    REQUIRE(told(site, "NODE_UP", victim));
    const auto events = site.events();
    const auto down = newest(events, "NODE_DOWN", victim);
    INFO(down);
    CHECK(down["pid"] == pid);
    CHECK(down["signal"] == SIGKILL);
    CHECK(down["kind"] == "system");
    CHECK(newest(events, "NODE_UP", victim)["pid"] == successor);
    // Whoever listens hears it too, however long node `site` was away.
    CHECK(eventually([&] { return newest(lines_of(followed), "NODE_UP", victim).is_object(); }));
    CHECK(eventually([&] {
      const auto heard = newest(lines_of(followed), "NODE_DOWN", victim);
      return heard.is_object() && heard["pid"] == pid;
    }));
  }
  CHECK(site.stop() == 0);
  site.up();
  const auto events = site.events();
  for (std::size_t i = 0; i < victims.size(); ++i)
    CHECK(newest(events, "NODE_DOWN", victims[i])["pid"] == killed[i]);
  CHECK(newest(events, "SITE_STOPPED", "demo").is_object());
  CHECK(newest(events, "SUP_DOWN", "demo").is_null());
}

TEST_CASE("who follows the events of a site hears how it stopped, and ends with it") {
  live_site site;
  site.up();
  const auto followed = site.folder() + "/followed.json";
  const auto follower = site.begin({"events", "--follow", "--json"}, followed);
  REQUIRE(eventually([&] { return !lines_of(followed).empty(); }));
  CHECK(site.stop() == 0);
  CHECK(follower->wait(10s) == 0);
  const auto heard = lines_of(followed);
  CHECK(newest(heard, "SITE_STOP", "demo").is_object());
  CHECK(newest(heard, "SITE_STOPPED", "demo").is_object());
}

TEST_CASE("start, stop, a change and the death of a bus are events that say who and how") {
  live_site site;
  site.up();
  REQUIRE(told(site, "SITE_READY", "demo"));
  const auto start = newest(site.events(), "SITE_START", "demo");
  CHECK(start["pid"] == site.process().pid());
  CHECK_FALSE(start.value("user", "").empty());
  CHECK_FALSE(start.value("role", "").empty());
  const auto others = children_of(site.process().pid());
  const auto status = site.voltaic({"status"}).output;
  const auto row = status.find("bus can0");
  REQUIRE(row != std::string::npos);
  const auto pid = static_cast<pid_t>(std::stol(status.substr(row + 16)));
  REQUIRE(std::find(others.begin(), others.end(), pid) != others.end());
  ::kill(pid, SIGKILL);
  REQUIRE(told(site, "PROCESS_UP", "bus can0"));
  CHECK(newest(site.events(), "PROCESS_DOWN", "bus can0")["pid"] == pid);

  site.set_racks(3);
  const auto applied = site.voltaic({"apply", site.file()}, 40s);
  INFO(applied.output << applied.errors);
  REQUIRE(applied.code == 0);
  const auto change = newest(site.events(), "SITE_APPLY", "demo");
  INFO(change);
  CHECK(change["state"] == "done");
  CHECK(change["user"] == start["user"]);
  CHECK(change.dump().find("start node rack_2") != std::string::npos);

  CHECK(site.stop() == 0);
  site.up();
  CHECK(newest(site.events(), "SITE_STOP", "demo")["reason"] == "signal 15 (Terminated)");
}

TEST_CASE("a node that wedges is told by its actor, and a removed rack's events stay") {
  live_site site;
  site.up();
  const pid_t pid = site.pid_of("rack_1");
  ::kill(pid, SIGSTOP);
  REQUIRE(site.wait_for_successor("rack_1", pid) > 0);
  REQUIRE(told(site, "NODE_UP", "rack_1"));
  const auto wedged = newest(site.events(), "ACTOR_WEDGED", "rack_1");
  CHECK(wedged["pid"] == pid);
  CHECK(wedged["reason"].get<std::string>().find("no progress") != std::string::npos);
  CHECK(newest(site.events(), "NODE_DOWN", "rack_1")["signal"] == SIGKILL);

  const auto of_rack_1 = [&] {
    const auto events = site.events();
    return std::count_if(events.begin(), events.end(),
                         [](const json& each) { return each["node"] == "rack_1"; });
  };
  REQUIRE(eventually([&] { return site.contactor("rack_1") == "open"; }));
  const auto before = of_rack_1();
  REQUIRE(before > 0);
  site.set_racks(1);
  const auto applied = site.voltaic({"apply", site.file()}, 40s);
  INFO(applied.output << applied.errors);
  REQUIRE(applied.code == 0);
  CHECK(of_rack_1() >= before);
}

} // namespace system_events_test
