#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/simulator/rack_shape.hpp"

namespace voltaic::actors::simulator {

/// What the rack measures and reports.
enum class quantity : std::uint8_t {
  cell_voltage,
  cell_temperature,
  voltage,
  current,
  soc,
  bus_voltage,
  reported_charge_current_limit,
  reported_discharge_current_limit,
  contactor_state,
  minus_closed,
  plus_closed,
  precharge_closed,
  balancing,
  module_fault,
  module_charge_current_limit,
  module_discharge_current_limit,
  air_temperature,
  terminal_temperature,
  insulation_resistance,
  soh,
  current_gain ///< of the current's sensor: -1 is reversed, 0 dead; it reports nothing of its own
};

inline constexpr std::size_t quantities = static_cast<std::size_t>(quantity::current_gain) + 1;

/// What a trace does to an element instead of letting it follow the physics.
enum class override_kind : std::uint8_t {
  value,   ///< reports this, in the point's unit
  invalid, ///< reports the sentinel
  freeze,  ///< reports what it reported last, for ever
  silent,  ///< the frames that carry it stop
  release  ///< follows the physics again
};

/// Every element that the rack reports, with what a trace makes of it.
class rack_values_model {
 public:
  /// An element as it goes on the wire.
  struct reported {
    double value = 0;
    bool invalid = false;
    bool silent = false;
  };

  rack_values_model();

  /// `index` empty: all elements. False: no such point or index.
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         override_kind kind, double value = 0);
  /// What is reported in place of `physical`; remembers it for `freeze`.
  [[nodiscard]] reported report(quantity what, std::uint32_t index, double physical);
  /// A value that a trace laid down, if it did.
  [[nodiscard]] std::optional<double> laid_down(quantity what, std::uint32_t index) const {
    return any_laid_down(what) ? laid_down_at(what, index) : std::nullopt;
  }
  /// Whether a trace laid a value down for any element.
  [[nodiscard]] bool any_laid_down(quantity what) const {
    return laid_down_[static_cast<std::size_t>(what)] > 0;
  }

 private:
  struct element {
    override_kind kind = override_kind::release;
    double value = 0;
    double last = 0;
    bool known = false; ///< `last` was reported
  };
  [[nodiscard]] std::optional<double> laid_down_at(quantity what, std::uint32_t index) const;

  std::vector<element> elements_;
  std::array<std::uint32_t, quantities> laid_down_{}; ///< elements of each that have a value
};

} // namespace voltaic::actors::simulator
