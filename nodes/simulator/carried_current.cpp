#include "nodes/simulator/carried_current.hpp"

namespace voltaic::nodes::simulator {

void carried_current::take(const simulate::overlay& what) {
  if (what.point != "current") return;
  const bool flows = what.kind == actors::simulator::override_kind::value;
  currents_a_[what.rack] = flows ? what.value : 0;
}

double carried_current::sum_a(const std::vector<std::string>& racks) const {
  double sum_a = 0;
  for (const auto& name : racks) {
    const auto found = currents_a_.find(name);
    if (found != currents_a_.end()) sum_a += found->second;
  }
  return sum_a;
}

} // namespace voltaic::nodes::simulator
