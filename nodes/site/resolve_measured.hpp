#pragma once

#include "nodes/site/draft.hpp"

namespace voltaic::nodes::site {

/// Finds where the current on the battery's side of an inverter is measured: where the site file
/// says, else what the inverter's profile reads as its current, or as power and voltage. Reports
/// points that are not there or say something else. Nothing is compared where racks that are not
/// behind the inverter are on one of its DC buses: its current is not theirs alone.
void resolve_measured(const draft_inverter& at, plan& result, inverter& item, reporter& report);

} // namespace voltaic::nodes::site
