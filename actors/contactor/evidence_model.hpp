#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "actors/contactor/contactor_options.hpp"
#include "actors/contactor/transition_model.hpp"

namespace voltaic::actors::contactor {

/// A main contactor.
enum class side : std::uint8_t { minus, plus };
/// "minus" or "plus".
[[nodiscard]] std::string_view to_string(side value);

/// All three contactors have told where they stand.
[[nodiscard]] bool known(const device_values& device);
/// One of them is closed; unknown ones do not count.
[[nodiscard]] bool any_closed(const device_values& device);
/// All are known to be open.
[[nodiscard]] bool all_open(const device_values& device);
/// Feedback says that no current can flow through the rack, or that it can; nothing: it does
/// not tell.
[[nodiscard]] std::optional<bool> interrupted(const device_values& device);
/// Both main contactors are closed.
[[nodiscard]] bool conducting(const device_values& device);

/// What feedback and voltages have shown for how long. Pure; times are the chain's.
class evidence_model {
 public:
  /// `rules` outlives it.
  explicit evidence_model(const contactor_options& rules) : rules_(rules) {}

  /// What the device shows now, while the contactors are in state `at`.
  void observe(state at, const device_values& device, std::int64_t now_us);
  /// Another state began, and its order goes out at `ordered_us`, which is later than the chain's
  /// time where that lags; `first`: the contactor that opens first.
  void enter(std::int64_t ordered_us, side first);

  /// Which contactor contradicts what state `at` orders, or "bus" where the bus voltage
  /// does; empty: none.
  [[nodiscard]] std::string_view weld(state at, std::int64_t now_us) const;
  /// What must be closed in state `at` is not, for longer than feedback may take;
  /// feedback that comes and goes adds up.
  [[nodiscard]] bool dropped() const { return missing_us_ >= rules_.feedback_us; }
  /// Feedback has been unknown for too long.
  [[nodiscard]] bool is_blind(std::int64_t now_us) const;
  /// Of an opening that is over by feedback: the bus voltage fell, or says nothing.
  [[nodiscard]] bool bus_agrees() const;
  /// Both contactors that a precharge needs were seen closed since it began.
  [[nodiscard]] bool precharge_seen() const { return precharge_seen_; }

 private:
  [[nodiscard]] bool lasts(const std::optional<std::int64_t>& since_us, std::int64_t duration_us,
                           std::int64_t now_us) const;
  [[nodiscard]] std::string_view stuck(std::int64_t patience_us, std::int64_t now_us) const;
  [[nodiscard]] bool bus_follows() const;
  void count_missing(state at, std::int64_t elapsed_us);

  const contactor_options& rules_;
  device_values device_;
  std::int64_t ordered_us_ = 0; ///< what is shown before answers no order of this state
  std::int64_t last_us_ = 0;
  side first_ = side::plus;
  // Since when something is so, without a break; nothing: it is not so.
  std::optional<std::int64_t> minus_us_;
  std::optional<std::int64_t> plus_us_;
  std::optional<std::int64_t> precharge_us_;
  std::optional<std::int64_t> unknown_us_;
  std::optional<std::int64_t> follows_us_;
  std::int64_t missing_us_ = 0; ///< rises while something is missing, falls slowly while not
  bool precharge_seen_ = false;
};

} // namespace voltaic::actors::contactor
