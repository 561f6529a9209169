#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/load_parts.hpp"

// Plain RS-485: how frames look, what is asked, and what the answers hold.
namespace voltaic::messages::profiles {
namespace {

namespace wire = serial;

constexpr std::size_t questions_max = 64;
constexpr std::size_t items_max = 256;
constexpr std::uint32_t period_ms_min = 50;
constexpr std::uint32_t period_ms_max = 3'600'000;
constexpr std::uint8_t number_bytes_max = 8;
constexpr std::uint8_t count_bytes_max = 2;
constexpr std::uint8_t text_bytes_max = 64;
constexpr unsigned byte_bits = 8;
constexpr std::uint8_t skip_max = 255;

constexpr spelling<wire::text_form> text_forms[] = {{"binary", wire::text_form::binary},
                                                    {"hex", wire::text_form::hex}};
constexpr spelling<bool> orders[] = {{"motorola", false}, {"intel", true}};
constexpr spelling<bool> length_units[] = {{"bytes", false}, {"digits", true}};
constexpr spelling<bool> signs[] = {{"unsigned", false}, {"signed", true}};
constexpr spelling<wire::checksum_kind> checksum_kinds[] = {
    {"sum", wire::checksum_kind::sum},
    {"twos_complement", wire::checksum_kind::twos_complement},
    {"xor", wire::checksum_kind::exclusive_or},
    {"crc16_modbus", wire::checksum_kind::crc16_modbus},
    {"crc16_ccitt", wire::checksum_kind::crc16_ccitt}};

/// "7E" or "DD A5": bytes of two hexadecimal digits.
std::vector<std::uint8_t> read_bytes(const object_reader& reader, std::string_view key) {
  std::vector<std::uint8_t> result;
  const auto text = reader.text(key);
  if (!text) return result;
  const auto parsed = wire::parse_data(*text);
  const bool is_plain = parsed && std::ranges::all_of(*parsed, [](const wire::data_part& each) {
                          return each.what == wire::data_part::kind::constant;
                        });
  if (!is_plain)
    reader.add(key, "expected bytes of two hexadecimal digits, as 7E");
  else
    for (const auto& each : *parsed) result.push_back(each.byte);
  return result;
}

std::vector<wire::part> read_parts(const object_reader& reader, std::string_view key) {
  const auto text = reader.text(key);
  if (!text) return {};
  auto parsed = wire::parse_parts(*text);
  if (parsed) return *std::move(parsed);
  reader.add(key, parsed.error().text);
  return {};
}

void read_length(const object_reader& parent, wire::length_rule& result) {
  const auto* node = parent.object("length");
  if (node == nullptr) return;
  const object_reader reader(parent.found(), *node, "framing_length", parent.path_of("length"),
                             parent.offset("length"));
  result.bytes = reader.whole<std::uint8_t>("bytes", 1, 2).value_or(1);
  result.low_byte_first = reader.choice<bool>("order", orders).value_or(false);
  result.counts_digits = reader.choice<bool>("counts", length_units).value_or(false);
  result.has_check_digit = reader.boolean("check_digit").value_or(false);
}

void read_sum(const object_reader& parent, wire::checksum_rule& result) {
  const auto* node = parent.object("checksum");
  if (node == nullptr) return;
  const object_reader reader(parent.found(), *node, "framing_checksum", parent.path_of("checksum"),
                             parent.offset("checksum"));
  result.kind =
      reader.choice<wire::checksum_kind>("kind", checksum_kinds).value_or(wire::checksum_kind::sum);
  result.bytes = reader.whole<std::uint8_t>("bytes", 1, 2).value_or(1);
  result.low_byte_first = reader.choice<bool>("order", orders).value_or(false);
  result.over_text = reader.choice<bool>("over", length_units).value_or(false);
  result.over_start = reader.boolean("with_start").value_or(false);
  result.skipped =
      reader.whole<std::uint8_t>("skip", 0, static_cast<std::uint8_t>(wire::parts_max)).value_or(0);
}

std::vector<wire::data_part> read_data(const object_reader& reader) {
  const auto text = reader.text("data");
  if (!text) return {};
  auto parsed = wire::parse_data(*text);
  if (parsed) return *std::move(parsed);
  reader.add("data", parsed.error().text);
  return {};
}

std::uint8_t read_code(const object_reader& reader) {
  const auto bytes = read_bytes(reader, "code");
  if (bytes.size() == 1) return bytes.front();
  if (reader.has("code")) reader.add("code", "expected one byte, as 42");
  return 0;
}

/// How many bytes, their order and sign, and which bits of them.
number_form read_form(const object_reader& reader, bool is_text, std::uint8_t bytes_max) {
  number_form form;
  form.bytes =
      reader.whole<std::uint8_t>("bytes", 1, is_text ? text_bytes_max : bytes_max).value_or(1);
  form.low_byte_first = reader.choice<bool>("order", orders).value_or(false);
  form.is_signed = reader.choice<bool>("type", signs).value_or(false);
  const bool has_bits = reader.has("start") || reader.has("length");
  if (!has_bits) return form;
  const auto all = static_cast<std::uint8_t>(byte_bits * std::min(form.bytes, number_bytes_max));
  form.first_bit =
      reader.whole<std::uint8_t>("start", 0, static_cast<std::uint8_t>(all - 1)).value_or(0);
  form.bit_count = reader.whole<std::uint8_t>("length", 1, all).value_or(1);
  if (!reader.has("start")) reader.add("missing key \"start\"");
  if (!reader.has("length")) reader.add("missing key \"length\"");
  if (form.first_bit + form.bit_count > all) {
    reader.add("length", fmt::format("the bits end beyond the {} of the number", all));
    form.bit_count = 1;
    form.first_bit = 0;
  }
  return form;
}

/// What the places of an answer share while they are read.
struct answer_state {
  std::vector<std::string> counts; ///< names, in their order
  std::uint32_t period_ms = 0;
};

void check_keys(const object_reader& reader, std::initializer_list<std::string_view> foreign,
                std::string_view why) {
  for (const auto key : foreign)
    if (reader.has(key)) reader.add(key, why);
}

void read_times(const object_reader& reader, const answer_state& state, std::uint32_t elements,
                answer_item& result) {
  if (!reader.has("times")) return;
  // A number, or the name of a count that stands before.
  if (const auto name = reader.text_if("times")) {
    const auto found = std::ranges::find(state.counts, *name);
    if (found == state.counts.end()) {
      reader.add("times", fmt::format("no count before it is called \"{}\"", *name));
      return;
    }
    result.counted_by = static_cast<std::uint8_t>(found - state.counts.begin());
    result.times = elements;
    result.less = reader.whole<std::uint32_t>("less", 1, point_elements_max).value_or(0);
    return;
  }
  if (reader.has("less")) reader.add("less", "only of what is counted by name");
  result.times = reader.whole<std::uint32_t>("times", 1, point_elements_max).value_or(1);
}

void note_range(load_context& context, const answer_item& item) {
  const unsigned length =
      item.form.bit_count != 0 ? item.form.bit_count : byte_bits * item.form.bytes;
  const auto type =
      item.form.is_signed ? signal_type::signed_integer : signal_type::unsigned_integer;
  const auto range = integer_range(type, length);
  context.note_wire_range(item.point, range.first, range.second);
}

void check_fit(const object_reader& reader, const point& target, const answer_item& item) {
  const bool is_scaled = reader.has("scale") || reader.has("offset");
  if (is_scaled || target.type == raw_type::f64 || target.type == raw_type::text) return;
  const unsigned length =
      item.form.bit_count != 0 ? item.form.bit_count : byte_bits * item.form.bytes;
  const auto type =
      item.form.is_signed ? signal_type::signed_integer : signal_type::unsigned_integer;
  const auto range = integer_range(type, length);
  if (range.first < raw_minimum(target.type) || range.second > raw_maximum(target.type))
    reader.add("point", fmt::format("its bytes do not fit into {} of type {}", target.name,
                                    to_string(target.type)));
}

void read_value(const object_reader& reader, load_context& context, const answer_state& state,
                answer_item& result) {
  const auto position = context.point_of(reader, "point");
  if (!position) return;
  const auto& target = context.profile.points[*position];
  const bool is_text = target.type == raw_type::text;
  result.kind = answer_kind::value;
  result.point = *position;
  result.form = read_form(reader, is_text, number_bytes_max);
  result.index = reader.whole<std::uint32_t>("index", 0, point_elements_max).value_or(0);
  if (is_text)
    check_keys(reader, {"index", "times", "scale", "offset", "start", "length", "type"},
               "does not belong to a text");
  const auto elements = target.count > result.index ? target.count - result.index : 0;
  read_times(reader, state, elements, result);
  result.scale = read_scale(reader, target.scale);
  result.offset = reader.number("offset").value_or(target.offset);
  const auto& place = context.places[*position];
  if (!place.sound) return;
  if (std::uint64_t{result.index} + result.times > target.count)
    reader.add(reader.has("times") ? "times" : "index",
               fmt::format("beyond the {} elements of {}", target.count, target.name));
  else if (!context.carry(*position, result.index, result.times))
    reader.add("point", fmt::format("an element of {} is read twice", target.name));
  if (state.period_ms != 0 && target.period_ms != state.period_ms)
    reader.add("point", fmt::format("{} states a period of {} ms, and is asked for every {} ms",
                                    target.name, target.period_ms, state.period_ms));
  if (!is_text) note_range(context, result);
  check_fit(reader, target, result);
}

void read_count(const object_reader& reader, answer_state& state, answer_item& result) {
  const auto name = reader.text("count").value_or("");
  result.kind = answer_kind::count;
  result.form = read_form(reader, false, count_bytes_max);
  if (!is_name(name)) reader.add("count", "expected a name like cells");
  if (std::ranges::find(state.counts, name) != state.counts.end())
    reader.add("count", fmt::format("\"{}\" is used twice", name));
  state.counts.push_back(name);
}

void read_item(const object_reader& reader, load_context& context, answer_state& state,
               std::vector<answer_item>& items) {
  answer_item result;
  const int kinds = int{reader.has("point")} + int{reader.has("count")} + int{reader.has("skip")};
  if (kinds != 1) {
    reader.add("expected exactly one of \"point\", \"count\" and \"skip\"");
    return;
  }
  result.is_optional = reader.boolean("optional").value_or(false);
  result.is_overlaid = reader.boolean("overlaid").value_or(false);
  if (result.is_overlaid &&
      (items.empty() || items.back().kind != answer_kind::value || items.back().times != 1))
    reader.add("overlaid", "before it stands no single value");
  if (!items.empty() && items.back().is_optional && !result.is_optional)
    reader.add("the place before it is optional, so that it is, too");
  if (reader.has("skip")) {
    check_keys(reader,
               {"bytes", "times", "index", "type", "order", "start", "length", "scale", "offset",
                "overlaid"},
               "does not belong to what is skipped");
    result.form.bytes = reader.whole<std::uint8_t>("skip", 1, skip_max).value_or(1);
  } else if (reader.has("count")) {
    check_keys(reader, {"times", "index", "scale", "offset", "overlaid"},
               "does not belong to a count");
    read_count(reader, state, result);
  } else {
    read_value(reader, context, state, result);
    if (result.kind != answer_kind::value) return;
  }
  items.push_back(result);
}

void read_question(const object_reader& reader, load_context& context,
                   std::unordered_set<std::string>& names) {
  serial_question result;
  result.ask.name = reader.text("name").value_or("");
  if (reader.has("name") && !is_name(result.ask.name))
    reader.add("name", "expected a name like cells");
  if (!result.ask.name.empty() && !names.insert(result.ask.name).second)
    reader.add("name", fmt::format("\"{}\" is used twice", result.ask.name));
  static_cast<void>(reader.text("description")); // for people; only its type is checked
  result.ask.code = read_code(reader);
  result.ask.data = read_data(reader);
  for (const auto& each : result.ask.data)
    if (each.what == wire::data_part::kind::value) reader.add("data", "a question has no {value}");
  result.period_ms =
      reader.whole<std::uint32_t>("period_ms", period_ms_min, period_ms_max).value_or(0);
  if (const auto* list = reader.array("answer", items_max)) {
    answer_state state{{}, result.period_ms};
    for (std::size_t i = 0; i < list->elements.size(); ++i) {
      const auto& element = list->elements[i];
      const object_reader item(context.found, element, "answer_item",
                               fmt::format("{}.answer[{}]", reader.path(), i), element.offset);
      if (item.is_object()) read_item(item, context, state, result.answer);
    }
    std::size_t bytes = 0;
    for (const auto& item : result.answer) bytes += std::size_t{item.times} * item.form.bytes;
    if (bytes > wire::data_bytes_max)
      reader.add("answer",
                 fmt::format("has up to {} bytes, more than {}", bytes, wire::data_bytes_max));
  }
  context.profile.questions.push_back(std::move(result));
}

} // namespace

void read_framing(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("framing");
  if (node == nullptr) return;
  const object_reader reader(root.found(), *node, "framing", "framing", root.offset("framing"));
  wire::framing result;
  result.start = read_bytes(reader, "start");
  result.end = read_bytes(reader, "end");
  result.text =
      reader.choice<wire::text_form>("text", text_forms).value_or(wire::text_form::binary);
  result.request = read_parts(reader, "request");
  result.answer = read_parts(reader, "answer");
  read_length(reader, result.length);
  read_sum(reader, result.checksum);
  if (reader.has("good_result")) {
    const auto good = read_bytes(reader, "good_result");
    if (good.size() == 1) result.good_result = good.front();
  }
  const bool is_read = !result.request.empty() && !result.answer.empty() && !result.start.empty();
  if (is_read)
    for (const auto& mistake : wire::mistakes_in(result)) reader.add(mistake);
  profile.framing = std::move(result);
}

void read_questions(const object_reader& root, load_context& context) {
  const auto* list = root.array("questions", questions_max);
  if (list == nullptr) return;
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader reader(context.found, element, "question", fmt::format("questions[{}]", i),
                               element.offset);
    if (reader.is_object()) read_question(reader, context, names);
  }
}

std::optional<serial_setting> read_setting(const object_reader& reader, bool is_order) {
  serial_setting result;
  result.order.name = reader.text("name").value_or("");
  result.order.code = read_code(reader);
  result.order.data = read_data(reader);
  const auto places =
      std::ranges::count(result.order.data, wire::data_part::kind::value, &wire::data_part::what);
  if (reader.has("data") && places != 1) reader.add("data", "expected {value} once");
  if (is_order) return result;
  const auto* node = reader.object("value");
  if (node == nullptr) return std::nullopt;
  const object_reader value(reader.found(), *node, "serial_value", reader.path_of("value"),
                            reader.offset("value"));
  result.form = read_form(value, false, number_bytes_max);
  result.scale = read_scale(value, 1);
  result.offset = value.number("offset").value_or(0);
  return result;
}

} // namespace voltaic::messages::profiles
