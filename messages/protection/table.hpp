#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is limited, where, after how long and with what consequence: the
/// content of `configs/protection/*.toml` as plain values.
namespace voltaic::messages::protection {

/// `hard` is a fourth level, shown to people as a fault.
enum class level : std::uint8_t { warning, alarm, fault, hard };
/// No candidate has more levels.
inline constexpr std::size_t levels_max = 4;
/// No level waits longer than half an hour.
inline constexpr std::int64_t delay_ms_max = 1'800'000;

/// What must happen before a level that was set may be forgotten.
enum class latch : std::uint8_t {
  none, ///< nothing: it clears by itself
  user, ///< an operator's reset
  lock  ///< a service person's reset
};

/// `high` trips at value >= set, `low` at value <= set.
enum class direction : std::uint8_t { high, low };

/// What a level asks for; spelled so in the files.
enum class action_kind : std::uint8_t {
  derate_charge,    ///< leaves `percent` of the limit
  derate_discharge, ///< leaves `percent` of the limit
  stop_charge,
  stop_discharge,
  inhibit_discharge_start,
  inhibit_close,
  open_ordered,
  open_immediate,
  lock,
  balance,
  fan_on,
  heater_on,
  log
};

/// One thing that a level asks for.
struct action {
  action_kind kind = action_kind::log;
  double percent = 0; ///< derating only: what is left of the limit
  friend bool operator==(const action&, const action&) = default;
};

/// One level of one candidate.
struct limit {
  protection::level level = protection::level::warning;
  double set = 0;
  double clear = 0;
  std::uint32_t set_ms = 0;
  std::uint32_t clear_ms = 0;
  protection::latch latch = protection::latch::none;
  std::vector<action> actions;
  std::string condition; ///< when the level counts at all; empty: always
  std::string reason;    ///< why a fault needs no latch
  friend bool operator==(const limit&, const limit&) = default;
};

/// One thing that is watched.
struct candidate {
  std::string name;
  std::string unit;
  protection::direction direction = protection::direction::high;
  std::uint32_t period_ms = 100; ///< how often it is evaluated
  double minimum = 0;            ///< the datasheet's envelope: no limit lies outside
  double maximum = 0;
  /// A level's delay begins only where the level below it is set, as some products have it;
  /// otherwise all of them run by themselves.
  bool cascade = false;
  std::vector<limit> limits; ///< by rising level
  friend bool operator==(const candidate&, const candidate&) = default;
};

/// All that one protection file says.
struct table {
  std::string name;
  std::string chemistry;
  std::vector<candidate> candidates; ///< in the file's order
  friend bool operator==(const table&, const table&) = default;
};

/// A name that this version knows, with the unit and side it must have.
struct known_candidate {
  std::string_view name;
  std::string_view unit;
  protection::direction direction;
  /// The point of the rack's device that it is judged by.
  std::string_view point;
  /// A second one that it needs; empty: none.
  std::string_view second_point = {};
};

/// No file and no profile may name another one.
inline constexpr std::array<known_candidate, 17> known_candidates{{
    {"cell_overvoltage", "V", direction::high, "cell_voltage"},
    {"cell_undervoltage", "V", direction::low, "cell_voltage"},
    {"rack_overvoltage", "V per cell", direction::high, "voltage"},
    {"rack_undervoltage", "V per cell", direction::low, "voltage"},
    {"cell_voltage_spread", "V", direction::high, "cell_voltage"},
    {"charge_overtemperature", "degC", direction::high, "cell_temperature"},
    {"charge_undertemperature", "degC", direction::low, "cell_temperature"},
    {"discharge_overtemperature", "degC", direction::high, "cell_temperature"},
    {"discharge_undertemperature", "degC", direction::low, "cell_temperature"},
    {"temperature_spread", "K", direction::high, "cell_temperature"},
    {"charge_overcurrent", "ratio", direction::high, "current"},
    {"discharge_overcurrent", "ratio", direction::high, "current"},
    {"soc_low", "%", direction::low, "soc"},
    {"soc_high", "%", direction::high, "soc"},
    {"insulation_resistance_low", "ohm per V", direction::low, "insulation_resistance", "voltage"},
    {"terminal_overtemperature", "degC", direction::high, "terminal_temperature"},
    {"voltage_sum_mismatch", "% of rack voltage", direction::high, "voltage", "cell_voltage"},
}};

/// The known candidate of that name, or nullptr.
[[nodiscard]] const known_candidate* find_candidate(std::string_view name);
/// What is said of a name that is not known, with the one that it may have meant.
[[nodiscard]] std::string unknown_candidate(std::string_view name);

/// As the files spell it: "warning".
[[nodiscard]] std::string_view to_string(level value);
/// The other way; nothing for what is no level.
[[nodiscard]] std::optional<level> level_of(std::string_view text);
/// As the files spell it: "user".
[[nodiscard]] std::string_view to_string(latch value);
/// As the files spell it: "high".
[[nodiscard]] std::string_view to_string(direction value);
/// As the files spell it, without percent: "derate_charge".
[[nodiscard]] std::string_view to_string(action_kind value);
/// `derate_charge:50`, `open_ordered`.
[[nodiscard]] std::string to_string(const action& value);

/// From a value beyond the limit to the decision, worst case: the delay, those of the levels that
/// it waits for in a cascade, one evaluation each, one period of the data and
/// `reaction_margin_ms`.
inline constexpr std::uint32_t reaction_margin_ms = 20;
[[nodiscard]] std::uint32_t reaction_ms(const candidate& watched, const limit& limit,
                                        std::uint32_t data_period_ms);

/// True if the level ends in open contactors.
[[nodiscard]] bool opens(const limit& limit);

} // namespace voltaic::messages::protection
