#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/own_candidate.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::nodes::site {

/// Adds what a profile's points ask for beside the candidates of the file: those of their own that
/// the file does not have, with the limits of their quantity. Those whose limits nobody knows are
/// left out.
void add_own_candidates(const messages::profiles::device_profile& profile,
                        messages::protection::table& rules);

/// What is wrong with the own candidates of a rack, each as a sentence that says what to write:
/// limits that nobody stated, a point that the profile does not have, has in another unit, or has
/// as something that is not measured.
[[nodiscard]] std::vector<std::string> mistakes_of_own(
    const messages::profiles::device_profile& profile, const messages::protection::table& rules);

/// Cells and ratings of a rack that a device of this profile feeds.
[[nodiscard]] messages::protection::rack_size size_of(
    const messages::profiles::device_profile& profile);
[[nodiscard]] bool has_candidate(const messages::protection::table& rules, std::string_view name);
/// What a point is a quantity of: as its profile says, else by its unit; nullptr: nobody knows.
[[nodiscard]] const messages::protection::quantity* quantity_of(
    const messages::profiles::point& point);
/// That nobody stated the limits of a candidate, and what to write.
[[nodiscard]] std::string unknown_limits(const messages::profiles::device_profile& profile,
                                         const messages::profiles::point& point,
                                         const std::string& name,
                                         const messages::protection::table& rules);
/// Why a candidate cannot judge that point of a profile; nothing: it can.
[[nodiscard]] std::optional<std::string> mistake_in(
    const messages::protection::candidate& watched, std::string_view point_name,
    const messages::profiles::device_profile& profile);

} // namespace voltaic::nodes::site
