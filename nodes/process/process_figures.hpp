#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "actors/runtime/node_points.hpp"

namespace voltaic::nodes::process {

/// What a process costs.
struct process_figures {
  double cpu_seconds = 0; ///< since its start, all threads
  std::int64_t rss_kb = 0;
};

/// From /proc; nothing when the process is gone.
[[nodiscard]] std::optional<process_figures> read_figures(pid_t pid);

/// What this process costs, measured on one thread and read on any.
class process_meter {
 public:
  /// Measures when a second has passed since it last did.
  void look(std::int64_t now_us);
  /// Nothing before the first second is over.
  [[nodiscard]] std::optional<actors::runtime::process_cost> last() const;

 private:
  static constexpr std::int64_t period_us = 1'000'000;
  mutable std::mutex mutex_;
  std::optional<actors::runtime::process_cost> last_;
  std::int64_t measured_us_ = 0; ///< 0: never
  double measured_cpu_s_ = 0;
};

/// Tells a process that waits for a processor or a disk from one that is stuck.
class starvation_probe {
 public:
  /// True when since the last call some thread wanted to run and was not let.
  /// The first call after `reset` only remembers, and gives the benefit of doubt.
  [[nodiscard]] bool starved(pid_t pid, std::int64_t now_us);
  void reset() { threads_.clear(); }

 private:
  std::map<pid_t, std::int64_t> threads_; ///< processor time, ns
  std::int64_t last_us_ = 0;
};

} // namespace voltaic::nodes::process
