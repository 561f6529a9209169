#include "messages/canopen/imported_numbers.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <variant>

namespace voltaic::messages::canopen {

using profiles::raw_type;

profiles::raw_type raw_type_of(data_type type, std::uint32_t bits) {
  constexpr std::uint32_t short_bits = 16;
  constexpr std::uint32_t long_bits = 32;
  if (is_real(type)) return raw_type::f64;
  if (bits <= short_bits) return is_signed(type) ? raw_type::i16 : raw_type::u16;
  if (bits <= long_bits) return is_signed(type) ? raw_type::i32 : raw_type::u32;
  return raw_type::i64;
}

profiles::value_range wire_range(data_type type, std::uint32_t bits) {
  if (is_signed(type)) return {-std::exp2(bits - 1.0), std::exp2(bits - 1.0) - 1};
  return {0, std::exp2(bits) - 1};
}

std::optional<double> number_of(const std::optional<eds_value>& value, std::uint8_t node) {
  if (!value) return std::nullopt;
  const auto said = value->at(node);
  if (const auto* whole = std::get_if<std::int64_t>(&said)) return static_cast<double>(*whole);
  if (const auto* natural = std::get_if<std::uint64_t>(&said)) return static_cast<double>(*natural);
  if (const auto* real = std::get_if<double>(&said)) return *real;
  return std::nullopt;
}

nlohmann::ordered_json number_json(double value) {
  constexpr double whole_max = 9e15;
  if (std::abs(value) < whole_max && value == std::trunc(value))
    return static_cast<std::int64_t>(value);
  return value;
}

} // namespace voltaic::messages::canopen
