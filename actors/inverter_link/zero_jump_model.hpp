#pragma once

#include <cstdint>
#include <optional>

#include "messages/time.hpp"

namespace voltaic::actors::inverter_link {

/// A sensor that died is told after so long (F-149), counted from when the measured value was seen
/// to be alive,
inline constexpr std::int64_t dead_zero_us = 300 * messages::us_per_ms;
/// which it is by two different values since the jump, or after the longest time in which a device
/// makes its register anew: until then it may show what flowed before.
inline constexpr std::int64_t register_us_max = messages::us_per_s;
/// No sensor shows less of a current that flows.
inline constexpr double exact_zero_a = 1e-6;
/// What is missing is another one when it changed by this share: other racks follow, or the
/// measured current does, as what smooths it shows for a while what flows no more.
inline constexpr double changed_share = 0.02;

[[nodiscard]] bool is_exact_zero(double current_a);

/// A current as it was last heard; positive on discharge.
struct heard_current {
  double value_a = 0;
  std::int64_t heard_us = 0;
};

/// Whether a rack's sensor died: its current jumped from clearly flowing to exactly zero, and what
/// is measured did not follow. Pure.
class zero_jump_model {
 public:
  struct seen {
    double shown_a = 0; ///< by the rack
    heard_current measured;
    double missing_a = 0;     ///< what is measured and no rack shows
    std::int64_t seen_us = 0; ///< when the oldest value of all came
    bool is_meant = false;    ///< a dead sensor would explain what is missing
  };
  /// `noise_a`: more than that flows clearly.
  void step(const seen& now, double noise_a, std::int64_t now_us);
  void forget() { *this = {}; }
  [[nodiscard]] bool is_dead() const { return is_dead_; }

 private:
  struct jump {
    std::int64_t since_us = 0;            ///< it, or the last change of what is missing
    double missing_a = 0;                 ///< since then
    std::optional<double> first_a;        ///< measured since then
    std::optional<std::int64_t> alive_us; ///< the measured value is known to be, since when
  };
  bool flowed_ = false; ///< clearly, when it was last seen
  bool is_dead_ = false;
  std::optional<jump> jump_;
};

} // namespace voltaic::actors::inverter_link
