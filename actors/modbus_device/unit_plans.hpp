#pragma once

#include <cstdint>
#include <vector>

#include "actors/modbus_device/modbus_device_model.hpp"
#include "bus/modbus/line.hpp"
#include "messages/expected.hpp"

namespace voltaic::actors::modbus_device {

/// What the line has to poll for a device: one plan for each period, and in each what may be
/// written. Fails on options that no model takes.
[[nodiscard]] messages::expected<std::vector<bus::modbus::unit_plan>> make_unit_plans(
    const model_options& options, std::uint8_t unit, std::uint32_t min_gap_ms = 0);

} // namespace voltaic::actors::modbus_device
