#pragma once

#include "messages/profiles/device_profile.hpp"
#include "nodes/site/draft.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// Whether a device's actor is the one that claims our address on its bus: the first of J1939 there
/// in the site file.
[[nodiscard]] bool claims_address(const plan& of, const device& item);
/// Whether no other device of the site on its bus speaks J1939.
[[nodiscard]] bool is_alone(const plan& of, const device& item);

/// Our NAME on a bus of J1939.
[[nodiscard]] std::uint64_t name_of(const j1939_self& self);

/// A device of J1939 that would have no address or that of somebody else on its bus, and keys of
/// J1939 where nothing speaks it, are refused; one on a bus that may only be read is warned of.
void judge_j1939(const draft& source, plan& result, reporter& report);

/// Worst-case bits a second of what takes more than a frame.
[[nodiscard]] double j1939_bits_per_second(const messages::profiles::device_profile& profile);

} // namespace voltaic::nodes::site
