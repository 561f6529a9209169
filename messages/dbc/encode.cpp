#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "messages/dbc/bit_field.hpp"
#include "messages/dbc/message_codec.hpp"
#include "messages/dbc/places.hpp"
#include "messages/dbc/selectors.hpp"
#include "messages/nearest_word.hpp"
#include "messages/profiles/bits.hpp"

namespace voltaic::messages::dbc {
namespace {

using profiles::signal_type;

// Of a step: a number that a decimal text says is this far from its raw value by rounding alone.
constexpr double step_tolerance = 1e-6;
// A number of IEEE 754 is said exactly up to the digits that people write.
constexpr double float_tolerance = 1e-6;

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  const auto near = nearest_word(word, known);
  return near.empty() ? std::string() : fmt::format("; did you mean {}?", near);
}

/// The raw number of a word, in the words of its failure.
expected<long double> raw_of_word(const signal& one, const std::string& word) {
  std::vector<std::string_view> known;
  for (const auto& each : one.texts) {
    if (each.text == word) return static_cast<long double>(each.value);
    known.emplace_back(each.text);
  }
  return failure{fmt::format("{} has no value '{}'{}", one.name, word, suggestion(word, known))};
}

std::pair<long double, long double> raw_range(const signal& one) {
  if (one.type == signal_type::signed_integer) {
    const long double half = std::ldexp(1.0L, static_cast<int>(one.length) - 1);
    return {-half, half - 1};
  }
  return {0, std::ldexp(1.0L, static_cast<int>(one.length)) - 1};
}

// A number that the format cannot hold would go out as infinity, or as nothing.
expected<std::uint64_t> float_bits(const signal& one, long double value) {
  constexpr std::uint32_t single_bits = 32;
  const bool is_single = one.length == single_bits;
  const auto held =
      is_single ? static_cast<double>(static_cast<float>(value)) : static_cast<double>(value);
  if (!std::isfinite(held) || (held == 0 && value != 0))
    return failure{fmt::format("{}: the raw value {} does not fit into a float of {} bits",
                               one.name, value, one.length)};
  return is_single ? std::bit_cast<std::uint32_t>(static_cast<float>(value))
                   : std::bit_cast<std::uint64_t>(held);
}

failure beyond(const signal& one, long double value, long double least, long double most) {
  return failure{fmt::format("{} {}{}{} is not from {} to {}", one.name, static_cast<double>(value),
                             one.unit.empty() ? "" : " ", one.unit, static_cast<double>(least),
                             static_cast<double>(most))};
}

expected<std::uint64_t> bits_of_raw(const signal& one, long double raw) {
  if (one.type == signal_type::ieee_float) return float_bits(one, raw);
  const long double whole = std::round(raw);
  const auto [least, most] = raw_range(one);
  if (!(whole >= least && whole <= most))
    return failure{fmt::format("{}: the raw value {} does not fit into {} bits", one.name,
                               static_cast<double>(whole), one.length)};
  const auto bits = whole < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(whole))
                              : static_cast<std::uint64_t>(whole);
  return bits & profiles::low_mask(one.length);
}

expected<std::uint64_t> bits_of_number(const signal& one, long double number, bool is_raw) {
  const auto factor = static_cast<long double>(one.factor);
  const auto offset = static_cast<long double>(one.offset);
  const long double value = is_raw ? number * factor + offset : number;
  // Limits are decimal texts and so is the value: what differs by rounding alone is inside.
  const long double slack = std::abs(factor) * static_cast<long double>(step_tolerance);
  if (!std::isfinite(value)) return failure{one.name + " is no number"};
  if (one.has_range() && (value < static_cast<long double>(one.minimum) - slack ||
                          value > static_cast<long double>(one.maximum) + slack))
    return beyond(one, value, static_cast<long double>(one.minimum),
                  static_cast<long double>(one.maximum));
  return bits_of_raw(one, is_raw ? number : (number - offset) / factor);
}

/// Fills a payload signal by signal, selectors first.
class filler {
 public:
  filler(const message& by, const std::vector<given_signal>& given, const encoding& how)
      : by_(by), given_(given), how_(how), bits_(by.signals.size()) {}

