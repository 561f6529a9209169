#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <thread>

#include "chaos/live_site.hpp"

namespace lifecycle_test {

using namespace chaos;

namespace {

/// Sockets below a folder.
std::vector<std::string> sockets_below(const std::string& folder) {
  std::vector<std::string> result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_socket()) result.push_back(entry.path().string());
  return result;
}

/// Nothing of the family lives, no socket is left.
void require_nothing_left(const live_site& site, const std::vector<pid_t>& family) {
  for (const pid_t pid : family) {
    INFO(pid);
    CHECK(eventually([&] { return !alive(pid); }, 2s));
  }
  const auto left = sockets_below(site.runtime_root());
  INFO(json(left).dump());
  CHECK(left.empty());
}

} // namespace

TEST_CASE("Ctrl-C stops everything in order within 3 s and leaves nothing behind") {
  live_site site;
  site.up();
  site.close({"rack_0"});
  const auto family = children_of(site.process().pid());
  CHECK(family.size() == 7); // 4 nodes, the bus and 2 racks
  const auto begin = std::chrono::steady_clock::now();
  site.process().signal(SIGINT);
  CHECK(site.process().wait(10s) == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 3s * patience);
  require_nothing_left(site, family);
}

TEST_CASE("each process logs its start, rights and stop, and only logs and lock stay behind") {
  live_site site;
  site.up();
  const auto folder = site.runtime_folder();
  const auto pid = site.pid_of("rack_0");
  CHECK(site.stop() == 0);
  const auto log = read_file(folder + "/log/rack_0.log");
  INFO(log);
  CHECK(log.find("node rack_0 of site demo starts: voltaic ") != std::string::npos);
  CHECK(log.find("process " + std::to_string(pid)) != std::string::npos);
  for (const auto* word : {"rights: ", "is ready", "is asked to stop", "has stopped"})
    CHECK(log.find(word) != std::string::npos);
  for (const auto* name : {"relay", "site", "bus_can0", "sim_rack_1"})
    CHECK(read_file(folder + "/log/" + name + ".log").find("has stopped") != std::string::npos);
  CHECK(read_file(folder + "/log/supervisor.log").find("SITE_STOPPED") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder + "/progress"));
  CHECK_FALSE(std::filesystem::exists(folder + "/site.toml"));
}

TEST_CASE("Without a running site every question exits 3 and says so") {
  const live_site site;
  using words = std::vector<std::string>;
  for (const auto& question :
       {words{"status"}, words{"status", "--json"}, words{"points"}, words{"events"},
        words{"set", "rack_0/contactor", "closed"}, words{"apply", site.file()}}) {
    const auto said = site.voltaic(question);
    INFO(question.front() << ": " << said.output << said.errors);
    CHECK(said.code == 3);
    CHECK(said.errors.find("no site runs") != std::string::npos);
    CHECK(said.output.empty());
  }
}

TEST_CASE("A second start of the same site is refused and names the process that holds it") {
  live_site site;
  site.up();
  for (const auto* mode : {"up", "run"}) {
    const auto said = site.voltaic({mode, site.file()});
    INFO(mode << ": " << said.errors);
    CHECK(said.code == 4);
    CHECK(said.errors.find(std::to_string(site.process().pid())) != std::string::npos);
  }
  const auto seen = site.status();
  for (const auto& one : seen["nodes"]) CHECK(one["restarts"] == 0);
}

