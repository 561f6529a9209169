#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "messages/canopen/eds_sections.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::size_t index_digits = 4;
constexpr int hexadecimal = 16;
constexpr std::uint8_t variable = 7;
constexpr std::uint8_t domain_object = 2;
constexpr std::uint32_t subindex_max = 254;

/// What a section's name says.
struct section_place {
  object_address at;
  bool is_sub = false;
};

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, hexadecimal);
  if (text.empty() || error != std::errc() || at != end) return std::nullopt;
  return value;
}

std::optional<section_place> place_of(std::string_view name) {
  if (name.size() < index_digits) return std::nullopt;
  const auto index = parse_hex(name.substr(0, index_digits));
  if (!index) return std::nullopt;
  section_place place{{static_cast<std::uint16_t>(*index), 0}, false};
  name.remove_prefix(index_digits);
  if (name.empty()) return place;
  constexpr std::string_view word = "sub";
  if (!name.starts_with(word)) return std::nullopt;
  const auto sub = parse_hex(name.substr(word.size()));
  if (!sub || *sub > 0xFF) return std::nullopt;
  place.at.subindex = static_cast<std::uint8_t>(*sub);
  place.is_sub = true;
  return place;
}

canopen::access access_of(const ini_section& in, defect_list& defects) {
  constexpr std::array<std::pair<std::string_view, access>, 6> words = {{
      {"ro", access::ro},
      {"wo", access::wo},
      {"rw", access::rw},
      {"rwr", access::rwr},
      {"rww", access::rww},
      {"const", access::constant},
  }};
  const auto* entry = in.find("accesstype");
  if (entry == nullptr || entry->value.empty()) return access::rw;
  const auto said = lower_case(entry->value);
  for (const auto& [word, meaning] : words)
    if (word == said) return meaning;
  defects.add(entry->line,
              fmt::format("AccessType {} is none of ro, wo, rw, rwr, rww, const", entry->value));
  return access::ro;
}

std::optional<eds_value> value_of(const ini_section& in, std::string_view key, data_type type,
                                  defect_list& defects) {
  const auto* entry = in.find(key);
  // Types that devices define themselves have values that nobody else can read.
  if (entry == nullptr || entry->value.empty() || to_string(type).empty()) return std::nullopt;
  auto parsed = parse_literal(entry->value, type);
  if (parsed) return *std::move(parsed);
  defects.add(entry->line,
              fmt::format("{} of {}: {}", entry->key, to_string(type), parsed.error().text));
  return std::nullopt;
}

eds_object object_of(const ini_section& in, defect_list& defects) {
  eds_object made;
  made.line = in.line;
  made.name = text_of(in, "parametername");
  const auto object_type = number_of(in, "objecttype", defects).value_or(variable);
  const auto code = number_of(in, "datatype", defects);
  if (!code && object_type != domain_object)
    defects.add(in.line, fmt::format("[{}] has no DataType", in.name));
  made.type = static_cast<data_type>(code.value_or(static_cast<std::uint32_t>(data_type::domain)));
  made.access = access_of(in, defects);
  made.is_mappable = number_of(in, "pdomapping", defects).value_or(0) != 0;
  made.default_value = value_of(in, "defaultvalue", made.type, defects);
  made.parameter_value = value_of(in, "parametervalue", made.type, defects);
  made.low_limit = value_of(in, "lowlimit", made.type, defects);
  made.high_limit = value_of(in, "highlimit", made.type, defects);
  return made;
}

/// `[xxxxName]` and `[xxxxValue]`: by decimal subindex.
const ini_entry* listed(const eds_draft& draft, const ini_section& of, std::string_view what,
                        std::uint32_t subindex) {
  const auto* list = draft.find(of.name + std::string(what));
  return list == nullptr ? nullptr : list->find(fmt::to_string(subindex));
}

void add_compact_subs(eds_draft& draft, const ini_section& in, std::uint16_t index,
                      std::uint32_t count, defect_list& defects) {
  const auto pattern = object_of(in, defects);
  eds_object number;
  number.name = "number of entries";
  number.access = pattern.access == access::constant ? access::constant : access::ro;
  number.default_value = eds_value{std::uint64_t{count}};
  number.line = in.line;
  draft.device.objects.emplace(object_address{index, 0}, number);
  for (std::uint32_t sub = 1; sub <= count; ++sub) {
    auto made = pattern;
    const auto* name = listed(draft, in, "name", sub);
    made.name = name != nullptr ? name->value : fmt::format("{}{}", pattern.name, sub);
    if (const auto* entry = listed(draft, in, "value", sub)) {
      auto parsed = parse_literal(entry->value, made.type);
      if (parsed) {
        made.parameter_value = *std::move(parsed);
      } else {
        defects.add(entry->line, parsed.error().text);
      }
    }
    draft.device.objects.emplace(object_address{index, static_cast<std::uint8_t>(sub)},
                                 std::move(made));
  }
}

void read_index(eds_draft& draft, const ini_section& in, std::uint16_t index,
                defect_list& defects) {
  eds_group group{text_of(in, "parametername")};
  group.object_type =
      static_cast<std::uint8_t>(number_of(in, "objecttype", defects).value_or(variable));
  draft.device.groups.emplace(index, group);
  if (const auto compact = number_of(in, "compactsubobj", defects); compact && *compact > 0) {
    if (*compact > subindex_max)
      return defects.add(in.line,
                         fmt::format("CompactSubObj {} is above {}", *compact, subindex_max));
    return add_compact_subs(draft, in, index, *compact, defects);
  }
  const bool is_single = (group.object_type == variable || group.object_type == domain_object) &&
                         in.find("subnumber") == nullptr;
  if (is_single) draft.device.objects.emplace(object_address{index, 0}, object_of(in, defects));
}

} // namespace

void read_objects(eds_draft& draft, defect_list& defects) {
  for (const auto& each : draft.sections) {
    const auto place = place_of(each.name);
    if (!place) continue;
    if (!place->is_sub) {
      read_index(draft, each, place->at.index, defects);
    } else if (!draft.device.objects.emplace(place->at, object_of(each, defects)).second) {
      defects.add(each.line, fmt::format("{} is described above already", to_string(place->at)));
    }
  }
}

} // namespace voltaic::messages::canopen
