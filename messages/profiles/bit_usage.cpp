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

std::optional<std::string> bit_usage::take(const bit_field& bits,
                                           const std::optional<std::int64_t>& mux,
                                           std::string who) {
  claim fresh{occupied_bits(bits), mux, std::move(who)};
  const auto other = std::ranges::find_if(claims_, [&](const claim& each) {
    const bool meet = !each.mux || !fresh.mux || *each.mux == *fresh.mux;
    return meet && (each.bits & fresh.bits) != 0;
  });
  std::optional<std::string> wrong;
  if (other != claims_.end()) {
    const auto bit = static_cast<unsigned>(std::countr_zero(other->bits & fresh.bits));
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
  claims_.push_back({0xFFull << (byte * byte_bits), std::nullopt, std::move(who)});
}

} // namespace voltaic::messages::profiles
