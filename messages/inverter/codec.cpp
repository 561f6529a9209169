#include "messages/inverter/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "messages/inverter/field_range.hpp"
#include "messages/profiles/bits.hpp"

namespace voltaic::messages::inverter {
namespace {

using profiles::integer_range;
using profiles::signal_type;

constexpr unsigned bits_per_byte = 8;
// A quotient that is this close to a whole number is one: 54.4 V are 544 tenths.
constexpr double whole_tolerance = 1e-6;

std::pair<std::int64_t, std::int64_t> range_of(const field& of) {
  return integer_range(of.is_signed ? signal_type::signed_integer : signal_type::unsigned_integer,
                       of.bits);
}

std::int64_t offset_of(const field& of, const wire_options& options) {
  return of.uses_current_offset ? options.current_raw_offset : of.raw_offset;
}

bool is_whole_bytes(const field& of) {
  return of.bit == 0 && of.bits % bits_per_byte == 0;
}

void write_bits(const field& of, byte_order order, std::int64_t raw, can::frame& to) {
  const auto word = static_cast<std::uint64_t>(raw);
  if (!is_whole_bytes(of)) {
    const auto mask = profiles::low_mask(of.bits);
    to.data[of.byte] = static_cast<std::uint8_t>(to.data[of.byte] | ((word & mask) << of.bit));
    return;
  }
  const unsigned bytes = of.bits / bits_per_byte;
  for (unsigned i = 0; i < bytes; ++i) {
    const unsigned place = order == byte_order::little ? i : bytes - 1 - i;
    to.data[of.byte + place] = static_cast<std::uint8_t>(word >> (bits_per_byte * i));
  }
}

std::uint64_t read_bits(const field& of, byte_order order, const can::frame& from) {
  if (!is_whole_bytes(of)) return (from.data[of.byte] >> of.bit) & profiles::low_mask(of.bits);
  const unsigned bytes = of.bits / bits_per_byte;
  std::uint64_t word = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    const unsigned place = order == byte_order::little ? i : bytes - 1 - i;
    word |= std::uint64_t{from.data[of.byte + place]} << (bits_per_byte * i);
  }
  return word;
}

std::int64_t to_raw(const field& of, const wire_options& options, double value) {
  const double asked = of.minimum ? std::max(value, *of.minimum) : value;
  const double exact = asked / of.scale;
  const double nearest = std::round(exact);
  double whole = nearest;
  if (std::abs(exact - nearest) > whole_tolerance) {
    const auto side = items[of.item].rounding;
    if (side == rounding::down) whole = std::floor(exact);
    if (side == rounding::up) whole = std::ceil(exact);
  }
  const auto [minimum, maximum] = range_of(of);
  const double raw = whole + static_cast<double>(offset_of(of, options));
  if (raw <= static_cast<double>(minimum)) return minimum;
  if (raw >= static_cast<double>(maximum)) return maximum;
  return static_cast<std::int64_t>(raw);
}

// False: it has no value that can be said, and the frame needs one.
bool write_number(const field& of, const wire_options& options, const payload& values,
                  can::frame& to) {
  auto value = values.number(of.item);
  if (value && !can_say(of, options, *value)) value.reset();
  if (!value && of.is_required) return false;
  const auto raw = value ? to_raw(of, options, *value) : of.missing.value_or(0);
  write_bits(of, options.order, raw, to);
  return true;
}

bool write_flag(const field& of, const payload& values, can::frame& to) {
  const auto value = values.flag(of.item);
  if (!value && of.is_required) return false;
  auto raw = of.unknown;
  if (value) raw = *value ? of.active : of.inactive;
  write_bits(of, byte_order::little, raw, to);
  return true;
}

bool write_text(const field& of, const payload& values, can::frame& to) {
  const auto* text = std::get_if<std::string>(&values.at(of.item));
  if (text == nullptr && of.is_required) return false;
  for (unsigned i = 0; i < of.bits / bits_per_byte; ++i) {
    const std::size_t place = std::size_t{of.from} + i;
    const bool is_there = text != nullptr && place < text->size();
    to.data[of.byte + i] = static_cast<std::uint8_t>(is_there ? (*text)[place] : of.padding);
  }
  return true;
}

bool write_field(const field& of, const wire_options& options, const payload& values,
                 can::frame& to) {
  switch (of.what) {
    case field::kind::number:
      return write_number(of, options, values, to);
    case field::kind::flag:
      return write_flag(of, values, to);
    case field::kind::text:
      return write_text(of, values, to);
    case field::kind::constant:
      write_bits(of, options.order, of.constant, to);
      return true;
  }
  return false;
}

item_value read_number(const field& of, const wire_options& options, const can::frame& from) {
  const auto bits = read_bits(of, options.order, from);
  const auto raw =
      of.is_signed ? profiles::sign_extend(bits, of.bits) : static_cast<std::int64_t>(bits);
  if (of.missing && raw == *of.missing) return std::monostate{};
  const double value = static_cast<double>(raw - offset_of(of, options)) * of.scale;
  return of.is_magnitude ? std::abs(value) : value;
}

item_value read_flag(const field& of, const can::frame& from) {
  const auto raw = static_cast<std::int64_t>(read_bits(of, byte_order::little, from));
  if (raw == of.active) return true;
  if (raw == of.inactive) return false;
  return std::monostate{};
}

// A text lies in pieces over several frames: each takes its place in what is known.
item_value read_text(const field& of, const can::frame& from, const item_value& known) {
  const auto* before = std::get_if<std::string>(&known);
  std::string text = before != nullptr ? *before : std::string();
  const auto bytes = std::min<unsigned>(of.bits / bits_per_byte, from.length - of.byte);
  text.resize(std::min<std::size_t>(text.size(), of.from));
  text.resize(of.from, ' ');
  for (unsigned i = 0; i < bytes; ++i) {
    const auto byte = from.data[of.byte + i];
    if (byte == 0) break;
    constexpr std::uint8_t first_printable = 0x20;
    constexpr std::uint8_t last_printable = 0x7E;
    if (byte < first_printable || byte > last_printable) return std::monostate{};
    text += static_cast<char>(byte);
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.empty()) return std::monostate{};
  return text;
}

void read_field(const field& of, const wire_options& options, const can::frame& from,
                payload& values) {
  const unsigned end = of.byte + (of.bit + of.bits + bits_per_byte - 1) / bits_per_byte;
  const bool is_whole = end <= from.length;
  switch (of.what) {
    case field::kind::number:
      if (is_whole) values.set(of.item, read_number(of, options, from));
      break;
    case field::kind::flag:
      if (is_whole) values.set(of.item, read_flag(of, from));
      break;
    case field::kind::text:
      if (of.byte < from.length) values.set(of.item, read_text(of, from, values.at(of.item)));
      break;
    case field::kind::constant:
      break;
  }
}

bool is_data(const can::frame& frame) {
  return !frame.remote && !frame.error && frame.length <= frame.data.size();
}

bool tells_number(const frame_layout& layout, item which) {
  return std::ranges::any_of(layout.fields, [&](const field& each) {
    return each.what == field::kind::number && each.item == which;
  });
}

} // namespace

