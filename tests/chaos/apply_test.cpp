#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "chaos/live_site.hpp"
#include "chaos/observer.hpp"

namespace apply_test {

using namespace chaos;

namespace {

// Values of a rack come every 100 ms, its cells every 200 ms.
constexpr std::int64_t missed_us = 500'000;

std::size_t contactor_events(const live_site& site, const std::string& rack) {
  const auto events = site.events();
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [&](const json& event) {
        return event.value("kind", "") == "contactor" && event.value("rack", "") == rack;
      }));
}

} // namespace

TEST_CASE("proof c: apply adds and removes racks while the others miss no period") {
  live_site site;
  const auto two = read_file(site.file());
  site.up();
  site.close({"rack_0", "rack_1"});
  const observer watcher(site);
  const pid_t pids[] = {site.pid_of("rack_0"), site.pid_of("rack_1"), site.pid_of("relay")};
  const auto before = contactor_events(site, "rack_0") + contactor_events(site, "rack_1");
  const auto require_undisturbed = [&] {
    CHECK(site.pid_of("rack_0") == pids[0]);
    CHECK(site.pid_of("relay") == pids[2]);
    CHECK(site.contactor("rack_0") == "closed");
    CHECK(watcher.hears("bms_0"));
    CHECK(watcher.of("bms_0").missing == 0);
    CHECK(watcher.of("bms_0").longest_us < missed_us);
  };

  site.set_racks(3);
  const auto added = site.voltaic({"apply", site.file()}, 30s);
  INFO(added.output << added.errors << site.log());
  REQUIRE(added.code == 0);
  CHECK(added.output.find("start   node rack_2") != std::string::npos);
  CHECK(added.output.find("rack_0") == std::string::npos);
  CHECK(added.output.find("rack_1") == std::string::npos);
  REQUIRE(eventually([&] { return site.good("rack_2"); }));
  require_undisturbed();
  CHECK(site.pid_of("rack_1") == pids[1]);
  CHECK(site.contactor("rack_1") == "closed");
  CHECK(watcher.of("bms_1").missing == 0);
  CHECK(watcher.of("bms_1").longest_us < missed_us);
  CHECK(contactor_events(site, "rack_0") + contactor_events(site, "rack_1") == before);
  site.close({"rack_2"}); // people reach it too

  const auto now = site.status();
  const auto again = site.voltaic({"apply", site.file()});
  CHECK(again.code == 0);
  CHECK(again.output == "nothing changed\n");
  for (const auto& one : now["nodes"]) CHECK(site.pid_of(one["name"]) == one["pid"]);

  site.add("\n[[rak]]\n");
  const auto broken = site.voltaic({"apply", site.file()});
  CHECK(broken.code == 1);
  CHECK(broken.output.find("demo.toml:") != std::string::npos);

  site.write(two);
  const auto refused = site.voltaic({"apply", site.file()});
  CHECK(refused.code == 4);
  CHECK(refused.errors.find("rack_2") != std::string::npos);
  for (const auto& one : now["nodes"]) CHECK(site.pid_of(one["name"]) == one["pid"]);
  CHECK(site.contactor("rack_2") == "closed");

  REQUIRE(site.voltaic({"set", "rack_2/contactor", "open"}).code == 0);
  const auto removed = site.voltaic({"apply", site.file()}, 30s);
  INFO(removed.output << removed.errors);
  CHECK(removed.code == 0);
  CHECK(site.node("rack_2").is_null());
  require_undisturbed();
  CHECK(site.stop() == 0);
}

