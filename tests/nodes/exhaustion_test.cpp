#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "actors/runtime/real_time.hpp"
#include "nodes/process/child_process.hpp"
#include "nodes/process/process_set.hpp"

using namespace voltaic::nodes::process;
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

process_view view_of(process_set& set, const std::string& name) {
  for (auto& view : set.view(now_us()))
    if (view.name == name) return view;
  return {};
}

/// No new descriptor for this process while it lives.
class no_descriptors {
 public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

 private:
  rlimit before_{};
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

TEST_CASE("F-017 without descriptors a restart waits in backoff, what runs goes on") {
  process_set set([](const voltaic::messages::event&) {});
  set.add(script("rack_0"));
  set.add(script("rack_1"));
  REQUIRE(until(set, [&] { return set.settled(); }));
  const auto other = view_of(set, "rack_1").pid;
  {
    const no_descriptors now;
    ::kill(view_of(set, "rack_0").pid, SIGKILL);
    REQUIRE(until(set, [&] { return view_of(set, "rack_0").restarts >= 2; }));
    CHECK(view_of(set, "rack_0").state != process_state::failed);
    CHECK(view_of(set, "rack_1").state == process_state::running);
  }
  CHECK(until(set, [&] { return view_of(set, "rack_0").state == process_state::running; }));
  CHECK(view_of(set, "rack_1").pid == other);
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
