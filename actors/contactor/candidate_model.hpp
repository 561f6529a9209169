#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "actors/contactor/contactor_options.hpp"
#include "messages/protection/table.hpp"

/// What the contactor judges by itself, in the words of a protection table: for people to read
/// beside that. Nothing is judged by it.
namespace voltaic::actors::contactor {

/// Of a rack that takes orders. `inputs`: those that open it and are wired, `emergency_stop`,
/// `interlock_open`, `fire_detected`.
[[nodiscard]] std::vector<messages::protection::candidate> contactor_candidates(
    const contactor_options& rules, std::span<const std::string_view> inputs);

/// A key that resets latches and is turned all the time.
[[nodiscard]] messages::protection::candidate stuck_key_candidate();

/// Current through contactors that read open, of any rack.
[[nodiscard]] messages::protection::candidate open_current_candidate(double rated_a);

} // namespace voltaic::actors::contactor
