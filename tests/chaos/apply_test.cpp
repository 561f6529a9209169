#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "chaos/live_site.hpp"
#include "chaos/observer.hpp"

using namespace chaos;

namespace {

// Values of a rack come every 100 ms, its cells every 200 ms.
constexpr std::int64_t missed_us = 500'000;

std::string with_racks(std::string text, const std::string& range) {
  for (auto at = text.find("{0..1}"); at != std::string::npos; at = text.find("{0..1}", at + 1))
    text.replace(at, 6, range);
  return text;
}

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

  site.write(with_racks(two, "{0..2}"));
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

  site.write(with_racks(two, "{0..2}") + "\n[[rak]]\n");
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
