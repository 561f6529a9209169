#include "nodes/simulate/simulated_plant.hpp"

#include <stdexcept>
#include <utility>

#include "nodes/process/line_plan.hpp"

namespace voltaic::nodes::simulate {

simulated_plant::simulated_plant(const site::plan& plan, std::int64_t now_us) {
  for (const auto& line : plan.simulated_lines()) add(plan, line, now_us);
}

void simulated_plant::add(const site::plan& plan, const site::modbus_line& line,
                          std::int64_t now_us) {
  auto options = process::line_plan(plan, line);
  if (!options) throw std::invalid_argument(options.error().text);
  auto& played = lines_[line.name];
  simulated_line::unit_map units;
  for (const auto& device : plan.devices) {
    if (device.line != line.name) continue;
    played.devices[device.unit] = &device;
    if (device.simulate.empty() || device.line.empty()) continue;
    auto& model = models_[device.name];
    model = actors::simulator::make_equipment(device.simulate);
    units[device.unit] = model.get();
  }
  played.line = std::make_unique<simulated_line>(*std::move(options), std::move(units), now_us);
}

bool simulated_plant::write(std::string_view line, bus::modbus::write_request request) {
  const auto found = lines_.find(line);
  return found != lines_.end() && found->second.line->write(std::move(request));
}

bool simulated_plant::set(const equipment_overlay& what) {
  const auto found = models_.find(what.device);
  return found != models_.end() &&
         found->second->set(what.point, what.index, what.effect, what.value);
}

void simulated_plant::carry(std::string_view device, double current_a) {
  if (const auto found = models_.find(device); found != models_.end())
    found->second->carry(current_a);
}

void simulated_plant::step(messages::instant now, const poll_handler& on_poll,
                           const answer_handler& on_answer) {
  double given_w = 0;
  for (const auto& [name, model] : models_) given_w += model->power_w();
  for (const auto& [name, model] : models_) {
    model->observe(given_w);
    model->step(now.monotonic_us);
  }
  for (auto& [name, played] : lines_) {
    auto told = played.line->step(now);
    for (auto& each : told.polls) on_poll(*played.devices.at(each.unit), std::move(each));
    for (auto& each : told.answers) on_answer(*played.devices.at(each.unit), std::move(each));
  }
}

std::uint64_t simulated_plant::late() const {
  std::uint64_t sum = 0;
  for (const auto& [name, played] : lines_) sum += played.line->late();
  return sum;
}

} // namespace voltaic::nodes::simulate
