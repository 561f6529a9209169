#include <fmt/format.h>

#include <map>

#include "messages/modbus/registers.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::size_t registers_max = 4'096;
constexpr std::uint32_t addresses = 65'536;

constexpr spelling<register_table> tables[] = {{"holding", register_table::holding},
                                               {"input", register_table::input}};
constexpr spelling<register_type> register_types[] = {{"u16", register_type::u16},
                                                      {"i16", register_type::i16},
                                                      {"u32", register_type::u32},
                                                      {"i32", register_type::i32},
                                                      {"f32", register_type::f32}};
constexpr spelling<word_order> word_orders[] = {{"ABCD", word_order::abcd},
                                                {"CDAB", word_order::cdab},
                                                {"BADC", word_order::badc},
                                                {"DCBA", word_order::dcba}};

/// Registers that are taken, by table: first address to the one behind the last.
using register_usage = std::map<register_table, std::map<std::uint32_t, std::uint32_t>>;

/// False when some of them are taken already.
bool take(register_usage& usage, register_table table, std::uint32_t first, std::uint32_t count) {
  auto& spans = usage[table];
  const std::uint32_t end = first + count;
  const auto next = spans.lower_bound(first);
  if (next != spans.end() && next->first < end) return false;
  if (next != spans.begin() && std::prev(next)->second > first) return false;
  spans.emplace(first, end);
  return true;
}

void check_fit(const object_reader& reader, const point& target, const register_entry& result) {
  if (reader.has("scale") || reader.has("offset") || target.type == raw_type::f64 ||
      result.field.type == register_type::f32)
    return;
  const auto range = modbus::integer_range(result.field.type);
  if (range.first < raw_minimum(target.type) || range.second > raw_maximum(target.type))
    reader.add("type",
               fmt::format("does not fit into {} of type {}", target.name, to_string(target.type)));
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
    const std::uint64_t words = std::uint64_t{result.count} * modbus::register_count(field->type);
    if (field->address + words > addresses) {
      reader.add("address", "the registers end beyond 65535");
    } else if (!take(usage, *table, field->address, static_cast<std::uint32_t>(words))) {
      reader.add("address", "overlaps registers that are taken already");
    }
  }
  if (!target) return;
  result.point = *target;
  check_elements(reader, context, result);
  if (!field || !table || !context.places[*target].sound) return;
  check_fit(reader, *point, result);
  if (field->type != register_type::f32) {
    const auto range = modbus::integer_range(field->type);
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
  return result;
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
