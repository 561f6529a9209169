#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "messages/modbus/registers.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/load_parts.hpp"
#include "messages/profiles/register_plan.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::size_t registers_max = 4'096;
constexpr std::uint32_t addresses = 65'536;
constexpr std::size_t guard_registers_max = 16;
constexpr std::uint8_t bits_max = 62; // a raw value is a signed 64-bit number

constexpr spelling<register_table> tables[] = {{"holding", register_table::holding},
                                               {"input", register_table::input}};
constexpr spelling<register_type> register_types[] = {
    {"u16", register_type::u16}, {"i16", register_type::i16}, {"u32", register_type::u32},
    {"i32", register_type::i32}, {"u64", register_type::u64}, {"i64", register_type::i64},
    {"f32", register_type::f32}, {"f64", register_type::f64}, {"text", register_type::text}};
constexpr spelling<scale_kind> scale_kinds[] = {{"power_of_ten", scale_kind::power_of_ten},
                                                {"factor", scale_kind::factor}};
constexpr spelling<word_order> word_orders[] = {{"ABCD", word_order::abcd},
                                                {"CDAB", word_order::cdab},
                                                {"BADC", word_order::badc},
                                                {"DCBA", word_order::dcba}};

/// Registers that are taken, by table. Values that are bits of one number share
/// its registers, as long as they say the same of it.
struct taken_registers {
  std::uint32_t end = 0; ///< behind the last
  register_field field;
  std::uint64_t bits = 0; ///< 0: all of it
};
using register_usage = std::map<register_table, std::map<std::uint32_t, taken_registers>>;

std::uint64_t mask_of(const register_field& field) {
  if (!field.bits) return 0;
  return (~std::uint64_t{0} >> (64 - field.bits->length)) << field.bits->start;
}

/// False when some of them are taken already.
bool take(register_usage& usage, const register_field& field, std::uint32_t count) {
  auto& spans = usage[field.table];
  const std::uint32_t first = field.address;
  const std::uint32_t end = first + count * field.words;
  const auto bits = mask_of(field);
  const auto same = spans.find(first);
  if (same != spans.end()) {
    auto& other = same->second;
    if (bits == 0 || other.bits == 0 || (bits & other.bits) != 0 || other.end != end ||
        other.field.type != field.type || other.field.word_order != field.word_order)
      return false;
    other.bits |= bits;
    return true;
  }
  const auto next = spans.lower_bound(first);
  if (next != spans.end() && next->first < end) return false;
  if (next != spans.begin() && std::prev(next)->second.end > first) return false;
  spans.emplace(first, taken_registers{end, field, bits});
  return true;
}

void check_fit(const object_reader& reader, const point& target, const register_entry& result) {
  const bool is_text = result.field.type == register_type::text;
  if (is_text != (target.type == raw_type::text)) {
    reader.add("type", fmt::format("{} is {} text", target.name, is_text ? "no" : "a"));
    return;
  }
  if (reader.has("scale") || reader.has("offset") || target.type == raw_type::f64 || is_text ||
      modbus::is_float(result.field.type) || result.field.bits || result.field.scale_register)
    return;
  const auto range = modbus::integer_range(result.field.type);
  if (range.first < raw_minimum(target.type) || range.second > raw_maximum(target.type))
    reader.add("type",
               fmt::format("does not fit into {} of type {}", target.name, to_string(target.type)));
}

/// What a text and a number each have of their own.
void check_form(const object_reader& reader, const register_field& field) {
  const bool is_text = field.type == register_type::text;
  if (is_text) {
    for (const auto* key :
         {"index", "count", "start", "length", "scale", "offset", "scale_register"})
      if (reader.has(key)) reader.add(key, "does not belong to a text");
    if (!reader.has("words")) reader.add("missing key \"words\"");
  } else if (reader.has("words")) {
    reader.add("words", "only a text states its registers");
  }
  const bool swaps_words =
      field.word_order == word_order::cdab || field.word_order == word_order::dcba;
  if (swaps_words && modbus::register_count(field.type) == 1)
    reader.add("word_order", "expected ABCD or BADC: there is no second register to swap with");
}

std::optional<register_bits> read_bits(const object_reader& reader, const register_field& field) {
  if (!reader.has("start") && !reader.has("length")) return std::nullopt;
  constexpr register_type with_bits[] = {register_type::u16, register_type::u32,
                                         register_type::u64};
  if (std::find(std::begin(with_bits), std::end(with_bits), field.type) == std::end(with_bits)) {
    reader.add("type", "only bits of u16, u32 or u64 can be a value");
    return std::nullopt;
  }
  const auto all = static_cast<std::uint8_t>(16 * field.words);
  const auto start =
      reader.whole<std::uint8_t>("start", 0, static_cast<std::uint8_t>(all - 1)).value_or(0);
  register_bits result{start, reader.whole<std::uint8_t>("length", 1, bits_max).value_or(1)};
  if (!reader.has("start")) reader.add("missing key \"start\"");
  if (result.start + result.length > all) {
    reader.add("length", fmt::format("the bits end beyond the {} of the register", all));
    return std::nullopt;
  }
  return result;
}

/// Value and scale come from one answer, so that they belong together.
bool fits_one_read(const register_entry& entry, std::uint16_t scale_address) {
  const std::uint32_t last_value = entry.field.address + entry.count * entry.field.words;
  const std::uint32_t first = std::min<std::uint32_t>(entry.field.address, scale_address);
  return std::max<std::uint32_t>(last_value, scale_address + 1U) - first <= read_registers_max;
}

