#pragma once

#include <set>
#include <string>
#include <string_view>

namespace voltaic::messages::dbc {

/// `CellVoltage_000` as `cell_voltage_000`; begins with a letter.
[[nodiscard]] std::string to_snake(std::string_view name);
/// `cell_voltage_000` as `CellVoltage000`.
[[nodiscard]] std::string to_camel(std::string_view name);

/// Names that were given away; a second one gets a number behind `between`.
class unique_names {
 public:
  explicit unique_names(std::string_view between) : between_(between) {}
  [[nodiscard]] std::string take(std::string wanted);

 private:
  std::string between_;
  std::set<std::string> taken_;
};

/// A unit as profiles know it, and what its values are multiplied with to be in it; empty
/// where profiles know none.
struct known_unit {
  std::string_view unit;
  double factor = 1;
};
[[nodiscard]] known_unit unit_of(std::string_view text);

} // namespace voltaic::messages::dbc
