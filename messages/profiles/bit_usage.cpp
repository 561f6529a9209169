#include "messages/profiles/bit_usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "messages/profiles/bits.hpp"

namespace voltaic::messages::profiles {

namespace {

constexpr unsigned byte_bits = 8;

} // namespace

std::uint64_t bit_usage::common(const claim& one, const claim& other) {
  const bool is_behind = other.window >= one.window;
  const unsigned bits =
      byte_bits * (is_behind ? other.window - one.window : one.window - other.window);
  if (bits >= word_bits) return 0;
  return one.bits & (is_behind ? other.bits << bits : other.bits >> bits);
}

std::optional<std::string> bit_usage::take(const bit_field& bits, unsigned message_bytes,
                                           const std::optional<std::int64_t>& mux,
                                           std::string who) {
  const auto placed = place(bits, message_bytes);
  claim fresh{placed.window, occupied_bits(placed.bits), mux, std::move(who)};
  const auto other = std::ranges::find_if(claims_, [&](const claim& each) {
    const bool meet = !each.mux || !fresh.mux || *each.mux == *fresh.mux;
    return meet && common(each, fresh) != 0;
  });
  std::optional<std::string> wrong;
  if (other != claims_.end()) {
    const auto bit =
        other->window * byte_bits + static_cast<unsigned>(std::countr_zero(common(*other, fresh)));
    wrong = fmt::format("{} and {} both have bit {} (byte {}, its bit {})", fresh.who, other->who,
                        bit, bit / byte_bits, bit % byte_bits);
    if (other->mux.has_value() != mux.has_value())
      *wrong +=
          fmt::format("; {} has no mux, so it is in every frame", mux ? other->who : fresh.who);
    else if (bits.order == bit_order::motorola)
      *wrong += "; start of a motorola signal is its most significant bit, 7 of its first byte";
  }
  claims_.push_back(std::move(fresh));
  return wrong;
}

void bit_usage::take_byte(unsigned byte, std::string who) {
  claims_.push_back({byte, 0xFF, std::nullopt, std::move(who)});
}

} // namespace voltaic::messages::profiles
