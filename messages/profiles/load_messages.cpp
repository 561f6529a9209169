#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "messages/j1939/transport_limits.hpp"
#include "messages/profiles/bit_usage.hpp"
#include "messages/profiles/bits.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::profiles {
namespace {

/// Of an answer: ISO-TP's most without service and data identifier.
constexpr std::uint16_t answer_bytes_max = 4'092;
constexpr std::size_t signals_max = 4'096;
constexpr std::uint32_t period_ms_max = 3'600'000;
constexpr std::uint32_t step_max = 65'536;
constexpr std::uint32_t spn_max = (1u << 19) - 1;

constexpr spelling<bit_order> bit_orders[] = {{"intel", bit_order::intel},
                                              {"motorola", bit_order::motorola}};
constexpr spelling<frame_format> formats[] = {{"classic", frame_format::classic},
                                              {"fd", frame_format::fd},
                                              {"fd_brs", frame_format::fd_switched}};
constexpr spelling<signal_type> signal_types[] = {{"unsigned", signal_type::unsigned_integer},
                                                  {"signed", signal_type::signed_integer},
                                                  {"float", signal_type::ieee_float}};

signal_type usual_type(raw_type type) {
  switch (type) {
    case raw_type::u16:
    case raw_type::u32:
      return signal_type::unsigned_integer;
    case raw_type::f64:
    case raw_type::text:
      return signal_type::ieee_float;
    default:
      return signal_type::signed_integer;
  }
}

/// A repeat of one identifier: each time its multiplexer says the next value.
/// It is unrolled where it is read.
struct selector_repeat {
  std::uint32_t count = 1;
  std::uint32_t mux_step = 0;
  std::uint32_t index_step = 0;
};

selector_repeat read_repeat(const object_reader& parent, message& result) {
  const auto* node = parent.object("repeat");
  if (node == nullptr) return {};
  const object_reader reader(parent.found(), *node, "repeat", parent.path_of("repeat"),
                             parent.offset("repeat"));
  const auto count = reader.whole<std::uint32_t>("count", 1, messages_max).value_or(1);
  const auto id_step = reader.whole<std::uint32_t>("id_step", 1, step_max);
  const auto mux_step = reader.whole<std::uint32_t>("mux_step", 1, step_max);
  const auto index_step = reader.whole<std::uint32_t>("index_step", 0, step_max).value_or(0);
  if (reader.has("id_step") == reader.has("mux_step"))
    reader.add("expected either \"id_step\" or \"mux_step\"");
  else if (mux_step && !parent.has("multiplexer"))
    reader.add("mux_step", "the message has no multiplexer");
  if (mux_step) return {count, *mux_step, index_step};
  result.repeat = {count, id_step.value_or(1), index_step};
  return {};
}

void read_multiplexer(const object_reader& parent, message& result, bit_usage& usage) {
  const auto* node = parent.object("multiplexer");
  if (node == nullptr) return;
  const object_reader reader(parent.found(), *node, "multiplexer", parent.path_of("multiplexer"),
                             parent.offset("multiplexer"));
  result.multiplexer = read_bits(reader, result.length, signal_type::unsigned_integer);
  if (!result.multiplexer) return;
  constexpr std::uint8_t multiplexer_bits_max = 32;
  if (result.multiplexer->length > multiplexer_bits_max)
    reader.add("length", fmt::format("expected at most {} bits", multiplexer_bits_max));
  static_cast<void>(
      usage.take(*result.multiplexer, result.length, std::nullopt, "the multiplexer"));
}

void read_mux(const object_reader& reader, const message& owner, signal& result) {
  if (!reader.has("mux")) return;
  if (!owner.multiplexer) {
    reader.add("mux", "the message has no multiplexer");
    return;
  }
  const auto range = integer_range(signal_type::unsigned_integer, owner.multiplexer->length);
  result.mux = reader.integer("mux", 0, range.second);
}

/// Whether the wire's numbers fit into the point's raw type.
void check_fit(const object_reader& reader, const point& target, const signal& result,
               bool own_scale) {
  if (target.type == raw_type::f64) return;
  if (result.bits.type == signal_type::ieee_float) return; // rounded and range checked
  const auto range = integer_range(result.bits.type, result.bits.length);
  if (own_scale) return;
  if (range.first < raw_minimum(target.type) || range.second > raw_maximum(target.type))
    reader.add(reader.has("length") ? "length" : "type",
               fmt::format("{} bits do not fit into {} of type {}", result.bits.length, target.name,
                           to_string(target.type)));
}

/// False when a mistake was told.
bool check_index(const object_reader& reader, load_context& context, const message& owner,
                 const signal& result) {
  const auto& place = context.places[result.point];
  if (!place.sound) return false;
  const std::string_view key = reader.has("index") ? "index" : "point";
  const auto& name = context.profile.points[result.point].name;
  const std::uint64_t last =
      result.index + std::uint64_t{owner.repeat.count - 1} * owner.repeat.index_step;
  if (last >= place.carried.size()) {
    reader.add(key,
               fmt::format("element {} is beyond the {} of {}", last, place.carried.size(), name));
    return false;
  }
  for (std::uint32_t i = 0; i < owner.repeat.count; ++i) {
    const std::uint64_t element = result.index + std::uint64_t{i} * owner.repeat.index_step;
    if (context.carry(result.point, element, 1)) continue;
    reader.add(key, fmt::format("element {} of {} is carried twice", element, name));
    return false;
  }
  return true;
}

/// "cell_voltage[4] (signals[1])", for people.
std::string name_of(const object_reader& reader, const load_context& context,
                    std::optional<std::uint16_t> target, const signal& of) {
  auto place = reader.path().substr(reader.path().rfind('.') + 1);
  if (!target) return place;
  const auto& carried = context.profile.points[*target];
  const auto element = carried.count > 1 ? fmt::format("[{}]", of.index) : std::string();
  return fmt::format("{}{} ({})", carried.name, element, place);
}

/// The same signal for each further value of the multiplexer. The first mistake
/// ends it: the others would only tell it again.
void repeat_signal(const object_reader& reader, load_context& context, message& owner,
                   bit_usage& usage, const selector_repeat& repeat) {
  signal next = owner.signals.back();
  const auto range = integer_range(signal_type::unsigned_integer, owner.multiplexer->length);
  const auto index_step = reader.whole<std::uint32_t>("index_step", 0, step_max);
  const std::int64_t last = *next.mux + std::int64_t{repeat.count - 1} * repeat.mux_step;
  if (last > range.second)
    return reader.add("mux", fmt::format("the last value {} has too many bits", last));
  if (owner.signals.size() + repeat.count - 1 > signals_max)
    return reader.add("mux", fmt::format("more than {} signals", signals_max));
  for (std::uint32_t i = 1; i < repeat.count; ++i) {
    *next.mux += repeat.mux_step;
    next.index += index_step.value_or(repeat.index_step);
    if (auto wrong = usage.take(next.bits, owner.length, next.mux,
                                name_of(reader, context, next.point, next)))
      return reader.add("start", *wrong);
    if (!check_index(reader, context, owner, next)) return;
    owner.signals.push_back(next);
  }
}

/// What point an element of a message is, and whether it fits; false where nothing is to be
/// repeated.
bool take_signal(const object_reader& reader, load_context& context, message& owner,
                 std::optional<std::uint16_t> target, std::optional<bit_field> bits,
                 bit_usage& usage) {
  const point* point = target ? &context.profile.points[*target] : nullptr;
  signal result;
  if (target) result.point = *target;
  result.index = reader.whole<std::uint32_t>("index", 0, point_elements_max).value_or(0);
  result.spn = reader.whole<std::uint32_t>("spn", 1, spn_max).value_or(0);
  if (result.spn != 0 && !owner.group) reader.add("spn", "needs a group");
  read_mux(reader, owner, result);
  const bool own_scale = reader.has("scale") || reader.has("offset");
  result.scale = read_scale(reader, point ? point->scale : 1);
  result.offset = reader.number("offset").value_or(point ? point->offset : 0);
  if (bits) {
    result.bits = *bits;
    read_choice(reader, point, result);
    // Of answers, which are longer than what is watched, the same bits may be said twice; and of a
    // state, each part of what it says.
    const auto wrong =
        owner.read || result.is_choice()
            ? std::nullopt
            : usage.take(*bits, owner.length, result.mux, name_of(reader, context, target, result));
    if (wrong) reader.add("start", *wrong);
  }
  if (!target) return false;
  const bool is_carried = check_index(reader, context, owner, result);
  if (!bits || !context.places[*target].sound) return false;
  if (!result.is_choice()) check_fit(reader, *point, result, own_scale);
  if (bits->type != signal_type::ieee_float) {
    const auto range = integer_range(bits->type, bits->length);
    context.note_wire_range(*target, range.first, range.second);
  }
  owner.signals.push_back(result);
  return is_carried && result.mux;
}

void read_signal(const object_reader& reader, load_context& context, message& owner,
                 bit_usage& usage, const selector_repeat& repeat) {
  const auto target = context.point_of(reader, "point");
  const auto bits = read_bits(
      reader, owner.length,
      target ? usual_type(context.profile.points[*target].type) : signal_type::unsigned_integer);
  if (reader.has("index_step") && (repeat.mux_step == 0 || !reader.has("mux")))
    reader.add("index_step", "only what mux_step repeats has one");
  if (take_signal(reader, context, owner, target, bits, usage) && repeat.mux_step != 0)
    repeat_signal(reader, context, owner, usage, repeat);
}

void read_signals(const object_reader& reader, load_context& context, message& owner,
                  bit_usage& usage, const selector_repeat& repeat) {
  const auto* list = reader.array("signals", signals_max);
  if (list == nullptr) return;
  if (list->elements.empty()) reader.add("signals", "expected at least one signal");
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader signal(context.found, element, "signal",
                               fmt::format("{}.signals[{}]", reader.path(), i), element.offset);
    if (signal.is_object()) read_signal(signal, context, owner, usage, repeat);
  }
  const auto is_multiplexed = [](const profiles::signal& one) { return one.mux.has_value(); };
  const bool has_none = std::none_of(owner.signals.begin(), owner.signals.end(), is_multiplexed);
  if (!owner.multiplexer || !has_none || list->elements.empty()) return;
  const object_reader first(context.found, list->elements.front(), "signal",
                            fmt::format("{}.signals[0]", reader.path()),
                            list->elements.front().offset);
  if (!first.is_object()) return;
  first.add(
      fmt::format("mux is missing: the message {} has a multiplexer, and no signal of it says "
                  "for which value of it it is there",
                  owner.name));
}

