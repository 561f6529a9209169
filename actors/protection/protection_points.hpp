#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/protection/protection_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// Limits are said again this often, changed or not.
inline constexpr std::int64_t limits_period_us = messages::us_per_s;

/// The points that the protection of a rack says, as `owner`; `has_identity`: its device says which
/// one it is.
[[nodiscard]] messages::catalogue catalogue_of(const std::string& rack, const std::string& owner,
                                               bool has_identity = false);

/// The points of a rack's second evaluator, `owner`: the same, below its own name, and what it
/// permits, in words. Nobody hears them but its rack's protection, and captures of faults.
[[nodiscard]] messages::catalogue second_catalogue_of(const std::string& owner);

/// What protection says of its rack beside permits and events.
struct told_state {
  current_limits limits;
  std::optional<messages::protection::level> level; ///< the highest that stands
  protection::requests requests;
  std::string configuration;           ///< in words
  std::optional<std::string> identity; ///< in words; nothing: the catalogue does not have it
  std::optional<std::string> permit;   ///< the same
};

/// The same as limits and as values of the points of `by`, a catalogue of `catalogue_of`.
[[nodiscard]] std::vector<messages::payload> words_of(const std::string& rack,
                                                      const messages::catalogue& by,
                                                      const told_state& told,
                                                      messages::instant now);

/// What telemetry of such a catalogue asks for.
[[nodiscard]] requests requests_in(const messages::telemetry& said);

} // namespace voltaic::actors::protection
