#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/progress_page.hpp"
#include "actors/runtime/restart_model.hpp"
#include "messages/codec/payloads.hpp"
#include "nodes/process/child_process.hpp"
#include "nodes/process/memory_kills.hpp"
#include "nodes/process/progress_watch.hpp"
#include "nodes/process/shortage_model.hpp"

namespace voltaic::nodes::process {

/// In start order: each stage is ready before the next one starts. They stop
/// the other way round.
enum class process_role : std::uint8_t { bus, simulator, relay, node, site };

/// A process as it is to be started and watched; the bounds are those of `[supervision]`.
struct process_spec {
  std::string name; ///< unique in the set
  process_role role = process_role::node;
  std::vector<std::string> arguments;
  std::vector<std::string> environment; ///< NAME=VALUE, added
  std::string log_path;
  std::string progress_path; ///< empty: its progress is not watched
  std::uint32_t wedge_ms = 3'000;
  std::uint32_t start_timeout_ms = 10'000;
  std::uint32_t restarts_max = 3; ///< starts that the system refuses do not count
  std::uint32_t restarts_window_ms = 60'000;
  friend bool operator==(const process_spec&, const process_spec&) = default;
};

/// How a process of the set fares.
enum class process_state : std::uint8_t {
  waiting,  ///< for an earlier stage
  starting, ///< its process is there but not ready
  running,
  backoff, ///< ended, will be started again
  failed,  ///< ended too often
  stopping,
  stopped
};
/// As `status` spells it: "running".
[[nodiscard]] std::string_view to_string(process_state state);

/// A process of the set finds in its environment how often it was started again.
inline constexpr const char* restarts_variable = "VOLTAIC_RESTARTS";
/// What it finds there; 0 where no set started it.
[[nodiscard]] std::uint32_t restarts_of_this_process();

/// What people see of a process.
struct process_view {
  std::string name;
  process_role role = process_role::node;
  process_state state = process_state::waiting;
  pid_t pid = 0;
  std::uint32_t restarts = 0;
  double uptime_s = 0;
  double cpu_percent = 0; ///< of the last second or so
  std::int64_t rss_kb = 0;
  std::optional<std::string> last_exit;
};

/// Processes that are started in order, watched, restarted and stopped in
/// order. Driven by its owner's poll loop from one thread; never blocks.
class process_set {
 public:
  /// What happened to a process: its death, that it runs again, that it is given up.
  using reporter = std::function<void(messages::event event)>;
  explicit process_set(reporter report) : report_(std::move(report)) {}

  /// Adds a process; it starts when its stage is reached.
  void add(process_spec spec);
  /// Stops it in bounded time and forgets it.
  void remove(std::string_view name);
  /// Stops it in bounded time and starts it anew, with a fresh restart budget.
  void replace(process_spec spec);
  /// Gives a process that goes on as it is the times of `spec` and a fresh restart budget.
  void set_bounds(const process_spec& spec);

  /// Appends what to poll for, beside the owner's own files.
  void add_to(std::vector<pollfd>& polled) const;
  /// After each poll, and at least every `look_period_us`.
  void step(std::int64_t now_us);

  /// Begins the ordered stop; `step` carries it out within `stop_us_max`.
  void stop_all(std::int64_t now_us);
  [[nodiscard]] bool all_stopped() const;
  /// Every process runs or has failed.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] bool any_failed() const;
  /// The names of those that are not started again.
  [[nodiscard]] std::vector<std::string> failed() const;
  /// No replaced or removed process is still on its way out.
  [[nodiscard]] bool quiet() const;
  [[nodiscard]] std::vector<process_view> view(std::int64_t now_us);

  static constexpr std::int64_t stop_us_max = 5'900'000;

 private:
  struct entry;
  entry* find(std::string_view name);
  [[nodiscard]] bool stage_reached(process_role role) const;
  void start(entry& item, std::int64_t now_us);
  void refused(entry& item, shortage lacks, const std::string& reason, std::int64_t now_us);
  void look_for_memory_kills(std::int64_t now_us);
  [[nodiscard]] bool is_memory_kill(const entry& item, const exit_status& status,
                                    std::int64_t now_us);
  void ended(entry& item, const exit_status& status, std::int64_t now_us);
  void tell_up(const entry& item);
  void watch(entry& item, std::int64_t now_us);
  void kill(entry& item, std::string_view code, std::string why);
  void ask_to_stop(entry& item, std::int64_t now_us, std::int64_t bound_us);
  void step_stop(std::int64_t now_us);

  reporter report_;
  std::vector<std::shared_ptr<entry>> entries_;
  shortage_model shortages_;
  memory_kills memory_kills_;
  std::int64_t memory_kills_due_us_ = 0;
  bool stopping_ = false;
  int stop_stage_ = 0;
};

} // namespace voltaic::nodes::process