/// The same answer twice, or an identifier that a frame of the device has.
void check_answer(const object_reader& reader, load_context& context, const message& result) {
  const auto user = context.message_ids.find(id_key(result.id, result.extended));
  if (user != context.message_ids.end())
    return reader.add("id",
                      fmt::format("0x{:03X} is used by \"{}\" already", result.id, user->second));
  for (const auto& other : context.profile.messages) {
    if (!other.read || other.id != result.id || other.extended != result.extended) continue;
    if (other.read->data_identifier == result.read->data_identifier)
      return reader.add("read", fmt::format("\"{}\" reads the same", other.name));
    if (other.read->request_id != result.read->request_id ||
        other.read->request_extended != result.read->request_extended)
      return reader.add("read",
                        fmt::format("\"{}\" is answered by the same identifier and asked by "
                                    "another",
                                    other.name));
  }
}

void read_message(const object_reader& reader, load_context& context,
                  std::unordered_set<std::string>& names) {
  message result;
  result.name = reader.text("name").value_or("");
  if (reader.has("name") && !is_name(result.name)) reader.add("name", "expected a name like cells");
  if (!result.name.empty() && !names.insert(result.name).second)
    reader.add("name", fmt::format("\"{}\" is used twice", result.name));
  result.read = read_reading(reader);
  if (reader.has("read")) check_reading(reader);
  const bool is_group = check_group(reader, context.profile);
  const std::uint16_t length_max = is_group             ? j1939::transfer_bytes_max
                                   : reader.has("read") ? answer_bytes_max
                                                        : can::fd_bytes_max;
  result.length =
      reader.whole<std::uint16_t>("length", 1, length_max)
          .value_or(reader.has("read") ? answer_bytes_max : std::uint16_t{can::classic_bytes_max});
  // An answer comes in as many frames as it needs.
  if (!reader.has("read") && !is_group && reader.has("length"))
    result.format = read_format(reader, result.length);
  result.period_ms = reader.whole<std::uint32_t>("period_ms", 1, period_ms_max).value_or(0);
  const auto repeat = read_repeat(reader, result);
  const bool all_values = reader.boolean("all_values").value_or(false);
  if (reader.has("all_values") && !is_group) reader.add("all_values", "needs a group");
  if (is_group) {
    read_message_group(reader, context, result);
  } else if (const auto id = read_id(reader)) {
    result.id = id->id;
    result.extended = id->extended;
    // Answers of one device share an identifier; what was asked for tells them apart.
    if (result.read)
      check_answer(reader, context, result);
    else
      check_message_ids(reader, context, result);
  }
  bit_usage usage;
  read_multiplexer(reader, result, usage);
  result.checksum = read_checksum(reader, result.length);
  if (result.checksum) take_bytes(*result.checksum, usage);
  read_signals(reader, context, result, usage, repeat);
  for (auto& each : result.signals)
    each.indicators = is_group && !all_values && !each.is_choice() &&
                      each.bits.type == signal_type::unsigned_integer;
  static_cast<void>(reader.text("description")); // for people; only its type is checked
  for (const auto& signal : result.signals)
    if (!reader.has("period_ms")) {
      const auto period = context.profile.points[signal.point].period_ms;
      result.period_ms = result.period_ms == 0 ? period : std::min(result.period_ms, period);
    }
  read_end_to_end(reader, result, usage);
  context.profile.messages.push_back(std::move(result));
}

} // namespace

