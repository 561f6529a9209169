#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "actors/contactor/bench_contactor.hpp"

// What the contactors say and count, and what becomes of wishes that meet in one step.
namespace voltaic::actors::contactor::contactor_rules_test {

using testing::bench;
using testing::bring_to;
using testing::ms;
using testing::step_at;

namespace {

/// Closed, with an opening that waits for its current.
void reduce(bench& rack, double current_a) {
  rack.close();
  rack.device.current_a = current_a;
  rack.model.request_open("command");
  bring_to(rack, state::reducing);
}

} // namespace

TEST_CASE("F-135 a lock of the contactors is never reset by who is not at the plant") {
  bench rack({}, {contactor_weld});
  rack.run(200);
  CHECK(rack.model.request_reset(messages::lock_right::needs_plant) ==
        std::vector<std::string>{"contactor_weld: a lock is reset at the plant alone"});
  CHECK(rack.model.latches() == std::vector<std::string>{contactor_weld});
  rack.model.take_inputs({{fire_detected, true, "active"}});
  rack.step();
  REQUIRE(rack.model.state() == state::fault);
  const auto refused = rack.model.request_reset(messages::lock_right::needs_plant);
  CHECK(std::ranges::count(refused, "fire_detected is active") == 1);
  rack.model.take_inputs({});
  REQUIRE(rack.model.request_reset(messages::lock_right::given).empty());
  bench other({}, {lease_expired}); // no lock
  other.run(200);
  CHECK(other.model.request_reset(messages::lock_right::needs_plant).empty());
}

TEST_CASE("before anything is known the contactors are shown as opening, and changed by nothing") {
  bench rack;
  rack.device = {};
  rack.obeys = false;
  rack.step();
  CHECK(rack.model.state() == state::starting);
  CHECK(rack.last.shown == "opening");
  CHECK_FALSE(rack.last.changed);
}

TEST_CASE(
    "an opening and a closing that are asked for in one step end open, whichever came first") {
  bench opened_last;
  opened_last.run(200);
  REQUIRE(opened_last.model.request_close().empty());
  opened_last.model.request_open("command");
  opened_last.step();
  CHECK(opened_last.model.state() == state::open);
  CHECK(opened_last.model.wait_us() == 0); // nothing was begun

  bench closed_last;
  closed_last.run(200);
  closed_last.model.request_open("command");
  REQUIRE(closed_last.model.request_close().empty());
  closed_last.step();
  CHECK(closed_last.model.state() == state::open);
  CHECK(closed_last.last.order == messages::contactor_order::open);
  CHECK_FALSE(closed_last.last.lease);
  closed_last.run(1'000);
  CHECK(closed_last.model.state() == state::open); // and no wish is left over
}

TEST_CASE("F-168 a fire that begins while a reset is under way locks again") {
  bench rack;
  rack.run(200);
  rack.model.take_inputs({{fire_detected, true, "active"}});
  rack.step();
  rack.model.take_inputs({});
  REQUIRE(rack.model.state() == state::fault);
  REQUIRE(rack.model.request_reset(messages::lock_right::given).empty());
  rack.model.take_inputs({{fire_detected, true, "active"}});
  rack.step();
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.model.latches() == std::vector<std::string>{fire_detected});
}

TEST_CASE(
    "a reset needs nobody where nothing is locked, and the role service where a fault stands") {
  bench rack({}, {lease_expired});
  rack.run(200);
  CHECK(rack.model.request_reset(messages::lock_right::needs_service).empty());
  CHECK(rack.model.latches() == std::vector<std::string>{lease_expired}); // a closing lets go of it
  rack.model.take_inputs({{fire_detected, true, "active"}});
  rack.step();
  rack.model.take_inputs({});
  REQUIRE(rack.model.request_reset(messages::lock_right::given).empty());
  REQUIRE(rack.model.latches().empty());
  REQUIRE(rack.model.state() == state::fault);
  CHECK(rack.model.request_reset(messages::lock_right::needs_service) ==
        std::vector<std::string>{"needs role service"});
  CHECK(rack.model.request_reset(messages::lock_right::needs_plant) ==
        std::vector<std::string>{"a lock is reset at the plant alone"});
}

TEST_CASE("F-168 an input that locks a rack which is locked already is told as well, and once") {
  bench rack;
  rack.close();
  rack.disturb = [](device_values& device) { device.plus_closed = true; };
  rack.model.request_open("command");
  bring_to(rack, state::fault);
  REQUIRE(rack.last.contactor == "plus");
  rack.history.clear();
  const active_input fire{fire_detected, true, "active"};
  const active_input gas{"gas_detected", true, "active"};
  rack.model.take_inputs({fire});
  rack.step();
  CHECK(rack.history == std::vector<std::string>{"fault fire_detected"});
  CHECK(rack.last.contactor.empty()); // the weld is not what this is about
  rack.model.take_inputs({fire, gas});
  rack.step();
  rack.model.take_inputs({gas, fire}); // both are locked already
  rack.run(200);
  CHECK(rack.history == std::vector<std::string>{"fault fire_detected", "fault gas_detected"});
}

TEST_CASE("F-159 a rack that fire locked tells of a weld as well, and only of one") {
  for (const bool is_welded : {false, true}) {
    bench rack;
    rack.run(200);
    rack.model.take_inputs({{fire_detected, true, "active"}});
    rack.step();
    rack.disturb = [&](device_values& device) { device.precharge_closed = is_welded; };
    rack.run(1'000);
    CHECK(rack.model.state() == state::fault);
    CHECK(rack.model.latches() == (is_welded
                                       ? std::vector<std::string>{fire_detected, contactor_weld}
                                       : std::vector<std::string>{fire_detected}));
  }
}

TEST_CASE("F-165 where the voltage of rack or bus is unknown nothing is joined") {
  using lines = std::vector<std::string>;
  for (const bool shares_bus : {false, true}) {
    contactor_options options;
    options.shares_bus = shares_bus;
    bench rack(options);
    const auto refused_at = [&](std::optional<double> rack_v, std::optional<double> bus_v) {
      rack.device.rack_v = rack_v;
      rack.device.bus_v = bus_v;
      step_at(rack, rack.now_us + 1);
      return rack.model.request_close();
    };
    rack.run(200);
    CHECK(refused_at(1'584, {}) ==
          lines{"parallel_block: rack_0: the voltage of its DC bus is not known, and only what is "
                "near each other is joined"});
    CHECK(refused_at({}, 0) == lines{"parallel_block: rack_0: its own voltage is not known, and "
                                     "only what is near each other is joined"});
    CHECK(refused_at({}, {}) ==
          lines{"parallel_block: rack_0: its own voltage and that of its DC bus are not known, and "
                "only what is near each other is joined"});
    CHECK(rack.model.state() == state::open);
    CHECK(refused_at(1'584, 0).empty());
  }
}

TEST_CASE("F-165 a wish to close ends where a voltage is lost before it acts") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v.reset(); };
  rack.run(1'000);
  CHECK(rack.model.state() == state::open);
  rack.disturb = {};
  rack.device.bus_v = 0;
  rack.run(1'000);
  CHECK(rack.model.state() == state::open); // and nothing is left of it
}

TEST_CASE("F-165 a bus that is live the other way round is joined by nobody") {
  for (const bool shares_bus : {false, true}) {
    contactor_options options;
    options.shares_bus = shares_bus;
    bench rack(options);
    rack.run(200);
    for (const double bus_v : {-800.0, -60.0}) {
      rack.device.bus_v = bus_v;
      step_at(rack, rack.now_us + 1);
      CHECK(rack.model.request_close().size() == 1);
    }
    rack.device.bus_v = -59; // what a sensor may show of a dead one
    step_at(rack, rack.now_us + 1);
    CHECK(rack.model.request_close().empty());
  }
}

TEST_CASE(
    "protection counts as silent from 500 ms on, where closing is asked for and where it opens") {
  bench rack;
  rack.run(200);
  const auto heard_us = rack.now_us;
  step_at(rack, heard_us + 499'999, false);
  CHECK(rack.model.request_close().empty());
  rack.model.request_open("command");
  step_at(rack, heard_us + 500'000, false);
  CHECK(rack.model.request_close() == std::vector<std::string>{"protection is silent"});

  for (const std::int64_t early_us : {1, 0}) {
    bench closed;
    closed.close();
    closed.word.granted = false;
    ++closed.word.counter;
    closed.model.take_permit(closed.word, closed.now_us);
    step_at(closed, closed.now_us + 500'000 - early_us, false);
    CHECK(closed.model.reason() == (early_us > 0 ? "permit_withdrawn" : "permit_silent"));
  }
}

TEST_CASE("time that goes back stands still, and none passes before the first step") {
  bench rack;
  rack.close();
  rack.model.request_open("command");
  bring_to(rack, state::open);
  const auto wait_us = rack.model.wait_us();
  REQUIRE(wait_us > 1'000 * ms);
  step_at(rack, rack.now_us - 1'000 * ms);
  CHECK(rack.model.wait_us() == wait_us);

  bench hot;
  hot.now_us = 60'000 * ms;
  hot.model.load_wear({}, 0.5, 0);
  hot.step();
  CHECK(hot.model.heat_share() == 0.5);
}

TEST_CASE("F-161 a closing that waits while its resistor is hot is given up when its time comes") {
  contactor_options options;
  options.resistor = {500, 15'000}; // one precharge into a short
  bench rack(options);
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = 0; };
  bring_to(rack, state::pause);
  REQUIRE(rack.model.heat_share() > 0.5);
  const auto due_us = rack.model.next_attempt_us();
  rack.step(); // as ordered, open
  rack.obeys = false;
  CHECK(step_at(rack, rack.now_us + 100 * ms) == state::pause);
  CHECK(step_at(rack, due_us - 1) == state::pause);
  CHECK(step_at(rack, due_us) == state::open);
  CHECK(rack.model.reason() == precharge_hot);
}

TEST_CASE("F-161 without a known resistor each closing uses a sixth of what is taken for safe") {
  bench rack;
  rack.close();
  CHECK(rack.model.heat_share() == Approx(1.0 / 6).epsilon(0.05));
}

TEST_CASE("F-160 contactors that open by themselves while current is waited for end the waiting") {
  bench rack;
  reduce(rack, 100);
  rack.obeys = false;
  rack.device.plus_closed = false;
  const auto gone_us = rack.now_us;
  CHECK(step_at(rack, gone_us + 300 * ms - 1) == state::reducing);
  CHECK(step_at(rack, gone_us + 300 * ms) == state::opening_second);
  CHECK(rack.model.reason() == "opened_by_device");
}

TEST_CASE("F-160 a precharge that loses its contactors is repeated, and not taken for an opening") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = 0; };
  bring_to(rack, state::precharging);
  rack.run(100); // both were seen
  rack.obeys = false;
  rack.device.minus_closed = false;
  const auto gone_us = rack.now_us;
  CHECK(step_at(rack, gone_us + 300 * ms - 1) == state::precharging);
  CHECK(step_at(rack, gone_us + 300 * ms) == state::pause);
  CHECK(rack.model.reason() == contactor_feedback);
}

TEST_CASE("an attempt as a whole is over on its time to the microsecond") {
  contactor_options options;
  options.close_us = 1'000 * ms;
  bench rack(options);
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = 0; };
  rack.step();
  REQUIRE(rack.model.state() == state::closing_minus);
  const auto began_us = rack.now_us;
  bring_to(rack, state::precharging);
  rack.run(100);
  rack.obeys = false;
  CHECK(step_at(rack, began_us + 1'000 * ms - 1) == state::precharging);
  CHECK(step_at(rack, began_us + 1'000 * ms) == state::pause);
  CHECK(rack.model.reason() == precharge_failed);
}

TEST_CASE(
    "the second contactor follows a first that is silent after 300 ms, and at once one that is "
    "open") {
  bench rack;
  rack.device.single_orders = true;
  reduce(rack, 100);
  rack.obeys = false;
  rack.device.current_a = 0;
  bring_to(rack, state::opening_first);
  rack.device.plus_closed.reset();
  const auto entered_us = rack.now_us;
  CHECK(step_at(rack, entered_us + 300 * ms - 1) == state::opening_first);
  CHECK(step_at(rack, entered_us + 300 * ms) == state::opening_second);
}

TEST_CASE("the contactor that opens first is chosen by the current at that instant") {
  bench rack;
  rack.device.single_orders = true;
  reduce(rack, 100);
  rack.device.current_a = -10;
  CHECK(step_at(rack, rack.now_us + 1) == state::opening_first);
  CHECK(rack.last.order == messages::contactor_order::plus); // minus opens
}

TEST_CASE("an opening with exactly 1 A counts as one with current, with less it does not") {
  for (const double current_a : {-1.0, -0.999, 0.999, 1.0}) {
    bench rack;
    rack.close();
    rack.device.current_a = current_a;
    rack.model.request_open("command");
    bring_to(rack, state::open);
    CAPTURE(current_a);
    CHECK(rack.model.counted().breaks == (std::abs(current_a) < 1 ? 0U : 1U));
  }
}

TEST_CASE("the contactor that a weld is about stays named until another reason holds") {
  bench rack;
  rack.close();
  rack.disturb = [&](device_values& device) {
    if (rack.last.lease) device.precharge_closed = true;
  };
  bring_to(rack, state::open);
  CHECK(rack.model.reason() == contactor_weld);
  CHECK(rack.last.contactor == "precharge");
  rack.model.take_inputs({{fire_detected, true, "active"}});
  rack.step();
  CHECK(rack.model.reason() == fire_detected);
  CHECK(rack.last.contactor.empty());
}

TEST_CASE("what was ordered to open as a whole is not ordered to keep one contactor closed again") {
  bench rack;
  rack.device.single_orders = true;
  rack.close();
  rack.device.current_a = 0;
  rack.disturb = [](device_values& device) { // its status is lost for a moment
    device.single_orders.reset();
    device.minus_closed = device.plus_closed = true;
  };
  rack.model.request_open("command");
  bring_to(rack, state::opening_first);
  CHECK(rack.last.order == messages::contactor_order::open);
  rack.disturb = [](device_values& device) {
    device.single_orders = true;
    device.minus_closed = device.plus_closed = true;
  };
  rack.step();
  CHECK(rack.model.state() == state::opening_first);
  CHECK(rack.last.order == messages::contactor_order::open);
}

} // namespace voltaic::actors::contactor::contactor_rules_test