identifier sent_id(const frame_layout& layout, const wire_options& options) {
  auto id = layout.id;
  if (id.extended) id.id += options.address;
  return id;
}

expected<can::frame> encode(const frame_layout& layout, const wire_options& options,
                            const payload& values) {
  can::frame made;
  const auto id = sent_id(layout, options);
  made.id = id.id;
  made.extended = id.extended;
  made.length = layout.length;
  for (const auto& each : layout.fields)
    if (!write_field(each, options, values, made))
      return failure{
          fmt::format("{} {}", items[each.item].name,
                      values.number(each.item) ? "does not fit into its field" : "has no value")};
  return made;
}

bool decode(std::span<const frame_layout> layouts, const wire_options& options,
            const can::frame& frame, payload& values) {
  if (!is_data(frame)) return false;
  bool is_known = false;
  for (const auto& layout : layouts) {
    if (sent_id(layout, options) != identifier{frame.id, frame.extended}) continue;
    is_known = true;
    for (const auto& each : layout.fields) read_field(each, options, frame, values);
  }
  return is_known;
}

bool tells(std::span<const frame_layout> layouts, item which) {
  return std::ranges::any_of(layouts,
                             [&](const frame_layout& each) { return tells_number(each, which); });
}

bool tells(std::span<const frame_layout> layouts, const wire_options& options,
           const can::frame& frame, item which) {
  const identifier id{frame.id, frame.extended};
  return std::ranges::any_of(layouts, [&](const frame_layout& each) {
    return sent_id(each, options) == id && tells_number(each, which);
  });
}

bool is_request(const request& asked, const can::frame& frame) {
  return is_data(frame) && asked.id == identifier{frame.id, frame.extended} &&
         asked.byte < frame.length && frame.data[asked.byte] == asked.value;
}

} // namespace voltaic::messages::inverter
