#pragma once

#include <optional>
#include <string>
#include <utility>

#include "bus/message/endpoint.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::actors::runtime {

/// A catalogue is said again this often, so that observers who came late or
/// lost the relay can read telemetry again without asking.
inline constexpr std::int64_t catalogue_period_us = 5 * messages::us_per_s;

/// Gives one source's messages their envelope: the incarnation, and on the planes
/// that leave the node one sequence without gaps from 1, so that who hears them
/// can count what it missed. Commands and local messages are not numbered. What
/// it gives is a pure function of what is said.
class speaker {
 public:
  speaker(std::string source, std::uint32_t incarnation, messages::utc_quality quality)
      : source_(std::move(source)), incarnation_(incarnation), quality_(quality) {}

  [[nodiscard]] messages::header next(bus::message::plane to, messages::instant time) {
    const bool numbered = to != bus::message::plane::local && to != bus::message::plane::commands;
    return {source_, incarnation_, numbered ? ++sequence_ : 0, time, quality_};
  }

  /// For what was said before and is repeated.
  [[nodiscard]] messages::header unnumbered(messages::instant time) const {
    return {source_, incarnation_, 0, time, quality_};
  }

  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }

  /// Remembers the catalogue that was said at `time`.
  void keep(messages::catalogue catalogue, messages::instant time) {
    catalogue_ = std::move(catalogue);
    catalogue_due_us_ = time.monotonic_us + catalogue_period_us;
  }

  /// The catalogue if it is due at `time`; counts as said then.
  [[nodiscard]] std::optional<messages::catalogue> due(messages::instant time) {
    if (!catalogue_ || time.monotonic_us < catalogue_due_us_) {
      return std::nullopt;
    }
    catalogue_due_us_ = time.monotonic_us + catalogue_period_us;
    return catalogue_;
  }

 private:
  std::string source_;
  std::uint32_t incarnation_;
  messages::utc_quality quality_;
  std::uint64_t sequence_ = 0;
  std::optional<messages::catalogue> catalogue_;
  std::int64_t catalogue_due_us_ = 0;
};

} // namespace voltaic::actors::runtime
