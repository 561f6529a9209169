#include "nodes/site/draft_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "nodes/site/expand.hpp"

namespace voltaic::nodes::site {

ranged read_ranged(section& table, std::string_view key) {
  const auto found = table.text(key);
  if (!found) return {};
  auto expanded = expand_range(found->value, table.ranges());
  if (!expanded) {
    table.report().add(found->at, fmt::format("{}: {}", key, expanded.error().text));
    return {};
  }
  return {std::string(key), *std::move(expanded), found->at};
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_length_max && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

ranged read_name(section& table, std::string_view key) {
  auto result = read_ranged(table, key);
  for (const auto& name : result.values) {
    if (is_name(name)) continue;
    table.report().add(result.at, fmt::format("{}: \"{}\" is no name: lower case letters, digits "
                                              "and _, a letter first, at most {} characters",
                                              key, name, name_length_max));
    return {};
  }
  return result;
}

namespace {

// As many values as there are members.
std::vector<std::string> spread_over(std::size_t count, const ranged& what) {
  const auto size = what.values.size();
  std::vector<std::string> result;
  for (std::size_t i = 0; i < count; ++i)
    result.push_back(what.values[what.spread == spread::blocks ? i * size / count : i % size]);
  return result;
}

} // namespace

std::size_t member_count(section& table, const std::vector<ranged*>& all) {
  const auto longest = std::max_element(
      all.begin(), all.end(), [](auto* a, auto* b) { return a->values.size() < b->values.size(); });
  const auto count = (*longest)->values.size();
  bool agree = true;
  for (auto* one : all) {
    const auto size = one->values.size();
    const bool needs_all = one->key == "name" || size > 1;
    if (!one->present() || size == count || !needs_all) continue;
    if (one->spread != spread::none && count % size == 0) {
      one->values = spread_over(count, *one);
      continue;
    }
    table.report().add(
        one->at,
        fmt::format("{}: ranges over {} members, {} over {}{}", one->key, size, (*longest)->key,
                    count, one->spread == spread::none ? "" : ", not a multiple of it"));
    agree = false;
  }
  return agree ? count : 0;
}

bool is_repeat(const std::vector<const ranged*>& all, std::size_t member) {
  const auto same = [&](std::size_t other) {
    return std::all_of(all.begin(), all.end(), [&](const ranged* one) {
      return !one->present() || one->of(other) == one->of(member);
    });
  };
  for (std::size_t other = 0; other < member; ++other)
    if (same(other)) return true;
  return false;
}

ranged read_numbers(section& table, std::string_view key) {
  const auto* found = table.node(key);
  if (found == nullptr) return {};
  std::string text;
  if (const auto* number = found->as_integer())
    text = fmt::format("{}", number->get());
  else if (const auto value = table.text(key))
    text = value->value;
  else
    return {};
  const auto numbers = expand_numbers(text, table.ranges());
  if (!numbers) {
    table.report().add(position_of(*found), fmt::format("{}: {}", key, numbers.error().text));
    return {};
  }
  ranged result{std::string(key), {}, position_of(*found)};
  for (auto number : *numbers) result.values.push_back(std::to_string(number));
  return result;
}

std::optional<position> read_self(section& table, j1939_self& result) {
  constexpr std::int64_t self_address_max = 253;
  constexpr std::int64_t identity_max = (1 << 21) - 1;
  constexpr std::int64_t manufacturer_max = (1 << 11) - 1;
  constexpr std::int64_t function_max = 255;
  std::optional<position> first;
  const auto read = [&](std::string_view key, std::int64_t most, auto& target) {
    const auto stated = table.integer(key, 0, most);
    if (!stated) return;
    if (!first) first = stated->at;
    target = static_cast<std::remove_reference_t<decltype(target)>>(stated->value);
  };
  read("j1939_address", self_address_max, result.address);
  read("j1939_function", function_max, result.function);
  read("j1939_manufacturer_code", manufacturer_max, result.manufacturer_code);
  read("j1939_identity_number", identity_max, result.identity_number);
  return first;
}

void take_identity(const ranged& stated, std::size_t member, draft_device& result) {
  if (!stated.present()) return;
  result.identity_at = stated.at;
  result.item.j1939_identity_number = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      std::stoull(stated.of(member)), std::numeric_limits<std::uint32_t>::max()));
}

std::vector<messages::profiles::id_change> read_id_map(section& table) {
  using messages::profiles::parse_frame_id;
  std::vector<messages::profiles::id_change> result;
  const auto* node = table.node("id_map");
  if (node == nullptr) return result;
  const auto* pairs = node->as_table();
  if (pairs == nullptr) {
    table.wrong_type("id_map", "a table as { \"0x181\" = \"0x281\" }", *node);
    return result;
  }
  if (table.has("id_offset"))
    table.report().add(position_of(*node), "id_map: it says all identifiers, without id_offset");
  for (const auto& [key, value] : *pairs) {
    const auto from = parse_frame_id(key.str());
    const auto* text = value.as_string();
    const auto to = text == nullptr ? std::nullopt : parse_frame_id(text->get());
    if (from && to)
      result.push_back({*from, *to});
    else
      table.report().add(position_of(value),
                         fmt::format("id_map: {}: expected identifiers as \"0x181\" = \"0x281\", "
                                     "of 3 or 8 digits",
                                     key.str()));
  }
  return result;
}

} // namespace voltaic::nodes::site
