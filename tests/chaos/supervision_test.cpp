#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "chaos/device_bench.hpp"
#include "chaos/live_site.hpp"
#include "chaos/observer.hpp"

namespace supervision_test {

using namespace chaos;

TEST_CASE("F-009: when the supervisor is killed no process stays behind, and a start is clean") {
  live_site site;
  device_bench devices(site);
  site.up({"--no-simulator"});
  site.close({"rack_0"});
  const auto family = children_of(site.process().pid());
  REQUIRE(family.size() == 4);
  const auto died_us = device_bench::now_us();
  site.process().signal(SIGKILL);
  REQUIRE(site.process().wait(2s).has_value());
  for (const pid_t pid : family) CHECK(eventually([&] { return !alive(pid); }, 1s));
  CHECK(eventually([&] { return !devices.conducts(0); }, 3s));
  CHECK(devices.changed_us(0) - died_us < 1'500'000 * patience);
  CHECK(devices.opened_by_lease(0));
  // Nobody holds the site any more.
  const auto told = site.voltaic({"status"});
  CHECK(told.code == 3);
  CHECK_THAT(told.errors, Catch::Contains("ended without being stopped"));
  site.up({"--no-simulator"});
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  CHECK(devices.closings(0) == 1);
}

TEST_CASE("F-010: a chain that slept 2 s does not hold closed what opened meanwhile") {
  live_site site;
  // So long that it wakes up by itself: the lease alone has to do.
  site.add("[supervision]\nwedge_safety = \"10s\"\n");
  device_bench devices(site);
  site.up({"--no-simulator"});
  site.close({"rack_0", "rack_1"});
  const pid_t pid = site.pid_of("rack_0");
  ::kill(pid, SIGSTOP);
  std::this_thread::sleep_for(2s);
  CHECK_FALSE(devices.conducts(0));
  CHECK(devices.opened_by_lease(0));
  ::kill(pid, SIGCONT);
  REQUIRE(eventually([&] { return site.good("rack_0") && site.contactor("rack_0") == "open"; }));
  std::this_thread::sleep_for(1s);
  CHECK(site.pid_of("rack_0") == pid); // it was awake again, not another
  CHECK_FALSE(devices.conducts(0));
  CHECK(devices.closings(0) == 1);
  CHECK(devices.closings(1) == 1);
  CHECK(devices.conducts(1));
  // A person may close it again.
  site.close({"rack_0"});
  CHECK(devices.conducts(0));
}

TEST_CASE("F-013: a node that ends at each start has failed, the rest runs, and the exit is 7") {
  live_site site;
  // Nobody closes onto a bus that an unheard rack may hold: here each has its own.
  auto text = read_file(site.file());
  const std::string shared = "dc_bus = \"dc_0\"\n";
  REQUIRE(text.find(shared) != std::string::npos);
  site.write(text.erase(text.find(shared), shared.size()));
  device_bench devices(site);
  const auto journal = site.state_folder() + "/rack_1.journal";
  std::filesystem::create_directories(journal + "/in_the_way");
  site.launch_up({"--no-simulator"});
  REQUIRE(site.wait_for_state("rack_1", "failed", 20s));
  // Nothing is known of rack_0, and the journal that nobody can read may know it by another name.
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--json", "--site", site.file()});
    return site.voltaic(words);
  };
  REQUIRE(eventually([&] {
    const auto said = ask({"set", "rack_0/contactor", "closed"});
    return said.output.find("latch_store_lost") != std::string::npos;
  }));
  REQUIRE(eventually([&] { return ask({"reset", "rack_0", "--reason", "seen"}).code == 0; }));
  site.close({"rack_0"});
  const auto seen = site.status();
  for (const auto& one : seen["nodes"]) {
    INFO(one);
    CHECK(one["state"] == (one["name"] == "rack_1" ? "failed" : "running"));
    CHECK(one["restarts"] == (one["name"] == "rack_1" ? 3 : 0));
  }
  // The log says which, and its own log says why.
  CHECK(site.log().find("rack_1 RESTART_BUDGET failed") != std::string::npos);
  const auto reason = read_file(site.runtime_folder() + "/log/rack_1.log");
  INFO(reason);
  CHECK(reason.find("rack_1.journal") != std::string::npos);
  CHECK_FALSE(devices.conducts(1));
  CHECK(site.stop() == 7);
}

