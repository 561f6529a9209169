#pragma once

#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// What protects a rack and what only seems to: fills in the plan's candidates
/// and reactions, warns of candidates that a profile names without effect, and
/// reports limits that would open later than the profile allows.
void judge_protection(const draft_rack& place, const rack& item, plan& result, reporter& report);

/// Reports what is wrong with the candidates that devices which feed no rack name at their points.
void judge_equipment(const draft_device& place, const plan& result, reporter& report);

} // namespace voltaic::nodes::site
