#include "messages/inverter/compatibility.hpp"

#include <fmt/format.h>

#include <array>

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
    profiles::key_rule{"pair", "inverter", required},
    profiles::key_rule{"pair", "inverter_versions"},
    profiles::key_rule{"pair", "compatible", required},
    profiles::key_rule{"pair", "description"},
};

bool fits(const product_range& range, const product& one) {
  return range.name == one.name && one.version >= range.first_version &&
         one.version <= range.last_version;
}

product_range read_range(const object_reader& reader, std::string_view key,
                         std::string_view versions) {
  product_range made;
  made.name = reader.text(key).value_or("");
  const auto* ends = reader.array(versions, 2);
  if (ends == nullptr) return made;
  const auto is_version = [](const json_node& node) {
    return node.type == json_node::kind::integer && node.integer >= 0 && node.integer <= UINT32_MAX;
  };
  if (ends->elements.size() != 2 || !is_version(ends->elements[0]) ||
      !is_version(ends->elements[1])) {
    reader.add(versions, "expected [first, last]");
    return made;
  }
  made.first_version = static_cast<std::uint32_t>(ends->elements[0].integer);
  made.last_version = static_cast<std::uint32_t>(ends->elements[1].integer);
  if (made.first_version > made.last_version) reader.add(versions, "the first is above the last");
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
    made.battery = read_range(reader, "battery", "battery_versions");
    made.inverter = read_range(reader, "inverter", "inverter_versions");
    made.compatible = reader.boolean("compatible").value_or(false);
    table.entries.push_back(std::move(made));
  }
}

} // namespace

match find_match(const compatibility_table& table, const product& battery,
                 const product& inverter) {
  auto found = match::unknown;
  for (const auto& each : table.entries) {
    if (!fits(each.battery, battery) || !fits(each.inverter, inverter)) continue;
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