  expected<std::vector<std::uint8_t>> fill() {
    if (auto wrong = unknown_name()) return *std::move(wrong);
    std::vector<std::uint8_t> payload(by_.length, how_.padding_ones ? 0xFF : 0x00);
    for (std::uint32_t i = 0; i < by_.signals.size(); ++i) {
      const auto there = bits(i);
      if (!there) return there.error();
      const auto& one = by_.signals[i];
      if (!*there) {
        if (find(one.name) == nullptr) continue;
        return failure{fmt::format("{}: {} is not there with these selectors", by_.name, one.name)};
      }
      if (bytes_needed(one) > payload.size())
        return failure{fmt::format("{} does not fit into the message", one.name)};
      put_bits(one, **there, payload);
    }
    return payload;
  }

 private:
  using maybe_bits = std::optional<std::uint64_t>;

  [[nodiscard]] const given_value* find(std::string_view name) const {
    const auto known =
        std::ranges::find_if(given_, [&](const auto& each) { return each.first == name; });
    return known == given_.end() ? nullptr : &known->second;
  }

  [[nodiscard]] std::optional<failure> unknown_name() const {
    std::vector<std::string_view> known;
    for (const auto& one : by_.signals) known.emplace_back(one.name);
    for (const auto& [name, value] : given_)
      if (std::ranges::find(known, name) == known.end())
        return failure{
            fmt::format("{} has no signal {}{}", by_.name, name, suggestion(name, known))};
    return std::nullopt;
  }

  /// Nothing: its selectors leave the signal out.
  expected<maybe_bits> bits(std::uint32_t which) {
    auto& known = bits_[which];
    if (known) return *known;
    const auto& one = by_.signals[which];
    if (one.when) {
      const auto selector = bits(one.when->selector);
      if (!selector) return selector.error();
      const bool is_there =
          *selector && selects(*one.when, integer_of(by_.signals[one.when->selector], **selector));
      if (!is_there) return known.emplace(std::nullopt);
    }
    const auto own = bits_given(one);
    if (!own) return own.error();
    if (one.is_selector && !selects_something(by_, which, integer_of(one, *own)))
      return failure{unknown_selector(by_, which, integer_of(one, *own))};
    return known.emplace(*own);
  }

  [[nodiscard]] expected<std::uint64_t> bits_given(const signal& one) const {
    const auto* value = find(one.name);
    if (value == nullptr) {
      const auto start = one.said.find("GenSigStartValue");
      const auto* raw = start == one.said.end() ? nullptr : std::get_if<double>(&start->second);
      if (raw == nullptr) return failure{fmt::format("{} needs {}", by_.name, one.name)};
      return bits_of_raw(one, static_cast<long double>(*raw));
    }
    if (const auto* word = std::get_if<std::string>(value)) {
      const auto raw = raw_of_word(one, *word);
      if (!raw) return raw.error();
      return bits_of_raw(one, *raw);
    }
    return bits_of_number(one, std::get<long double>(*value), how_.are_raw);
  }

  const message& by_;
  const std::vector<given_signal>& given_;
  const encoding& how_;
  std::vector<std::optional<maybe_bits>> bits_;
};

std::optional<rounded_number> rounding_of(const message& by, const reading& sent, double asked,
                                          bool is_raw) {
  const auto& one = by.signals[sent.signal];
  const bool is_float = one.type == signal_type::ieee_float;
  const double value = is_raw && !is_float ? static_cast<double>(integer_of(one, sent.bits))
                       : is_raw            ? (sent.value - one.offset) / one.factor
                                           : sent.value;
  const double step = is_float ? 0 : is_raw ? 1 : std::abs(one.factor);
  const double slack = is_float ? std::abs(asked) * float_tolerance : step * step_tolerance;
  if (std::abs(asked - value) <= slack) return std::nullopt;
  return rounded_number{sent.signal, asked, value, step};
}

} // namespace

std::vector<rounded_number> rounded_numbers(const message& by,
                                            const std::vector<given_signal>& given,
                                            const encoding& how,
                                            std::span<const std::uint8_t> payload) {
  std::vector<rounded_number> all;
  const auto sent = decode(by, payload);
  if (!sent) return all;
  for (const auto& each : *sent) {
    const auto asked = std::ranges::find_if(given, [&](const auto& of) {
      return of.first == by.signals[each.signal].name &&
             std::holds_alternative<long double>(of.second);
    });
    if (asked == given.end()) continue;
    const auto number = static_cast<double>(std::get<long double>(asked->second));
    if (const auto found = rounding_of(by, each, number, how.are_raw)) all.push_back(*found);
  }
  return all;
}

expected<std::vector<std::uint8_t>> encode(const message& by,
                                           const std::vector<given_signal>& given,
                                           const encoding& how) {
  return filler(by, given, how).fill();
}

} // namespace voltaic::messages::dbc
