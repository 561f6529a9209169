#include "nodes/process/line_plan.hpp"

#include "actors/modbus_device/unit_plans.hpp"
#include "bus/can/port.hpp"
#include "messages/time.hpp"
#include "nodes/site/line_load.hpp"

namespace voltaic::nodes::process {

messages::expected<bus::modbus::line_options> line_plan(const site::plan& plan,
                                                        const site::modbus_line& line) {
  auto options = site::line_options_of(line);
  for (const auto& device : plan.devices) {
    if (device.line != line.name) continue;
    actors::modbus_device::model_options model;
    model.name = device.name;
    if (!device.rack.empty()) options.tick_ms = bus::can::tick_period_us / messages::us_per_ms;
    model.profile = device.profile;
    auto units = actors::modbus_device::make_unit_plans(model, device.unit, device.min_gap_ms);
    if (!units) return units.error();
    options.units.insert(options.units.end(), units->begin(), units->end());
  }
  return options;
}

} // namespace voltaic::nodes::process
