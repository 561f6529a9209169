#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What the importers of other people's files (DBC, EDS) have in common.
namespace voltaic::messages::profiles {

/// A device profile for a person to edit, and what it does not hold of the file.
struct imported_profile {
  std::string json;       ///< as `load_profile` takes it
  std::size_t points = 0; ///< without any it is no profile
  std::vector<std::string> left_out;
};

/// `CellVoltage_000` as `cell_voltage_000`; begins with a letter.
[[nodiscard]] std::string to_snake(std::string_view name);
/// `cell_voltage_000` as `CellVoltage000`.
[[nodiscard]] std::string to_camel(std::string_view name);
/// A point's name for a name of the file: a name on which others rely is a person's to give, so
/// that `voltage` becomes `imported_voltage`.
[[nodiscard]] std::string imported_point_name(std::string_view name);

/// Names that were given away; a second one gets a number behind `between`.
class unique_names {
 public:
  explicit unique_names(std::string_view between) : between_(between) {}
  [[nodiscard]] std::string take(std::string wanted);

 private:
  std::string between_;
  std::set<std::string> taken_;
};

} // namespace voltaic::messages::profiles
