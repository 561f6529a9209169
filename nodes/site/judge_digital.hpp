#pragma once

#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// Digital inputs and outputs whose lines or points cannot be had, racks that name inputs
/// which nobody says, inverters whose safety relay nobody can drop; warns of inputs that reach
/// their rack through the message bus.
void judge_digital(const draft& source, plan& result, reporter& report);

} // namespace voltaic::nodes::site