TEST_CASE("a node that was given up refuses at once, and apply starts it again") {
  live_site site;
  site.add("[supervision]\nrestarts_max = 1\n");
  site.up();
  const pid_t others[] = {site.pid_of("rack_0"), site.pid_of("site")};
  REQUIRE(eventually([&] {
    if (const pid_t pid = site.pid_of("rack_1"); pid > 0) ::kill(pid, SIGKILL);
    return site.wait_for_state("rack_1", "failed", 500ms);
  }));
  const auto given_up = site.node("rack_1");
  CHECK_FALSE(given_up["actors"].empty());
  for (const auto& actor : given_up["actors"]) CHECK(actor["state"] == "failed");
  const auto set = [&] {
    return site.voltaic({"set", "rack_1/charge_current_limit", "50", "--site", site.file()});
  };
  answer refused;
  // The dispatcher hears of it from the supervisor's journal.
  REQUIRE(eventually([&] {
    refused = set();
    return refused.output.find("its node rack_1 failed") != std::string::npos;
  }));
  INFO(refused.output << refused.errors);
  CHECK(refused.code == 4);
  CHECK(refused.output.find("nobody answers for rack_1") != std::string::npos);

  const auto applied = site.voltaic({"apply", site.file()}, 30s);
  INFO(applied.output << applied.errors << site.log());
  CHECK(applied.code == 0);
  CHECK(applied.output == "restart node rack_1: was failed, started again\n");
  CHECK(applied.errors.find("waiting for rack_1") != std::string::npos);
  // It waited until the rack is there; on a slow machine some of that is late once more.
  CHECK(site.wait_for_state("rack_1", "running", 5s));
  CHECK(site.node("rack_1")["restarts"] == 0);
  CHECK(site.pid_of("rack_0") == others[0]);
  CHECK(site.pid_of("site") == others[1]);
  REQUIRE(eventually([&] { return site.good("rack_1"); }));
  CHECK(set().code == 0);
  CHECK(site.voltaic({"apply", site.file()}).output == "nothing changed\n");
}

TEST_CASE("apply does not wait where it is told not to, and says what does not run in time") {
  live_site site;
  site.up();
  const auto journal = site.state_folder() + "/rack_2.journal";
  std::filesystem::create_directories(journal + "/in_the_way");
  site.set_racks(3);
  const auto begun = site.voltaic({"apply", "--no-wait", site.file()});
  CHECK(begun.code == 0);
  CHECK(begun.errors.empty());
  REQUIRE(site.wait_for_state("rack_2", "failed", 20s));
  const auto again = site.voltaic({"apply", site.file()}, 30s);
  INFO(again.output << again.errors);
  CHECK(again.code == 7);
  CHECK(again.errors.find("not running: rack_2 (failed)") != std::string::npos);
  std::filesystem::remove_all(journal);
  CHECK(site.voltaic({"apply", site.file()}, 30s).code == 0);
  CHECK(site.wait_for_state("rack_2", "running", 5s));
}

TEST_CASE("apply does not take a device that is not there for a node that does not run") {
  live_site site;
  site.launch_up({"--no-simulator"});
  REQUIRE(site.wait_for_state("rack_0", "degraded"));
  REQUIRE(site.wait_for_state("rack_1", "degraded"));
  site.set_racks(3);
  const auto begin = std::chrono::steady_clock::now();
  const auto applied = site.voltaic({"apply", site.file()}, 30s);
  INFO(applied.output << applied.errors);
  CHECK(applied.code == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 15s);
  CHECK(applied.errors.find("not every device is heard: rack_2 (bms_2 is ") != std::string::npos);
}

TEST_CASE("apply holds running processes to new bounds of supervision and restarts none") {
  live_site site;
  site.up();
  const pid_t pid = site.pid_of("rack_0");
  site.add("[supervision]\nwedge_safety = \"10s\"\n");
  const auto applied = site.voltaic({"apply", site.file()});
  INFO(applied.output << applied.errors);
  CHECK(applied.code == 0);
  CHECK(applied.output == "set     site supervision: its bounds changed\n");
  CHECK(site.voltaic({"apply", site.file()}).output == "nothing changed\n");
  ::kill(pid, SIGSTOP);
  std::this_thread::sleep_for(1'500ms); // five times what it was given before
  ::kill(pid, SIGCONT);
  CHECK(site.pid_of("rack_0") == pid);
  CHECK(site.node("rack_0")["restarts"] == 0);
}

} // namespace apply_test
