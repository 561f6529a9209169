#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

/// What a site has beside plain racks. All of it is drawn by dice of its own, so that a seed keeps
/// what else it means.
namespace voltaic::tests::property {

struct schedule;

inline constexpr int racks_max = 3;
/// Inputs of a rack in the order of their lines.
inline constexpr std::array<const char*, 3> input_roles{"emergency_stop", "interlock", "fire"};
/// The line behind them: a key that resets what is latched, where the rack has one.
inline constexpr const char* reset_key = "key";

/// How the inverter on the site's CAN wants to be told.
enum class inverter_family : std::uint8_t { none, discover, pylontech_hv, pylontech_lv, sma };

/// What a rack does to the limits of the others while nobody hears it.
enum class lost_rack : std::uint8_t { hold, exclude, stop };

/// Of the racks in `behind` and so on a bit each.
struct equipment {
  inverter_family inverter = inverter_family::none;
  std::uint32_t behind = 0; ///< racks behind the inverter
  bool fits = true;         ///< false: the table of pairs says that they do not work together
  bool can_say = true;      ///< false: its frames have no room for voltages of a rack that is well
  bool adds_up = false;     ///< limits are a sum, as where each rack has a converter
  lost_rack lost = lost_rack::hold;
  std::uint32_t hold_ms = 60'000;
  bool shares_bus = false;    ///< all racks are on one DC bus
  std::uint32_t nmc = 0;      ///< racks of NMC cells, the others are LFP
  std::uint32_t doubled = 0;  ///< racks with a second evaluator
  std::uint32_t guarded = 0;  ///< racks with emergency stop, interlock and fire
  std::uint32_t far_away = 0; ///< of these, whose inputs another node reads
  std::uint32_t keyed = 0;    ///< of them, those with a key that resets
  std::uint32_t emptier = 0;  ///< racks whose voltage is too low to join the others
  friend auto operator<=>(const equipment&, const equipment&) = default;
};

[[nodiscard]] constexpr bool has(std::uint32_t racks, int rack) {
  return rack >= 0 && (racks >> rack & 1U) != 0;
}

/// What the inverter can do at most, in A.
inline constexpr double inverter_max_a = 200;

/// Draws what the site has, and what happens to that, into a schedule that has its racks.
void equip(schedule& what);

/// For people: one line, empty where there is nothing.
[[nodiscard]] std::string to_string(const equipment& what);

} // namespace voltaic::tests::property
