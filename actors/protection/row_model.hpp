#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/protection/level_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

/// What is done while a level is active or latched; the strictest of all counts.
struct consequence {
  double charge_percent = 100; ///< of the limit that is left
  double discharge_percent = 100;
  messages::opening opening = messages::opening::none;
  bool inhibits_close = false;

  /// Tightens this one by another.
  void add(const consequence& other);
  friend bool operator==(const consequence&, const consequence&) = default;
};

/// What the actions of a level come to, taken together.
[[nodiscard]] consequence consequence_of(const std::vector<messages::protection::action>& actions);

/// Which input a candidate watches.
enum class input_kind : std::uint8_t {
  cell_voltage,
  invalid_count, ///< elements that arrive but are unusable
  silence,       ///< milliseconds since the oldest element arrived
  none           ///< set by other means
};

/// One level of one candidate: everything that does not change while it runs,
/// and whether it is latched.
struct row {
  std::string candidate;
  std::string reason; ///< "cell_overvoltage/alarm"
  std::string unit;
  messages::protection::limit limit;
  std::vector<std::string> actions; ///< as text
  protection::consequence consequence;
  input_kind input = input_kind::none;
  std::uint16_t watch = 0; ///< position of its candidate; `no_watch` if nothing evaluates it
  std::uint8_t level = 0;  ///< position in its candidate

  bool latched = false;
  std::string scope; ///< of the element that latched it

  static constexpr std::uint16_t no_watch = 0xFFFF;
};

/// A candidate that is evaluated.
struct watch {
  input_kind input = input_kind::none;
  std::size_t first_row = 0;
  level_model levels;
};

/// When silence is warned about, alarmed and answered by opening; milliseconds.
struct silence_thresholds {
  std::int32_t warning_ms = 0;
  std::int32_t alarm_ms = 0;
  std::int32_t fault_ms = 0;
};
/// The larger of the fixed value and 1.5, 3 and 5 periods.
[[nodiscard]] silence_thresholds silence_after(std::uint32_t period_ms);

/// Invalid elements from which on current is stopped: two, or one of a hundred.
[[nodiscard]] std::int32_t invalid_alarm_count(std::uint32_t count);

/// Candidates that are in no table: cells whose values cannot be used, or do not come, and a
/// journal of latches that is lost.
inline constexpr const char* sensor_invalid = "sensor_invalid";
inline constexpr const char* communication_loss = "communication_loss";
inline constexpr const char* latch_store_lost = "latch_store_lost";

/// The ladders that stand beside every input, as candidates of their own.
[[nodiscard]] messages::protection::candidate sensor_invalid_candidate(std::uint32_t count);
/// The ladder for cells that are silent; its times grow with their period.
[[nodiscard]] messages::protection::candidate communication_loss_candidate(std::uint32_t period_ms);
/// Nobody knows any more what was latched: worst case.
[[nodiscard]] messages::protection::candidate latch_store_lost_candidate();

/// A candidate's level as a row.
[[nodiscard]] row make_row(const messages::protection::candidate& watched, std::size_t level,
                           input_kind input, std::uint16_t watch);

/// A candidate's levels as they are evaluated: fixed point, microseconds.
[[nodiscard]] level_model make_levels(const messages::protection::candidate& watched, double parts,
                                      std::size_t count);

} // namespace voltaic::actors::protection
