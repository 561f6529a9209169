#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace voltaic::bus::can {

/// When a controller that is bus-off may be started again. A fault that stays takes the bus down
/// again at once, so each restart waits longer than the one before, and too many in a minute end
/// it until a person has looked. Pure; time is handed in.
class restart_policy {
 public:
  static constexpr std::int64_t backoff_us_min = 100'000;
  static constexpr std::int64_t backoff_us_max = 5'000'000;
  static constexpr std::size_t restarts_max = 5;
  /// Restarts are counted over this time; after as long without one the backoff begins anew.
  static constexpr std::int64_t window_us = 60'000'000;

  /// What is done about a bus that is off at the moment.
  enum class answer : std::uint8_t {
    wait,    ///< until `due_us`
    restart, ///< now; counted as done
    given_up ///< a person has to `reset`
  };
  [[nodiscard]] answer bus_is_off(std::int64_t now_us);
  /// The bus is not off: whatever waited is over.
  void bus_is_on();
  /// A person has looked: restarts are allowed again, and none is counted.
  void reset();

  /// When the next restart is due; nothing while none waits.
  [[nodiscard]] std::optional<std::int64_t> due_us() const { return due_us_; }
  [[nodiscard]] bool has_given_up() const { return given_up_; }
  /// How many there were within the window.
  [[nodiscard]] std::size_t restarts() const { return done_us_.size(); }

 private:
  [[nodiscard]] std::int64_t backoff_us() const;

  std::deque<std::int64_t> done_us_;
  std::optional<std::int64_t> due_us_;
  bool given_up_ = false;
};

} // namespace voltaic::bus::can
