#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/inverter/measured_current.hpp"
#include "messages/tighter.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::inverter_link {

/// Without a heartbeat of the inverter nothing may flow after this, and it is in standby
/// after that.
inline constexpr std::int64_t zero_after_us = 5 * messages::us_per_s;
inline constexpr std::int64_t standby_after_us = 60 * messages::us_per_s;
/// Heartbeats in a row before the inverter counts as there.
inline constexpr int beats_min = 3;
/// What is said of the battery counts for the larger of this and 1.5 periods of its point.
inline constexpr std::int64_t value_age_us_min = messages::us_per_s;

/// A rack of the group, as the site knows it.
struct rack_facts {
  std::string name;
  std::string device;               ///< that feeds it, by which its setpoints are known
  double capacity_ah = 0;           ///< rated; 0: not stated
  bool can_open = true;             ///< false: it takes no orders
  messages::inverter::product kind; ///< by the profile of its device
};

/// The current becomes smaller as the voltage nears a limit of voltage: all of it up to
/// `begin_v` before the limit, none at it.
struct fold_back {
  double begin_v = 0;
};

/// Without limits from the battery these hold, as long as the inverter itself measures a
/// voltage between the two.
struct voltage_fallback {
  double charge_current_a = 0;
  double discharge_current_a = 0;
  double lowest_v = 0;
  double highest_v = 0;
};

/// What the battery says of itself to the inverter.
struct identity {
  std::string manufacturer = "VOLTAIC";
  std::string name;
  std::uint32_t version = 0; ///< of the racks' profile
  std::uint32_t cells_in_series = 0;
  std::uint32_t cells_per_module = 0;
};

/// What a point of a Modbus inverter takes.
struct settable_range {
  double minimum = 0;
  double maximum = 0;
  double resolution = 1;
  std::string channel; ///< the other name that it is set by
};

/// A limit that the link writes to a point of a Modbus inverter, on which people may set a cap.
struct cap_point {
  messages::inverter::item item = 0;
  std::string point;
  settable_range range;
  messages::tighter side = messages::tighter::toward_zero;
};

/// What somebody set for a point that the link writes: it is told no more than that.
struct standing_cap {
  messages::inverter::item item = 0;
  std::string point;
  double value = 0; ///< in the item's unit
};

struct model_options {
  std::string name; ///< of the inverter: "inverter_0"
  std::shared_ptr<const messages::inverter::inverter_profile> profile;
  messages::inverter::wire_options wire;
  std::vector<rack_facts> racks; ///< of its group
  /// Who says what its racks are together: the site's `system`, or one for a part of them.
  std::string battery = "system";
  inverter_link::identity identity;
  /// Where nobody says how far the battery may be charged and discharged, in V.
  std::optional<double> charge_voltage_v;
  std::optional<double> discharge_voltage_v;
  /// What the inverter can do at most, in A.
  std::optional<double> charge_current_max_a;
  std::optional<double> discharge_current_max_a;
  /// The same in W, as far as its registers take it.
  std::optional<double> charge_power_max_w;
  std::optional<double> discharge_power_max_w;
  std::optional<inverter_link::fold_back> fold_back; ///< of charging
  std::optional<inverter_link::fold_back> discharge_fold_back;
  std::optional<voltage_fallback> fallback;
  /// Which batteries and inverters work together; nullptr: nobody says.
  std::shared_ptr<const messages::inverter::compatibility_table> pairs;
  std::string device; ///< of a Modbus inverter: whose points it reads and sets
  std::map<std::string, settable_range> settable; ///< its points that can be set
  std::string safety_relay; ///< a point that is set to 0 in standby; empty: none
  /// Where the current of its DC bus is measured, with which the racks' is compared.
  messages::inverter::measured_current measured;

  /// Everything that is wrong, at once; empty when nothing is.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// In the order of the profile's writes.
[[nodiscard]] std::vector<cap_point> cap_points_of(const model_options& options);

} // namespace voltaic::actors::inverter_link
