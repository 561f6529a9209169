#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "actors/contactor/transition_model.hpp"

namespace voltaic::actors::contactor::contactor_table_test {

namespace {

using s = state;

std::set<state> ways_from(state from) {
  std::set<state> ways;
  for (std::size_t each = 0; each < event_count; ++each) {
    const auto next = next_state(from, static_cast<event>(each));
    if (next != from) ways.insert(next);
  }
  return ways;
}

template <class Check>
void for_each_cell(Check check) {
  for (std::size_t row = 0; row < state_count; ++row) {
    for (std::size_t column = 0; column < event_count; ++column) {
      const auto from = static_cast<state>(row);
      const auto what = static_cast<event>(column);
      INFO(to_string(from) << " " << to_string(what));
      check(from, what, cell_of(from, what));
    }
  }
}

} // namespace

TEST_CASE("every state and event has a field in the table, and each that leads nowhere says why") {
  for_each_cell([](state from, event, const cell& of) {
    if (of.why == stay::none) {
      CHECK(static_cast<std::size_t>(of.next) < state_count);
      CHECK(of.next != from);
    }
    // Only where open is ordered is there nothing left to do.
    if (of.why == stay::ordered) CHECK_FALSE(duty_of(from).lease);
    // What goes on is an opening.
    if (of.why == stay::bounded) CHECK(duty_of(from).shown == "opening");
  });
}

TEST_CASE("the ways between the states are these and no others") {
  const std::map<s, std::set<s>> expected{
      {s::starting, {s::open, s::fault}},
      {s::open, {s::closing_minus, s::pause, s::fault}},
      {s::closing_minus, {s::precharging, s::pause, s::opening_second, s::fault}},
      {s::precharging, {s::closing_plus, s::pause, s::opening_second, s::fault}},
      {s::closing_plus, {s::opening_precharge, s::pause, s::opening_second, s::fault}},
      {s::opening_precharge, {s::closed, s::pause, s::reducing, s::opening_second, s::fault}},
      {s::pause, {s::open, s::closing_minus, s::fault}},
      {s::closed, {s::reducing, s::opening_second}},
      {s::reducing, {s::opening_first, s::opening_second}},
      {s::opening_first, {s::opening_second}},
      {s::opening_second, {s::unconfirmed, s::verifying, s::fault}},
      {s::unconfirmed, {s::verifying, s::fault}},
      {s::verifying, {s::open, s::fault}},
      {s::fault, {s::open}},
  };
  for (const auto& [from, ways] : expected) {
    INFO(to_string(from));
    CHECK(ways_from(from) == ways);
  }
  CHECK(expected.size() == state_count);
}

TEST_CASE("only a close command begins a closing, only from open, and only a reset ends a fault") {
  for_each_cell([](state from, event what, const cell& of) {
    if (of.why != stay::none) return;
    const bool is_asked = what == event::close_request || what == event::early_request;
    if (is_asked) CHECK(from == s::open);
    if (of.next == s::closing_minus)
      CHECK((what == event::close_request || (from == s::pause && what == event::pause_over)));
    if (duty_of(of.next).lease && !duty_of(from).lease) CHECK(of.next == s::closing_minus);
    if (from == s::fault) CHECK(what == event::reset);
  });
}

TEST_CASE("a losing event leaves no state in which the contactors stay closed") {
  for (std::size_t row = 0; row < state_count; ++row) {
    const auto from = static_cast<state>(row);
    if (!duty_of(from).lease || from == s::reducing) continue;
    INFO(to_string(from));
    for (const auto what :
         {event::weld, event::fire, event::stop_input, event::device_opened,
          event::immediate_demand, event::permit_lost, event::open_request, event::feedback_lost}) {
      const auto next = next_state(from, what);
      CHECK((next == s::opening_second || next == s::reducing));
    }
  }
}

TEST_CASE("what opens at once waits for no current in any state") {
  for (const auto from : {s::closing_minus, s::precharging, s::closing_plus, s::opening_precharge,
                          s::closed, s::reducing, s::opening_first}) {
    INFO(to_string(from));
    for (const auto what : {event::fire, event::stop_input, event::immediate_demand})
      CHECK(next_state(from, what) == s::opening_second);
  }
}

TEST_CASE("the README of the contactor shows the table as it is") {
  std::ifstream file("actors/contactor/README.md");
  const std::string readme((std::istreambuf_iterator<char>(file)), {});
  INFO("the table now:\n" << table_text());
  CHECK(readme.find("\n" + table_text()) != std::string::npos);
}

} // namespace voltaic::actors::contactor::contactor_table_test
