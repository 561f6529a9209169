#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "actors/runtime/real_time.hpp"
#include "nodes/process/child_process.hpp"
#include "nodes/process/memory_kills.hpp"
#include "nodes/process/process_set.hpp"
#include "nodes/process/thread_room.hpp"

namespace exhaustion_test {

using namespace voltaic::nodes::process;
using voltaic::messages::event;
using namespace std::chrono_literals;

namespace {

constexpr auto healthy = "eval \"echo -n 1 >&$VOLTAIC_READY_FD\"; exec sleep 600";
constexpr uid_t nobody = 65534;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool until(process_set& set, const std::function<bool()>& holds) {
  for (const auto end = now_us() + 30'000'000; now_us() < end; set.step(now_us())) {
    if (holds()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

process_spec script(const std::string& name) {
  process_spec spec;
  spec.name = name;
  spec.arguments = {"/bin/sh", "-c", healthy};
  spec.start_timeout_ms = 20'000;
  spec.restarts_max = 100;
  return spec;
}

std::vector<event> told(const std::vector<event>& events, const std::string& code,
                        const std::string& edge) {
  std::vector<event> found;
  for (const auto& each : events)
    if (each.code == code && each.edge == edge) found.push_back(each);
  return found;
}

process_view view_of(process_set& set, const std::string& name) {
  for (auto& view : set.view(now_us()))
    if (view.name == name) return view;
  return {};
}

/// While it lives this process gets two descriptors more and no third: too few for a
/// child, and what the sanitizers want for a moment to look at an object.
class two_descriptors {
 public:
  two_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // Gaps below would be free whatever the limit.
    int highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      highest = std::max(highest, std::stoi(entry.path().filename()));
    while (fillers_.empty() || fillers_.back() <= highest)
      fillers_.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(fillers_.back()) + 3;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~two_descriptors() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
    for (const int file : fillers_) ::close(file);
  }
  two_descriptors(const two_descriptors&) = delete;
  two_descriptors& operator=(const two_descriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<int> fillers_;
};

/// Runs in a process of its own; the exit code is the answer.
int in_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("F-017 without descriptors a restart waits, that is told once, and what runs goes on") {
  std::vector<event> events;
  process_set set([&](event said) { events.push_back(std::move(said)); });
  auto short_of_restarts = script("rack_0");
  short_of_restarts.restarts_max = 1;
  set.add(short_of_restarts);
  set.add(script("rack_1"));
  REQUIRE(until(set, [&] { return set.settled(); }));
  const auto other = view_of(set, "rack_1").pid;
  const auto pid = view_of(set, "rack_0").pid;
  {
    const two_descriptors now;
    ::kill(pid, SIGKILL);
    REQUIRE(until(set, [&] { return !told(events, "FD_LOW", "set").empty(); }));
    const auto later = now_us() + 500'000; // for several attempts more
    REQUIRE(until(set, [&] { return now_us() > later; }));
    CHECK(view_of(set, "rack_0").state == process_state::backoff);
    CHECK(view_of(set, "rack_1").state == process_state::running);
  }
  REQUIRE(until(set, [&] { return view_of(set, "rack_0").state == process_state::running; }));
  CHECK(view_of(set, "rack_1").pid == other);
  CHECK(view_of(set, "rack_0").restarts == 1);
  const auto set_once = told(events, "FD_LOW", "set");
  REQUIRE(set_once.size() == 1);
  CHECK(set_once[0].subject == "rack_0");
  CHECK(set_once[0].reason.find("Too many open files") != std::string::npos);
  CHECK(set_once[0].reason.find("ulimit -n") != std::string::npos);
  CHECK(told(events, "FD_LOW", "clear").size() == 1);
  CHECK(told(events, "NODE_DOWN", "").size() == 1);
  set.stop_all(now_us());
  CHECK(until(set, [&] { return set.all_stopped(); }));
}

TEST_CASE("F-018 a process that the system refuses to make is a failure with a reason") {
  const auto code = in_child([] {
    const rlimit none{0, 0};
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) return 2;
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 3;
    const auto child = child_process::start({{"/bin/true"}, "", {}});
    if (child) return 4;
    return child.error().text.find("no new process") == 0 ? 0 : 5;
  });
  CHECK(code == 0);
}

TEST_CASE("F-018 without processes a start waits, that is told once, and costs no restarts") {
  const auto code = in_child([] {
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) return 2;
    rlimit limit{};
    ::getrlimit(RLIMIT_NPROC, &limit);
    const rlimit none{0, limit.rlim_max};
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 3;
    std::vector<event> events;
    process_set set([&](event said) { events.push_back(std::move(said)); });
    auto one = script("rack_0");
    one.restarts_max = 0;
    set.add(one);
    const auto later = now_us() + 500'000;
    if (!until(set, [&] { return now_us() > later; })) return 4;
    if (view_of(set, "rack_0").state != process_state::backoff) return 5;
    const auto low = told(events, "PID_LOW", "set");
    if (low.size() != 1 || low[0].subject != "rack_0") return 6;
    if (low[0].reason.find("pids.max") == std::string::npos) return 7;
    ::setrlimit(RLIMIT_NPROC, &limit);
    if (!until(set, [&] { return view_of(set, "rack_0").state == process_state::running; }))
      return 8;
    if (told(events, "PID_LOW", "clear").size() != 1) return 9;
    set.stop_all(now_us());
    return until(set, [&] { return set.all_stopped(); }) ? 0 : 10;
  });
  CHECK(code == 0);
}

TEST_CASE("F-018 a process that gets too few threads hears it before it starts them") {
  CHECK_FALSE(lack_of_threads(node_threads));
  const auto code = in_child([] {
    const rlimit none{0, 0};
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) return 2;
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 3;
    const auto lack = lack_of_threads(node_threads);
    return lack && lack->find("the system refuses thread 1 of 7") == 0 ? 0 : 4;
  });
  CHECK(code == 0);
}

TEST_CASE("F-016 a kill of the kernel's explains one death in the seconds after it") {
  memory_kills kills;
  CHECK_FALSE(kills.explain(0));
  kills.look(0, 59); // before the first look is not our time
  CHECK_FALSE(kills.explain(0));
  kills.look(1'000'000, 61);
  CHECK(kills.explain(1'000'000));
  CHECK(kills.explain(1'000'000 + memory_kills::explains_us));
  CHECK_FALSE(kills.explain(1'000'000));
  kills.look(2'000'000, 62);
  CHECK_FALSE(kills.explain(2'000'001 + memory_kills::explains_us));
  CHECK(read_memory_kills()); // Linux counts them since 4.13
}

TEST_CASE("F-016 when memory ends, a chain's process is the last that the kernel takes") {
  const auto code = in_child([] {
    const bool granted = voltaic::actors::runtime::ask_to_outlive_others();
    std::ifstream file("/proc/self/oom_score_adj");
    int score = 0;
    file >> score;
    if (!granted) return score == 0 ? 1 : 2;
    return score == voltaic::actors::runtime::memory_score ? 0 : 3;
  });
  if (code == 1) {
    WARN("the system does not permit a lower score; nothing was changed");
    return;
  }
  CHECK(code == 0);
}

} // namespace exhaustion_test
