#pragma once

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// can-utils as peers: programs that others wrote against the same kernel.
namespace laboratory {

/// Runs a command of the shell to its end; its exit code.
inline int run(const std::string& command) {
  return ::system(command.c_str()); // NOLINT(concurrency-mt-unsafe): one test, one thread asks
}

/// A program whose lines are kept while it runs; it is ended with its owner.
class listener {
 public:
  explicit listener(const std::string& command)
      : pipe_(::popen(("echo $$; exec " + command).c_str(), "re")) {
    if (pipe_ == nullptr) throw std::runtime_error("popen: " + command);
    process_ = static_cast<pid_t>(std::stol(read_line()));
    thread_ = std::thread([this] {
      for (std::string line = read_line(); !line.empty(); line = read_line()) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
      }
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
      ended_.notify_all();
    });
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener() {
    ::kill(process_, SIGTERM);
    {
      // candump looks whether it was told to end, and then waits for the next frame without an end:
      // in between it misses the signal.
      std::unique_lock lock(mutex_);
      if (!ended_.wait_for(lock, std::chrono::seconds(10), [this] { return has_ended_; }))
        ::kill(process_, SIGKILL);
    }
    thread_.join();
    ::pclose(pipe_);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  /// Whether a line contains `words`.
  [[nodiscard]] bool heard(const std::string& words) const {
    for (const std::string& each : lines()) {
      if (each.find(words) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::string read_line() {
    char text[512];
    return ::fgets(text, sizeof(text), pipe_) == nullptr ? std::string() : std::string(text);
  }

  FILE* pipe_;
  pid_t process_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
  std::vector<std::string> lines_;
  std::thread thread_;
};

} // namespace laboratory
