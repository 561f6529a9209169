#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "messages/configuration/identity.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// Which device a rack's is, for people: what was accepted, and what is there. Lines.
[[nodiscard]] std::string identity_text(const std::string& rack,
                                        const messages::configuration::kept_identity& kept);
/// The same for programs; `hash` is what an acceptance of the device that is there names.
[[nodiscard]] nlohmann::ordered_json identity_json(
    const std::string& rack, const messages::configuration::kept_identity& kept);

/// Why nothing can be accepted of such a rack, whatever its device says; empty: something can.
[[nodiscard]] std::string no_identity_of(const site::plan& plan, const std::string& rack);

} // namespace voltaic::nodes::cli
