#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/finding.hpp"

/// Which batteries and inverters are known to work together.
namespace voltaic::messages::inverter {

/// What a device says of itself: by 0x35F and its like, or SunSpec's common model.
struct told_identity {
  std::string manufacturer;
  std::string model;
  std::string firmware;
  [[nodiscard]] bool is_known() const { return !manufacturer.empty() || !model.empty(); }
  friend bool operator==(const told_identity&, const told_identity&) = default;
};

/// A battery or an inverter: the kind that its profile states, and what it says itself.
struct product {
  std::string name;
  std::uint32_t version = 0;
  told_identity told = {};
};

/// Versions from first to last, and who has to say so of himself; an empty text is anybody's.
struct product_range {
  std::string name;
  std::uint32_t first_version = 0;
  std::uint32_t last_version = UINT32_MAX;
  std::string manufacturer;
  std::string model;
  std::string first_firmware; ///< compared number by number: 1.10 follows 1.9
  std::string last_firmware;
  friend bool operator==(const product_range&, const product_range&) = default;
};

struct compatibility_entry {
  product_range battery;
  product_range inverter;
  bool compatible = false;
  friend bool operator==(const compatibility_entry&, const compatibility_entry&) = default;
};

struct compatibility_table {
  std::vector<compatibility_entry> entries;
  friend bool operator==(const compatibility_table&, const compatibility_table&) = default;
};

/// `awaited`: it depends on what one of them says of itself, and it has not said it.
enum class match : std::uint8_t { unknown, awaited, compatible, incompatible };

/// What the table says of the two; where entries disagree, that they do not work together.
[[nodiscard]] match find_match(const compatibility_table& table, const product& battery,
                               const product& inverter);

/// Whether the table says of that inverter, by its name, that it does not work with some battery:
/// of what it and its batteries say of themselves, and of versions, anything may come.
[[nodiscard]] bool may_be_incompatible(const compatibility_table& table, std::string_view inverter);

/// The keys of an entry are battery, inverter and compatible; for either side, with its name in
/// front, _versions (of the profile) as [first, last], and what it has to say of itself:
/// _manufacturer, _model and _firmware as ["first", "last"]. Never throws on any text.
[[nodiscard]] std::variant<compatibility_table, findings> load_compatibility(
    std::string_view text, std::string_view file_name);

} // namespace voltaic::messages::inverter
