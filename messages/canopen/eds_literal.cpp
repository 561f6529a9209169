#include "messages/canopen/eds_literal.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "messages/can/logs/text.hpp"
#include "messages/canopen/ini.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint32_t bits_max = 64;
constexpr int decimal = 10;
constexpr int hexadecimal = 16;
constexpr int octal = 8;

struct digits {
  std::string_view text;
  int base = decimal;
  bool is_negative = false;
};

digits split(std::string_view text) {
  digits made{text};
  if (text.starts_with('-') || text.starts_with('+')) {
    made.is_negative = text.front() == '-';
    made.text.remove_prefix(1);
  }
  if (made.text.starts_with("0x") || made.text.starts_with("0X")) {
    made.base = hexadecimal;
    made.text.remove_prefix(2);
  } else if (made.text.size() > 1 && made.text.front() == '0') {
    made.base = octal;
    made.text.remove_prefix(1);
  }
  return made;
}

std::optional<std::uint64_t> magnitude(const digits& of) {
  std::uint64_t value = 0;
  const auto* end = of.text.data() + of.text.size();
  const auto [at, error] = std::from_chars(of.text.data(), end, value, of.base);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

failure outside(std::string_view text, std::uint32_t bits, bool is_signed) {
  return {fmt::format("{} is out of range of {} {} bits", text, is_signed ? "signed" : "unsigned",
                      bits)};
}

expected<object_value> parse_real(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && at == end && std::isfinite(value)) return object_value(value);
  // Some files write reals as the bits of whole numbers; that says nothing certain.
  return failure{fmt::format("{} is no number", text)};
}

object_value parse_bytes(std::string_view text) {
  object_bytes bytes;
  auto rest = text;
  while (rest.size() >= 2) {
    const auto byte = can::text::to_byte(rest.substr(0, 2));
    if (!byte) break;
    bytes.push_back(*byte);
    rest.remove_prefix(2);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  if (rest.empty()) return bytes;
  return object_bytes(text.begin(), text.end());
}

/// Cuts `$NODEID` and its sign off either end; false where there is none.
bool cut_node(std::string_view& text) {
  constexpr std::string_view word = "$nodeid";
  const auto lower = lower_case(text);
  if (lower.starts_with(word)) {
    text = can::text::trim(text.substr(word.size()));
    if (text.starts_with('+')) text = can::text::trim(text.substr(1));
    return true;
  }
  if (!lower.ends_with(word)) return false;
  text = can::text::trim(text.substr(0, text.size() - word.size()));
  if (text.ends_with('+')) text = can::text::trim(text.substr(0, text.size() - 1));
  return true;
}

} // namespace

expected<object_value> parse_integer(std::string_view text, std::uint32_t bits, bool is_signed) {
  const auto written = split(can::text::trim(text));
  const auto value = magnitude(written);
  if (!value) return failure{fmt::format("{} is no whole number", text)};
  const auto all = ~std::uint64_t{0} >> (bits_max - bits);
  if (!is_signed) {
    if ((written.is_negative && *value != 0) || *value > all) return outside(text, bits, false);
    return object_value(*value);
  }
  const auto half = all >> 1;
  if (written.is_negative) {
    if (*value > half + 1) return outside(text, bits, true);
    return object_value(static_cast<std::int64_t>(~*value + 1));
  }
  if (*value > (written.base == decimal ? half : all)) return outside(text, bits, true);
  const auto unused = bits_max - bits;
  return object_value(static_cast<std::int64_t>(*value << unused) >> unused);
}

object_value eds_value::at(std::uint8_t node) const {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (!adds_node || number == nullptr) return value;
  return *number + node;
}

expected<eds_value> parse_literal(std::string_view text, data_type type) {
  eds_value made;
  if (is_integer(type) && !is_signed(type)) {
    made.adds_node = cut_node(text);
    if (made.adds_node && text.empty()) text = "0";
  }
  const auto with = [&](expected<object_value> parsed) -> expected<eds_value> {
    if (!parsed) return parsed.error();
    made.value = *std::move(parsed);
    return std::move(made);
  };
  if (is_integer(type)) return with(parse_integer(text, bits_of(type), is_signed(type)));
  if (is_real(type)) return with(parse_real(text));
  switch (type) {
    case data_type::boolean: {
      const auto bit = parse_integer(text, 1, false);
      if (!bit) return bit.error();
      return with(object_value(std::get<std::uint64_t>(*bit) != 0));
    }
    case data_type::visible_string:
    case data_type::unicode_string:
      return with(object_value(std::string(text)));
    case data_type::octet_string:
    case data_type::domain:
      return with(parse_bytes(text));
    default:
      break;
  }
  return failure{"has a type for which values cannot be written"};
}

} // namespace voltaic::messages::canopen
