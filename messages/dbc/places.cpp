#include "messages/dbc/places.hpp"

#include <algorithm>

namespace voltaic::messages::dbc {
namespace {

constexpr std::uint32_t byte_bits = 8;

bool share_a_value(const std::vector<value_range>& one, const std::vector<value_range>& other) {
  return std::ranges::any_of(one, [&](const auto& a) {
    return std::ranges::any_of(
        other, [&](const auto& b) { return a.first <= b.last && b.first <= a.last; });
  });
}

/// All conditions under which a signal is there: its own, its selector's, and so on.
std::vector<const multiplexing*> conditions(const message& in, const signal& of) {
  std::vector<const multiplexing*> all;
  for (const auto* at = &of; at->when; at = &in.signals[at->when->selector])
    all.push_back(&*at->when);
  return all;
}

} // namespace

std::vector<std::uint32_t> bits_of(const signal& one) {
  std::vector<std::uint32_t> bits(one.length);
  if (one.order == profiles::bit_order::intel) {
    for (std::uint32_t i = 0; i < one.length; ++i) bits[one.length - 1 - i] = one.start + i;
    return bits;
  }
  auto at = one.start;
  for (auto& bit : bits) {
    bit = at;
    // From the lowest bit of a byte to the highest of the next.
    at = at % byte_bits == 0 ? at + 2 * byte_bits - 1 : at - 1;
  }
  return bits;
}

std::uint32_t bytes_needed(const signal& one) {
  return std::ranges::max(bits_of(one)) / byte_bits + 1;
}

std::uint32_t bytes_spanned(const signal& one) {
  const auto [first, last] = std::ranges::minmax(bits_of(one));
  return last / byte_bits - first / byte_bits + 1;
}

bool can_meet(const message& in, const signal& one, const signal& other) {
  const auto mine = conditions(in, one);
  const auto theirs = conditions(in, other);
  return std::ranges::none_of(mine, [&](const auto* a) {
    return std::ranges::any_of(theirs, [&](const auto* b) {
      return a->selector == b->selector && !share_a_value(a->values, b->values);
    });
  });
}

} // namespace voltaic::messages::dbc
