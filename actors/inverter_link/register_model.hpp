#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/inverter_link/link_options.hpp"

namespace voltaic::actors::inverter_link {

/// While nothing may be charged, the voltage that a register is given follows the battery's in
/// steps of this.
inline constexpr double stopped_voltage_step_v = 5.0;
/// A limit of power in a register rises by this share of its range at least: it moves with
/// each volt of the battery.
inline constexpr double power_rise_share = 0.01;

/// A value for a point of a Modbus inverter.
struct written_value {
  std::string point;
  double value = 0;
  bool is_leased = true; ///< zero follows when nobody renews it; else it stays
};

/// What the registers of a Modbus inverter have to hold. Pure. What moves with the battery's
/// voltage is not written for each of its volts: a register is set by a command, and each command
/// is kept.
class register_model {
 public:
  register_model(std::shared_ptr<const messages::inverter::inverter_profile> profile,
                 std::map<std::string, settable_range> settable)
      : profile_(std::move(profile)), settable_(std::move(settable)) {}

  /// All values for what is told now.
  [[nodiscard]] std::vector<written_value> values(const messages::inverter::payload& told);
  /// Our heartbeat, another number each period; nothing where the inverter wants none.
  [[nodiscard]] std::optional<written_value> beat(std::int64_t now_us);

 private:
  [[nodiscard]] double settled(messages::inverter::item which, const settable_range& range,
                               double value, bool is_stopped);

  std::shared_ptr<const messages::inverter::inverter_profile> profile_;
  std::map<std::string, settable_range> settable_;
  std::map<messages::inverter::item, double> written_; ///< last
  double own_beat_ = 0;
  std::optional<std::int64_t> own_beat_us_;
};

} // namespace voltaic::actors::inverter_link
