#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "chaos/live_site.hpp"

namespace applied_files_test {

using namespace chaos;

namespace {

std::string profile_of(const live_site& site) {
  return site.folder() + "/configs/profiles/demo_rack.json";
}

std::string limits_of(const live_site& site) {
  return site.folder() + "/configs/protection/lfp.toml";
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

void replace(const std::string& path, const std::string& from, const std::string& to) {
  auto text = read_file(path);
  REQUIRE(text.find(from) != std::string::npos);
  write(path, text.replace(text.find(from), from.size(), to));
}

/// As an editor leaves it whose machine lost its power.
void cut(const std::string& path) {
  write(path, read_file(path).substr(0, 500));
}

/// `voltaic profiles --json`, by the end of each file's path.
json profile(const live_site& site, const std::string& end) {
  const auto said = site.voltaic({"profiles", site.file(), "--json"});
  INFO(said.output << said.errors);
  CHECK(said.code == 0);
  std::istringstream lines(said.output);
  for (std::string line; std::getline(lines, line);)
    if (auto one = json::parse(line, nullptr, false);
        one.is_object() && one.value("origin", "").ends_with(end))
      return one;
  return json::object();
}

void kill_and_wait(const live_site& site, const std::string& node) {
  const pid_t pid = site.pid_of(node);
  REQUIRE(pid > 0);
  ::kill(pid, SIGKILL);
  REQUIRE(site.wait_for_successor(node, pid) > 0);
}

bool has_event(const live_site& site, const std::string& code) {
  for (const auto& event : site.events())
    if (event.value("code", "") == code) return true;
  return false;
}

} // namespace

TEST_CASE(
    "F-180 F-184 what is killed comes back as it was applied, however its files were spoiled") {
  live_site site;
  site.up();
  const auto applied = profile(site, "demo_rack.json");
  CHECK(applied["kind"] == "device profile");
  CHECK(applied["version"] == 1);
  CHECK(applied["on_disk"] == "same");
  cut(profile_of(site));
  std::filesystem::remove(limits_of(site));
  CHECK(profile(site, "demo_rack.json")["on_disk"] == "differs");
  CHECK(profile(site, "lfp.toml")["on_disk"] == "No such file or directory");
  for (const auto* node : {"rack_0", "site", "relay"}) kill_and_wait(site, node);
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  CHECK(site.contactor("rack_0") == "open");
  const auto refused = site.voltaic({"apply", site.file()});
  CHECK(refused.code == 1);
  CHECK(refused.output.find("demo_rack.json:") != std::string::npos);

  // The supervisor too, and everything with it.
  const auto family = children_of(site.process().pid());
  site.process().signal(SIGKILL);
  REQUIRE(site.process().wait(10s));
  for (const pid_t pid : family) REQUIRE(eventually([&] { return !alive(pid); }));
  CHECK(site.voltaic({"check", site.file()}).code == 1);
  site.launch_up({"--refuse-bad-files"});
  CHECK(site.process().wait(10s) == 1);
  site.up();
  CHECK(site.log().find("demo_rack.json:") != std::string::npos);
  CHECK(site.log().find("CFG_REJECT") != std::string::npos);
  CHECK(site.log().find(applied["hash"].get<std::string>()) != std::string::npos);
  CHECK(has_event(site, "CFG_REJECT"));
  auto now = profile(site, "demo_rack.json");
  CHECK(now["hash"] == applied["hash"]);
  CHECK(now["since"] == applied["since"]);
  kill_and_wait(site, "rack_1");
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  CHECK(site.stop() == 0);
}

TEST_CASE("F-183 F-185 a file that changed while its rack is closed runs in no restart") {
  live_site site;
  replace(profile_of(site), "\"version\": 1", "\"version\": 3");
  site.up();
  const auto applied = profile(site, "lfp.toml");
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  site.close({"rack_0"});
  const pid_t other = site.pid_of("relay");
  replace(limits_of(site), "fault = { set = 3.65,", "fault = { set = 3.64,");
  const auto refused = site.voltaic({"apply", site.file()}, 30s);
  CHECK(refused.code == 4);
  CHECK(refused.errors.find("rack_0 is closed") != std::string::npos);
  CHECK(profile(site, "lfp.toml")["hash"] == applied["hash"]);
  kill_and_wait(site, "rack_0");
  REQUIRE(eventually([&] { return site.good("rack_0") && site.contactor("rack_0") == "open"; }));
  const auto limit = [&] {
    return site.voltaic({"config", "rack_0", "--json", "--site", site.file()}).output;
  };
  CHECK(limit().find("fault = { set = 3.65,") != std::string::npos);

  // Once it is open it is taken, and restarts the racks that use it, and nobody else.
  REQUIRE(eventually([&] { return site.good("rack_1") && site.contactor("rack_1") == "open"; }));
  replace(profile_of(site), "\"version\": 3", "\"version\": 2");
  const auto older = site.voltaic({"apply", site.file()}, 30s);
  CHECK(older.code == 4);
  CHECK(older.errors.find("version 2 is older than 3") != std::string::npos);
  CHECK(site.voltaic({"apply", site.file(), "--accept-older"}).code == 2);
  CHECK(site.voltaic({"apply", site.file(), "--accept-older", "--reason", ""}).code != 0);
  CHECK_FALSE(has_event(site, "ROLLBACK"));
  CHECK(profile(site, "lfp.toml")["hash"] == applied["hash"]);
  const auto done = site.voltaic(
      {"apply", site.file(), "--accept-older", "--reason", "3 reads SOC wrongly"}, 40s);
  INFO(done.output << done.errors << site.log());
  REQUIRE(done.code == 0);
  CHECK(done.errors.find("demo_rack.json: version 2 after 3") != std::string::npos);
  CHECK(has_event(site, "ROLLBACK"));
  CHECK(profile(site, "lfp.toml")["hash"] != applied["hash"]);
  CHECK(profile(site, "lfp.toml")["on_disk"] == "same");
  REQUIRE(eventually([&] { return limit().find("fault = { set = 3.64,") != std::string::npos; }));
  CHECK(site.pid_of("relay") == other);
  CHECK(site.stop() == 0);
}

TEST_CASE("F-184 kill -9 amid an apply leaves the former files or the new ones, whole") {
  live_site site;
  for (int round = 0; round < 3; ++round) {
    INFO("round " << round);
    site.up();
    for (const auto* rack : {"rack_0", "rack_1"})
      REQUIRE(eventually([&] { return site.good(rack) && site.contactor(rack) == "open"; }));
    const std::set<std::string> old{profile(site, "demo_rack.json")["hash"],
                                    profile(site, "lfp.toml")["hash"]};
    const auto sound = read_file(profile_of(site));
    const auto limits = read_file(limits_of(site));
    write(profile_of(site), sound + " ");
    write(limits_of(site), limits + "\n");
    const auto family = children_of(site.process().pid());
    const auto begun = site.begin({"apply", site.file(), "--no-wait"}, site.folder() + "/apply");
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + 5 * round));
    site.process().signal(SIGKILL);
    REQUIRE(site.process().wait(10s));
    for (const pid_t pid : family) REQUIRE(eventually([&] { return !alive(pid); }));
    static_cast<void>(begun->wait(20s));
    // Whichever it was, the one that is kept runs, and both files are of one set.
    cut(profile_of(site));
    site.up();
    const std::set<std::string> now{profile(site, "demo_rack.json")["hash"],
                                    profile(site, "lfp.toml")["hash"]};
    std::vector<std::string> common;
    for (const auto& each : now)
      if (old.contains(each)) common.push_back(each);
    CHECK((common.empty() || common.size() == 2));
    CHECK(site.log().find("CFG_REJECT") != std::string::npos);
    CHECK(site.stop() == 0);
    write(profile_of(site), sound + " ");
  }
}

} // namespace applied_files_test
