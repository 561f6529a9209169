#include "actors/contactor/transition_model.hpp"

#include <fmt/format.h>

namespace voltaic::actors::contactor {

namespace {

using messages::contactor_order;

struct state_description {
  std::string_view name;
  char letter;
  state_duty duty;
};

constexpr std::array<state_description, state_count> states{{
    {"starting", 'S', {"opening", contactor_order::open, false}},
    {"open", 'O', {"open", contactor_order::open, false}},
    {"closing_minus", 'M', {"precharge", contactor_order::precharge, true}},
    {"precharging", 'P', {"precharge", contactor_order::precharge, true}},
    {"closing_plus", 'C', {"precharge", contactor_order::close, true}},
    {"opening_precharge", 'X', {"precharge", contactor_order::close, true}},
    {"pause", 'W', {"open", contactor_order::open, false}},
    {"closed", 'K', {"closed", contactor_order::close, true}},
    {"reducing", 'R', {"opening", contactor_order::close, true}},
    {"opening_first", 'A', {"opening", contactor_order::open, false}},
    {"opening_second", 'B', {"opening", contactor_order::open, false}},
    {"unconfirmed", 'U', {"opening", contactor_order::open, false}},
    {"verifying", 'V', {"opening", contactor_order::open, false}},
    {"fault", 'F', {"fault", contactor_order::open, false}},
}};

constexpr std::array<std::string_view, event_count> events{"weld",
                                                           "fire",
                                                           "stop_input",
                                                           "device_opened",
                                                           "immediate_demand",
                                                           "permit_lost",
                                                           "open_request",
                                                           "feedback_lost",
                                                           "opening_overdue",
                                                           "current_gone",
                                                           "wait_over",
                                                           "attempts_exhausted",
                                                           "attempt_failed",
                                                           "confirmed",
                                                           "pause_over",
                                                           "close_request",
                                                           "early_request",
                                                           "reset"};

constexpr std::array<std::string_view, 5> orders{"open", "precharge", "close", "minus", "plus"};

const state_description& description_of(state of) {
  return states.at(static_cast<std::size_t>(of));
}

std::string field_of(const cell& of) {
  switch (of.why) {
    case stay::none:
      return fmt::format("**{}**", description_of(of.next).letter);
    case stay::ordered:
      return "o";
    case stay::bounded:
      return "b";
    case stay::pointless:
      return "·";
    case stay::impossible:
      break;
  }
  return "-";
}

} // namespace

const state_duty& duty_of(state of) {
  return description_of(of).duty;
}

std::string_view to_string(state value) {
  return description_of(value).name;
}

std::string_view to_string(event value) {
  return events.at(static_cast<std::size_t>(value));
}

std::string table_text() {
  std::string text = "| state | shown | order |";
  for (const auto name : events) text += fmt::format(" {} |", name);
  text += "\n|---|---|---|";
  for (std::size_t each = 0; each < event_count; ++each) text += "---|";
  for (std::size_t row = 0; row < state_count; ++row) {
    const auto& of = states.at(row);
    text += fmt::format("\n| {} {} | {} | {}{} |", of.letter, of.name, of.duty.shown,
                        orders.at(static_cast<std::size_t>(of.duty.order)),
                        of.duty.lease ? ", lease" : "");
    for (std::size_t column = 0; column < event_count; ++column)
      text += fmt::format(" {} |",
                          field_of(cell_of(static_cast<state>(row), static_cast<event>(column))));
  }
  return text + "\n";
}

} // namespace voltaic::actors::contactor
