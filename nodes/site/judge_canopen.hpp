#pragma once

#include "messages/profiles/device_profile.hpp"
#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// Whether the master of a node is the one that sends SYNC or TIME on its bus: of several whose
/// profiles want it sent, the first one of the site file.
[[nodiscard]] bool produces_sync(const plan& of, const device& item);
[[nodiscard]] bool produces_time(const plan& of, const device& item);
/// Our own number on the device's bus, if its actor is the one that speaks for it: that of the
/// first node of the site file. Else 0.
[[nodiscard]] std::uint8_t own_node(const plan& of, const device& item);

/// A node that would have no number, and two that want SYNC or TIME on one bus at other periods,
/// are refused; a node on a bus that may only be read, which nobody commissions, is warned of.
void judge_canopen(const draft& source, plan& result, reporter& report);

/// Worst-case bits a second of what the node and we say beside its PDOs.
[[nodiscard]] double canopen_bits_per_second(const messages::profiles::device_profile& profile);

} // namespace voltaic::nodes::site
