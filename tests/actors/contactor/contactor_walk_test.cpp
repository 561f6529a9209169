#include <catch2/catch.hpp>

#include <functional>
#include <map>

#include "actors/contactor/bench_contactor.hpp"

// The model goes the ways of its table: in every state each event that can be brought about.
namespace voltaic::actors::contactor::contactor_walk_test {

using testing::bench;
using testing::ms;

namespace {

void bring_to(bench& rack, state wanted) {
  for (int step = 0; step < 600 && rack.model.state() != wanted; ++step) rack.step();
  REQUIRE(rack.model.state() == wanted);
}

void close_until(bench& rack, state wanted, std::function<void(device_values&)> disturb) {
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = std::move(disturb);
  bring_to(rack, wanted);
}

/// In that state, with a device that moves no more and gives no reason to leave it.
void settle_in(bench& rack, state wanted) {
  auto& device = rack.device;
  switch (wanted) {
    case state::starting:
      rack.obeys = false;
      device.precharge_closed = true;
      rack.step();
      break;
    case state::open:
      rack.run(200);
      break;
    case state::closing_minus:
      close_until(rack, wanted, [](auto& of) { of.minus_closed = false; });
      device.precharge_closed = true;
      break;
    case state::precharging:
      close_until(rack, wanted, [](auto& of) { of.bus_v = 0; });
      device.minus_closed = device.precharge_closed = true;
      break;
    case state::closing_plus:
      close_until(rack, wanted, [](auto& of) { of.plus_closed = false; });
      device.minus_closed = true;
      break;
    case state::opening_precharge:
      close_until(rack, wanted, [](auto& of) { of.precharge_closed = true; });
      device.minus_closed = device.plus_closed = device.precharge_closed = true;
      device.current_a = 100;
      break;
    case state::pause:
      close_until(rack, wanted, [](auto& of) { of.minus_closed = false; });
      break;
    case state::closed:
      rack.close();
      device.current_a = 100;
      break;
    case state::fault:
      rack.run(200);
      rack.model.take_inputs({{fire_detected, true, "active"}});
      bring_to(rack, wanted);
      rack.model.take_inputs({});
      break;
    default: // on the way from closed to open
      rack.close();
      device.current_a = 100;
      rack.model.request_open("command");
      bring_to(rack, state::reducing);
      if (wanted == state::reducing) break;
      rack.obeys = false;
      device.current_a = 0;
      if (wanted == state::opening_first) {
        bring_to(rack, wanted);
        break;
      }
      device.plus_closed = false;
      device.minus_closed.reset();
      if (wanted != state::verifying) {
        bring_to(rack, wanted);
        break;
      }
      device.minus_closed = false;
      device.bus_v = device.rack_v;
      bring_to(rack, wanted);
  }
  REQUIRE(rack.model.state() == wanted);
  rack.obeys = false;
  rack.disturb = nullptr;
}

state step_at(bench& rack, std::int64_t at_us) {
  rack.now_us = at_us;
  ++rack.word.counter;
  rack.model.take_permit(rack.word, at_us);
  rack.model.step(rack.device, at_us);
  return rack.model.state();
}

/// What follows where that event alone is brought about.
state after(bench& rack, event what) {
  const auto now_us = rack.now_us + 1;
  switch (what) {
    case event::fire:
      rack.model.take_inputs({{fire_detected, true, "active"}});
      break;
    case event::stop_input:
      rack.model.take_inputs({{interlock_open, false, "active"}});
      break;
    case event::immediate_demand:
      rack.word.opening = messages::opening::immediate;
      break;
    case event::permit_lost:
      rack.word.granted = false;
      break;
    case event::open_request:
      rack.model.request_open("command");
      break;
    case event::device_opened:
      rack.device.opened_by_lease = true;
      if (rack.model.state() == state::closing_minus) return step_at(rack, now_us + 249 * ms);
      break;
    default:
      break;
  }
  return step_at(rack, now_us);
}

} // namespace

TEST_CASE("in every state, each event that can be brought about leads where the table says") {
  for (std::size_t row = 0; row < state_count; ++row) {
    for (const auto what : {event::fire, event::stop_input, event::immediate_demand,
                            event::permit_lost, event::open_request, event::device_opened}) {
      const auto from = static_cast<state>(row);
      // A flag that was there at the begin of an attempt says nothing before 300 ms are over.
      const bool too_early = what == event::device_opened &&
                             (from == state::closing_minus || from == state::precharging ||
                              from == state::closing_plus || from == state::opening_precharge);
      if (too_early) continue;
      bench rack;
      settle_in(rack, from);
      INFO(to_string(from) << " " << to_string(what));
      auto expected = next_state(from, what);
      // From the pause it opens, and an open rack that burns is locked.
      CHECK(to_string(after(rack, what)) == to_string(expected));
    }
  }
}

TEST_CASE("in every state nothing happens where nothing is brought about") {
  for (std::size_t row = 0; row < state_count; ++row) {
    const auto from = static_cast<state>(row);
    bench rack;
    settle_in(rack, from);
    INFO(to_string(from));
    for (int step = 0; step < 4; ++step)
      CHECK(to_string(step_at(rack, rack.now_us + 10 * ms)) == to_string(from));
  }
}

TEST_CASE("a rack at rest stays so whatever time passes, open or locked") {
  for (const auto from : {state::open, state::fault}) {
    bench rack;
    settle_in(rack, from);
    for (int step = 0; step < 400; ++step) REQUIRE(step_at(rack, rack.now_us + 50 * ms) == from);
  }
  bench closed;
  settle_in(closed, state::closed);
  for (int step = 0; step < 400; ++step)
    REQUIRE(step_at(closed, closed.now_us + 50 * ms) == state::closed);
}

TEST_CASE("a lost store of latches is taken for a weld, once") {
  contactor_options options;
  options.rack = "rack_0";
  options.break_current_a = 20;
  for (const bool has_weld : {false, true}) {
    contactor_model model(options);
    std::vector<std::string> names;
    if (has_weld) names.emplace_back(contactor_weld);
    model.load_latches(names, true);
    CHECK(model.latches() == std::vector<std::string>{contactor_weld});
  }
}

} // namespace voltaic::actors::contactor::contactor_walk_test
