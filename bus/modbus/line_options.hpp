#pragma once

#include <string>

#include "bus/modbus/line.hpp"

namespace voltaic::bus::modbus {

/// Empty when the options can be used, else the first thing that is wrong.
[[nodiscard]] std::string mistake_in(const line_options& options);
/// Whether all registers of a write are within one window of its unit.
[[nodiscard]] bool may_write(const line_options& options, const write_request& request);

} // namespace voltaic::bus::modbus