void check_message_ids(const object_reader& reader, load_context& context, const message& result) {
  const std::uint64_t last =
      result.id + std::uint64_t{result.repeat.count - 1} * result.repeat.id_step;
  if (last > id_max(result.extended)) {
    reader.add("id", fmt::format("the last identifier 0x{:X} has too many bits", last));
    return;
  }
  for (const auto& other : context.profile.messages)
    if (other.read && other.id == result.id && other.extended == result.extended)
      return reader.add("id",
                        fmt::format("0x{:03X} is used by \"{}\" already", result.id, other.name));
  for (std::uint32_t i = 0; i < result.repeat.count; ++i) {
    const std::uint32_t id = result.id + i * result.repeat.id_step;
    const auto [earlier, is_new] =
        context.message_ids.try_emplace(id_key(id, result.extended), result.name);
    if (is_new) continue;
    reader.add("id", fmt::format("0x{:03X} is used by \"{}\" already", id, earlier->second));
    return;
  }
}

void read_mapped(const object_reader& reader, load_context& context, message& owner,
                 std::uint16_t start, std::uint8_t length) {
  const auto target = context.point_of(reader, "point");
  bit_field bits;
  bits.start = start;
  bits.length = length;
  bits.type = reader.choice<signal_type>("type", signal_types)
                  .value_or(target ? usual_type(context.profile.points[*target].type)
                                   : signal_type::unsigned_integer);
  if (bits.type == signal_type::ieee_float && length != 32 && length != 64)
    return reader.add("bits", "a float has 32 or 64 bits");
  bit_usage usage; // places follow on each other
  static_cast<void>(take_signal(reader, context, owner, target, bits, usage));
}

