#include "messages/inverter/compatibility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "messages/profiles/load.hpp"
#include "messages/profiles/profile_reader.hpp"

namespace voltaic::messages::inverter {
namespace {

using profiles::json_node;
using profiles::object_reader;

constexpr std::size_t entries_max = 1'000;
constexpr bool required = true;
constexpr std::array rules = {
    profiles::key_rule{"table", "description"},
    profiles::key_rule{"table", "pairs", required},
    profiles::key_rule{"pair", "battery", required},
    profiles::key_rule{"pair", "battery_versions"},
    profiles::key_rule{"pair", "battery_manufacturer"},
    profiles::key_rule{"pair", "battery_model"},
    profiles::key_rule{"pair", "battery_firmware"},
    profiles::key_rule{"pair", "inverter", required},
    profiles::key_rule{"pair", "inverter_versions"},
    profiles::key_rule{"pair", "inverter_manufacturer"},
    profiles::key_rule{"pair", "inverter_model"},
    profiles::key_rule{"pair", "inverter_firmware"},
    profiles::key_rule{"pair", "compatible", required},
    profiles::key_rule{"pair", "description"},
};

// The numbers in a text: "v1.10-rc2" are 1, 10 and 2.
std::vector<std::uint64_t> numbers_of(std::string_view text) {
  constexpr std::uint64_t number_max = 1'000'000'000;
  std::vector<std::uint64_t> numbers;
  bool is_inside = false;
  for (const char letter : text) {
    const bool is_digit = letter >= '0' && letter <= '9';
    if (is_digit && !is_inside) numbers.push_back(0);
    if (is_digit && numbers.back() < number_max)
      numbers.back() = numbers.back() * 10 + static_cast<std::uint64_t>(letter - '0');
    is_inside = is_digit;
  }
  return numbers;
}

// A range that ends at 1.9 holds 1.9.3 as well: only as many numbers are compared as it has.
bool is_within(const product_range& range, std::string_view firmware) {
  const auto told = numbers_of(firmware);
  const auto first = numbers_of(range.first_firmware);
  const auto last = numbers_of(range.last_firmware);
  const auto head = std::span(told).first(std::min(told.size(), last.size()));
  return !told.empty() && !std::ranges::lexicographical_compare(told, first) &&
         !std::ranges::lexicographical_compare(last, head);
}

bool asks(const product_range& range) {
  return !range.manufacturer.empty() || !range.model.empty() || !range.last_firmware.empty();
}

bool is_same(const std::string& wanted, const std::string& told) {
  return wanted.empty() || wanted == told;
}

match fits(const product_range& range, const product& one) {
  if (range.name != one.name || one.version < range.first_version ||
      one.version > range.last_version)
    return match::unknown;
  if (!asks(range)) return match::compatible;
  if (!one.told.is_known()) return match::awaited;
  const bool is_it = is_same(range.manufacturer, one.told.manufacturer) &&
                     is_same(range.model, one.told.model) &&
                     (range.last_firmware.empty() || is_within(range, one.told.firmware));
  return is_it ? match::compatible : match::unknown;
}

void read_versions(const object_reader& reader, const std::string& key, product_range& made) {
  const auto* ends = reader.array(key, 2);
  if (ends == nullptr) return;
  const auto is_version = [](const json_node& node) {
    return node.type == json_node::kind::integer && node.integer >= 0 && node.integer <= UINT32_MAX;
  };
  if (ends->elements.size() != 2 || !is_version(ends->elements[0]) ||
      !is_version(ends->elements[1]))
    return reader.add(key, "expected [first, last]");
  made.first_version = static_cast<std::uint32_t>(ends->elements[0].integer);
  made.last_version = static_cast<std::uint32_t>(ends->elements[1].integer);
  if (made.first_version > made.last_version) reader.add(key, "the first is above the last");
}

void read_firmware(const object_reader& reader, const std::string& key, product_range& made) {
  const auto* ends = reader.array(key, 2);
  if (ends == nullptr) return;
  const auto is_version = [](const json_node& node) {
    return node.type == json_node::kind::text && !numbers_of(node.text).empty();
  };
  if (ends->elements.size() != 2 || !is_version(ends->elements[0]) ||
      !is_version(ends->elements[1]))
    return reader.add(key, "expected [\"first\", \"last\"], each with a number");
  made.first_firmware = ends->elements[0].text;
  made.last_firmware = ends->elements[1].text;
  const auto first = numbers_of(made.first_firmware);
  const auto last = numbers_of(made.last_firmware);
  const auto head = std::span(first).first(std::min(first.size(), last.size()));
  if (std::ranges::lexicographical_compare(last, head))
    reader.add(key, "the first is above the last");
}

product_range read_range(const object_reader& reader, const std::string& side) {
  product_range made;
  made.name = reader.text(side).value_or("");
  read_versions(reader, side + "_versions", made);
  made.manufacturer = reader.text(side + "_manufacturer").value_or("");
  made.model = reader.text(side + "_model").value_or("");
  read_firmware(reader, side + "_firmware", made);
  return made;
}

void read_pairs(const object_reader& root, compatibility_table& table) {
  const auto* nodes = root.array("pairs", entries_max);
  if (nodes == nullptr) return;
  for (std::size_t i = 0; i < nodes->elements.size(); ++i) {
    const auto& node = nodes->elements[i];
    const object_reader reader(root.found(), node, "pair", fmt::format("pairs[{}]", i), node.offset,
                               rules);
    if (!reader.is_object()) continue;
    compatibility_entry made;
    made.battery = read_range(reader, "battery");
    made.inverter = read_range(reader, "inverter");
    made.compatible = reader.boolean("compatible").value_or(false);
    table.entries.push_back(std::move(made));
  }
}

} // namespace

bool may_be_incompatible(const compatibility_table& table, std::string_view inverter) {
  return std::ranges::any_of(table.entries, [&](const auto& each) {
    return !each.compatible && each.inverter.name == inverter;
  });
}

match find_match(const compatibility_table& table, const product& battery,
                 const product& inverter) {
  auto found = match::unknown;
  for (const auto& each : table.entries) {
    const auto of_battery = fits(each.battery, battery);
    const auto of_inverter = fits(each.inverter, inverter);
    if (of_battery == match::unknown || of_inverter == match::unknown) continue;
    if (of_battery == match::awaited || of_inverter == match::awaited) {
      if (found == match::unknown) found = match::awaited;
      continue;
    }
    if (!each.compatible) return match::incompatible;
    found = match::compatible;
  }
  return found;
}

std::variant<compatibility_table, findings> load_compatibility(std::string_view text,
                                                               std::string_view file_name) {
  profiles::finding_collector found(text.substr(0, profiles::profile_bytes_max), file_name,
                                    profiles::findings_max);
  const auto root = profiles::parse_profile_file(text, found);
  if (!root) return found.take();
  compatibility_table table;
  const object_reader reader(found, *root, "table", "", root->offset, rules);
  if (reader.is_object()) read_pairs(reader, table);
  if (!found.empty()) return found.take();
  return table;
}

} // namespace voltaic::messages::inverter
