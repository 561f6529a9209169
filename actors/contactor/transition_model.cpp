#include "actors/contactor/transition_model.hpp"

namespace voltaic::actors::contactor {

namespace {

using messages::contactor_order;

constexpr std::array<state_duty, state_count> duties{{
    {"opening", contactor_order::open, false},       // starting
    {"open", contactor_order::open, false},          // open
    {"precharge", contactor_order::precharge, true}, // precharging
    {"precharge", contactor_order::close, true},     // closing
    {"open", contactor_order::open, false},          // pause
    {"closed", contactor_order::close, true},        // closed
    {"opening", contactor_order::close, true},       // reducing
    {"opening", contactor_order::open, false},       // releasing
    {"fault", contactor_order::open, false},         // fault
}};

constexpr std::array<std::string_view, state_count> names{"starting", "open",      "precharging",
                                                          "closing",  "pause",     "closed",
                                                          "reducing", "releasing", "fault"};

} // namespace

const state_duty& duty_of(state of) {
  return duties.at(static_cast<std::size_t>(of));
}

std::string_view to_string(state value) {
  return names.at(static_cast<std::size_t>(value));
}

} // namespace voltaic::actors::contactor
