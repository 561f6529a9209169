#include "messages/canopen/data_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "messages/can/logs/report_line.hpp"
#include "messages/canopen/text_codec.hpp"
#include "messages/little_endian.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint32_t bits_a_byte = 8;
constexpr std::uint32_t bits_max = 64;

enum class family : std::uint8_t { truth, whole_signed, whole_unsigned, real, text, bytes };

struct row {
  data_type type = data_type::boolean;
  std::string_view name;
  std::uint32_t bits = 0;
  family kind = family::bytes;
};

constexpr std::array rows = {
    row{data_type::boolean, "BOOLEAN", 1, family::truth},
    row{data_type::integer8, "INTEGER8", 8, family::whole_signed},
    row{data_type::integer16, "INTEGER16", 16, family::whole_signed},
    row{data_type::integer24, "INTEGER24", 24, family::whole_signed},
    row{data_type::integer32, "INTEGER32", 32, family::whole_signed},
    row{data_type::integer40, "INTEGER40", 40, family::whole_signed},
    row{data_type::integer48, "INTEGER48", 48, family::whole_signed},
    row{data_type::integer56, "INTEGER56", 56, family::whole_signed},
    row{data_type::integer64, "INTEGER64", 64, family::whole_signed},
    row{data_type::unsigned8, "UNSIGNED8", 8, family::whole_unsigned},
    row{data_type::unsigned16, "UNSIGNED16", 16, family::whole_unsigned},
    row{data_type::unsigned24, "UNSIGNED24", 24, family::whole_unsigned},
    row{data_type::unsigned32, "UNSIGNED32", 32, family::whole_unsigned},
    row{data_type::unsigned40, "UNSIGNED40", 40, family::whole_unsigned},
    row{data_type::unsigned48, "UNSIGNED48", 48, family::whole_unsigned},
    row{data_type::unsigned56, "UNSIGNED56", 56, family::whole_unsigned},
    row{data_type::unsigned64, "UNSIGNED64", 64, family::whole_unsigned},
    row{data_type::real32, "REAL32", 32, family::real},
    row{data_type::real64, "REAL64", 64, family::real},
    row{data_type::visible_string, "VISIBLE_STRING", 0, family::text},
    row{data_type::unicode_string, "UNICODE_STRING", 0, family::text},
    row{data_type::octet_string, "OCTET_STRING", 0, family::bytes},
    row{data_type::time_of_day, "TIME_OF_DAY", 48, family::bytes},
    row{data_type::time_difference, "TIME_DIFFERENCE", 48, family::bytes},
    row{data_type::domain, "DOMAIN", 0, family::bytes},
};

row find(data_type type) {
  const auto found = std::ranges::find(rows, type, &row::type);
  return found == rows.end() ? row{type, "", 0, family::bytes} : *found;
}

std::int64_t sign_extend(std::uint64_t bits, std::uint32_t count) {
  const auto unused = bits_max - count;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

double real_of(std::uint64_t bits, std::uint32_t count) {
  return count == bits_max
             ? std::bit_cast<double>(bits)
             : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

/// Whole numbers and reals as bits; nothing where they do not fit.
std::optional<std::uint64_t> bits_of_value(const row& as, const object_value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return std::uint64_t{*truth ? 1U : 0U};
  const auto* real = std::get_if<double>(&value);
  if (as.kind == family::real) {
    double number = 0;
    if (real != nullptr)
      number = *real;
    else if (const auto* whole = std::get_if<std::int64_t>(&value))
      number = static_cast<double>(*whole);
    else if (const auto* natural = std::get_if<std::uint64_t>(&value))
      number = static_cast<double>(*natural);
    else
      return std::nullopt;
    return as.bits == bits_max ? std::bit_cast<std::uint64_t>(number)
                               : std::bit_cast<std::uint32_t>(static_cast<float>(number));
  }
  const bool is_signed_type = as.kind == family::whole_signed;
  const auto largest = ~std::uint64_t{0} >> (bits_max - as.bits + (is_signed_type ? 1 : 0));
  if (const auto* natural = std::get_if<std::uint64_t>(&value))
    return *natural <= largest ? std::optional(*natural) : std::nullopt;
  const auto* whole = std::get_if<std::int64_t>(&value);
  if (whole == nullptr) return std::nullopt;
  if (*whole >= 0)
    return static_cast<std::uint64_t>(*whole) <= largest
               ? std::optional(static_cast<std::uint64_t>(*whole))
               : std::nullopt;
  const bool fits =
      is_signed_type && sign_extend(static_cast<std::uint64_t>(*whole), as.bits) == *whole;
  return fits ? std::optional(static_cast<std::uint64_t>(*whole)) : std::nullopt;
}

} // namespace

std::string_view to_string(data_type type) {
  return find(type).name;
}

std::optional<data_type> parse_data_type(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &row::name);
  return found == rows.end() ? std::nullopt : std::optional(found->type);
}

