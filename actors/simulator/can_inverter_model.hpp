#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/inverter/items.hpp"

namespace voltaic::actors::simulator {

/// How a simulated inverter misbehaves.
enum class inverter_effect : std::uint8_t {
  none,
  silent, ///< it sends nothing
  freeze  ///< its counter stands still, where its heartbeat has one
};

/// A simulated inverter on a CAN bus: it sends its heartbeat and asks as its profile has it,
/// and keeps what it is told. It knows neither clock nor bus.
class can_inverter_model {
 public:
  /// Heartbeats and requests come this often.
  static constexpr std::int64_t period_us = 1'000'000;

  can_inverter_model(std::shared_ptr<const messages::inverter::inverter_profile> profile,
                     messages::inverter::wire_options wire)
      : profile_(std::move(profile)), wire_(wire) {}

  /// It is `now_us`, and these frames came since the last step. What it sends now.
  [[nodiscard]] std::vector<messages::can::frame> step(
      std::int64_t now_us, std::span<const messages::can::frame> received);
  /// From the next step on.
  void set(inverter_effect effect) { effect_ = effect; }
  /// What flows through the racks behind it, which it measures; positive on discharge.
  void carry(double current_a) { carried_a_ = current_a; }

  /// All that it was told, by the newest frames.
  [[nodiscard]] const messages::inverter::payload& told() const { return told_; }
  /// The newest frame of each identifier that it listens to.
  [[nodiscard]] const std::map<std::uint32_t, messages::can::frame>& frames() const {
    return frames_;
  }

 private:
  void listen(const messages::can::frame& frame);
  void beat(std::vector<messages::can::frame>& out);

  std::shared_ptr<const messages::inverter::inverter_profile> profile_;
  messages::inverter::wire_options wire_;
  messages::inverter::payload told_;
  std::map<std::uint32_t, messages::can::frame> frames_;
  inverter_effect effect_ = inverter_effect::none;
  std::optional<double> carried_a_;
  std::uint8_t counter_ = 0;
  std::optional<std::int64_t> due_us_;
};

} // namespace voltaic::actors::simulator
