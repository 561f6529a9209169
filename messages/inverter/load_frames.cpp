#include <fmt/format.h>

#include <algorithm>

#include "messages/inverter/load_inverter.hpp"
#include "messages/inverter/load_parts.hpp"
#include "messages/profiles/bits.hpp"

namespace voltaic::messages::inverter {
namespace {

using profiles::json_node;
using profiles::object_reader;

constexpr std::uint8_t frame_bytes_max = 8;
constexpr unsigned bits_per_byte = 8;
constexpr std::uint32_t period_ms_max = 3'600'000;
constexpr std::int64_t raw_max = UINT32_MAX;
constexpr std::uint8_t text_bytes_max = 64;
// As alarms of this family come: 01 is active, 10 is inactive.
constexpr std::uint8_t pair_bits = 2;
constexpr std::int64_t pair_active = 1;
constexpr std::int64_t pair_inactive = 2;

constexpr profiles::spelling<char> paddings[] = {{"zero", '\0'}, {"space", ' '}};

// Which bits of a frame are taken, and by which items.
struct usage {
  std::uint64_t bits = 0;
  std::vector<item> taken;
};

void read_number(const object_reader& reader, field& result) {
  result.bits = reader.whole<std::uint8_t>("bits", 1, 32).value_or(16);
  result.is_signed = reader.boolean("signed").value_or(false);
  result.is_magnitude = reader.boolean("magnitude").value_or(false);
  result.scale = reader.number("scale").value_or(1);
  if (result.scale == 0) reader.add("scale", "must not be 0");
  result.raw_offset = reader.integer("raw_offset", -raw_max, raw_max).value_or(0);
  result.uses_current_offset = reader.boolean("uses_current_offset").value_or(false);
  const auto [minimum, maximum] =
      profiles::integer_range(result.is_signed ? profiles::signal_type::signed_integer
                                               : profiles::signal_type::unsigned_integer,
                              result.bits);
  result.missing = reader.integer("missing", minimum, maximum);
  result.minimum = reader.number("minimum");
}

void read_flag(const object_reader& reader, field& result) {
  result.bits = reader.whole<std::uint8_t>("bits", 1, 8).value_or(1);
  const auto maximum = static_cast<std::int64_t>(profiles::low_mask(result.bits));
  result.active = reader.integer("active", 0, maximum).value_or(1);
  result.inactive = reader.integer("inactive", 0, maximum).value_or(0);
  result.unknown = reader.integer("unknown", 0, maximum).value_or(result.inactive);
  if (result.active == result.inactive) reader.add("active and inactive are the same");
}

void read_text(const object_reader& reader, field& result) {
  const auto bytes = reader.whole<std::uint8_t>("bytes", 1, frame_bytes_max);
  if (!reader.has("bytes")) reader.add("missing key \"bytes\"");
  result.bits = static_cast<std::uint8_t>(bytes.value_or(1) * bits_per_byte);
  result.from = reader.whole<std::uint8_t>("from", 0, text_bytes_max).value_or(0);
  result.padding = reader.choice<char>("padding", paddings).value_or('\0');
}

void read_content(const object_reader& reader, field& result) {
  if (reader.has("item") == reader.has("constant")) {
    reader.add("expected either \"item\" or \"constant\"");
    return;
  }
  if (reader.has("constant")) {
    result.bits = reader.whole<std::uint8_t>("bits", 1, 32).value_or(8);
    const auto maximum = static_cast<std::int64_t>(profiles::low_mask(result.bits));
    result.constant = reader.integer("constant", 0, maximum).value_or(0);
    return;
  }
  const auto found = read_item(reader);
  if (!found) return;
  result.item = *found;
  result.is_required = reader.boolean("required").value_or(false);
  switch (items[*found].kind) {
    case item_kind::number:
      result.what = field::kind::number;
      return read_number(reader, result);
    case item_kind::flag:
      result.what = field::kind::flag;
      return read_flag(reader, result);
    case item_kind::text:
      result.what = field::kind::text;
      return read_text(reader, result);
  }
}

// What does not fit, or lies where something else lies.
void take_place(const object_reader& reader, const field& taken, std::uint8_t length, usage& used) {
  const unsigned first = taken.byte * bits_per_byte + taken.bit;
  const bool is_whole = taken.bit == 0 && taken.bits % bits_per_byte == 0;
  if (!is_whole && taken.bit + taken.bits > bits_per_byte) {
    reader.add("bits", "what is no whole bytes lies within one byte");
    return;
  }
  if (first + taken.bits > length * bits_per_byte) {
    reader.add("byte", fmt::format("does not fit into {} bytes", length));
    return;
  }
  const auto bits = profiles::low_mask(taken.bits) << first;
  if ((used.bits & bits) != 0) reader.add("byte", "lies where another field lies");
  used.bits |= bits;
  if (taken.what == field::kind::constant) return;
  if (std::ranges::find(used.taken, taken.item) != used.taken.end())
    reader.add("item", "stands in this frame already");
  used.taken.push_back(taken.item);
}

void read_fields(const object_reader& parent, frame_layout& result, usage& used) {
  const auto* nodes = parent.array("fields", fields_max);
  if (nodes == nullptr) return;
  for (std::size_t i = 0; i < nodes->elements.size(); ++i) {
    const auto& node = nodes->elements[i];
    const auto reader = reader_of(parent, node, "field",
                                  fmt::format("{}[{}]", parent.path_of("fields"), i), node.offset);
    if (!reader.is_object()) continue;
    field made;
    made.byte = reader.whole<std::uint8_t>("byte", 0, frame_bytes_max - 1).value_or(0);
    made.bit = reader.whole<std::uint8_t>("bit", 0, bits_per_byte - 1).value_or(0);
    read_content(reader, made);
    take_place(reader, made, result.length, used);
    result.fields.push_back(made);
  }
}

// Flags of two bits each, from the frame's first bit on; null leaves a pair out.
void read_pairs(const object_reader& parent, frame_layout& result, usage& used) {
  const auto pairs_max = std::size_t{result.length} * bits_per_byte / pair_bits;
  const auto* nodes = parent.array("pairs", pairs_max);
  if (nodes == nullptr) return;
  for (std::size_t i = 0; i < nodes->elements.size(); ++i) {
    const auto& node = nodes->elements[i];
    if (node.type == json_node::kind::null) continue;
    const auto found =
        node.type == json_node::kind::text ? find_item(node.text) : std::optional<item>();
    if (!found || items[*found].kind != item_kind::flag) {
      parent.add("pairs", fmt::format("element {} names no alarm, warning or request", i));
      continue;
    }
    field made;
    made.what = field::kind::flag;
    made.item = *found;
    made.byte = static_cast<std::uint8_t>(i * pair_bits / bits_per_byte);
    made.bit = static_cast<std::uint8_t>(i * pair_bits % bits_per_byte);
    made.bits = pair_bits;
    made.active = pair_active;
    made.inactive = pair_inactive;
    const auto bits = profiles::low_mask(pair_bits) << (i * pair_bits);
    if ((used.bits & bits) != 0)
      parent.add("pairs", fmt::format("element {} lies where a field lies", i));
    used.bits |= bits;
    if (std::ranges::find(used.taken, *found) != used.taken.end())
      parent.add("pairs", fmt::format("{} stands in this frame already", node.text));
    used.taken.push_back(*found);
    result.fields.push_back(made);
  }
}

void read_times(const object_reader& reader, frame_layout& result, bool is_sent) {
  result.period_ms = reader.whole<std::uint32_t>("period_ms", 10, period_ms_max).value_or(0);
  result.phase_ms = reader.whole<std::uint32_t>("phase_ms", 0, period_ms_max).value_or(0);
  result.on_request = reader.text("on_request").value_or("");
  if (!is_sent) {
    for (const auto* key : {"period_ms", "phase_ms", "on_request"})
      if (reader.has(key)) reader.add(key, "only a frame that is sent has it");
    return;
  }
  if (reader.has("period_ms") == reader.has("on_request"))
    reader.add("expected either \"period_ms\" or \"on_request\"");
  if (reader.has("phase_ms") && result.period_ms != 0 && result.phase_ms >= result.period_ms)
    reader.add("phase_ms", "is not within the period");
}

} // namespace

std::vector<frame_layout> read_frames(const object_reader& root, std::string_view key,
                                      bool is_sent) {
  std::vector<frame_layout> result;
  const auto* nodes = root.array(key, frames_max);
  if (nodes == nullptr) return result;
  for (std::size_t i = 0; i < nodes->elements.size(); ++i) {
    const auto& node = nodes->elements[i];
    const auto reader = reader_of(root, node, "frame", fmt::format("{}[{}]", key, i), node.offset);
    if (!reader.is_object()) continue;
    frame_layout made;
    if (const auto id = read_identifier(reader)) made.id = *id;
    made.length =
        reader.whole<std::uint8_t>("length", 1, frame_bytes_max).value_or(frame_bytes_max);
    static_cast<void>(reader.text("description")); // for people; only its type is checked
    read_times(reader, made, is_sent);
    usage used;
    read_fields(reader, made, used);
    read_pairs(reader, made, used);
    const bool is_doubled =
        std::ranges::any_of(result, [&](const frame_layout& each) { return each.id == made.id; });
    if (is_doubled) reader.add("id", "another frame has this identifier");
    result.push_back(std::move(made));
  }
  return result;
}

} // namespace voltaic::messages::inverter
