#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/described.hpp"
#include "messages/profiles/load_parts.hpp"

/// What a profile says of how frames prove that they are whole, fresh and in their order.
namespace voltaic::messages::profiles {
namespace {

constexpr std::size_t extra_bytes_max = 8;
constexpr std::uint8_t counter_bits_max = 16;
constexpr std::uint32_t guard_ms_max = 3'600'000;

enum class checksum_form : std::uint8_t {
  crc8_j1850,
  autosar_profile_1,
  autosar_profile_2,
  bytes_xor,
  bytes_sum,
  crc
};
constexpr spelling<checksum_form> forms[] = {
    {"crc8_j1850", checksum_form::crc8_j1850},
    {"autosar_profile_1", checksum_form::autosar_profile_1},
    {"autosar_profile_2", checksum_form::autosar_profile_2},
    {"xor", checksum_form::bytes_xor},
    {"sum", checksum_form::bytes_sum},
    {"crc", checksum_form::crc}};

constexpr spelling<bool> byte_orders[] = {{"intel", false}, {"motorola", true}};

/// The keys beside "kind" and "byte" that a form has.
struct form_keys {
  checksum_form form;
  std::vector<std::string_view> needed;
  std::vector<std::string_view> possible;
};

const form_keys& keys_of(checksum_form form) {
  static const form_keys all[] = {
      {checksum_form::crc8_j1850, {}, {}},
      {checksum_form::autosar_profile_1, {"data_id"}, {}},
      {checksum_form::autosar_profile_2, {"data_ids"}, {}},
      {checksum_form::bytes_xor, {}, {"initial", "final_xor", "before", "after"}},
      {checksum_form::bytes_sum, {}, {"width", "order", "initial", "final_xor", "before", "after"}},
      {checksum_form::crc,
       {"width", "polynomial", "initial", "final_xor"},
       {"order", "reflect_input", "reflect_output", "before", "after"}}};
  return *std::ranges::find(all, form, &form_keys::form);
}

constexpr std::string_view form_specific[] = {
    "data_id",   "data_ids",      "width",          "order",  "polynomial", "initial",
    "final_xor", "reflect_input", "reflect_output", "before", "after"};

void check_form(const object_reader& reader, checksum_form form, std::string_view name) {
  const auto& keys = keys_of(form);
  for (const auto key : keys.needed)
    if (!reader.has(key)) reader.add(fmt::format("missing key \"{}\"", key));
  for (const auto key : form_specific) {
    const bool known =
        std::ranges::count(keys.needed, key) + std::ranges::count(keys.possible, key);
    if (reader.has(key) && !known) reader.add(key, fmt::format("does not belong to {}", name));
  }
}

std::vector<std::uint8_t> read_bytes(const object_reader& reader, std::string_view key,
                                     std::size_t count_max) {
  constexpr std::int64_t byte_max = 0xFF;
  std::vector<std::uint8_t> result;
  const auto* list = reader.array(key, count_max);
  if (list == nullptr) return result;
  for (const auto& each : list->elements) {
    const bool is_byte =
        each.type == json_node::kind::integer && each.integer >= 0 && each.integer <= byte_max;
    if (!is_byte) {
      reader.add(key, "expected numbers from 0 to 255");
      return {};
    }
    result.push_back(static_cast<std::uint8_t>(each.integer));
  }
  return result;
}

/// The numbers that xor, sum and crc have of their own.
void read_numbers(const object_reader& reader, checksum_rule& result) {
  const unsigned bits = result.width_bits;
  result.polynomial = read_hex(reader, "polynomial", bits).value_or(0);
  result.initial = read_hex(reader, "initial", bits).value_or(0);
  result.final_xor = read_hex(reader, "final_xor", bits).value_or(0);
  result.reflect_input = reader.boolean("reflect_input").value_or(false);
  result.reflect_output = reader.boolean("reflect_output").value_or(false);
  result.high_byte_first = reader.choice<bool>("order", byte_orders).value_or(false);
  result.before = read_bytes(reader, "before", extra_bytes_max);
  result.after = read_bytes(reader, "after", extra_bytes_max);
  constexpr unsigned byte_bits = 8;
  if (reader.has("order") && bits == byte_bits) reader.add("order", "one byte has none");
}

checksum_rule read_form(const object_reader& reader, checksum_form form, std::uint8_t byte) {
  switch (form) {
    case checksum_form::crc8_j1850:
      return can::crc8_j1850_at(byte);
    case checksum_form::autosar_profile_1:
      return can::autosar_profile_1_at(byte, read_hex(reader, "data_id", 16).value_or(0));
    case checksum_form::autosar_profile_2: {
      const auto ids = read_bytes(reader, "data_ids", can::data_ids_of_counter);
      if (ids.size() == can::data_ids_of_counter) return can::autosar_profile_2_at(byte, ids);
      if (reader.has("data_ids"))
        reader.add("data_ids", fmt::format("expected {} of them, one for each value of the counter",
                                           can::data_ids_of_counter));
      return can::crc8_j1850_at(byte);
    }
    case checksum_form::bytes_xor:
    case checksum_form::bytes_sum:
    case checksum_form::crc:
      break;
  }
  checksum_rule result;
  result.kind = form == checksum_form::crc         ? can::checksum_kind::crc
                : form == checksum_form::bytes_xor ? can::checksum_kind::bytes_xor
                                                   : can::checksum_kind::bytes_sum;
  result.byte = byte;
  const auto width = reader.whole<std::uint8_t>("width", 8, 16).value_or(8);
  if (width != 8 && width != 16) reader.add("width", "expected 8 or 16");
  result.width_bits = width > 8 ? 16 : 8;
  read_numbers(reader, result);
  return result;
}

std::optional<counter_rule> read_counter(const object_reader& parent, const message& owner,
                                         bit_usage& usage) {
  const auto* node = parent.object("counter");
  if (node == nullptr) return std::nullopt;
  const object_reader reader(parent.found(), *node, "counter", parent.path_of("counter"),
                             parent.offset("counter"));
  counter_rule result;
  const auto bits = read_bits(reader, owner.length, signal_type::unsigned_integer);
  if (!bits) return std::nullopt;
  result.bits = *bits;
  if (bits->length > counter_bits_max) {
    reader.add("length", fmt::format("expected at most {} bits", counter_bits_max));
    return std::nullopt;
  }
  if (auto wrong = usage.take(*bits, owner.length, std::nullopt, "the counter"))
    reader.add("start", *wrong);
  const auto most = static_cast<std::uint32_t>(low_mask(bits->length));
  result.last = reader.whole<std::uint32_t>("last", 1, most).value_or(most);
  result.step = reader.whole<std::uint32_t>("step", 1, result.last).value_or(1);
  result.jump = reader.whole<std::uint32_t>("jump", 1, result.last).value_or(1);
  // Else a counter that stands still would be one that went round.
  if (std::uint64_t{result.jump} * result.step > result.last)
    reader.add("jump", "a frame this far ahead looks like one behind");
  return result;
}

void check_bounds(const object_reader& reader, const message& result) {
  const auto period = result.period_ms;
  const auto stale_ms =
      static_cast<std::uint32_t>(stale_after_us(std::int64_t{period} * us_per_ms) / us_per_ms);
  const bool is_bound = result.early_ms != 0 || result.late_ms != 0 || result.frozen_ms != 0;
  if (is_bound && period == 0) reader.add("missing key \"period_ms\": what is early or late?");
  if (period == 0) return;
  if (result.early_ms >= period)
    reader.add("early_ms", fmt::format("is not below the period of {} ms", period));
  if (result.late_ms != 0 && (result.late_ms <= period || result.late_ms > stale_ms))
    reader.add("late_ms", fmt::format("is not above the period of {} ms, and at most the {} ms "
                                      "after which its values are stale anyway",
                                      period, stale_ms));
  if (result.frozen_ms != 0 && result.frozen_ms < 2 * period)
    reader.add("frozen_ms", fmt::format("is below two periods of {} ms", period));
}

} // namespace

std::optional<std::uint16_t> read_hex(const object_reader& reader, std::string_view key,
                                      unsigned bits) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  std::uint32_t value = 0;
  const auto* end = text->data() + text->size();
  const bool has_prefix = text->starts_with("0x") && text->size() > 2;
  const auto [stop, error] =
      has_prefix ? std::from_chars(text->data() + 2, end, value, 16)
                 : std::from_chars_result{text->data(), std::errc::invalid_argument};
  if (error == std::errc{} && stop == end && value >> bits == 0)
    return static_cast<std::uint16_t>(value);
  reader.add(key, fmt::format("expected 0x and a number of {} bits", bits));
  return std::nullopt;
}

