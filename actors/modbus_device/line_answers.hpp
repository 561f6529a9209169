#pragma once

#include <string>
#include <string_view>

#include "actors/modbus_device/modbus_device_model.hpp"
#include "bus/modbus/line.hpp"

/// What a device's line answers, as the device's model takes it.
namespace voltaic::actors::modbus_device {

/// Why a read was refused, in words that say who has to act.
[[nodiscard]] std::string reason_of(const bus::modbus::read_answer& answer);
/// Of a read. It refers to the answer's registers and to the reason, which have to outlive it.
[[nodiscard]] read_result as_read_result(const bus::modbus::read_answer& answer,
                                         std::string_view reason);
/// Of a write, to which it refers as well: whether it reached the device at all is told apart from
/// what the device did.
[[nodiscard]] write_result as_write_result(const bus::modbus::write_answer& answer);

} // namespace voltaic::actors::modbus_device
