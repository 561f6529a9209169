#pragma once

#include "nodes/site/draft.hpp"

namespace voltaic::nodes::site {

/// Finds where the current on the battery's side of an inverter is measured: only where the site
/// file says so, by points, or by `dc_current = "inverter"` as what the inverter's profile reads as
/// its current, or as power and voltage. What else hangs on a DC bus nobody but the site's people
/// know. Reports points that are not there or say something else, and any where racks that are not
/// behind the inverter are on one of its DC buses: its current is not theirs alone. Notes where the
/// profile offers a current that nobody compares.
void resolve_measured(const draft_inverter& at, plan& result, inverter& item, reporter& report);

} // namespace voltaic::nodes::site