std::uint32_t bits_of(data_type type) {
  return find(type).bits;
}
bool is_signed(data_type type) {
  return find(type).kind == family::whole_signed;
}
bool is_integer(data_type type) {
  return is_signed(type) || find(type).kind == family::whole_unsigned;
}
bool is_real(data_type type) {
  return find(type).kind == family::real;
}

object_value value_of_bits(data_type type, std::uint64_t bits, std::uint32_t count) {
  const auto as = find(type);
  switch (as.kind) {
    case family::truth:
      return bits != 0;
    case family::whole_signed:
      return sign_extend(bits, count);
    case family::real:
      if (count == as.bits) return real_of(bits, count);
      break;
    case family::text:
    case family::bytes:
      if (count % bits_a_byte == 0) {
        object_bytes bytes(count / bits_a_byte);
        put_number(bytes, bits);
        return bytes;
      }
      break;
    case family::whole_unsigned:
      break;
  }
  return bits;
}

expected<object_value> decode(data_type type, std::span<const std::uint8_t> data) {
  const auto as = find(type);
  const std::size_t bytes = (as.bits + bits_a_byte - 1) / bits_a_byte;
  if (bytes != 0 && data.size() != bytes)
    return failure{fmt::format("{} has {} bytes, not {}", as.name, bytes, data.size())};
  if (type == data_type::visible_string) return object_value(visible_text(data));
  if (type == data_type::unicode_string) return object_value(unicode_text(data));
  if (as.kind == family::bytes) return object_value(object_bytes(data.begin(), data.end()));
  return value_of_bits(type, get_number(data), as.kind == family::truth ? bits_a_byte : as.bits);
}

expected<object_bytes> encode(data_type type, const object_value& value) {
  const auto as = find(type);
  if (const auto* bytes = std::get_if<object_bytes>(&value)) {
    if (as.kind != family::bytes || (as.bits != 0 && bytes->size() * bits_a_byte != as.bits))
      return failure{fmt::format("these bytes are no {}", as.name)};
    return *bytes;
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (type == data_type::unicode_string) return unicode_bytes(*text);
    if (as.kind != family::text && as.kind != family::bytes)
      return failure{fmt::format("a text is no {}", as.name)};
    return object_bytes(text->begin(), text->end());
  }
  if (as.kind == family::text || as.kind == family::bytes)
    return failure{fmt::format("a number is no {}", as.name.empty() ? "known type" : as.name)};
  const auto bits = bits_of_value(as, value);
  if (!bits) return failure{fmt::format("out of the range of {}", as.name)};
  object_bytes made((as.bits + bits_a_byte - 1) / bits_a_byte);
  put_number(made, *bits);
  return made;
}

std::string to_json(const object_value& value) {
  struct writer {
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t whole) const { return fmt::to_string(whole); }
    std::string operator()(std::uint64_t natural) const { return fmt::to_string(natural); }
    std::string operator()(double real) const { return nlohmann::json(real).dump(); }
    std::string operator()(const std::string& text) const { return json_text(text); }
    std::string operator()(const object_bytes& bytes) const {
      std::string text = "\"";
      for (const auto byte : bytes) fmt::format_to(std::back_inserter(text), "{:02X}", byte);
      return text + '"';
    }
  };
  return std::visit(writer{}, value);
}

} // namespace voltaic::messages::canopen
