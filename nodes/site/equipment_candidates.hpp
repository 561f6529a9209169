#pragma once

#include <string>
#include <vector>

#include "messages/protection/own_candidate.hpp"
#include "nodes/site/plan.hpp"

/// Candidates at points of equipment: devices that feed no rack. Each rack that such a device acts
/// on judges them by itself, as `DEVICE/POINT_high` and `DEVICE/POINT_low`.
namespace voltaic::nodes::site {

/// Whether a profile is of equipment. One with cells is of a rack: where it feeds none, its
/// candidates wait for one.
[[nodiscard]] bool is_equipment(const device& one);

/// The devices whose candidates act on a rack: an inverter's on the racks behind it, all others' on
/// every rack of the site. `is_fed`: whether a device feeds a rack, and is none of them.
template <class IsFed>
[[nodiscard]] std::vector<const device*> equipment_of(const std::string& rack_name,
                                                      const std::vector<device>& devices,
                                                      const std::vector<inverter>& inverters,
                                                      IsFed is_fed) {
  std::vector<const device*> found;
  for (const auto& each : devices) {
    if (!is_equipment(each) || is_fed(each)) continue;
    bool acts = true;
    for (const auto& one : inverters) {
      if (one.device != each.name || one.racks.empty()) continue;
      acts = false;
      for (const auto& name : one.racks) acts = acts || name == rack_name;
    }
    if (acts) found.push_back(&each);
  }
  return found;
}

/// Adds what a device's points ask for and the rack's file does not have, with the limits of their
/// quantity but without their opening. Those whose limits nobody knows are left out.
void add_equipment_candidates(const device& equipment, const messages::protection::rack_size& size,
                              messages::protection::table& rules);

/// What is wrong with the candidates that a device's own points name, whatever racks there are.
[[nodiscard]] std::vector<std::string> mistakes_at(const device& equipment, bool has_racks);

/// What is wrong with the equipment's candidates of a rack: limits that nobody stated, a device
/// that does not act on it, a point that cannot be judged, a level that opens.
[[nodiscard]] std::vector<std::string> mistakes_of_equipment(
    const std::vector<const device*>& equipment, const messages::protection::table& rules);

} // namespace voltaic::nodes::site
