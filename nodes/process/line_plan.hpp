#pragma once

#include "bus/modbus/line.hpp"
#include "messages/expected.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// How a line of a plan is opened, with all that is asked of its units.
[[nodiscard]] messages::expected<bus::modbus::line_options> line_plan(
    const site::plan& plan, const site::modbus_line& line);

} // namespace voltaic::nodes::process
