#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/inverter_link/battery_model.hpp"
#include "actors/inverter_link/heartbeat_model.hpp"
#include "actors/inverter_link/partner_model.hpp"

namespace voltaic::actors::inverter_link {

/// What can hold a limit of current down, as `voltaic why` spells it.
enum class cause : std::uint8_t {
  bms,          ///< the limit of the battery
  derating,     ///< the same, where a level or curve leaves only a part
  setpoint,     ///< somebody set it lower: of a rack, or of what the inverter is told
  fold_back,    ///< the voltage is near the limit of charging or discharging
  inverter,     ///< the inverter can do no more
  no_data,      ///< nobody says the battery's limit now
  fallback,     ///< the same, and the declared limits by voltage hold
  heartbeat,    ///< the inverter does not show that it lives
  incompatible, ///< battery and inverter do not work together
  cannot_say,   ///< the inverter's frames have no room for the battery's voltage
};
[[nodiscard]] std::string_view to_string(cause of);

/// One limit and what it comes from.
struct bound {
  inverter_link::cause cause = cause::bms;
  double current_a = 0;
  std::string detail;
  friend bool operator==(const bound&, const bound&) = default;
};

/// What the inverter is told, and by what.
struct told_limits {
  double charge_current_a = 0;
  double discharge_current_a = 0;
  std::optional<double> charge_voltage_v;
  std::optional<double> discharge_voltage_v;
  double charge_power_w = 0;
  double discharge_power_w = 0;
  std::vector<bound> charge; ///< all that apply, the one that binds first
  std::vector<bound> discharge;
};

/// A cap that somebody set on what the inverter is told, and in words who did and until when.
struct named_cap {
  messages::inverter::item item = 0;
  double value = 0;
  std::string who;
};

/// Pure: the limits of this instant, from nothing that was before. `inverter_voltage_v`:
/// what the inverter measures now, if it does. No cap loosens anything.
[[nodiscard]] told_limits tell_limits(const model_options& options, const battery_state& battery,
                                      presence inverter, compatibility known,
                                      std::optional<double> inverter_voltage_v,
                                      const std::vector<named_cap>& caps);

/// Nothing flows any more, by this reason.
void stop_flow(told_limits& told, const bound& why, const battery_state& battery);

} // namespace voltaic::actors::inverter_link
