#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "messages/dbc/message_codec.hpp"
#include "messages/dbc/signal_value.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/profiles/bits.hpp"

namespace voltaic::messages::dbc {
namespace {

using profiles::signal_type;

constexpr std::uint32_t single_bits = 32;

bool is_whole(double value) {
  constexpr double exact_max = 9007199254740992; // 2^53
  return value == std::floor(value) && std::abs(value) <= exact_max;
}

double real_of(const signal& one, std::uint64_t bits) {
  return one.length == single_bits ? std::bit_cast<float>(static_cast<std::uint32_t>(bits))
                                   : std::bit_cast<double>(bits);
}

/// Decimals that a number as people wrote it has; more than are shown: many.
int decimals_of(double value) {
  constexpr int shown_max = 12;
  const auto text = fmt::format("{:.{}f}", value, shown_max);
  const auto last = text.find_last_not_of('0');
  const auto point = text.find('.');
  const int count = static_cast<int>(last - point);
  const bool exact = std::abs(std::stod(text) - value) <= std::abs(value) * 1e-12;
  return exact ? count : shown_max + 1;
}

std::string number_json(double value, int decimals) {
  constexpr int rounded_max = 12;
  if (!std::isfinite(value)) return "null";
  if (decimals > rounded_max) return fmt::format("{}", value);
  return points::number_text(value, static_cast<std::uint8_t>(decimals));
}

} // namespace

std::int64_t integer_of(const signal& one, std::uint64_t bits) {
  if (one.type == signal_type::signed_integer) return profiles::sign_extend(bits, one.length);
  return static_cast<std::int64_t>(
      std::min(bits, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

double physical_of(const signal& one, std::uint64_t bits) {
  if (one.type == signal_type::ieee_float) return real_of(one, bits) * one.factor + one.offset;
  const auto raw = one.type == signal_type::signed_integer
                       ? static_cast<long double>(integer_of(one, bits))
                       : static_cast<long double>(bits);
  return static_cast<double>(raw * static_cast<long double>(one.factor) +
                             static_cast<long double>(one.offset));
}

std::string_view text_of(const signal& one, std::uint64_t bits) {
  if (one.type == signal_type::ieee_float) return {};
  const auto raw = integer_of(one, bits);
  const auto known =
      std::ranges::find_if(one.texts, [&](const auto& each) { return each.value == raw; });
  return known == one.texts.end() ? std::string_view() : known->text;
}

std::string raw_json(const signal& one, std::uint64_t bits) {
  if (one.type == signal_type::ieee_float) {
    const double value = real_of(one, bits);
    return std::isfinite(value) ? fmt::format("{}", value) : "null";
  }
  if (one.type == signal_type::signed_integer) return fmt::to_string(integer_of(one, bits));
  return fmt::to_string(bits);
}

std::string value_json(const signal& one, const reading& of) {
  const bool plain = one.factor == 1 && one.offset == 0;
  if (plain) return raw_json(one, of.bits);
  if (one.type == signal_type::ieee_float)
    return std::isfinite(of.value) ? fmt::format("{}", of.value) : "null";
  if (is_whole(one.factor) && is_whole(one.offset) && is_whole(of.value))
    return number_json(of.value, 0);
  return number_json(of.value, std::max(decimals_of(one.factor), decimals_of(one.offset)));
}

} // namespace voltaic::messages::dbc
