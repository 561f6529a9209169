#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "messages/codec/payloads.hpp"

/// The states of a rack's contactors and every way between them, in one table.
namespace voltaic::actors::contactor {

/// Where the contactors of a rack stand, as a whole.
enum class state : std::uint8_t {
  starting,          ///< after a start: orders open, until feedback agrees
  open,              ///< at rest
  closing_minus,     ///< until the minus contactor's feedback
  precharging,       ///< until bus and rack have one voltage and no current flows
  closing_plus,      ///< until the plus contactor's feedback
  opening_precharge, ///< until the precharge contactor's feedback is gone
  pause,             ///< open, before the next attempt
  closed,            ///< may carry current
  reducing,          ///< to be opened: limits are zero, waits until the current is small
  opening_first,     ///< the contactor that the current's direction chose
  opening_second,    ///< orders all open, until feedback agrees
  unconfirmed,       ///< the same, after the whole time for opening
  verifying,         ///< feedback is open; until the bus voltage falls
  fault              ///< orders open; only a reset leads out
};
/// How many states there are.
inline constexpr std::size_t state_count = 14;

/// What can be true of a step, by falling priority: the first that leads
/// somewhere is taken. Fire is latched in every state, wherever it leads.
enum class event : std::uint8_t {
  weld,               ///< feedback or bus voltage contradicts an order to open
  fire,               ///< the fire input is active, broken or not heard
  stop_input,         ///< so is emergency stop or interlock
  device_opened,      ///< the device opened without being told to
  immediate_demand,   ///< the permit demands opening at once
  permit_lost,        ///< the permit is refused, or silent for too long
  open_request,       ///< a command
  feedback_lost,      ///< feedback is unknown for too long
  opening_overdue,    ///< the whole time for opening is over
  current_gone,       ///< the current is small enough to be interrupted
  wait_over,          ///< it was waited long enough for that
  attempts_exhausted, ///< an attempt failed, and it was the last
  attempt_failed,     ///< no feedback or no voltage in time
  confirmed,          ///< what was ordered came about
  pause_over,         ///< the next attempt is due
  close_request,      ///< a command that is allowed
  early_request,      ///< a command that is allowed, too soon after the last closing
  reset               ///< a command that is allowed
};
/// How many events there are.
inline constexpr std::size_t event_count = 18;

/// Why an event leaves a state as it is.
enum class stay : std::uint8_t {
  none,       ///< it does not stay
  impossible, ///< the event cannot hold there; the model asserts that it does not
  pointless,  ///< the event means nothing there
  ordered,    ///< open is ordered already: there is nothing left to do
  bounded     ///< what goes on is no weaker, and has its own bound
};

/// One field of the table: the state that follows, or why none does.
struct cell {
  contactor::state next = state::starting;
  contactor::stay why = stay::none;
};

// clang-format off
namespace table {
/// Short names, so that each state is one line of the table.
inline constexpr cell O{state::open}, M{state::closing_minus}, P{state::precharging},
                      C{state::closing_plus}, X{state::opening_precharge}, W{state::pause},
                      K{state::closed}, R{state::reducing}, A{state::opening_first},
                      B{state::opening_second}, U{state::unconfirmed}, V{state::verifying},
                      F{state::fault};
inline constexpr cell i{{}, stay::impossible}, n{{}, stay::pointless}, o{{}, stay::ordered},
                      b{{}, stay::bounded};

/// One line a state, one column an event.
inline constexpr std::array<std::array<cell, event_count>, state_count> next{{
  // weld  fire stop dev. imm. perm open fb.  over cur. wait tries att. con- pause close early reset
  //            inp. open dem. lost requ lost due  gone over over  fail firm over  requ  requ
    {{ F,   o,   o,   o,   o,   o,   o,   o,   n,   n,   n,   n,   n,   O,   n,    i,    i,    i }}, // starting
    {{ F,   F,   o,   o,   o,   o,   o,   o,   n,   n,   n,   n,   n,   i,   n,    M,    W,    i }}, // open
    {{ B,   B,   B,   B,   B,   B,   B,   B,   n,   n,   n,   F,   W,   P,   n,    i,    i,    i }}, // closing_minus
    {{ B,   B,   B,   B,   B,   B,   B,   B,   n,   n,   n,   F,   W,   C,   n,    i,    i,    i }}, // precharging
    {{ B,   B,   B,   B,   B,   B,   B,   B,   n,   n,   n,   F,   W,   X,   n,    i,    i,    i }}, // closing_plus
    {{ R,   B,   B,   B,   B,   R,   R,   R,   n,   n,   n,   F,   W,   K,   n,    i,    i,    i }}, // opening_precharge
    {{ F,   F,   O,   o,   O,   O,   O,   O,   n,   n,   n,   n,   n,   i,   M,    i,    i,    i }}, // pause
    {{ R,   B,   B,   B,   B,   R,   R,   R,   n,   n,   n,   n,   n,   i,   n,    i,    i,    i }}, // closed
    {{ b,   B,   B,   B,   B,   b,   b,   b,   b,   A,   A,   n,   n,   i,   n,    i,    i,    i }}, // reducing
    {{ B,   B,   B,   B,   B,   b,   b,   B,   b,   n,   n,   n,   n,   B,   n,    i,    i,    i }}, // opening_first
    {{ F,   o,   o,   o,   o,   o,   o,   o,   U,   n,   n,   n,   n,   V,   n,    i,    i,    i }}, // opening_second
    {{ F,   o,   o,   o,   o,   o,   o,   o,   o,   n,   n,   n,   n,   V,   n,    i,    i,    i }}, // unconfirmed
    {{ F,   o,   o,   o,   o,   o,   o,   o,   o,   n,   n,   n,   n,   O,   n,    i,    i,    i }}, // verifying
    {{ o,   o,   o,   o,   o,   o,   o,   o,   n,   n,   n,   n,   n,   i,   n,    i,    i,    O }}, // fault
}};
} // namespace table
// clang-format on

/// What the table says of an event in a state.
[[nodiscard]] constexpr const cell& cell_of(state from, event happened) {
  return table::next[static_cast<std::size_t>(from)][static_cast<std::size_t>(happened)];
}

/// What follows by the table; the same state where the event leads nowhere.
[[nodiscard]] constexpr state next_state(state from, event happened) {
  const auto& found = cell_of(from, happened);
  return found.why == stay::none ? found.next : from;
}

/// What a state orders and how it is shown.
struct state_duty {
  std::string_view shown; ///< open, precharge, closed, opening, fault
  /// Of closing_minus and opening_first, where the device takes no single orders.
  messages::contactor_order order = messages::contactor_order::open;
  bool lease = false; ///< renews the device's permission to stay closed
};
/// What is ordered and shown in a state.
[[nodiscard]] const state_duty& duty_of(state of);
/// The name of the state, for people and tests: "precharging".
[[nodiscard]] std::string_view to_string(state value);
/// The name of the event, for people and tests: "permit_lost".
[[nodiscard]] std::string_view to_string(event value);
/// The whole table as Markdown, as it stands in the actor's README.
[[nodiscard]] std::string table_text();

} // namespace voltaic::actors::contactor
