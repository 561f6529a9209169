#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/codec/payloads.hpp"
#include "messages/roles.hpp"

/// Which right a command takes. Judged at the one door of a site, and again where it acts.
namespace voltaic::messages {

/// Whether a command for this point moves contactors: "rack_0/contactor", "bms_0/Contactor".
[[nodiscard]] bool is_contactor_point(std::string_view point);

/// The least that it takes: whether a set loosens and a latch is a lock, only the last hop knows,
/// and asks for more. Nothing: no right is known for what it asks for.
[[nodiscard]] std::optional<deed> deed_of(const command& asked);

/// Why its role may not ask for that at all: "to close a rack needs role operator, not viewer".
[[nodiscard]] std::optional<std::string> refusal_of_role(const command& asked);

} // namespace voltaic::messages
