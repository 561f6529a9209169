#pragma once

#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// Several racks behind one inverter of which nothing says which DC bus each is on. A rack alone on
/// its bus is judged otherwise than one whose neighbours keep it live: refused where one of them
/// can be closed from here, else warned of. Warns as well where their buses are named, and differ,
/// while limits are those of racks in parallel.
void judge_dc_bus(const draft& source, plan& result, reporter& report);

} // namespace voltaic::nodes::site
