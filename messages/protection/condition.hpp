#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// When a level of a candidate counts at all, as protection files write it.
namespace voltaic::messages::protection {

/// One thing that a condition asks for. C is the rack's rated capacity in one hour.
struct clause {
  enum class kind : std::uint8_t {
    charging_over,        ///< `charging over 0.02 C`: current above `first` C
    discharging_over,     ///< `discharging over 0.02 C`
    current_under,        ///< `current under 0.1 C`: in either direction
    soc_between,          ///< `soc between 15 and 95`: percent, both ends belong to it
    above_discharge_fault ///< `above the discharge fault value`: of the discharge_ candidate
  };
  clause::kind asks = kind::charging_over;
  double first = 0;
  double second = 0;
  friend bool operator==(const clause&, const clause&) = default;
};

/// Holds when one of its clauses does; without any it always does.
using condition = std::vector<clause>;

/// `charging over 0.02 C or above the discharge fault value`. Nothing if a word of
/// it is not understood. An empty text is the condition that always holds.
[[nodiscard]] std::optional<condition> parse_condition(std::string_view text);
/// What a condition may say, for findings.
inline constexpr std::string_view condition_forms =
    "'charging over X C', 'discharging over X C', 'current under X C', 'soc between X and Y', "
    "'above the discharge fault value', joined by 'or'";

} // namespace voltaic::messages::protection
