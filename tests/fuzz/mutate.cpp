#include "fuzz/mutate.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace voltaic::fuzz {
namespace {

using offset = std::ptrdiff_t;

/// Whole numbers at which lengths, signs and widths turn over, as texts have them.
constexpr std::array<std::string_view, 20> extreme_numbers{"0",
                                                           "-1",
                                                           "1",
                                                           "7",
                                                           "8",
                                                           "63",
                                                           "64",
                                                           "65",
                                                           "255",
                                                           "65536",
                                                           "2147483647",
                                                           "-2147483648",
                                                           "4294967295",
                                                           "4294967296",
                                                           "9223372036854775807",
                                                           "1e308",
                                                           "1e-320",
                                                           "18446744073709551616",
                                                           "nan",
                                                           "-9223372036854775808"};
/// The same as bytes: repeated to 1, 2, 4 or 8 of them.
constexpr std::array<std::uint8_t, 6> extreme_bytes{0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};

bool is_digit(std::uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

} // namespace

/// SplitMix64 (public domain, Sebastiano Vigna).
std::uint64_t mutator::random() {
  state_ += 0x9E37'79B9'7F4A'7C15;
  auto mixed = state_;
  mixed = (mixed ^ mixed >> 30) * 0xBF58'476D'1CE4'E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D0'49BB'1331'11EB;
  return mixed ^ mixed >> 31;
}

std::size_t mutator::below(std::size_t end) {
  return end == 0 ? 0 : static_cast<std::size_t>(random() % end);
}

void mutator::insert(byte_string& into, std::size_t at, const byte_string& what) {
  into.insert(into.begin() + static_cast<offset>(at), what.begin(), what.end());
}

void mutator::flip_bit(byte_string& of, const std::vector<byte_string>& /*corpus*/) {
  if (of.empty()) return;
  of[below(of.size())] ^= static_cast<std::uint8_t>(1u << below(8));
}

void mutator::set_byte(byte_string& of, const std::vector<byte_string>& /*corpus*/) {
  if (!of.empty()) of[below(of.size())] = static_cast<std::uint8_t>(random());
}

void mutator::set_extreme(byte_string& of, const std::vector<byte_string>& /*corpus*/) {
  if (of.empty()) return;
  const auto at = below(of.size());
  const auto count = std::min(std::size_t{1} << below(4), of.size() - at);
  std::fill_n(of.begin() + static_cast<offset>(at), count,
              extreme_bytes[below(extreme_bytes.size())]);
}

void mutator::insert_some(byte_string& into, const std::vector<byte_string>& /*corpus*/) {
  byte_string some(1 + below(8));
  for (auto& each : some) each = static_cast<std::uint8_t>(random());
  insert(into, below(into.size() + 1), some);
}

void mutator::remove_some(byte_string& from, const std::vector<byte_string>& /*corpus*/) {
  if (from.empty()) return;
  const auto at = below(from.size());
  const auto count = 1 + below(std::min<std::size_t>(from.size() - at, 64));
  const auto first = from.begin() + static_cast<offset>(at);
  from.erase(first, first + static_cast<offset>(std::min(count, from.size() - at)));
}

void mutator::double_some(byte_string& of, const std::vector<byte_string>& /*corpus*/) {
  if (of.empty()) return;
  const auto at = below(of.size());
  const auto first = of.begin() + static_cast<offset>(at);
  const auto count = 1 + below(std::min<std::size_t>(of.size() - at, 256));
  const byte_string copy(first, first + static_cast<offset>(std::min(count, of.size() - at)));
  for (auto times = std::size_t{1} << below(6); times > 0; --times) insert(of, at, copy);
}

void mutator::cut_off(byte_string& of, const std::vector<byte_string>& /*corpus*/) {
  of.resize(below(of.size() + 1));
}

void mutator::splice(byte_string& of, const std::vector<byte_string>& corpus) {
  const auto& other = corpus[below(corpus.size())];
  of.resize(below(of.size() + 1));
  of.insert(of.end(), other.begin() + static_cast<offset>(below(other.size() + 1)), other.end());
}

void mutator::put_word(byte_string& into, const std::vector<byte_string>& /*corpus*/) {
  if (words_.empty()) return;
  const auto& word = words_[below(words_.size())];
  const auto at = below(into.size() + 1);
  if (random() % 2 == 0) {
    const auto over = std::min(word.size(), into.size() - at);
    const auto first = into.begin() + static_cast<offset>(at);
    into.erase(first, first + static_cast<offset>(over));
  }
  insert(into, at, byte_string(word.begin(), word.end()));
}

/// Texts: the digits at or behind some place become another number.
void mutator::change_number(byte_string& of, const std::vector<byte_string>& /*corpus*/) {
  const auto from = of.begin() + static_cast<offset>(below(of.size() + 1));
  const auto first = std::find_if(from, of.end(), is_digit);
  if (first == of.end()) return;
  const auto last = std::find_if_not(first, of.end(), is_digit);
  const auto at = static_cast<std::size_t>(std::distance(of.begin(), first));
  of.erase(first, last);
  const auto number = extreme_numbers[below(extreme_numbers.size())];
  insert(of, at, byte_string(number.begin(), number.end()));
}

byte_string mutator::next(const std::vector<byte_string>& corpus) {
  static constexpr std::array<change, 10> changes{
      &mutator::flip_bit,    &mutator::set_byte,     &mutator::set_extreme, &mutator::insert_some,
      &mutator::remove_some, &mutator::double_some,  &mutator::cut_off,     &mutator::splice,
      &mutator::put_word,    &mutator::change_number};
  byte_string made = corpus[below(corpus.size())];
  for (auto left = 1 + below(changes_max); left > 0; --left) {
    (this->*changes[below(changes.size())])(made, corpus);
    if (made.size() > input_bytes_max) made.resize(input_bytes_max);
  }
  return made;
}

} // namespace voltaic::fuzz
