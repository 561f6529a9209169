#include "messages/serial/framing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "messages/modbus/frame.hpp"
#include "messages/serial/body.hpp"

namespace voltaic::messages::serial {
namespace {

constexpr unsigned byte_bits = 8;
constexpr unsigned digit_bits = 4;
constexpr std::uint16_t length_bits_checked = 0x0FFF;
constexpr std::uint16_t ccitt_polynomial = 0x1021;

struct name_of_part {
  std::string_view name;
  part_kind kind;
};
constexpr name_of_part names[] = {
    {"{address}", part_kind::address}, {"{code}", part_kind::code},
    {"{result}", part_kind::result},   {"{length}", part_kind::length},
    {"{data}", part_kind::data},       {"{checksum}", part_kind::checksum}};

std::uint16_t crc16_ccitt(std::uint16_t crc, std::span<const std::uint8_t> bytes) {
  for (const auto byte : bytes) {
    unsigned next = crc ^ (unsigned{byte} << byte_bits);
    for (unsigned bit = 0; bit < byte_bits; ++bit)
      next = (next & 0x8000u) != 0 ? next << 1 ^ ccitt_polynomial : next << 1;
    crc = static_cast<std::uint16_t>(next);
  }
  return crc;
}

std::size_t count_of(const std::vector<part>& parts, part_kind kind) {
  return static_cast<std::size_t>(std::ranges::count(parts, kind, &part::kind));
}

std::optional<std::size_t> place_of(const std::vector<part>& parts, part_kind kind) {
  const auto found = std::ranges::find(parts, kind, &part::kind);
  if (found == parts.end()) return std::nullopt;
  return static_cast<std::size_t>(found - parts.begin());
}

void check_parts(const framing& rules, direction which, std::vector<std::string>& wrong) {
  const bool is_request = which == direction::request;
  const auto& parts = is_request ? rules.request : rules.answer;
  const std::string_view name = is_request ? "request" : "answer";
  if (parts.empty() || parts.size() > parts_max)
    wrong.push_back(fmt::format("{}: expected 1 to {} places", name, parts_max));
  for (const auto& each : names)
    if (count_of(parts, each.kind) > 1)
      wrong.push_back(fmt::format("{}: {} stands twice", name, each.name));
  if (count_of(parts, part_kind::data) == 0)
    wrong.push_back(fmt::format("{}: {{data}} is missing", name));
  if (is_request && count_of(parts, part_kind::result) != 0)
    wrong.push_back("request: only an answer has a {result}");
  const bool has_checksum = count_of(parts, part_kind::checksum) != 0;
  if (has_checksum != (rules.checksum.kind != checksum_kind::none))
    wrong.push_back(fmt::format("{}: {{checksum}} and the key checksum belong together", name));
  const auto length = place_of(parts, part_kind::length);
  const auto data = place_of(parts, part_kind::data);
  if (length && data && *length > *data)
    wrong.push_back(fmt::format("{}: {{length}} stands before {{data}}", name));
  const auto checksum = place_of(parts, part_kind::checksum);
  if (checksum && data && *checksum < *data)
    wrong.push_back(fmt::format("{}: {{checksum}} stands behind {{data}}", name));
  if (!length && rules.text == text_form::binary)
    wrong.push_back(
        fmt::format("{}: binary frames need a {{length}}: an end may stand in them", name));
}

} // namespace

std::vector<std::string> mistakes_in(const framing& rules) {
  std::vector<std::string> wrong;
  if (rules.start.empty() || rules.start.size() > mark_bytes_max)
    wrong.push_back(fmt::format("start: expected 1 to {} bytes", mark_bytes_max));
  if (rules.end.size() > mark_bytes_max)
    wrong.push_back(fmt::format("end: expected at most {} bytes", mark_bytes_max));
  const auto is_digit = [](std::uint8_t byte) { return digit_value(byte).has_value(); };
  if (rules.text == text_form::hex) {
    if (rules.end.empty()) wrong.emplace_back("end: frames of hexadecimal digits need one");
    if (std::ranges::any_of(rules.start, is_digit) || std::ranges::any_of(rules.end, is_digit))
      wrong.emplace_back("start: neither start nor end may be a hexadecimal digit");
    if (rules.start == rules.end) wrong.emplace_back("end: is the same as the start");
  } else {
    if (rules.checksum.over_text) wrong.emplace_back("checksum: binary frames have no digits");
    if (rules.length.counts_digits) wrong.emplace_back("length: binary frames have no digits");
  }
  if (rules.length.bytes < 1 || rules.length.bytes > 2)
    wrong.emplace_back("length: has 1 or 2 bytes");
  if (rules.length.has_check_digit && (rules.length.bytes != 2 || rules.length.low_byte_first))
    wrong.emplace_back("length: a check digit needs 2 bytes, the high one first");
  if (rules.checksum.bytes < 1 || rules.checksum.bytes > 2)
    wrong.emplace_back("checksum: has 1 or 2 bytes");
  const bool is_crc = rules.checksum.kind == checksum_kind::crc16_modbus ||
                      rules.checksum.kind == checksum_kind::crc16_ccitt;
  if (is_crc && rules.checksum.bytes != 2) wrong.emplace_back("checksum: a CRC-16 has 2 bytes");
  if (is_crc && rules.checksum.over_start)
    wrong.emplace_back("checksum: a CRC-16 counts from the body on");
  check_parts(rules, direction::request, wrong);
  check_parts(rules, direction::answer, wrong);
  return wrong;
}

std::uint16_t checksum_of(checksum_kind kind, std::span<const std::uint8_t> first,
                          std::span<const std::uint8_t> then) {
  const auto sum = [&] {
    return std::accumulate(then.begin(), then.end(),
                           std::accumulate(first.begin(), first.end(), 0u));
  };
  switch (kind) {
    case checksum_kind::none:
      return 0;
    case checksum_kind::sum:
      return static_cast<std::uint16_t>(sum());
    case checksum_kind::twos_complement:
      return static_cast<std::uint16_t>(0u - sum());
    case checksum_kind::exclusive_or: {
      std::uint8_t all = 0;
      for (const auto byte : first) all ^= byte;
      for (const auto byte : then) all ^= byte;
      return all;
    }
    case checksum_kind::crc16_modbus:
      return modbus::crc16(then);
    case checksum_kind::crc16_ccitt:
      return crc16_ccitt(0, then);
  }
  return 0;
}

std::optional<std::uint8_t> digit_value(std::uint8_t letter) {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
  if (letter >= 'A' && letter <= 'F') return static_cast<std::uint8_t>(letter - 'A' + 10);
  if (letter >= 'a' && letter <= 'f') return static_cast<std::uint8_t>(letter - 'a' + 10);
  return std::nullopt;
}

std::uint8_t bytes_of(const framing& rules, part_kind kind) {
  if (kind == part_kind::length) return rules.length.bytes;
  return kind == part_kind::checksum ? rules.checksum.bytes : 1;
}

std::uint16_t length_of(const framing& rules, std::size_t data_bytes) {
  const auto count = static_cast<std::uint16_t>(data_bytes * (rules.length.counts_digits ? 2 : 1));
  if (!rules.length.has_check_digit) return count;
  const unsigned digits = (count >> 2 * digit_bits) + (count >> digit_bits & 0xFu) + (count & 0xFu);
  return static_cast<std::uint16_t>((0u - digits) % 16 << 3 * digit_bits |
                                    (count & length_bits_checked));
}

std::optional<std::size_t> data_bytes_of(const framing& rules, std::uint16_t length) {
  std::size_t count = length;
  if (rules.length.has_check_digit) count &= length_bits_checked;
  if (rules.length.counts_digits) {
    if (count % 2 != 0) return std::nullopt;
    count /= 2;
  }
  if (count > data_bytes_max || length_of(rules, count) != length) return std::nullopt;
  return count;
}

std::span<const std::uint8_t> covered_of(const framing& rules, std::span<const std::uint8_t> body,
                                         std::span<const std::uint8_t> digits,
                                         std::size_t checksum_at) {
  const std::size_t first = std::min<std::size_t>(rules.checksum.skipped, checksum_at);
  const std::size_t count = checksum_at - first;
  return rules.checksum.over_text ? digits.subspan(2 * first, 2 * count)
                                  : body.subspan(first, count);
}

std::vector<std::uint8_t> digits_of(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::vector<std::uint8_t> text;
  text.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    text.push_back(static_cast<std::uint8_t>(digits[byte >> digit_bits]));
    text.push_back(static_cast<std::uint8_t>(digits[byte & 0xFu]));
  }
  return text;
}

expected<std::vector<part>> parse_parts(std::string_view text) {
  std::vector<part> result;
  while (true) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return result;
    text.remove_prefix(begin);
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const auto* named = std::ranges::find(names, word, &name_of_part::name);
    if (named != std::end(names)) {
      result.push_back({named->kind, 0});
    } else {
      std::uint8_t value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
      if (word.size() != 2 || error != std::errc() || end != word.data() + word.size())
        return failure{
            fmt::format("\"{}\" is neither a byte as 7E nor one of {{address}}, {{code}}, "
                        "{{result}}, {{length}}, {{data}}, {{checksum}}",
                        word)};
      result.push_back({part_kind::constant, value});
    }
    if (result.size() > parts_max)
      return failure{fmt::format("a frame has at most {} places", parts_max)};
  }
}

} // namespace voltaic::messages::serial
