#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "messages/dbc/bit_field.hpp"
#include "messages/dbc/message_codec.hpp"
#include "messages/dbc/places.hpp"
#include "messages/dbc/selectors.hpp"
#include "messages/dbc/signal_value.hpp"

namespace voltaic::messages::dbc {
namespace {

/// Which signals a payload has.
class presence {
 public:
  presence(const message& by, std::span<const std::uint8_t> payload)
      : by_(by), payload_(payload), known_(by.signals.size()) {}

  /// A signal's bits, if it is there.
  const std::optional<std::uint64_t>& bits(std::uint32_t which) {
    auto& known = known_[which];
    if (known) return *known;
    const auto& one = by_.signals[which];
    known.emplace();
    if (bytes_needed(one) <= payload_.size() && is_selected(one))
      known->emplace(take_bits(one, payload_));
    return *known;
  }

 private:
  bool is_selected(const signal& one) {
    if (!one.when) return true;
    const auto& selector = bits(one.when->selector);
    return selector && selects(*one.when, integer_of(by_.signals[one.when->selector], *selector));
  }

  const message& by_;
  std::span<const std::uint8_t> payload_;
  std::vector<std::optional<std::optional<std::uint64_t>>> known_;
};

} // namespace

expected<std::vector<reading>> decode(const message& by, std::span<const std::uint8_t> payload) {
  presence there(by, payload);
  std::vector<reading> all;
  for (std::uint32_t i = 0; i < by.signals.size(); ++i) {
    const auto& one = by.signals[i];
    const auto bits = there.bits(i);
    if (!bits) continue;
    if (one.is_selector && !selects_something(by, i, integer_of(one, *bits)))
      return failure{unknown_selector(by, i, integer_of(one, *bits))};
    all.push_back({i, *bits, physical_of(one, *bits)});
  }
  return all;
}

} // namespace voltaic::messages::dbc
