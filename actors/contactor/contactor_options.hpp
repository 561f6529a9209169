#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/time.hpp"

namespace voltaic::actors::contactor {

/// The resistor through which the bus is charged. Both unknown: attempts are counted.
struct precharge_resistor {
  double resistance_ohm = 0; ///< 0: unknown
  double energy_max_j = 0;   ///< that it takes cold without harm; 0: unknown
  friend bool operator==(const precharge_resistor&, const precharge_resistor&) = default;
};

/// A rack's contactors: times and bounds, with the profile's values put in.
/// Numbers without another source are this project's choice.
struct contactor_options {
  std::string rack;
  std::string close_barred_by; ///< why it is never closed; empty: it may be
  bool shares_bus = false;     ///< other racks may feed its DC bus
  double break_current_a = 0;  ///< the largest current that may be interrupted
  double rated_current_a = 0;  ///< the greater of both directions
  std::int64_t lease_us = 500'000;
  std::int64_t permit_silence_us = 500'000;
  std::int64_t feedback_us = 300'000; ///< 200 ms and one period of the device's status
  std::int64_t feedback_lost_us = 1'000'000;
  std::int64_t precharge_us = 2'000'000;
  double precharge_tolerance_v = 1;
  double precharge_current_a = 0.05;
  std::int64_t pause_us = 3'000'000;
  std::int64_t reducing_us = 3'000'000;
  std::int64_t close_us = 5'000'000;    ///< one attempt as a whole
  std::int64_t open_us = 10'000'000;    ///< an opening as a whole
  std::int64_t spacing_us = 10'000'000; ///< from one closing's begin to the next one's
  std::int64_t decay_us = 5'000'000;    ///< until the bus voltage has fallen
  double decay_v = 3;                   ///< by at least this much below the rack's
  double live_bus_v = 60;               ///< a bus below is no danger, and tells nothing
  double parallel_difference_v = 3;     ///< between rack and a bus that is live
  int precharge_attempts = 3;
  int feedback_attempts = 2;
  precharge_resistor resistor;
  double rack_voltage_max_v = 0; ///< the highest that its profile takes for valid; 0: none is

  /// Every finding at once; empty: they can be used.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// What is known of the device; nothing known is nothing assumed.
struct device_values {
  std::optional<bool> minus_closed;
  std::optional<bool> plus_closed;
  std::optional<bool> precharge_closed;
  std::optional<bool> opened_by_lease;
  std::optional<double> current_a; ///< positive: discharge
  std::optional<double> rack_v;
  std::optional<double> bus_v;
  std::optional<double> accepted_epoch; ///< of the newest order that it took
  std::optional<bool> single_orders;    ///< it takes orders for one main contactor alone
};

} // namespace voltaic::actors::contactor
