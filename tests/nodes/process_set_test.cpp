#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "messages/points/output.hpp"
#include "nodes/process/process_set.hpp"
#include "nodes/process/site_lock.hpp"
#include "support/command_line.hpp"
#include "support/temporary_folder.hpp"

namespace process_set_test {

using namespace voltaic::nodes::process;
using voltaic::actors::runtime::progress_page;

namespace {

// Generous: these tests run while other things compile on the same machine.
constexpr std::int64_t patience_us = 30'000'000;
// Says ready, then lives.
constexpr auto healthy = "eval \"echo -n 1 >&$VOLTAIC_READY_FD\"; exec sleep 600";

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A set of shell scripts, driven until something is true.
class scene {
 public:
  scene() {
    char name[] = "/tmp/voltaic_test_XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~scene() { std::filesystem::remove_all(folder); }

  process_spec script(const std::string& name, const std::string& text,
                      process_role role = process_role::node) {
    process_spec spec;
    spec.name = name;
    spec.role = role;
    spec.arguments = {"/bin/sh", "-c", text};
    spec.log_path = folder + "/" + name + ".log";
    spec.start_timeout_ms = 20'000;
    return spec;
  }
  void turn() {
    std::vector<pollfd> polled;
    set.add_to(polled);
    ::poll(polled.data(), polled.size(), 10);
    set.step(now_us());
  }
  bool until(const std::function<bool()>& is_so) {
    for (const auto end = now_us() + patience_us; now_us() < end; turn())
      if (is_so()) return true;
    return false;
  }
  process_view of(const std::string& name) {
    for (auto& view : set.view(now_us()))
      if (view.name == name) return view;
    return {};
  }
  process_state state(const std::string& name) { return of(name).state; }
  std::int64_t stop() {
    const auto begin = now_us();
    set.stop_all(begin);
    CHECK(until([this] { return set.all_stopped(); }));
    return now_us() - begin;
  }
  std::string log() const {
    std::string all;
    for (const auto& each : events)
      all += each.subject + " " + voltaic::messages::points::event_sentence(each) + "\n";
    return all;
  }

  std::string folder;
  /// Codes of what was told of a process, in order.
  std::vector<std::string> codes_of(const std::string& name) const {
    std::vector<std::string> codes;
    for (const auto& each : events)
      if (each.subject == name) codes.push_back(each.code);
    return codes;
  }
  std::vector<voltaic::messages::event> events;
  process_set set{[this](voltaic::messages::event event) { events.push_back(std::move(event)); }};
};

// The supervisor's view of a node, moved by the test in the node's place.
std::unique_ptr<progress_page> page_for(const std::string& path, pid_t pid) {
  auto page = progress_page::create(path);
  REQUIRE(page);
  (*page)->counter("rack_0/protection").step();
  (*page)->layout().pid = pid;
  (*page)->layout().running = 1;
  return *std::move(page);
}

} // namespace

TEST_CASE("a killed process is seen at once and started again, the others are left alone") {
  scene s;
  s.set.add(s.script("rack_0", healthy));
  s.set.add(s.script("rack_1", healthy));
  REQUIRE(s.until([&] { return s.set.settled(); }));
  const auto first = s.of("rack_0").pid;
  const auto other = s.of("rack_1").pid;
  ::kill(first, SIGKILL);
  REQUIRE(s.until([&] { return s.of("rack_0").restarts == 1; }));
  REQUIRE(s.until([&] { return s.state("rack_0") == process_state::running; }));
  CHECK(s.of("rack_0").pid != first);
  CHECK(s.of("rack_0").last_exit == "signal 9 (Killed)");
  CHECK(s.of("rack_1").pid == other);
  CHECK(s.of("rack_1").restarts == 0);
  CHECK(s.codes_of("rack_0") == std::vector<std::string>{"NODE_DOWN", "NODE_UP"});
  CHECK(s.events[0].pid == first);
  CHECK(s.events[0].signal == SIGKILL);
  CHECK(s.events[1].pid == s.of("rack_0").pid);
  CHECK(s.codes_of("rack_1").empty());
  s.stop();
  CHECK(s.events.size() == 2); // an ordered stop is no death
}

TEST_CASE("F-013 a process that ends at each start fails after its restarts, the rest runs") {
  scene s;
  auto broken = s.script("broken", "echo 127.0.0.1:1511 is taken; echo; exit 3");
  broken.restarts_max = 2;
  s.set.add(broken);
  s.set.add(s.script("rack_1", healthy));
  REQUIRE(s.until([&] { return s.set.any_failed(); }));
  CHECK(s.of("broken").restarts == 2);
  CHECK(s.of("broken").last_exit == "exit 3");
  CHECK(s.codes_of("broken") ==
        std::vector<std::string>{"NODE_DOWN", "NODE_DOWN", "NODE_DOWN", "RESTART_BUDGET"});
  CHECK(s.log().find("exit 3; restart 2 in ") != std::string::npos);
  CHECK(s.log().find("broken RESTART_BUDGET failed: more than 2 restarts in 60 s; it is not "
                     "started again; its last words: 127.0.0.1:1511 is taken") !=
        std::string::npos);
  for (const auto& each : s.events)
    if (each.code == "NODE_DOWN") CHECK(each.exit_code == 3);
  REQUIRE(s.until([&] { return s.set.settled(); }));
  CHECK(s.state("rack_1") == process_state::running);
  s.stop();
  CHECK(s.set.any_failed());
}

TEST_CASE("F-011 a node whose actor makes no progress is killed and started again") {
  scene s;
  auto node = s.script("rack_0", healthy);
  node.progress_path = s.folder + "/progress";
  node.wedge_ms = 300;
  s.set.add(node);
  REQUIRE(s.until([&] { return s.set.settled(); }));
  const auto pid = s.of("rack_0").pid;
  auto page = page_for(node.progress_path, pid);
  auto counter = page->counter("rack_0/protection");
  const auto healthy_until = now_us() + 1'000'000;
  REQUIRE(s.until([&] {
    counter.step();
    return now_us() > healthy_until;
  }));
  CHECK(s.of("rack_0").restarts == 0);
  REQUIRE(s.until([&] { return s.of("rack_0").restarts == 1; }));
  CHECK(s.of("rack_0").last_exit ==
        "rack_0/protection made no progress for 300 ms, signal 9 (Killed)");
  REQUIRE(s.until([&] { return s.state("rack_0") == process_state::running; }));
  CHECK(s.codes_of("rack_0") == std::vector<std::string>{"ACTOR_WEDGED", "NODE_DOWN", "NODE_UP"});
  CHECK(s.events[0].reason == "rack_0/protection made no progress for 300 ms; it is killed");
  CHECK(s.events[0].pid == pid);
  CHECK(s.events[1].signal == SIGKILL);
  s.stop();
}

TEST_CASE("F-011 a running node is held to bounds that were changed meanwhile") {
  scene s;
  auto node = s.script("rack_0", healthy);
  node.progress_path = s.folder + "/progress";
  node.wedge_ms = 300'000;
  s.set.add(node);
  REQUIRE(s.until([&] { return s.set.settled(); }));
  const auto pid = s.of("rack_0").pid;
  const auto page = page_for(node.progress_path, pid);
  node.wedge_ms = 300;
  s.set.set_bounds(node);
  REQUIRE(s.until([&] { return s.of("rack_0").restarts == 1; }));
  CHECK(s.events[0].pid == pid); // it was no restart that brought the new bounds
  CHECK(s.codes_of("rack_0").at(0) == "ACTOR_WEDGED");
  auto other = node;
  other.name = "rack_7";
  s.set.set_bounds(other); // nobody's
  s.stop();
}

TEST_CASE("F-010 a node stopped by SIGSTOP stands still and is replaced") {
  scene s;
  auto node = s.script("rack_0", healthy);
  node.progress_path = s.folder + "/progress";
  node.wedge_ms = 300;
  s.set.add(node);
  REQUIRE(s.until([&] { return s.set.settled(); }));
  const auto pid = s.of("rack_0").pid;
  auto page = page_for(node.progress_path, pid);
  ::kill(pid, SIGSTOP);
  REQUIRE(s.until(
      [&] { return s.of("rack_0").restarts == 1 && s.state("rack_0") == process_state::running; }));
  CHECK(s.of("rack_0").pid != pid);
  s.stop();
}

TEST_CASE("a node that runs before its ready byte is read does not keep its supervisor awake") {
  scene s;
  auto spec = s.script("rack_0", "sleep 0.2; " + std::string(healthy));
  spec.progress_path = s.folder + "/page";
  s.set.add(spec);
  REQUIRE(s.until([&] { return s.of("rack_0").pid > 0; }));
  const auto page = page_for(spec.progress_path, s.of("rack_0").pid);
  REQUIRE(s.until([&] { return s.state("rack_0") == process_state::running; }));
  std::vector<pollfd> polled;
  s.set.add_to(polled);
  CHECK(polled.size() == 1); // its end is all that is left to wait for
  s.stop();
}

TEST_CASE("F-015 a stage waits for the one before, and a node that never gets ready is named") {
  scene s;
  const auto marker = s.folder + "/bus_is_ready";
  s.set.add(s.script("bus can0", fmt::format("sleep 0.3; touch {}; {}", marker, healthy),
                     process_role::bus));
  s.set.add(s.script("simulator rack_0", fmt::format("test -e {} || exit 9; {}", marker, healthy),
                     process_role::simulator));
  auto stuck = s.script("rack_0", "exec sleep 600");
  stuck.start_timeout_ms = 300;
  stuck.restarts_max = 0;
  s.set.add(stuck);
  REQUIRE(s.until([&] { return s.set.settled(); }));
  CHECK(s.of("simulator rack_0").restarts == 0);
  CHECK(s.state("rack_0") == process_state::failed);
  CHECK(s.of("rack_0").last_exit == "not ready within 300 ms, signal 9 (Killed)");
  s.stop();
}

TEST_CASE("a stop goes stage by stage, the bus last") {
  scene s;
  s.set.add(s.script("bus can0", healthy, process_role::bus));
  s.set.add(s.script("simulator rack_0", healthy, process_role::simulator));
  s.set.add(s.script("relay", healthy, process_role::relay));
  s.set.add(s.script("rack_0", healthy));
  s.set.add(s.script("site", healthy, process_role::site));
  REQUIRE(s.until([&] { return s.set.settled(); }));
  std::vector<std::string> order;
  s.set.stop_all(now_us());
  CHECK(s.until([&] {
    for (const auto& view : s.set.view(now_us()))
      if (view.pid == 0 && std::find(order.begin(), order.end(), view.name) == order.end())
        order.push_back(view.name);
    return s.set.all_stopped();
  }));
  CHECK(order ==
        std::vector<std::string>{"site", "rack_0", "relay", "simulator rack_0", "bus can0"});
}

TEST_CASE("what ignores the wish to stop is killed within its bound") {
  scene s;
  const std::string deaf =
      "trap '' TERM; eval \"echo -n 1 >&$VOLTAIC_READY_FD\"; while :; do sleep 0.05; done";
  s.set.add(s.script("rack_0", deaf));
  s.set.add(s.script("rack_1", deaf));
  s.set.add(s.script("relay", deaf, process_role::relay));
  REQUIRE(s.until([&] { return s.set.settled(); }));
  // The bound is 2.6 s; the rest is what a busy machine may need.
  CHECK(s.stop() < 10'000'000);
  CHECK(s.codes_of("rack_1") == std::vector<std::string>{"STOP_TIMEOUT", "NODE_DOWN"});
}

TEST_CASE("a bus that dies is told as a process, not as a node") {
  scene s;
  s.set.add(s.script("bus can0", healthy, process_role::bus));
  REQUIRE(s.until([&] { return s.set.settled(); }));
  ::kill(s.of("bus can0").pid, SIGKILL);
  REQUIRE(s.until([&] { return s.codes_of("bus can0").size() == 2; }));
  CHECK(s.codes_of("bus can0") == std::vector<std::string>{"PROCESS_DOWN", "PROCESS_UP"});
  s.stop();
}

TEST_CASE("a process can be removed, replaced and added while the others run on") {
  scene s;
  for (const auto* name : {"rack_0", "rack_1"}) s.set.add(s.script(name, healthy));
  REQUIRE(s.until([&] { return s.set.settled(); }));
  const auto kept = s.of("rack_1").pid;
  const auto replaced = s.of("rack_0").pid;
  s.set.replace(s.script("rack_0", healthy));
  s.set.add(s.script("rack_2", healthy));
  REQUIRE(s.until([&] { return s.set.quiet() && s.set.settled(); }));
  CHECK(s.of("rack_0").pid != replaced);
  CHECK(s.of("rack_0").restarts == 0);
  CHECK(s.of("rack_2").pid != 0);
  s.set.remove("rack_2");
  REQUIRE(s.until([&] { return s.set.quiet(); }));
  CHECK(s.set.view(now_us()).size() == 2);
  CHECK(s.of("rack_1").pid == kept);
  s.stop();
}

TEST_CASE("F-009 when the supervisor is killed its children die with it") {
  scene s;
  const auto file = s.folder + "/child_pid";
  const pid_t helper = ::fork();
  if (helper == 0) {
    process_set set([](const voltaic::messages::event&) {});
    set.add(
        s.script("rack_0", fmt::format("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600", file)));
    while (true) {
      set.step(now_us());
      ::usleep(10'000);
    }
  }
  const auto end = now_us() + patience_us;
  while (!std::filesystem::exists(file) && now_us() < end) ::usleep(10'000);
  pid_t child = 0;
  std::ifstream(file) >> child;
  REQUIRE(child > 0);
  REQUIRE(::kill(child, 0) == 0);
  ::kill(helper, SIGKILL);
  ::waitpid(helper, nullptr, 0);
  // An orphan is gone, or a zombie until whoever adopted it looks.
  const auto is_gone = [&] {
    std::ifstream stat(fmt::format("/proc/{}/stat", child));
    std::string pid, name, state;
    return !(stat >> pid >> name >> state) || state == "Z" || state == "X";
  };
  while (!is_gone() && now_us() < end) ::usleep(10'000);
  CHECK(is_gone());
}

TEST_CASE("a site's lock is held by one process, which is named") {
  scene s;
  {
    auto first = site_lock::take(s.folder, "voltaic up");
    REQUIRE(first);
    auto second = site_lock::take(s.folder, "voltaic run");
    REQUIRE_FALSE(second);
    CHECK(second.error().text ==
          fmt::format("the site already runs: voltaic up, process {}", ::getpid()));
    CHECK(lock_holder(s.folder) == fmt::format("voltaic up, process {}", ::getpid()));
  }
  CHECK_FALSE(lock_holder(s.folder));
  CHECK(site_lock::take(s.folder, "voltaic run"));
}

TEST_CASE("F-009 a site whose holder was killed tells who that was and when it was there last") {
  const voltaic::tests::temporary_folder root;
  const std::string folder = root / "demo-01234567";
  std::filesystem::create_directory(folder);
  const auto status = [&] {
    return voltaic::tests::run_voltaic(root, "status",
                                       fmt::format("VOLTAIC_RUNTIME_DIR={}", root / ""));
  };
  const auto began = std::time(nullptr);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto held = site_lock::take(folder, "voltaic up");
    while (true) {
      if (held) (*held)->tell_held(now_us());
      ::usleep(10'000);
    }
  }
  const auto end = now_us() + patience_us;
  while (!lock_holder(folder) && now_us() < end) ::usleep(10'000);
  CHECK_FALSE(last_lost_holder(folder));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  const auto lost = last_lost_holder(folder);
  REQUIRE(lost);
  CHECK(lost->name == fmt::format("voltaic up, process {}", holder));
  CHECK(lost->held >= began - 1);
  const auto told = status();
  CHECK(told.code == 3);
  CHECK_THAT(told.errors, Catch::Contains("demo-01234567 ended without being stopped, at ") &&
                              Catch::Contains(lost->name) &&
                              Catch::Contains("each rack opens by its own lease"));
  {
    // Who takes the site over, and stops it in order, leaves nothing to tell.
    const auto next = site_lock::take(folder, "voltaic up");
    REQUIRE(next);
    CHECK_FALSE(last_lost_holder(folder));
  }
  CHECK_FALSE(last_lost_holder(folder));
  CHECK(status().errors.find("ended without being stopped") == std::string::npos);
}

TEST_CASE("F-009 who holds a site says so once a second") {
  scene s;
  const auto path = s.folder + "/lock";
  const auto held = site_lock::take(s.folder, "voltaic up");
  REQUIRE(held);
  const auto is_told = [&](std::int64_t at_us) {
    const auto before = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24);
    std::filesystem::last_write_time(path, before);
    (*held)->tell_held(at_us);
    return std::filesystem::last_write_time(path) - before > std::chrono::hours(1);
  };
  CHECK(is_told(5));
  CHECK_FALSE(is_told(4 + holding_told_us));
  CHECK(is_told(5 + holding_told_us));
}

TEST_CASE("a program that does not exist fails like one that ends") {
  scene s;
  auto spec = s.script("rack_0", "");
  spec.arguments = {s.folder + "/no_such_program"};
  spec.restarts_max = 1;
  s.set.add(spec);
  REQUIRE(s.until([&] { return s.set.any_failed(); }));
  CHECK(s.of("rack_0").last_exit == "exit 127");
}

} // namespace process_set_test
