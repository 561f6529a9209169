#pragma once

#include "messages/profiles/device_profile.hpp"
#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// A node that would have no number, and a second one that produces SYNC or TIME on a bus, are
/// refused; a node on a bus that may only be read, which nobody commissions, is warned of.
void judge_canopen(const draft& source, plan& result, reporter& report);

/// Worst-case bits a second of what the node and we say beside its PDOs.
[[nodiscard]] double canopen_bits_per_second(const messages::profiles::device_profile& profile);

} // namespace voltaic::nodes::site
