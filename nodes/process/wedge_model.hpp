#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace voltaic::nodes::process {

/// A look counts at most this much, however late it came: a supervisor that
/// did not run itself has seen nothing stand still.
inline constexpr std::int64_t look_period_us = 25'000;
/// A process that waits for a processor is excused, up to this many times its limit.
inline constexpr std::int64_t excuse_factor = 10;

/// Judges from looks at a node's counters whether one of its actors is wedged.
/// Pure: a function of what was seen and when.
class wedge_model {
 public:
  explicit wedge_model(std::int64_t limit_us) : limit_us_(limit_us) {}

  /// One look. `starved`: the process wanted to run and did not get a processor.
  /// Returns the counter that stood still for the limit.
  [[nodiscard]] std::optional<std::size_t> look(std::int64_t now_us,
                                                std::span<const std::uint64_t> counters,
                                                bool starved);
  /// Forgets: a new process, or one that is not running yet.
  void reset();
  /// Some counter has not moved for a third of the limit: starvation is worth asking for.
  [[nodiscard]] bool suspicious() const;

 private:
  struct slot {
    std::uint64_t counter = 0;
    std::int64_t still_us = 0;
    std::int64_t excused_us = 0;
  };
  std::int64_t limit_us_;
  std::optional<std::int64_t> last_look_us_;
  std::vector<slot> slots_;
};

} // namespace voltaic::nodes::process
