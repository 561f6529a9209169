#pragma once

#include <string>

namespace voltaic::messages::inverter {

/// Where the current on the battery's side of an inverter is measured, positive on discharge.
struct measured_current {
  bool in_frames = false; ///< a CAN inverter's own frames say it
  std::string current;    ///< the point that says it, in A; empty: power by voltage
  std::string power;      ///< in W
  std::string voltage;    ///< in V

  [[nodiscard]] bool is_known() const { return in_frames || !current.empty() || !power.empty(); }
  friend bool operator==(const measured_current&, const measured_current&) = default;
};

} // namespace voltaic::messages::inverter
