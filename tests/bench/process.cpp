#include "bench/process.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "bench/harness.hpp"

namespace voltaic::bench {

process::process(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  // No benchmark's process outlives the benchmark.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1); // it ended before that was in force
  work();
  _exit(0);
}

process::~process() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

double process::cpu_us() const {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) * 1e-3;
}

scratch_folder::scratch_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "voltaic-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::filesystem::remove_all(path_);
}

std::string scratch_folder::address(const std::string& name) const {
  return "ipc://" + path_ + "/" + name;
}

bool wait_until(const std::function<bool()>& holds, std::int64_t within_us) {
  constexpr unsigned step_us = 200;
  const std::int64_t until = now_us() + within_us;
  while (!holds()) {
    if (now_us() > until) return false;
    usleep(step_us);
  }
  return true;
}

} // namespace voltaic::bench
