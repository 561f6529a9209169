#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "messages/codec/payloads.hpp"

/// The states of a rack's contactors and every way between them, in one table.
namespace voltaic::actors::contactor {

/// Where the contactors of a rack stand, as a whole.
enum class state : std::uint8_t {
  starting,    ///< after a start: orders open, until feedback agrees
  open,        ///< at rest
  precharging, ///< minus and precharge contactor, until the bus has the rack's voltage
  closing,     ///< plus contactor, until feedback agrees
  pause,       ///< open, before the next attempt
  closed,      ///< may carry current
  reducing,    ///< to be opened: waits until the current is small, for a bounded time
  releasing,   ///< orders open, until feedback agrees
  fault        ///< orders open; only a reset leads out
};
/// How many states there are.
inline constexpr std::size_t state_count = 9;

/// What can be true of a step, by falling priority: the first that leads
/// somewhere is taken.
enum class event : std::uint8_t {
  weld,               ///< feedback is closed longer than opening can take
  device_opened,      ///< the device opened without being told to
  immediate_demand,   ///< the permit demands opening at once
  permit_lost,        ///< the permit is refused, or silent for too long
  open_request,       ///< a command
  feedback_lost,      ///< feedback is unknown for too long
  current_gone,       ///< the current is small enough to be interrupted
  wait_over,          ///< it was waited long enough for that
  attempts_exhausted, ///< an attempt failed, and it was the last
  attempt_failed,     ///< no feedback or no voltage in time
  confirmed,          ///< what was ordered came about
  pause_over,
  close_request, ///< a command that is allowed
  reset          ///< a command that is allowed
};
/// How many events there are.
inline constexpr std::size_t event_count = 14;

// clang-format off
namespace table {
/// Short names, so that each state is one line of the table.
inline constexpr state S = state::starting, O = state::open, P = state::precharging,
                       C = state::closing, W = state::pause, K = state::closed,
                       R = state::reducing, L = state::releasing, F = state::fault;

/// One line a state, one column an event: the state that follows. Its own: nothing happens.
inline constexpr std::array<std::array<state, event_count>, state_count> next{{
  //  weld device imm.  permit open  feedb. current wait  tries attempt con-   pause close reset
  //       opened dem.  lost   requ. lost   gone    over  over  failed  firmed over  requ.
    {{ F,   S,    S,    S,     S,    S,     S,      S,    S,    S,      O,     S,    S,    S }}, // starting
    {{ F,   O,    O,    O,     O,    O,     O,      O,    O,    O,      O,     O,    P,    O }}, // open
    {{ P,   L,    L,    L,     L,    L,     P,      P,    F,    W,      C,     P,    P,    P }}, // precharging
    {{ C,   L,    L,    L,     L,    L,     C,      C,    F,    W,      K,     C,    C,    C }}, // closing
    {{ F,   W,    O,    O,     O,    O,     W,      W,    W,    W,      W,     P,    W,    W }}, // pause
    {{ K,   L,    L,    R,     R,    R,     K,      K,    K,    K,      K,     K,    K,    K }}, // closed
    {{ R,   L,    L,    R,     R,    R,     L,      L,    R,    R,      R,     R,    R,    R }}, // reducing
    {{ F,   L,    L,    L,     L,    L,     L,      L,    L,    L,      O,     L,    L,    L }}, // releasing
    {{ F,   F,    F,    F,     F,    F,     F,      F,    F,    F,      F,     F,    F,    O }}, // fault
}};
} // namespace table
// clang-format on

/// What follows by the table; the same state where the event means nothing there.
[[nodiscard]] constexpr state next_state(state from, event happened) {
  return table::next[static_cast<std::size_t>(from)][static_cast<std::size_t>(happened)];
}

/// What a state orders and how it is shown.
struct state_duty {
  std::string_view shown; ///< open, precharge, closed, opening, fault
  messages::contactor_order order = messages::contactor_order::open;
  bool lease = false; ///< renews the device's permission to stay closed
};
/// What is ordered and shown in a state.
[[nodiscard]] const state_duty& duty_of(state of);
/// The name of the state, for people and tests: "precharging".
[[nodiscard]] std::string_view to_string(state value);

} // namespace voltaic::actors::contactor