std::optional<frame_id> read_id(const object_reader& reader, std::string_view key) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  const auto result = parse_frame_id(*text);
  if (!result) reader.add(key, "expected 0x and 3 digits (up to 7FF) or 8 digits (up to 1FFFFFFF)");
  return result;
}

frame_format read_format(const object_reader& reader, std::uint16_t bytes) {
  const auto format =
      reader.choice<frame_format>("format", formats).value_or(frame_format::classic);
  if (bytes <= can::classic_bytes_max) return format;
  const std::string_view key = reader.has("length") ? "length" : "data";
  if (can::frame_length(bytes) != bytes)
    reader.add(key, fmt::format("frames have up to 8 bytes, those of CAN FD 12, 16, 20, 24, 32, 48 "
                                "or 64 besides, and none has {}",
                                bytes));
  else if (!reader.has("format"))
    reader.add(key, fmt::format("{} bytes are a frame of CAN FD: \"format\" says so, \"fd\" or "
                                "\"fd_brs\"",
                                bytes));
  else if (format == frame_format::classic)
    reader.add("format", fmt::format("a classic frame has no {} bytes", bytes));
  return format;
}

std::optional<bit_field> read_bits(const object_reader& reader, std::uint16_t frame_bytes,
                                   signal_type default_type) {
  constexpr unsigned byte_bits = 8;
  const auto bits_there = std::max(frame_bytes * byte_bits, word_bits);
  const auto start =
      reader.whole<std::uint16_t>("start", 0, static_cast<std::uint16_t>(bits_there - 1));
  const auto length = reader.whole<std::uint8_t>("length", 1, word_bits);
  bit_field result;
  result.order = reader.choice<bit_order>("order", bit_orders).value_or(bit_order::intel);
  result.type = reader.choice<signal_type>("type", signal_types).value_or(default_type);
  if (!start || !length) return std::nullopt;
  result.start = *start;
  result.length = *length;
  if (result.type == signal_type::ieee_float && *length != 32 && *length != 64) {
    reader.add("length", "a float has 32 or 64 bits");
    return std::nullopt;
  }
  if (end_bit(result) > frame_bytes * byte_bits) {
    reader.add("start", fmt::format("{} bits from {} do not fit into {} bytes", *length, *start,
                                    frame_bytes));
    return std::nullopt;
  }
  if (end_bit(place(result, frame_bytes).bits) <= word_bits) return result;
  reader.add("start", fmt::format("{} bits from {} lie in more than 8 bytes", *length, *start));
  return std::nullopt;
}

void read_messages(const object_reader& root, load_context& context) {
  const auto* list = root.array("messages", messages_max);
  if (list == nullptr) return;
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    if (context.message_ids.size() > messages_max) {
      root.add("messages", fmt::format("more than {} identifiers", messages_max));
      return;
    }
    const auto& element = list->elements[i];
    const object_reader reader(context.found, element, "message", fmt::format("messages[{}]", i),
                               element.offset);
    if (reader.is_object()) read_message(reader, context, names);
  }
}

} // namespace voltaic::messages::profiles
