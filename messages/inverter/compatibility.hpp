#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/finding.hpp"

/// Which batteries and inverters are known to work together.
namespace voltaic::messages::inverter {

/// A kind of battery or inverter, as its profile or itself names it.
struct product {
  std::string name;
  std::uint32_t version = 0;
};

/// Versions from first to last.
struct product_range {
  std::string name;
  std::uint32_t first_version = 0;
  std::uint32_t last_version = UINT32_MAX;
};

struct compatibility_entry {
  product_range battery;
  product_range inverter;
  bool compatible = false;
};

struct compatibility_table {
  std::vector<compatibility_entry> entries;
};

enum class match : std::uint8_t { unknown, compatible, incompatible };

/// What the table says of the two; where entries disagree, that they do not work together.
[[nodiscard]] match find_match(const compatibility_table& table, const product& battery,
                               const product& inverter);

/// The keys of an entry are battery, inverter, compatible, and battery_versions and
/// inverter_versions as [first, last]. Never throws on any text.
[[nodiscard]] std::variant<compatibility_table, findings> load_compatibility(
    std::string_view text, std::string_view file_name);

} // namespace voltaic::messages::inverter
