#include "actors/command/inverter_gate_model.hpp"

#include "actors/command/parallel_model.hpp"

namespace voltaic::actors::command {

inverter_gate_model::inverter_gate_model(const std::map<std::string, std::string>& inverters)
    : inverters_(inverters) {
  for (const auto& [rack, inverter] : inverters_)
    if (!places_.contains(inverter)) places_[inverter] = points_.watch(inverter + "/compatibility");
}

std::vector<std::string> inverter_gate_model::sources() const {
  std::vector<std::string> names;
  for (const auto& [inverter, place] : places_) names.push_back(inverter + "/link");
  return names;
}

void inverter_gate_model::take(const messages::telemetry& said) {
  static_cast<void>(points_.apply(said));
}

std::vector<std::string> inverter_gate_model::refuse(const messages::command& asked) const {
  const auto found = inverters_.find(rack_closed_by(asked));
  if (found == inverters_.end()) return {};
  if (points_.at(places_.at(found->second)).text != "incompatible") return {};
  return {"inverter_incompatible: " + found->second + " does not work with this battery"};
}

} // namespace voltaic::actors::command
