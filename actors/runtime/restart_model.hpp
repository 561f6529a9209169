#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

/// Who is restarted when something ends: a pure function of history and time.
namespace voltaic::actors::runtime {

/// Who of a group is restarted with the one that ended.
enum class strategy : std::uint8_t {
  one_for_one,  ///< only the one that ended
  rest_for_one, ///< it and everybody started after it
  one_for_all   ///< its whole group
};

/// How many restarts are too many, and the pause before each.
struct restart_policy {
  std::uint32_t restarts_max = 3; ///< within the window; one more escalates
  std::int64_t window_us = 60'000'000;
  std::int64_t backoff_min_us = 10'000; ///< before the first restart; doubles
  std::int64_t backoff_max_us = 1'000'000;
};

/// Children `first` to `first + count - 1`, started in this order.
struct group_shape {
  runtime::strategy strategy = strategy::one_for_one;
  std::size_t count = 0;
};

/// What follows on the end of a child: restarts after a pause, or giving up.
struct restart_decision {
  bool escalate = false;
  std::vector<std::size_t> stop;  ///< in this order: last started, first stopped
  std::vector<std::size_t> start; ///< in this order, after the delay
  std::int64_t delay_us = 0;
  friend bool operator==(const restart_decision&, const restart_decision&) = default;
};

/// All groups of a node draw on one budget, so that restarts do not multiply
/// over levels: beyond it the whole node is given up.
class restart_model {
 public:
  restart_model(restart_policy policy, const std::vector<group_shape>& groups);

  /// A child ended by itself at `now_us`. Children are numbered through all groups.
  [[nodiscard]] restart_decision on_exit(std::size_t child, std::int64_t now_us);

  /// The group of a child: its first child and how many there are.
  struct range {
    std::size_t first = 0;
    std::size_t count = 0;
    runtime::strategy strategy = strategy::one_for_one;
  };
  [[nodiscard]] range group_of(std::size_t child) const;

 private:
  restart_policy policy_;
  std::vector<range> groups_;
  std::deque<std::int64_t> history_;
};

} // namespace voltaic::actors::runtime
