#pragma once

#include <cstdint>
#include <string_view>

#include "actors/protection/measured.hpp"
#include "messages/protection/table.hpp"

/// The candidates that stand beside every input, in no table: values that cannot be used,
/// or do not come, and a journal of latches that is lost.
namespace voltaic::actors::protection {

inline constexpr const char* sensor_invalid = "sensor_invalid";
inline constexpr const char* communication_loss = "communication_loss";
inline constexpr const char* latch_store_lost = "latch_store_lost";

/// When silence is warned about, alarmed and answered by opening; milliseconds.
struct silence_thresholds {
  std::int32_t warning_ms = 0;
  std::int32_t alarm_ms = 0;
  std::int32_t fault_ms = 0;
};
/// The larger of the fixed value and 1.5, 3 and 5 periods.
[[nodiscard]] silence_thresholds silence_after(std::uint32_t period_ms);
/// A value that was silent is good again with its third sample, and those before it hold the
/// ladder where it stands, for so many periods at the most: what comes and goes for ever climbs
/// it that much later.
inline constexpr std::uint32_t recovery_periods_max = 3;
/// The same in microseconds.
[[nodiscard]] std::int64_t recovery_hold_us(std::uint32_t period_ms);
/// What was known of an input last is held for its limits for so long at the most, in microseconds
/// since it was heard as a whole: as long as a silence may last before its alarm. A silence that
/// is interrupted again and again gets no alarm, and what is held is as old.
[[nodiscard]] std::int64_t held_us_max(std::uint32_t period_ms);

/// Invalid elements from which on current is stopped: two, or one of a hundred.
[[nodiscard]] std::int32_t invalid_alarm_count(std::uint32_t count);

/// Elements that arrive but are unusable. One is a warning, two or one of a hundred an
/// alarm; without any a rack opens, but for what is only estimated or only watched over.
[[nodiscard]] messages::protection::candidate sensor_invalid_candidate(measured what,
                                                                       std::uint32_t count,
                                                                       severity loss);
[[nodiscard]] inline messages::protection::candidate sensor_invalid_candidate(measured what,
                                                                              std::uint32_t count) {
  return sensor_invalid_candidate(what, count, loss_of(what));
}
/// Elements that do not come; the times grow with their period.
[[nodiscard]] messages::protection::candidate communication_loss_candidate(measured what,
                                                                           std::uint32_t period_ms,
                                                                           severity loss);
[[nodiscard]] inline messages::protection::candidate communication_loss_candidate(
    measured what, std::uint32_t period_ms) {
  return communication_loss_candidate(what, period_ms, loss_of(what));
}
/// What losing an own point comes to: as much as its candidates may do. What never stops current
/// warns, what never opens stops. That of equipment opens nothing, whatever its candidates do.
[[nodiscard]] severity loss_of_own(const messages::protection::table& rules,
                                   std::string_view point);
/// Insulation that nobody measured for a day, although its monitor speaks: no closing. Beside
/// what is said of it at once.
[[nodiscard]] messages::protection::candidate insulation_unknown_candidate();
/// Nobody knows any more what was latched: worst case.
[[nodiscard]] messages::protection::candidate latch_store_lost_candidate();

} // namespace voltaic::actors::protection
