#include "messages/profiles/encode_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/set_value.hpp"
#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t standard_id_max = 0x7FF;
constexpr std::uint32_t extended_id_max = 0x1FFF'FFFF;

/// The field's bits, or why the value cannot stand in them.
expected<std::uint64_t> integer_bits(const command_field& field, std::int64_t raw) {
  if (field.last != 0) return static_cast<std::uint64_t>(raw) % (field.last + 1u);
  if (!field.rolling) {
    const auto range = integer_range(field.bits.type, field.bits.length);
    if (raw < range.first || raw > range.second)
      return failure{
          fmt::format("{}: {} does not fit into {} bits", field.field, raw, field.bits.length)};
  }
  return static_cast<std::uint64_t>(raw) & low_mask(field.bits.length);
}

expected<std::uint64_t> float_bits(const command_field& field, double value) {
  const double wire = (value - field.offset) / field.scale;
  if (field.bits.length == word_bits) return std::bit_cast<std::uint64_t>(wire);
  if (std::abs(wire) > double{std::numeric_limits<float>::max()})
    return failure{fmt::format("{}: {} does not fit into a float", field.field, value)};
  return std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(wire))};
}

/// The bits of one field from its value; a constant needs none.
expected<std::uint64_t> field_bits(const command_field& field, const field_value* given) {
  if (field.constant) return integer_bits(field, *field.constant);
  if (given == nullptr) return failure{fmt::format("{}: no value was given", field.field)};
  const bool is_float = field.bits.type == signal_type::ieee_float;
  if (const auto* raw = std::get_if<std::int64_t>(&given->value); raw != nullptr && !is_float) {
    if (field.codes.empty()) return integer_bits(field, *raw);
    if (*raw < 0 || static_cast<std::size_t>(*raw) >= field.codes.size())
      return failure{fmt::format("{}: no code stands for {}", field.field, *raw)};
    return integer_bits(field, field.codes[static_cast<std::size_t>(*raw)]);
  }
  const auto* raw = std::get_if<std::int64_t>(&given->value);
  const double value = raw != nullptr ? static_cast<double>(*raw) : std::get<double>(given->value);
  if (!std::isfinite(value)) return failure{fmt::format("{}: not a finite number", field.field)};
  if (is_float) return float_bits(field, value);
  std::int64_t rounded = 0;
  if (!round_to_integer((value - field.offset) / field.scale, rounded))
    return failure{
        fmt::format("{}: {} does not fit into {} bits", field.field, value, field.bits.length)};
  return integer_bits(field, rounded);
}

/// What the command's own field can say of the value, which is one of those it allows.
expected<double> value_in_steps(const command& wanted, double value) {
  const auto field = std::ranges::find(wanted.fields, "value", &command_field::field);
  if (field == wanted.fields.end() || field->bits.type == signal_type::ieee_float)
    return value_to_send(wanted, value);
  return value_to_send(wanted, value, {field->scale, field->offset});
}

const field_value* find_value(std::span<const field_value> values, std::string_view name) {
  for (const auto& value : values)
    if (value.field == name) return &value;
  return nullptr;
}

} // namespace

expected<encode_plan> encode_plan::compile(const device_profile& profile, std::uint32_t id_offset) {
  if (profile.protocol == protocol::modbus)
    return failure{fmt::format("{}: a Modbus profile has no frames", profile.name)};
  encode_plan plan;
  for (auto command : profile.commands) {
    const std::uint64_t id = std::uint64_t{command.id} + id_offset;
    if (id > (command.extended ? extended_id_max : standard_id_max))
      return failure{fmt::format("{}: identifier 0x{:X} of \"{}\" has too many bits", profile.name,
                                 id, command.name)};
    command.id = static_cast<std::uint32_t>(id);
    if (command.purpose == command_purpose::order)
      plan.order_ = static_cast<std::uint16_t>(plan.commands_.size());
    plan.checksums_.emplace_back();
    if (command.checksum) plan.checksums_.back().emplace(*command.checksum);
    plan.commands_.push_back(std::move(command));
  }
  return plan;
}

std::optional<std::uint16_t> encode_plan::find_set(std::string_view point_or_channel) const {
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const auto& one = commands_[i];
    if (one.purpose == command_purpose::set &&
        (one.point == point_or_channel || one.channel == point_or_channel))
      return static_cast<std::uint16_t>(i);
  }
  return std::nullopt;
}

bool encode_plan::order_counts_frames() const {
  constexpr unsigned number_bits_min = 16;
  if (!order_) return false;
  return std::ranges::any_of(commands_[*order_].fields, [](const command_field& each) {
    return each.field == "counter" && each.bits.length < number_bits_min;
  });
}

expected<can::frame> encode_plan::encode(std::uint16_t command,
                                         std::span<const field_value> values) const {
  assert(command < commands_.size());
  const auto& wanted = commands_[command];
  can::frame frame;
  frame.id = wanted.id;
  frame.extended = wanted.extended;
  frame.length = wanted.length;
  frame.fd = wanted.format != frame_format::classic;
  frame.bit_rate_switch = wanted.format == frame_format::fd_switched;
  // What nobody says is sent as ones (J1939-71 5.1.5).
  if (wanted.group) std::fill_n(frame.data.begin(), frame.length, std::uint8_t{0xFF});
  for (const auto& field : wanted.fields) {
    const auto bits = field_bits(field, find_value(values, field.field));
    if (!bits) return failure{fmt::format("{}: {}", wanted.name, bits.error().text)};
    const auto [window, lies] = place(field.bits, wanted.length);
    const std::uint64_t placed = *bits << word_shift(lies);
    auto* at = frame.data.data() + window;
    const auto word = (load_word(at) & ~occupied_bits(lies)) |
                      (lies.order == bit_order::intel ? placed : swap_bytes(placed));
    std::memcpy(at, &word, sizeof(word));
  }
  if (wanted.checksum) {
    const auto* counter = find_value(values, "counter");
    const auto* counted = counter == nullptr ? nullptr : std::get_if<std::int64_t>(&counter->value);
    checksums_[command]->write(std::span(frame.data.data(), frame.length),
                               counted == nullptr ? 0 : static_cast<std::uint32_t>(*counted));
  }
  return frame;
}

expected<can::frame> encode_plan::encode_order(const order& order) const {
  assert(order_.has_value());
  const field_value values[] = {
      {"epoch", std::int64_t{order.epoch}},
      {"counter", static_cast<std::int64_t>(order.counter)},
      {"contactor", static_cast<std::int64_t>(order.contactor)},
      {"lease", std::int64_t{order.lease ? 1 : 0}},
      {"address", std::int64_t{address_}},
  };
  return encode(*order_, values);
}

expected<can::frame> encode_plan::encode_set(std::uint16_t command, double value,
                                             std::uint64_t counter) const {
  assert(command < commands_.size() && commands_[command].purpose == command_purpose::set);
  const auto sent = value_in_steps(commands_[command], value);
  if (!sent) return sent.error();
  const field_value values[] = {{"value", *sent},
                                {"counter", static_cast<std::int64_t>(counter)},
                                {"address", std::int64_t{address_}}};
  return encode(command, values);
}

} // namespace voltaic::messages::profiles
