#pragma once

#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// Limits of voltage between which no rack behind the inverter could ever be charged or discharged
/// are refused. So are inverters on CAN whose frames have no room for those racks' voltages:
/// where a stated limit cannot be said, or not even the lowest voltage that a rack runs at; warned
/// of where a full or an empty rack is beyond.
void judge_inverter_range(const draft& source, plan& result, reporter& report);

} // namespace voltaic::nodes::site
