#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nodes/site/draft.hpp"

/// The parts of the site file's reader; only draft*.cpp include this.
namespace voltaic::nodes::site {

// A progress page keeps "NAME/protection" in 56 bytes.
inline constexpr std::size_t name_length_max = 40;

/// One key of a table after its range: as many values as members, or one for all.
struct ranged {
  std::string key;
  std::vector<std::string> values;
  position at;
  [[nodiscard]] bool present() const { return !values.empty(); }
  [[nodiscard]] const std::string& of(std::size_t member) const {
    return values.size() == 1 ? values.front() : values[member];
  }
};

[[nodiscard]] bool is_name(std::string_view text);
[[nodiscard]] ranged read_ranged(section& table, std::string_view key);
/// A key that must hold a name, or names by a range.
[[nodiscard]] ranged read_name(section& table, std::string_view key);
/// A number, or a text with a range of numbers.
[[nodiscard]] ranged read_numbers(section& table, std::string_view key);
/// How many members a table stands for; 0 when its ranges disagree.
[[nodiscard]] std::size_t member_count(section& table, const std::vector<const ranged*>& all);

/// What a device's table says of a Modbus unit.
struct modbus_unit {
  ranged unit;
  std::uint32_t min_gap_ms = 0;
  std::string simulate;
};
[[nodiscard]] modbus_unit read_modbus_unit(section& table, bool on_line);
/// A table [[modbus]].
void read_line(section& table, draft& result);

} // namespace voltaic::nodes::site
