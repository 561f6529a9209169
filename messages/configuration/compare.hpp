#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/configuration/rack_configuration.hpp"

namespace voltaic::messages::configuration {

/// What a changed item means.
enum class effect : std::uint8_t {
  harmless, ///< it protects as much as before, or more
  loosens,
  replaces ///< another address, other words, or something that others act by at once: not closed
};

/// One item that differs.
struct change {
  std::string item;   ///< "cell_overvoltage/fault/set"
  std::string before; ///< empty: it was not there
  std::string after;  ///< empty: it is gone
  configuration::effect effect = effect::harmless;
  friend bool operator==(const change&, const change&) = default;
};
/// "cell_overvoltage/fault/set: 3.65 -> 3.7 (loosens)".
[[nodiscard]] std::string to_string(const change& of);

/// Two configurations, item by item.
struct comparison {
  std::vector<change> changes; ///< in the order of the canonical text
  /// `after`, with each row as in `before` that would loosen or replace something: a limit is one
  /// row, and a curve. A candidate whose rows no longer agree with each other is as in `before`.
  rack_configuration tighter;

  /// Those that somebody has to approve.
  [[nodiscard]] std::vector<change> to_approve() const;
};

/// What of `before` becomes another in `after`. A level that is gone or that trips later, farther
/// out or with less consequence, one that clears sooner or nearer, a weaker latch, a wider
/// envelope, and any other condition, which may hold more seldom, loosen; so do curves that leave
/// more anywhere. What other actors go by from their next start on, as inputs and inverters do,
/// replaces where it protects less.
[[nodiscard]] comparison compare(const rack_configuration& before, const rack_configuration& after);

} // namespace voltaic::messages::configuration
