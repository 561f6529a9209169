#pragma once

#include <vector>

#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

/// What the protection of a rack tells though none of its rows judges it, as candidates: for lists
/// of what is in force. Whether the rack's device is the accepted one.
[[nodiscard]] std::vector<messages::protection::candidate> identity_candidates();
/// Whether two evaluators come to the same.
[[nodiscard]] messages::protection::candidate difference_candidate();

} // namespace voltaic::actors::protection
