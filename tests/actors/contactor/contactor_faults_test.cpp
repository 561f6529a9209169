#include <catch2/catch.hpp>

#include "actors/contactor/bench_contactor.hpp"
#include "actors/contactor/finding_model.hpp"

namespace voltaic::actors::contactor::contactor_faults_test {

using messages::contactor_order;
using testing::bench;
using testing::ms;

namespace {

contactor_options on_shared_bus() {
  contactor_options options;
  options.shares_bus = true;
  return options;
}

} // namespace

TEST_CASE("F-159 the first contactor that stays closed is named, its partner opened, all locked") {
  for (const double current_a : {5.0, -5.0}) {
    bench rack;
    rack.device.single_orders = true;
    rack.close();
    rack.device.current_a = current_a;
    const bool is_plus = current_a > 0;
    rack.disturb = [is_plus](device_values& device) {
      (is_plus ? device.plus_closed : device.minus_closed) = true;
    };
    rack.model.request_open("command");
    rack.run(1'000);
    // The stuck one alone was waited for as long as feedback may take, then all were opened.
    CHECK(rack.orders ==
          std::vector<contactor_order>{is_plus ? contactor_order::minus : contactor_order::plus,
                                       contactor_order::open});
    CHECK(rack.model.state() == state::fault);
    CHECK(rack.last.contactor == (is_plus ? "plus" : "minus"));
    CHECK(rack.stored[contactor_weld]);
  }
}

TEST_CASE("F-159 a contactor that was slow to open counts as a weld, though it opened at last") {
  bench rack;
  rack.device.single_orders = true;
  rack.close();
  rack.disturb = [&](device_values& device) {
    if (rack.model.state() == state::opening_first) device.plus_closed = true;
  };
  rack.model.request_open("command");
  rack.run(1'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.stored[contactor_weld]);
  CHECK(rack.model.request_close() ==
        std::vector<std::string>{"contactor_weld is latched: reset first"});
}

TEST_CASE(
    "F-159 F-025 an order that goes out after a standstill is not contradicted by what was "
    "before") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  bring_to(rack, state::precharging);
  rack.step();
  REQUIRE(rack.device.precharge_closed == true);
  // It stood still for 3 s, and works off now what happened meanwhile.
  constexpr std::int64_t lag_ms = 3'000;
  const auto present_us = rack.now_us + lag_ms * ms;
  rack.model.request_open("command");
  const auto live_to = [&](std::int64_t until_us) {
    while (rack.now_us < until_us) {
      rack.now_us += 10 * ms;
      rack.last = rack.model.step(rack.device, rack.now_us,
                                  std::max<std::int64_t>(present_us - rack.now_us, 0));
    }
  };
  live_to(present_us - (lag_ms - 600) * ms); // it lives on its lease
  CHECK(rack.last.order == contactor_order::open);
  const bool is_welded = GENERATE(false, true);
  if (!is_welded) {
    rack.device.minus_closed = rack.device.precharge_closed = false;
    rack.device.bus_v = 0;
    live_to(present_us + 1'000 * ms);
    CHECK(rack.model.state() == state::open);
    CHECK(rack.model.latches().empty());
  } else {
    live_to(present_us + 290 * ms);
    CHECK(rack.model.latches().empty());
    live_to(present_us + 310 * ms);
    CHECK(rack.model.latches() == std::vector<std::string>{contactor_weld});
    CHECK(rack.last.contactor == "minus");
  }
}

TEST_CASE("F-159 a plus contactor that is closed ends a precharge before voltage can tell") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) {
    device.plus_closed = true;
    device.bus_v = 0;
  };
  rack.run(1'000);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.model.counted().operations == 0);
  CHECK(rack.stored[contactor_weld]);
}

TEST_CASE("F-159 a bus that keeps the rack's voltage after an opening betrays a weld") {
  bench rack;
  rack.close();
  rack.disturb = [](device_values& device) { device.bus_v = 1'583; };
  rack.model.request_open("command");
  rack.run(1'000);
  CHECK(rack.model.state() == state::verifying);
  rack.run(5'000);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.last.contactor == "bus");
  CHECK(rack.stored[contactor_weld]);

  // Where other racks feed the bus its voltage says nothing.
  bench shared(on_shared_bus());
  shared.device.bus_v = 1'583;
  shared.close();
  shared.disturb = [](device_values& device) { device.bus_v = 1'583; };
  shared.model.request_open("command");
  shared.run(10'000);
  CHECK(shared.model.state() == state::open);
  CHECK(shared.stored.empty());
}

TEST_CASE("F-159 voltage across open contactors that vanishes locks a rack at rest") {
  bench rack;
  rack.run(1'000);
  rack.disturb = [](device_values& device) { device.bus_v = 1'583; };
  rack.run(4'900);
  CHECK(rack.model.state() == state::open);
  rack.run(500);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.stored[contactor_weld]);
}

TEST_CASE("a precharge contactor that stays closed opens the rack in order and locks it") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [&](device_values& device) {
    if (rack.last.lease) device.precharge_closed = true;
  };
  rack.run(3'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.history.back() == "open contactor_weld");
  CHECK(rack.stored[contactor_weld]);
  CHECK(rack.model.counted().operations == 0);
}

TEST_CASE("F-160 feedback that chatters counts as a contactor that is open") {
  bench rack;
  rack.close();
  int step = 0;
  rack.disturb = [&](device_values& device) {
    if (rack.last.lease) device.plus_closed = step++ % 2 == 0;
  };
  rack.run(2'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.history.back() == "open opened_by_device");
}

TEST_CASE("F-160 a single flicker of feedback opens nothing") {
  bench rack;
  rack.close();
  int step = 0;
  rack.disturb = [&](device_values& device) {
    if (rack.last.lease) device.plus_closed = step++ % 20 != 0;
  };
  rack.run(20'000);
  CHECK(rack.model.state() == state::closed);
}

TEST_CASE("F-161 three precharges into a short are 3 s apart, and the resistor bounds more") {
  contactor_options options;
  options.resistor = {500, 60'000};
  bench rack(options);
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = 0; };
  std::vector<std::int64_t> begins_us;
  auto before = rack.model.state();
  for (int step = 0; step < 400; ++step) {
    rack.step();
    if (rack.model.state() == state::precharging && before != state::precharging)
      begins_us.push_back(rack.now_us);
    before = rack.model.state();
  }
  REQUIRE(begins_us.size() == 3);
  CHECK(begins_us[1] - begins_us[0] >= 5'000 * ms);
  CHECK(begins_us[1] - begins_us[0] <= 5'500 * ms);
  CHECK(rack.history.back() == "fault precharge_failed");
  // 1584 V over 500 ohm for 2 s are 10 kJ each.
  CHECK(rack.model.counted().precharge_energy_j == Approx(30'000).epsilon(0.1));
  CHECK(rack.model.heat_share() == Approx(0.5).epsilon(0.1));

  REQUIRE(rack.model.request_reset(messages::lock_right::given).empty());
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.run(15'000);
  REQUIRE(rack.model.request_reset(messages::lock_right::given).empty());
  rack.run(200);
  CHECK(rack.model.request_close() ==
        std::vector<std::string>{"precharge_hot: the precharge resistor has to cool"});
  rack.run(200'000);
  CHECK(rack.model.request_close().empty());
}

TEST_CASE("F-161 without a known resistor six attempts within its cooling are the most") {
  const contactor_options nothing_known; // outlives the model
  precharge_heat_model heat{nothing_known};
  int attempts = 0;
  while (heat.has_room({}) && attempts < 100) {
    heat.begin_attempt();
    ++attempts;
  }
  CHECK(attempts == 6);
  heat.step(false, {}, cooling_us / 5);
  CHECK(heat.has_room({}));
}

TEST_CASE("F-161 a resistor that got too hot ends a closing before its next attempt") {
  contactor_options options;
  options.resistor = {500, 25'000};
  bench rack(options);
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = 0; };
  rack.run(20'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.history.back() == "open precharge_hot");
}

TEST_CASE("an attempt as a whole is over after its time, whatever its parts would be given") {
  contactor_options options;
  options.precharge_us = 60'000 * ms;
  bench rack(options);
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.disturb = [](device_values& device) { device.bus_v = 0; };
  rack.run(4'900);
  CHECK(rack.model.state() == state::precharging);
  rack.run(300);
  CHECK(rack.model.state() == state::pause);
}

TEST_CASE("an opening that nobody confirms is told after 10 s and believed when feedback is back") {
  bench rack;
  rack.close();
  rack.disturb = [](device_values& device) { device.plus_closed.reset(); };
  rack.model.request_open("command");
  rack.run(9'000);
  CHECK(rack.model.state() == state::opening_second);
  rack.run(2'000);
  CHECK(rack.model.state() == state::unconfirmed);
  CHECK(rack.history.back() == "opening opening_overdue");
  CHECK(rack.last.order == contactor_order::open);
  rack.disturb = nullptr;
  rack.run(200);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.stored.empty());
}

TEST_CASE("the contactor that opens first is chosen by the current's direction") {
  for (const double current_a : {10.0, -10.0, 0.0}) {
    bench rack;
    rack.device.single_orders = true;
    rack.close();
    rack.device.current_a = current_a;
    rack.model.request_open("command");
    rack.run(500);
    CHECK(rack.orders == std::vector<contactor_order>{
                             current_a < 0 ? contactor_order::plus : contactor_order::minus,
                             contactor_order::open});
    CHECK(rack.model.state() == state::open);
  }
}

TEST_CASE("a device that takes single orders closes its minus contactor before it precharges") {
  bench rack;
  rack.device.single_orders = true;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.run(2'000);
  CHECK(rack.orders == std::vector<contactor_order>{contactor_order::open, contactor_order::minus,
                                                    contactor_order::precharge,
                                                    contactor_order::close});
}

TEST_CASE("two closings begin at least 10 s apart, and the second waits for its time") {
  bench rack;
  rack.close();
  rack.run(1'000);
  rack.model.request_open("command");
  rack.run(500);
  REQUIRE(rack.model.state() == state::open);
  CHECK(rack.model.wait_us() > 5'000 * ms);
  REQUIRE(rack.model.request_close().empty());
  rack.run(200);
  CHECK(rack.model.state() == state::pause);
  CHECK(rack.history.back() == "open close_spacing");
  CHECK_FALSE(rack.last.lease);
  rack.run(10'000);
  CHECK(rack.model.state() == state::closed);
  CHECK(rack.history.back() == "closed command");

  // What opens ends the wait as well.
  rack.run(1'000);
  rack.model.request_open("command");
  rack.run(500);
  REQUIRE(rack.model.request_close().empty());
  rack.run(200);
  rack.model.request_open("command");
  rack.run(20'000);
  CHECK(rack.model.state() == state::open);
}

TEST_CASE("F-163 emergency stop and interlock open at once, are recorded, and close nothing") {
  for (const auto* name : {emergency_stop, interlock_open}) {
    bench rack;
    rack.close();
    rack.device.current_a = 80;
    rack.model.take_inputs({{name, false, "active"}});
    rack.step();
    CHECK(rack.model.state() == state::opening_second);
    CHECK(rack.last.order == contactor_order::open);
    CHECK_FALSE(rack.last.lease);
    rack.run(500);
    CHECK(rack.history.back() == std::string("open ") + name);
    CHECK(rack.model.request_close() == std::vector<std::string>{std::string(name) + " is active"});
    rack.model.take_inputs({});
    rack.run(20'000);
    CHECK(rack.model.state() == state::open);
    CHECK(rack.stored.empty());
    CHECK(rack.model.counted().breaks == 1);
    CHECK(rack.model.counted().break_current_a == Approx(80));
  }
}

TEST_CASE(
    "F-163 an input that is not heard opens like one that is active, and is told as what it is") {
  for (const auto& [name, unheard] : {std::pair{emergency_stop, emergency_stop_unreadable},
                                      std::pair{interlock_open, interlock_unreadable},
                                      std::pair{fire_detected, fire_unreadable}}) {
    bench rack;
    rack.close();
    rack.model.take_inputs({{name, false, "not heard", unheard}});
    rack.step();
    CHECK(rack.model.state() == state::opening_second);
    CHECK_FALSE(rack.last.lease);
    rack.run(500);
    CHECK(rack.history.back() == std::string("open ") + unheard);
    CHECK(rack.model.request_close() ==
          std::vector<std::string>{std::string(name) + " is not heard"});
    CHECK(rack.stored.empty());
  }
}

TEST_CASE("F-163 a button that somebody pressed is told before an input that is only not heard") {
  bench rack;
  rack.close();
  rack.model.take_inputs({{interlock_open, false, "not heard", interlock_unreadable},
                          {emergency_stop, false, "active"}});
  rack.step();
  rack.run(500);
  CHECK(rack.history.back() == std::string("open ") + emergency_stop);
}

TEST_CASE("F-168 fire opens at once and locks, also a rack that is open") {
  for (const bool is_closed : {true, false}) {
    bench rack;
    if (is_closed) rack.close();
    rack.run(200);
    rack.model.take_inputs({{fire_detected, true, "active"}});
    rack.step();
    CHECK(rack.last.order == contactor_order::open);
    rack.run(1'000);
    CHECK(rack.model.state() == state::fault);
    CHECK(rack.stored[fire_detected]);
    CHECK(rack.model.request_reset(messages::lock_right::given) ==
          std::vector<std::string>{"fire_detected is active"});
    rack.model.take_inputs({});
    rack.run(1'000);
    CHECK(rack.model.state() == state::fault);
    CHECK(rack.model.request_reset(messages::lock_right::needs_service) ==
          std::vector<std::string>{"needs role service"});
    CHECK(rack.model.request_reset(messages::lock_right::given).empty());
  }
}

TEST_CASE("F-168 an input that is not heard opens and bars closing, and locks nothing") {
  bench rack;
  rack.close();
  rack.model.take_inputs({{fire_detected, false, "not heard"}});
  rack.run(1'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.stored.empty());
  CHECK(rack.model.request_close() == std::vector<std::string>{"fire_detected is not heard"});
}

TEST_CASE("F-165 a rack and a live bus that are more than 3 V apart are not joined") {
  bench rack(on_shared_bus());
  for (const double bus_v : {1'580.9, 1'587.1}) {
    rack.disturb = [bus_v](device_values& device) { device.bus_v = bus_v; };
    rack.run(200);
    const auto refused = rack.model.request_close();
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().starts_with("parallel_block: rack_0 has 1584.0 V and its DC bus"));
  }
  for (const double bus_v : {1'581.0, 1'587.0, 59.0}) {
    bench other(on_shared_bus());
    other.disturb = [bus_v](device_values& device) { device.bus_v = bus_v; };
    other.run(200);
    CHECK(other.model.request_close().empty());
  }
  // Alone on its bus, a remainder of charge is what precharge is for; more than its own is not.
  bench alone;
  alone.disturb = [](device_values& device) { device.bus_v = 800; };
  alone.run(200);
  CHECK(alone.model.request_close().empty());
  bench fed;
  fed.disturb = [](device_values& device) { device.bus_v = 1'600; };
  fed.run(200);
  CHECK(fed.model.request_close().size() == 1);
}

TEST_CASE("F-025 an evaluator that was stopped renews no lease when it is resumed") {
  bench rack;
  rack.close();
  const auto old_word = rack.word;
  rack.permits = false;
  rack.now_us += 5'000 * ms; // stopped for 5 s; nobody watched
  CHECK_FALSE(rack.model.take_permit(old_word, rack.now_us));
  rack.step();
  CHECK(rack.model.state() != state::closed);
  rack.run(1'000);
  CHECK_FALSE(rack.last.lease);
  CHECK(rack.model.state() == state::open);
}

TEST_CASE("contactors count closings, openings with current and what went into the resistor") {
  contactor_options options;
  options.resistor = {500, 60'000};
  bench rack(options);
  rack.close();
  CHECK(rack.model.counted().operations == 1);
  CHECK(rack.model.counted().precharge_energy_j > 10);
  rack.device.current_a = -12;
  rack.model.request_open("command");
  rack.run(500);
  CHECK(rack.model.counted().breaks == 1);
  CHECK(rack.model.counted().break_current_a == Approx(12));

  bench next(options);
  next.model.load_wear(rack.model.counted(), 0.5, cooling_us / 4);
  CHECK(next.model.counted() == rack.model.counted());
  CHECK(next.model.heat_share() == Approx(0.25));
}

TEST_CASE("an opening without current wears no contact") {
  bench rack;
  rack.close();
  rack.model.request_open("command");
  rack.run(500);
  CHECK(rack.model.counted().breaks == 0);
}

TEST_CASE("options that cannot be meant are told") {
  contactor_options options;
  options.rack = "rack_0";
  options.break_current_a = 20;
  CHECK(options.validate().empty());
  options.resistor.resistance_ohm = 500;
  CHECK(options.validate() ==
        std::vector<std::string>{"rack_0: a precharge resistor has both resistance and energy"});
  options.decay_v = 0;
  options.close_us = 0;
  CHECK(options.validate().size() == 3);
}

} // namespace voltaic::actors::contactor::contactor_faults_test