TEST_CASE("F-015: nodes start in any order, and wait for what they need") {
  live_site site;
  std::vector<std::unique_ptr<child>> parts;
  const auto begin = [&](const std::string& name) {
    parts.push_back(site.begin({"node", site.file(), name}, site.folder() + "/" + name + ".log"));
    std::this_thread::sleep_for(200ms);
  };
  // What everybody needs comes last.
  begin("rack_1");
  begin("site");
  begin("rack_0");
  for (const auto& part : parts) CHECK(part->runs());
  begin("relay");
  const device_bench devices(site);
  const observer watcher(site);
  CHECK(watcher.hears("bms_0"));
  CHECK(watcher.hears("bms_1"));
  for (const auto& part : parts) {
    CHECK(part->runs());
    part->signal(SIGTERM);
    CHECK(part->wait(5s) == 0);
  }
}

TEST_CASE("F-015: a chain without its bus is never half configured") {
  live_site site;
  site.add("[supervision]\nstart_timeout = \"2s\"\n");
  site.launch_up({"--no-simulator"});
  REQUIRE(eventually([&] { return site.node("rack_0").is_object(); }));
  const auto said = site.voltaic({"set", "rack_0/contactor", "closed", "--json"});
  INFO(said.output << said.errors << site.log());
  CHECK((said.code == 4 || said.code == 6));
  CHECK(site.contactor("rack_0") != "closed");
}

TEST_CASE(
    "F-023: asked to end while closed, a site opens in order, and asking twice skips nothing") {
  live_site site;
  device_bench devices(site);
  site.up({"--no-simulator"});
  site.close({"rack_0", "rack_1"});
  const auto family = children_of(site.process().pid());
  site.process().signal(SIGTERM);
  site.process().signal(SIGTERM);
  CHECK(site.process().wait(10s) == 0);
  // Ordered by the chain: it did not have to wait for the device's own patience.
  CHECK(eventually([&] { return !devices.conducts(0) && !devices.conducts(1); }, 2s));
  CHECK_FALSE(devices.opened_by_lease(0));
  CHECK_FALSE(devices.opened_by_lease(1));
  for (const pid_t pid : family) CHECK(eventually([&] { return !alive(pid); }, 1s));
  site.up({"--no-simulator"});
  const auto events = site.events();
  const auto opened = std::count_if(events.begin(), events.end(), [](const json& event) {
    return event.value("kind", "") == "contactor" && event.value("reason", "") == "stop";
  });
  CHECK(opened >= 2);
}

TEST_CASE("F-024: after everything was killed while closed, a start closes nothing") {
  live_site site;
  device_bench devices(site);
  site.up({"--no-simulator"});
  site.close({"rack_0", "rack_1"});
  auto everything = children_of(site.process().pid());
  everything.push_back(site.process().pid());
  for (const pid_t pid : everything) ::kill(pid, SIGKILL);
  REQUIRE(site.process().wait(2s).has_value());
  // At once again: the devices may still be closed when the chains start.
  site.up({"--no-simulator"});
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  std::this_thread::sleep_for(2s);
  for (std::size_t rack = 0; rack < 2; ++rack) {
    CHECK_FALSE(devices.conducts(rack));
    CHECK(devices.closings(rack) == 1);
    CHECK(site.contactor("rack_" + std::to_string(rack)) == "open");
  }
  // What happened before is still known.
  const auto events = site.events();
  CHECK(std::any_of(events.begin(), events.end(), [](const json& event) {
    return event.value("kind", "") == "contactor" && event.value("state", "") == "closed";
  }));
}

} // namespace supervision_test
