#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

/// What a battery tells an inverter and an inverter a battery, whatever wire it is on.
namespace voltaic::messages::inverter {

enum class item_kind : std::uint8_t { number, flag, text };

/// Where a number lies between two that the wire can carry, limits go to the side
/// that asks less of the battery.
enum class rounding : std::uint8_t { nearest, down, up };

struct item_description {
  std::string_view name;
  item_kind kind = item_kind::number;
  std::string_view unit;
  inverter::rounding rounding = inverter::rounding::nearest;
};

/// Everything that a profile can place into a frame or a register. Currents and powers of
/// the battery are positive on discharge; limits are magnitudes.
inline constexpr std::array items = {
    // Limits, and what the battery measures.
    item_description{"charge_voltage_limit", item_kind::number, "V", rounding::down},
    item_description{"discharge_voltage_limit", item_kind::number, "V", rounding::up},
    item_description{"charge_current_limit", item_kind::number, "A", rounding::down},
    item_description{"discharge_current_limit", item_kind::number, "A", rounding::down},
    item_description{"charge_power_limit", item_kind::number, "W", rounding::down},
    item_description{"discharge_power_limit", item_kind::number, "W", rounding::down},
    item_description{"soc", item_kind::number, "%"},
    item_description{"soc_fine", item_kind::number, "%"},
    item_description{"soh", item_kind::number, "%"},
    item_description{"voltage", item_kind::number, "V"},
    item_description{"current", item_kind::number, "A"},
    item_description{"temperature", item_kind::number, "degC"},
    item_description{"capacity", item_kind::number, "Ah"},
    item_description{"remaining_capacity", item_kind::number, "Ah"},
    item_description{"energy_charged", item_kind::number, "Wh"},
    item_description{"energy_discharged", item_kind::number, "Wh"},
    item_description{"cycles", item_kind::number, ""},
    item_description{"status", item_kind::number, ""},
    item_description{"error_code", item_kind::number, ""},
    // Modules and cells; places count from 0.
    item_description{"module_count", item_kind::number, ""},
    item_description{"modules_ok", item_kind::number, ""},
    item_description{"modules_blocking_charge", item_kind::number, ""},
    item_description{"modules_blocking_discharge", item_kind::number, ""},
    item_description{"modules_offline", item_kind::number, ""},
    item_description{"cell_voltage_min", item_kind::number, "V"},
    item_description{"cell_voltage_max", item_kind::number, "V"},
    item_description{"cell_voltage_min_index", item_kind::number, ""},
    item_description{"cell_voltage_max_index", item_kind::number, ""},
    item_description{"cell_temperature_min", item_kind::number, "degC"},
    item_description{"cell_temperature_max", item_kind::number, "degC"},
    item_description{"cell_temperature_min_index", item_kind::number, ""},
    item_description{"cell_temperature_max_index", item_kind::number, ""},
    item_description{"module_voltage_min", item_kind::number, "V"},
    item_description{"module_voltage_max", item_kind::number, "V"},
    item_description{"module_voltage_min_index", item_kind::number, ""},
    item_description{"module_voltage_max_index", item_kind::number, ""},
    item_description{"module_temperature_min", item_kind::number, "degC"},
    item_description{"module_temperature_max", item_kind::number, "degC"},
    item_description{"module_temperature_min_index", item_kind::number, ""},
    item_description{"module_temperature_max_index", item_kind::number, ""},
    // What it is.
    item_description{"battery_type", item_kind::number, ""},
    item_description{"firmware_version", item_kind::number, ""},
    item_description{"hardware_version", item_kind::number, ""},
    item_description{"manufacturer_id", item_kind::number, ""},
    item_description{"cells_in_series", item_kind::number, ""},
    item_description{"cells_per_module", item_kind::number, ""},
    item_description{"nominal_voltage", item_kind::number, "V"},
    item_description{"manufacturer", item_kind::text, ""},
    item_description{"name", item_kind::text, ""},
    item_description{"product_family", item_kind::text, ""},
    item_description{"serial_number", item_kind::text, ""},
    item_description{"cell_voltage_min_name", item_kind::text, ""},
    item_description{"cell_voltage_max_name", item_kind::text, ""},
    item_description{"cell_temperature_min_name", item_kind::text, ""},
    item_description{"cell_temperature_max_name", item_kind::text, ""},
    // What it asks for.
    item_description{"charge_enable", item_kind::flag, ""},
    item_description{"discharge_enable", item_kind::flag, ""},
    item_description{"force_charge", item_kind::flag, ""},
    item_description{"force_charge_slow", item_kind::flag, ""},
    item_description{"full_charge_request", item_kind::flag, ""},
    item_description{"balance_charge_request", item_kind::flag, ""},
    // What is wrong with it: alarms, then warnings of the same names.
    item_description{"alarm_general", item_kind::flag, ""},
    item_description{"alarm_high_voltage", item_kind::flag, ""},
    item_description{"alarm_low_voltage", item_kind::flag, ""},
    item_description{"alarm_high_cell_voltage", item_kind::flag, ""},
    item_description{"alarm_low_cell_voltage", item_kind::flag, ""},
    item_description{"alarm_high_module_voltage", item_kind::flag, ""},
    item_description{"alarm_low_module_voltage", item_kind::flag, ""},
    item_description{"alarm_high_temperature", item_kind::flag, ""},
    item_description{"alarm_low_temperature", item_kind::flag, ""},
    item_description{"alarm_high_temperature_charge", item_kind::flag, ""},
    item_description{"alarm_low_temperature_charge", item_kind::flag, ""},
    item_description{"alarm_high_charge_current", item_kind::flag, ""},
    item_description{"alarm_high_discharge_current", item_kind::flag, ""},
    item_description{"alarm_contactor", item_kind::flag, ""},
    item_description{"alarm_short_circuit", item_kind::flag, ""},
    item_description{"alarm_bms_internal", item_kind::flag, ""},
    item_description{"alarm_cell_imbalance", item_kind::flag, ""},
    item_description{"warning_general", item_kind::flag, ""},
    item_description{"warning_high_voltage", item_kind::flag, ""},
    item_description{"warning_low_voltage", item_kind::flag, ""},
    item_description{"warning_high_cell_voltage", item_kind::flag, ""},
    item_description{"warning_low_cell_voltage", item_kind::flag, ""},
    item_description{"warning_high_module_voltage", item_kind::flag, ""},
    item_description{"warning_low_module_voltage", item_kind::flag, ""},
    item_description{"warning_high_temperature", item_kind::flag, ""},
    item_description{"warning_low_temperature", item_kind::flag, ""},
    item_description{"warning_high_temperature_charge", item_kind::flag, ""},
    item_description{"warning_low_temperature_charge", item_kind::flag, ""},
    item_description{"warning_high_charge_current", item_kind::flag, ""},
    item_description{"warning_high_discharge_current", item_kind::flag, ""},
    item_description{"warning_contactor", item_kind::flag, ""},
    item_description{"warning_short_circuit", item_kind::flag, ""},
    item_description{"warning_bms_internal", item_kind::flag, ""},
    item_description{"warning_cell_imbalance", item_kind::flag, ""},
    item_description{"system_offline", item_kind::flag, ""},
    // What the inverter says.
    item_description{"inverter_voltage", item_kind::number, "V"},
    item_description{"inverter_current", item_kind::number, "A"},
    item_description{"inverter_power", item_kind::number, "W"},
    item_description{"inverter_temperature", item_kind::number, "degC"},
    item_description{"inverter_soc", item_kind::number, "%"},
    item_description{"inverter_charge_voltage", item_kind::number, "V"},
    item_description{"inverter_state", item_kind::number, ""},
    item_description{"inverter_error", item_kind::number, ""},
    item_description{"inverter_manufacturer", item_kind::text, ""},
    item_description{"inverter_model", item_kind::text, ""},
    item_description{"inverter_version", item_kind::text, ""},
};

/// Position in `items`.
using item = std::uint8_t;
static_assert(items.size() <= 256);

/// Nothing when no item has that name.
[[nodiscard]] constexpr std::optional<item> find_item(std::string_view name) {
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].name == name) return static_cast<item>(i);
  return std::nullopt;
}

/// The item of that name; a wrong name does not compile.
[[nodiscard]] consteval item item_of(std::string_view name) {
  const auto found = find_item(name);
  if (!found) throw std::invalid_argument("no such item");
  return *found;
}

/// Nothing: nobody knows it, or its sender does not support it.
using item_value = std::variant<std::monostate, double, bool, std::string>;

/// All items at one time.
class payload {
 public:
  void set(item which, item_value value) { values_[which] = std::move(value); }
  [[nodiscard]] const item_value& at(item which) const { return values_[which]; }
  /// A finite number, or nothing.
  [[nodiscard]] std::optional<double> number(item which) const;
  [[nodiscard]] std::optional<bool> flag(item which) const;
  friend bool operator==(const payload&, const payload&) = default;

 private:
  std::array<item_value, items.size()> values_;
};

} // namespace voltaic::messages::inverter