TEST_CASE("Two sites run side by side and each is asked by its file") {
  live_site first;
  live_site second;
  second.up();
  first.launch_up({}, {.environment = {"VOLTAIC_RUNTIME_DIR=" + second.runtime_root()}});
  const auto question = [&](const live_site& which) {
    return second.voltaic({"status", "--json", "--site", which.file()});
  };
  REQUIRE(eventually([&] {
    const auto said = question(first);
    return said.code == 0 && said.output.find("\"starting\"") == std::string::npos &&
           said.output.find("\"waiting\"") == std::string::npos;
  }));
  const auto of_first = json::parse(question(first).output);
  const auto of_second = json::parse(question(second).output);
  for (const auto& one : of_first["nodes"])
    for (const auto& other : of_second["nodes"]) CHECK(one["pid"] != other["pid"]);
  // A question that does not say which names both.
  const auto unclear = second.voltaic({"status"});
  CHECK(unclear.code == 2);
  CHECK(unclear.errors.find(first.file()) != std::string::npos);
  CHECK(unclear.errors.find(second.file()) != std::string::npos);
  // Closing a rack of one closes none of the other.
  REQUIRE(eventually([&] { return second.good("rack_0"); }));
  CHECK(second.voltaic({"set", "rack_0/contactor", "closed", "--site", second.file()}).code == 0);
  const auto other =
      second.voltaic({"points", "rack_0/contactor", "--json", "--site", first.file()});
  CHECK(other.output.find("\"value\":\"open\"") != std::string::npos);
  CHECK(first.stop() == 0);
  CHECK(second.contactor("rack_0") == "closed");
}

TEST_CASE("voltaic run counts its time from ready and exits 0") {
  const live_site site;
  const auto begin = std::chrono::steady_clock::now();
  const auto process = site.begin({"run", site.file(), "--for", "2s"}, site.folder() + "/run.log");
  REQUIRE(eventually([&] { return site.good("rack_1"); }));
  const auto seen = site.status();
  for (const auto& one : seen["nodes"]) CHECK(one["pid"] == process->pid());
  const auto family = children_of(process->pid());
  const auto code = process->wait(15s);
  INFO(read_file(site.folder() + "/run.log") << read_file(site.folder() + "/run.log.errors"));
  CHECK(code == 0);
  CHECK(std::chrono::steady_clock::now() - begin >= 2s);
  require_nothing_left(site, family);
}

TEST_CASE("The exit code of set tells what came of it") {
  live_site site;
  site.up();
  site.close({"rack_0"});
  const auto code = [&](std::vector<std::string> words, const std::string& result) {
    words.insert(words.begin(), "set");
    words.push_back("--json");
    const auto said = site.voltaic(words);
    INFO(said.output << said.errors);
    const auto parsed = json::parse(said.output, nullptr, false);
    CHECK((parsed.is_object() ? parsed.value("result", "") : "") == result);
    if (parsed.is_object() && result != "done") CHECK_FALSE(parsed["reasons"].empty());
    return said.code;
  };
  CHECK(code({"rack_0/charge_current_limit", "50"}, "done") == 0);
  CHECK(code({"bms_0/SetChargeCurrent", "60"}, "done") == 0);
  CHECK(code({"rack_0/charge_current_limit", "100000"}, "rejected") == 4);
  CHECK(code({"rack_0/no_such_point", "1"}, "rejected") == 4);
  CHECK(code({"rack_7/contactor", "closed"}, "rejected") == 4);
  CHECK(code({"rack_0/cell_voltage[3]", "3.3"}, "rejected") == 4);
  CHECK(code({"rack_0/contactor", "ajar"}, "rejected") == 4);
  CHECK(code({"rack_0/charge_current_limit", "50", "--for", "soon"}, "") == 2);
  CHECK(code({"rack_0/charge_current_limit"}, "") == 2);
}

TEST_CASE("while nothing happens the supervisor sleeps") {
  live_site site;
  site.up();
  // User and system time, the 14th and 15th field of /proc/PID/stat, in clock ticks.
  const auto ticks_used = [&] {
    const auto text = read_file("/proc/" + std::to_string(site.process().pid()) + "/stat");
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return user + system;
  };
  const auto before = ticks_used();
  std::this_thread::sleep_for(3s);
  CHECK(ticks_used() - before < ::sysconf(_SC_CLK_TCK));
}

} // namespace lifecycle_test
