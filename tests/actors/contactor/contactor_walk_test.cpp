#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "actors/contactor/bench_contactor.hpp"

// The model goes the ways of its table: in every state each event that can be brought about.
namespace voltaic::actors::contactor::contactor_walk_test {

using testing::bench;
using testing::bring_to;
using testing::ms;
using testing::step_at;

namespace {

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
      device.precharge_closed = false;
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
      rack.run(5'000); // the attempt's whole time is over
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
                             (from == state::closing_minus || from == state::precharging);
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

TEST_CASE("in every state, times and currents that mean nothing there change nothing") {
  for (std::size_t row = 0; row < state_count; ++row) {
    const auto from = static_cast<state>(row);
    contactor_options impatient;
    if (from != state::reducing) impatient.reducing_us = 1 * ms; // else it would be over
    if (from != state::pause) impatient.feedback_attempts = 1;   // else there would be none
    bench rack(impatient);
    rack.now_us = 60'000 * ms; // every time is over that was never begun
    settle_in(rack, from);
    if (from != state::reducing) rack.device.current_a = 0;
    const bool is_brief = duty_of(from).shown == "precharge" || from == state::opening_first;
    INFO(to_string(from));
    for (int step = 0; step < 4; ++step)
      CHECK(to_string(step_at(rack, rack.now_us + (is_brief ? 10 : 100) * ms)) == to_string(from));
  }
}

TEST_CASE(
    "an opening that is overdue goes on where it stands, once it has begun or was confirmed") {
  contactor_options options;
  options.open_us = 1 * ms;
  for (const auto from :
       {state::reducing, state::opening_first, state::unconfirmed, state::verifying}) {
    bench rack(options);
    settle_in(rack, from);
    INFO(to_string(from));
    for (int step = 0; step < 4; ++step)
      CHECK(to_string(step_at(rack, rack.now_us + 10 * ms)) == to_string(from));
  }
}

TEST_CASE("in every state, feedback that is unknown for its time leads where the table says") {
  contactor_options options;
  options.feedback_lost_us = 5 * ms;
  for (std::size_t row = 0; row < state_count; ++row) {
    const auto from = static_cast<state>(row);
    bench rack(options);
    settle_in(rack, from);
    rack.device.precharge_closed.reset();
    INFO(to_string(from));
    CHECK(to_string(step_at(rack, rack.now_us + 1)) == to_string(from));
    CHECK(to_string(step_at(rack, rack.now_us + 5 * ms - 1)) == to_string(from));
    CHECK(to_string(step_at(rack, rack.now_us + 1)) ==
          to_string(next_state(from, event::feedback_lost)));
  }
}

TEST_CASE(
    "F-159 a contactor that is closed for 300 ms against its state leads where the table says") {
  for (const auto from : {state::open, state::pause, state::closed, state::reducing,
                          state::unconfirmed, state::verifying, state::fault}) {
    bench rack;
    settle_in(rack, from);
    step_at(rack, rack.now_us + 1);
    rack.device.precharge_closed = true;
    INFO(to_string(from));
    CHECK(to_string(step_at(rack, rack.now_us + 1)) == to_string(from));
    CHECK(to_string(step_at(rack, rack.now_us + 300 * ms - 1)) == to_string(from));
    CHECK(to_string(step_at(rack, rack.now_us + 1)) == to_string(next_state(from, event::weld)));
    if (from != state::reducing)
      CHECK(std::ranges::find(rack.model.latches(), contactor_weld) != rack.model.latches().end());
  }
  bench rack;
  close_until(rack, state::closing_minus, [](auto& of) {
    of.minus_closed = false;
    of.plus_closed = true;
  });
  rack.obeys = false;
  CHECK(step_at(rack, rack.now_us + 300 * ms - 1) == state::closing_minus);
  // At that instant the attempt would have failed as well, and been repeated.
  CHECK(step_at(rack, rack.now_us + 1) == state::opening_second);
  CHECK(rack.model.reason() == contactor_weld);
}

TEST_CASE(
    "F-160 in each state of a closing a failure is repeated, or locked when it was the last") {
  for (const auto from :
       {state::closing_minus, state::precharging, state::closing_plus, state::opening_precharge}) {
    for (const int attempts : {1, 2}) {
      contactor_options options;
      options.feedback_attempts = attempts;
      bench rack(options);
      settle_in(rack, from);
      // Never both seen, so that the precharge waits for feedback and not for voltage.
      if (from == state::precharging) rack.device.precharge_closed = false;
      // Neither stuck nor open: what would be a weld is none while it is unknown.
      if (from == state::opening_precharge) rack.device.precharge_closed.reset();
      CAPTURE(to_string(from), attempts);
      CHECK(step_at(rack, rack.now_us + 300 * ms - 1) == from);
      CHECK(step_at(rack, rack.now_us + 1) == (attempts == 1 ? state::fault : state::pause));
      CHECK(rack.model.reason() == contactor_feedback);
    }
  }
}

TEST_CASE(
    "in each state of a closing the device's old word that it opened is passed over for 300 ms") {
  for (const auto from :
       {state::closing_minus, state::precharging, state::closing_plus, state::opening_precharge}) {
    bench rack;
    rack.run(200);
    REQUIRE(rack.model.request_close().empty());
    rack.disturb = [from](device_values& device) {
      device.bus_v = device.rack_v; // each state lasts one step
      if (from == state::closing_minus) device.minus_closed = false;
      if (from == state::precharging) device.precharge_closed = false;
      if (from == state::closing_plus) device.plus_closed = false;
      if (from == state::opening_precharge) device.precharge_closed = true;
    };
    rack.step();
    REQUIRE(rack.model.state() == state::closing_minus);
    const auto began_us = rack.now_us;
    bring_to(rack, from);
    rack.obeys = false;
    rack.device.opened_by_lease = true;
    INFO(to_string(from));
    CHECK(to_string(step_at(rack, began_us + 300 * ms - 1)) == to_string(from));
    CHECK(duty_of(step_at(rack, began_us + 300 * ms)).shown == "opening");
    CHECK(rack.model.reason() == lease_expired);
  }
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = device.rack_v; };
  rack.step();
  const auto began_us = rack.now_us;
  bring_to(rack, state::closed);
  REQUIRE(rack.now_us - began_us < 299 * ms);
  rack.device.opened_by_lease = true;
  CHECK(step_at(rack, rack.now_us + 1) == state::opening_second); // closed, its word is new
}

TEST_CASE("on any walk every state is met, and the model's assertions of what cannot hold stand") {
  std::set<state> met;
  std::mt19937 random(20'261'122);
  const auto one_in = [&](unsigned many) { return random() % many == 0; };
  for (int walk = 0; walk < 300; ++walk) {
    bench rack;
    bool is_silent = false;
    rack.disturb = [&](device_values& device) {
      if (one_in(40)) device.minus_closed = one_in(2);
      if (one_in(40)) device.plus_closed = one_in(2);
      if (one_in(40)) device.precharge_closed = one_in(2);
      if (one_in(40)) is_silent = !is_silent;
      if (is_silent) device.minus_closed.reset();
      if (one_in(20)) device.bus_v = device.rack_v;
      if (one_in(20)) device.current_a = one_in(2) ? 0 : 100;
      device.opened_by_lease = one_in(200);
    };
    for (int step = 0; step < 200; ++step) {
      if (one_in(4)) (void)rack.model.request_close();
      if (one_in(40)) rack.model.request_open("command");
      if (one_in(6)) (void)rack.model.request_reset(messages::lock_right::given);
      rack.model.take_inputs(
          one_in(100)   ? std::vector<active_input>{{fire_detected, true, "active"}}
          : one_in(100) ? std::vector<active_input>{{interlock_open, false, "active"}}
                        : std::vector<active_input>{});
      rack.word.granted = !one_in(60);
      rack.permits = !one_in(30);
      rack.obeys = !one_in(10);
      if (one_in(30)) rack.now_us += static_cast<std::int64_t>(random() % 12'000) * ms;
      rack.step();
      met.insert(rack.model.state());
    }
  }
  CHECK(met.size() == state_count);
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

TEST_CASE("F-168 in every state fire locks, also one that is gone before the next step") {
  for (std::size_t each = 0; each < state_count; ++each) {
    const auto from = static_cast<state>(each);
    for (const bool lasts : {false, true}) {
      CAPTURE(to_string(from), lasts);
      bench rack;
      if (from == state::fault) { // locked by another cause
        rack.disturb = [](auto& device) { device.precharge_closed = true; };
        rack.run(200);
        rack.disturb = [](auto& device) { device.precharge_closed = false; };
        rack.run(200);
        rack.device.precharge_closed = true;
      } else {
        settle_in(rack, from);
      }
      rack.model.take_inputs({{fire_detected, true, "active"}});
      if (!lasts) rack.model.take_inputs({});
      rack.obeys = true;
      rack.disturb = nullptr;
      rack.run(20'000);
      CHECK(std::ranges::count(rack.model.latches(), fire_detected) == 1);
      CHECK(rack.stored[fire_detected]);
      CHECK(rack.model.state() != state::closed);
      CHECK(std::ranges::any_of(
          rack.history, [](const std::string& one) { return one.ends_with(fire_detected); }));
      CHECK_FALSE(rack.model.request_close().empty());
    }
  }
}

TEST_CASE("F-168 inputs that lock nothing latch nothing in any state") {
  for (std::size_t each = 0; each < state_count; ++each) {
    const auto from = static_cast<state>(each);
    CAPTURE(to_string(from));
    bench rack;
    settle_in(rack, from);
    const auto before = rack.model.latches();
    rack.model.take_inputs({{fire_detected, false, "not heard"}});
    rack.step();
    CHECK(rack.model.latches() == before);
  }
}

} // namespace voltaic::actors::contactor::contactor_walk_test
