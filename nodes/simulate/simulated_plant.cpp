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
  for (const auto& device : plan.devices)
    if (device.line == line.name) played.devices[device.unit] = &device;
  played.line = std::make_unique<simulated_line>(*std::move(options), end_of(line, played), now_us);
}

simulated_line::end_maker simulated_plant::end_of(const site::modbus_line& line,
                                                  played_line& played) {
  if (line.transport == bus::modbus::transport::framed) {
    played.batteries = std::make_unique<actors::simulator::serial_line_model>();
    for (const auto& [address, device] : played.devices)
      if (!device->simulate.empty()) played.batteries->add(address, device->profile);
    return [at = played.batteries.get()](const bus::modbus::line_options& options) {
      return make_serial_end(options, *at);
    };
  }
  unit_map units;
  for (const auto& [unit, device] : played.devices) {
    if (device->simulate.empty()) continue;
    auto& model = models_[device->name];
    model = actors::simulator::make_equipment(device->simulate);
    units[unit] = model.get();
  }
  return [units = std::move(units)](const bus::modbus::line_options& options) {
    return make_modbus_end(options.response_timeout_ms * messages::us_per_ms, units);
  };
}

bool simulated_plant::write(std::string_view line, bus::modbus::write_request request) {
  const auto found = lines_.find(line);
  return found != lines_.end() && found->second.line->write(std::move(request));
}

bool simulated_plant::set(const equipment_overlay& what) {
  if (const auto found = models_.find(what.device); found != models_.end())
    return found->second->set(what.point, what.index, what.effect, what.value);
  for (auto& [name, played] : lines_) {
    if (played.batteries == nullptr) continue;
    for (const auto& [address, device] : played.devices)
      if (device->name == what.device)
        return played.batteries->set(address, what.point, what.index, what.effect, what.value);
  }
  return false;
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
    if (played.batteries != nullptr) played.batteries->step(now.monotonic_us);
    auto told = played.line->step(now);
    for (auto& each : told.polls) hand_out(played, std::move(each), on_poll);
    for (auto& each : told.answers) on_answer(*played.devices.at(each.unit), std::move(each));
  }
}

void simulated_plant::hand_out(const played_line& played, bus::modbus::poll&& told,
                               const poll_handler& on_poll) {
  if (!told.answers.empty()) return on_poll(*played.devices.at(told.unit), std::move(told));
  for (const auto& [unit, device] : played.devices)
    if (!device->rack.empty()) on_poll(*device, bus::modbus::poll(told));
}

std::uint64_t simulated_plant::late() const {
  std::uint64_t sum = 0;
  for (const auto& [name, played] : lines_) sum += played.line->late();
  return sum;
}

} // namespace voltaic::nodes::simulate
