#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "actors/contactor/contactor_options.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/points/first_value.hpp"

namespace voltaic::actors::contactor {

/// Telemetry that waits for protection's time to reach it. More is applied
/// early, oldest first: the newest values are what counts.
inline constexpr std::size_t waiting_max = 256;

/// Device telemetry as values of the model, applied in the chain's time.
class feedback_reader {
 public:
  explicit feedback_reader(std::string rack) : rack_(std::move(rack)) {}

  void learn(const messages::catalogue& described);
  void take(const messages::telemetry& said, std::int64_t time_us);
  /// Everything up to and including `now_us`.
  [[nodiscard]] const device_values& values_at(std::int64_t now_us);
  /// False: the device's catalogue is known, and it never tells the epoch it
  /// accepted.
  [[nodiscard]] bool may_tell_epoch() const {
    return fingerprint_ == 0 || places_[static_cast<std::size_t>(field::epoch)].has_value();
  }

 private:
  enum class field : std::uint8_t {
    minus,
    plus,
    precharge,
    lease,
    current,
    rack_v,
    bus_v,
    epoch,
    single
  };
  static constexpr std::size_t field_count = 9;
  struct place {
    std::uint16_t position = 0;
    messages::points::number_scale scale;
  };
  struct change {
    std::int64_t time_us = 0;
    field which = field::minus;
    std::optional<double> value;
  };
  void apply(const change& one);

  std::string rack_;
  std::uint64_t fingerprint_ = 0;
  std::array<std::optional<place>, field_count> places_;
  std::deque<change> waiting_;
  device_values values_;
};

} // namespace voltaic::actors::contactor
