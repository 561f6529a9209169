#pragma once

#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// Inverters on CAN whose frames have no room for the voltages of the racks behind them. Refused
/// where a stated limit of voltage cannot be said, or not even the lowest voltage that a rack runs
/// at; warned of where a full or an empty rack is beyond.
void judge_inverter_range(const draft& source, plan& result, reporter& report);

} // namespace voltaic::nodes::site
