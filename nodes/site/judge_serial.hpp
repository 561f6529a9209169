#pragma once

#include "nodes/site/draft.hpp"

namespace voltaic::nodes::site {

/// What only lines of plain RS-485 have: a port that may be simulated, which becomes the path of
/// its pseudo terminal, and devices whose answers say whose they are.
void judge_serial(const draft& source, const plan& result, modbus_line& line, reporter& report);

} // namespace voltaic::nodes::site