void read_scale_register(const object_reader& reader, register_entry& result) {
  const auto* node = reader.object("scale_register");
  if (node == nullptr) return;
  const object_reader scale(reader.found(), *node, "scale_register",
                            reader.path_of("scale_register"), reader.offset("scale_register"));
  const auto address = scale.whole<std::uint16_t>("address", 0, addresses - 1);
  const auto kind = scale.choice<scale_kind>("kind", scale_kinds);
  if (result.field.bits) reader.add("scale_register", "bits are not scaled by the device");
  if (!address || !kind) return;
  result.field.scale_register = scale_register{*address, *kind};
  if (!fits_one_read(result, *address))
    scale.add("address",
              fmt::format("cannot be read together with its values by one request of {} registers",
                          read_registers_max));
  else if (*address >= result.field.address &&
           *address < result.field.address + result.count * result.field.words)
    scale.add("address", "is a register of the value itself");
}

std::pair<std::int64_t, std::int64_t> wire_range(const register_field& field) {
  if (!field.bits) return modbus::integer_range(field.type);
  const auto all = ~std::uint64_t{0} >> (64 - field.bits->length);
  return {0, static_cast<std::int64_t>(all)};
}

void check_elements(const object_reader& reader, load_context& context,
                    const register_entry& result) {
  const auto& place = context.places[result.point];
  if (!place.sound) return;
  const auto& name = context.profile.points[result.point].name;
  if (std::uint64_t{result.index} + result.count > place.carried.size()) {
    reader.add(reader.has("count") ? "count" : "index",
               fmt::format("beyond the {} elements of {}", place.carried.size(), name));
  } else if (!context.carry(result.point, result.index, result.count)) {
    reader.add("point", fmt::format("an element of {} is read twice", name));
  }
}

void read_register(const object_reader& reader, load_context& context, register_usage& usage) {
  register_entry result;
  const auto target = context.point_of(reader, "point");
  const point* point = target ? &context.profile.points[*target] : nullptr;
  result.index = reader.whole<std::uint32_t>("index", 0, point_elements_max).value_or(0);
  result.count = reader.whole<std::uint32_t>("count", 1, point_elements_max).value_or(1);
  const auto field =
      read_register_field(reader, point ? point->scale : 1, point ? point->offset : 0);
  const auto table = reader.choice<register_table>("table", tables);
  if (field && table) {
    result.field = *field;
    result.field.table = *table;
    check_form(reader, *field);
    result.field.bits = read_bits(reader, *field);
    const std::uint64_t words = std::uint64_t{result.count} * field->words;
    if (field->address + words > addresses) {
      reader.add("address", "the registers end beyond 65535");
    } else if (read_scale_register(reader, result); !take(usage, result.field, result.count)) {
      reader.add("address", "overlaps registers that are taken already");
    }
  }
  if (!target) return;
  result.point = *target;
  check_elements(reader, context, result);
  if (!field || !table || !context.places[*target].sound) return;
  check_fit(reader, *point, result);
  if (!modbus::is_float(field->type) && field->type != register_type::text) {
    const auto range = wire_range(result.field);
    context.note_wire_range(*target, range.first, range.second);
  }
  context.profile.registers.push_back(result);
}

} // namespace

std::optional<register_field> read_register_field(const object_reader& reader, double default_scale,
                                                  double default_offset) {
  register_field result;
  const auto address = reader.whole<std::uint16_t>("address", 0, addresses - 1);
  const auto type = reader.choice<register_type>("type", register_types);
  result.word_order =
      reader.choice<word_order>("word_order", word_orders).value_or(word_order::abcd);
  result.scale = read_scale(reader, default_scale);
  result.offset = reader.number("offset").value_or(default_offset);
  if (!address || !type) return std::nullopt;
  result.address = *address;
  result.type = *type;
  result.words = reader.has("words")
                     ? reader.whole<std::uint16_t>("words", 1, read_registers_max).value_or(1)
                     : modbus::register_count(*type);
  return result;
}

void read_guard(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("guard");
  if (node == nullptr) return;
  const object_reader reader(root.found(), *node, "guard", "guard", root.offset("guard"));
  guard_registers result;
  const auto table = reader.choice<register_table>("table", tables);
  const auto address = reader.whole<std::uint16_t>("address", 0, addresses - 1);
  const auto* values = reader.array("values", guard_registers_max);
  if (!table || !address || values == nullptr) return;
  for (const auto& each : values->elements) {
    if (each.type != json_node::kind::integer || each.integer < 0 || each.integer >= addresses) {
      reader.add("values", "expected registers: 0 to 65535");
      return;
    }
    result.values.push_back(static_cast<std::uint16_t>(each.integer));
  }
  if (result.values.empty()) reader.add("values", "expected at least one register");
  if (*address + result.values.size() > addresses)
    reader.add("address", "the registers end beyond 65535");
  result.table = *table;
  result.address = *address;
  profile.guard = std::move(result);
}

void read_registers(const object_reader& root, load_context& context) {
  const auto* list = root.array("registers", registers_max);
  if (list == nullptr) return;
  register_usage usage;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader reader(context.found, element, "register", fmt::format("registers[{}]", i),
                               element.offset);
    if (reader.is_object()) read_register(reader, context, usage);
  }
}

} // namespace voltaic::messages::profiles