std::optional<checksum_rule> read_checksum(const object_reader& parent, std::uint16_t frame_bytes) {
  const auto* node = parent.object("checksum");
  if (node == nullptr) return std::nullopt;
  const object_reader reader(parent.found(), *node, "checksum", parent.path_of("checksum"),
                             parent.offset("checksum"));
  const auto form = reader.choice<checksum_form>("kind", forms);
  const auto last = std::min<std::uint16_t>(frame_bytes, can::fd_bytes_max) - 1;
  const auto byte = reader.whole<std::uint8_t>("byte", 0, static_cast<std::uint8_t>(last));
  if (!form) return std::nullopt;
  check_form(reader, *form, *reader.text("kind"));
  auto result = read_form(reader, *form, byte.value_or(0));
  if (!byte) return std::nullopt;
  if (result.width_bits == 16 && *byte + 1 >= frame_bytes) {
    reader.add("byte", fmt::format("two bytes from {} do not fit into {}", *byte, frame_bytes));
    return std::nullopt;
  }
  return result;
}

void take_bytes(const checksum_rule& rule, bit_usage& usage) {
  usage.take_byte(rule.byte, "the checksum");
  if (rule.width_bits == 16) usage.take_byte(rule.byte + 1u, "the checksum");
}

void read_end_to_end(const object_reader& reader, message& result, bit_usage& usage) {
  result.counter = read_counter(reader, result, usage);
  const bool needs_counter = result.checksum && !result.checksum->data_ids.empty();
  if (needs_counter && !reader.has("counter"))
    reader.add("checksum", "autosar_profile_2 needs the message's \"counter\"");
  result.early_ms = reader.whole<std::uint32_t>("early_ms", 1, guard_ms_max).value_or(0);
  result.late_ms = reader.whole<std::uint32_t>("late_ms", 1, guard_ms_max).value_or(0);
  result.frozen_ms = reader.whole<std::uint32_t>("frozen_ms", 1, guard_ms_max).value_or(0);
  check_bounds(reader, result);
}

} // namespace voltaic::messages::profiles
