#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "nodes/process/process_set.hpp"

// For process_set alone: what it knows of one of its processes.
namespace voltaic::nodes::process {

/// Between a death and the next start: doubles from the least to the most.
inline constexpr std::int64_t backoff_min_us = 50'000;
inline constexpr std::int64_t backoff_max_us = 2'000'000;

/// The exit code of a node that says why it ends (`ended by a fault`).
inline constexpr int node_fault = 7;

/// How often and how soon a process is started again.
[[nodiscard]] inline actors::runtime::restart_policy restart_policy_of(const process_spec& spec) {
  actors::runtime::restart_policy policy;
  policy.restarts_max = spec.restarts_max;
  policy.window_us = std::int64_t{spec.restarts_window_ms} * 1000;
  policy.backoff_min_us = backoff_min_us;
  policy.backoff_max_us = backoff_max_us;
  return policy;
}

/// A process of the set: what was asked for, and how it fares.
struct process_set::entry {
  explicit entry(process_spec what)
      : spec(std::move(what)),
        restart(restart_policy_of(spec), {{{}, 1}}),
        progress(std::int64_t{spec.wedge_ms} * 1000) {}
  [[nodiscard]] bool is_node() const {
    return spec.role != process_role::bus && spec.role != process_role::simulator;
  }
  /// Whether the last line of its log says why it ended: a node's does when it ends by itself.
  [[nodiscard]] bool has_words(const exit_status& status) const {
    const bool by_itself = status.by_signal ? status.value == SIGABRT : status.value == node_fault;
    return is_node() && kill_reason.empty() && by_itself;
  }
  /// That its process died, by itself or by this set.
  [[nodiscard]] messages::event down(const exit_status& status, std::string reason) const;

  process_spec spec;
  process_state state = process_state::waiting;
  std::unique_ptr<child_process> child;
  actors::runtime::restart_model restart;
  progress_watch progress;
  std::unique_ptr<actors::runtime::progress_page> page;
  std::uint32_t restarts = 0;
  std::uint32_t refusals = 0; ///< of its start by the system, one after the other
  std::optional<std::string> last_exit;
  std::string kill_reason; ///< why this set killed it
  bool was_ready = false;  ///< once in its life: later stages do not wait again
  bool forget = false;     ///< when it has ended
  std::optional<process_spec> successor;
  std::int64_t started_us = 0;
  std::int64_t due_us = 0; ///< of the next start, or of SIGKILL while stopping
  double figure_cpu_s = 0;
  std::int64_t figure_us = 0;
  double cpu_percent = 0;
};

} // namespace voltaic::nodes::process
