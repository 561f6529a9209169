#include "actors/protection/row_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "messages/protection/table.hpp"

namespace voltaic::actors::protection::row_model_test {

using messages::opening;
using messages::protection::action;
using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::direction;
using messages::protection::latch;
using messages::protection::level;

namespace {

candidate watched() {
  candidate made;
  made.name = "cell_overvoltage";
  made.unit = "V";
  made.direction = direction::low;
  made.period_ms = 200;
  made.limits.resize(2);
  made.limits[0] = {level::warning, 3.55, 3.5, 3'000, 5'000, latch::none, {}, "", ""};
  made.limits[1] = {level::fault,
                    3.65,
                    3.4,
                    1'000,
                    10'000,
                    latch::user,
                    {{action_kind::derate_charge, 50}, {action_kind::open_ordered, 0}},
                    "",
                    "why"};
  return made;
}

} // namespace

TEST_CASE("each action has its one consequence, an opening those that it needs") {
  const std::pair<action, consequence> all[] = {
      {{action_kind::derate_charge, 40}, {40, 100, opening::none, false, {}}},
      {{action_kind::derate_discharge, 30}, {100, 30, opening::none, false, {}}},
      {{action_kind::stop_charge, 0}, {0, 100, opening::none, false, {}}},
      {{action_kind::stop_discharge, 0}, {100, 0, opening::none, false, {}}},
      {{action_kind::inhibit_discharge_start, 0}, {100, 0, opening::none, false, {}}},
      {{action_kind::inhibit_close, 0}, {100, 100, opening::none, true, {}}},
      {{action_kind::lock, 0}, {100, 100, opening::none, true, {}}},
      {{action_kind::open_ordered, 0}, {0, 0, opening::ordered, true, {}}},
      {{action_kind::open_immediate, 0}, {0, 0, opening::immediate, true, {}}},
      {{action_kind::balance, 0}, {100, 100, opening::none, false, {.balance = true}}},
      {{action_kind::fan_on, 0}, {100, 100, opening::none, false, {.fan = true}}},
      {{action_kind::heater_on, 0}, {100, 100, opening::none, false, {.heater = true}}},
      {{action_kind::log, 0}, {}}};
  for (const auto& [asked, follows] : all) {
    CAPTURE(to_string(asked));
    CHECK(consequence_of({asked}) == follows);
  }
  CHECK(consequence_of({}) == consequence{});
}

TEST_CASE("of several consequences the strictest counts, whichever comes first") {
  const std::array<consequence, 8> all{{{},
                                        {40, 90, opening::none, false, {}},
                                        {90, 40, opening::none, false, {}},
                                        {100, 100, opening::ordered, false, {}},
                                        {100, 100, opening::immediate, false, {}},
                                        {100, 100, opening::none, true, {}},
                                        {100, 100, opening::none, false, {true, false, true}},
                                        {100, 100, opening::none, false, {false, true, false}}}};
  for (const auto& one : all) {
    for (const auto& other : all) {
      auto both = one;
      both.add(other);
      auto turned = other;
      turned.add(one);
      CHECK(both == turned);
      CHECK(both.charge_percent == std::min(one.charge_percent, other.charge_percent));
      CHECK(both.discharge_percent == std::min(one.discharge_percent, other.discharge_percent));
      CHECK(both.opening == std::max(one.opening, other.opening));
      CHECK(both.inhibits_close == (one.inhibits_close || other.inhibits_close));
      CHECK(both.requests.fan == (one.requests.fan || other.requests.fan));
      CHECK(both.requests.heater == (one.requests.heater || other.requests.heater));
      CHECK(both.requests.balance == (one.requests.balance || other.requests.balance));
    }
  }
}

TEST_CASE("a row carries what its level says") {
  const auto made = make_row(watched(), 1, {input_kind::measured, measured::cell_voltage});
  CHECK(made.candidate == "cell_overvoltage");
  CHECK(made.reason == "cell_overvoltage/fault");
  CHECK(made.key == made.reason);
  CHECK(made.unit == "V");
  CHECK(made.direction == direction::low);
  CHECK(made.period_ms == 200);
  CHECK(made.limit == watched().limits[1]);
  CHECK(made.actions == std::vector<std::string>{"derate_charge:50", "open_ordered"});
  CHECK(made.consequence == consequence{0, 0, opening::ordered, true, {}});
  CHECK(made.from == input{input_kind::measured, measured::cell_voltage});
  CHECK(made.watch == row::no_watch);
  CHECK_FALSE(made.latched);
}

TEST_CASE("only ladders of other points than the cells carry the point in their key") {
  for (const auto kind : {input_kind::invalid_count, input_kind::silence}) {
    CHECK(make_row(watched(), 0, {kind, measured::cell_voltage}).key == "cell_overvoltage/warning");
    CHECK(make_row(watched(), 0, {kind, measured::current}).key ==
          "cell_overvoltage/warning/current");
  }
  CHECK(make_row(watched(), 0, {input_kind::measured, measured::soc}).key ==
        "cell_overvoltage/warning");
}

TEST_CASE("where nothing here can open a rack its current is stopped and the opening told undone") {
  using lines = std::vector<std::string>;
  const auto told = [](std::vector<action> asked) {
    messages::protection::limit of;
    of.actions = std::move(asked);
    return actions_without_contactors(of);
  };
  const lines stopped = {"stop_charge", "stop_discharge", "cannot_open"};
  for (const auto how : {action_kind::open_ordered, action_kind::open_immediate}) {
    CAPTURE(to_string(how));
    CHECK(told({{how, 0}}) == stopped);
    CHECK(told({{how, 0}, {action_kind::inhibit_close, 0}}) == stopped);
    // What is asked for besides is told where it stood, and once.
    CHECK(told({{how, 0}, {action_kind::fan_on, 0}, {action_kind::stop_discharge, 0}}) ==
          lines{"fan_on", "stop_discharge", "stop_charge", "cannot_open"});
  }
  CHECK(told({}).empty());
  CHECK(told({{action_kind::inhibit_close, 0}}).empty()); // nothing closes it either
  CHECK(told({{action_kind::derate_charge, 50}, {action_kind::stop_discharge, 0}}) ==
        lines{"derate_charge:50", "stop_discharge"});
}

TEST_CASE("levels are judged by the numbers of the levels they were made of") {
  const std::array<std::size_t, 1> second{1};
  auto high = watched();
  high.direction = direction::high;
  auto levels = make_levels(high, second, 1'000, 1);
  CHECK(levels.levels() == 1);
  element_values cell(1);
  std::vector<transition> changes;
  const auto step = [&](std::int32_t millivolt, std::int32_t charge_us) {
    cell.value[0] = millivolt;
    cell.valid[0] = -1;
    cell.summarise();
    changes.clear();
    levels.step(cell, charge_us, changes);
    return changes.size();
  };
  CHECK(step(3'649, 1'000'000) == 0);
  CHECK(step(3'650, 999'999) == 0);
  CHECK(step(3'650, 1) == 1);
  CHECK(step(3'401, 20'000'000) == 0);
  CHECK(step(3'400, 9'999'999) == 0);
  CHECK(step(3'400, 1) == 1);
  CHECK_FALSE(make_levels(watched(), second, 1'000, 1).is_high());
  CHECK(levels.is_high());
}

} // namespace voltaic::actors::protection::row_model_test
