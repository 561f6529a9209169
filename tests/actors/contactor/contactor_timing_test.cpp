#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include "actors/contactor/bench_contactor.hpp"

// Every bound of the contactors, one microsecond before it and on it.
namespace voltaic::actors::contactor::contactor_timing_test {

using testing::bench;
using testing::bring_to;
using testing::ms;
using testing::step_at;

namespace {

void closing(bench& rack, state wanted) {
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  bring_to(rack, wanted);
}

/// What follows `after_us` and one microsecond before, from the same beginning.
void at_the_bound(const std::function<void(bench&)>& begin, std::int64_t after_us, state before,
                  state then, bool permitted = true) {
  for (const std::int64_t early_us : {1, 0}) {
    bench rack;
    begin(rack);
    CAPTURE(after_us, early_us);
    CHECK(step_at(rack, rack.now_us + after_us - early_us, permitted) ==
          (early_us > 0 ? before : then));
  }
}

} // namespace

TEST_CASE("a permit is silent after 500 ms to the microsecond, closed or between two attempts") {
  at_the_bound([](bench& rack) { rack.close(); }, 500 * ms, state::closed, state::opening_first,
               false);
  at_the_bound(
      [](bench& rack) {
        rack.obeys = false;
        closing(rack, state::pause);
      },
      500 * ms, state::pause, state::open, false);
}

TEST_CASE("a current that does not fall is waited for 3 s, then broken and locked") {
  const auto begin = [](bench& rack) {
    rack.close();
    rack.device.current_a = 20; // exactly what may not be interrupted
    rack.model.request_open("command");
    bring_to(rack, state::reducing);
  };
  at_the_bound(begin, 3'000 * ms, state::reducing, state::opening_first);
  for (const double current_a : {19.99, -19.99, 20.0, -20.0}) {
    bench rack;
    begin(rack);
    rack.device.current_a = current_a;
    CAPTURE(current_a);
    CHECK(step_at(rack, rack.now_us + 1) ==
          (std::abs(current_a) < 20 ? state::opening_first : state::reducing));
    CHECK(rack.model.latches().empty());
  }
}

TEST_CASE("each step of a closing has its time: feedback, voltage, the attempt as a whole") {
  const auto ignored = [](bench& rack) {
    rack.run(200);
    rack.obeys = false;
    REQUIRE(rack.model.request_close().empty());
    rack.step();
    REQUIRE(rack.model.state() == state::closing_minus);
  };
  at_the_bound(ignored, 300 * ms, state::closing_minus, state::pause);
  const auto without_precharge = [](bench& rack) {
    rack.run(200);
    REQUIRE(rack.model.request_close().empty());
    rack.disturb = [](device_values& device) { device.precharge_closed = false; };
    bring_to(rack, state::precharging);
  };
  at_the_bound(without_precharge, 300 * ms, state::precharging, state::pause);
  const auto into_a_short = [](bench& rack) {
    rack.run(200);
    REQUIRE(rack.model.request_close().empty());
    rack.disturb = [](device_values& device) { device.bus_v = 0; };
    bring_to(rack, state::precharging);
    rack.device.minus_closed = rack.device.precharge_closed = true;
    CHECK(step_at(rack, rack.now_us + 1) == state::precharging);
    rack.now_us -= 1;
  };
  at_the_bound(into_a_short, 2'000 * ms, state::precharging, state::pause);
  const auto without_plus = [](bench& rack) {
    rack.run(200);
    REQUIRE(rack.model.request_close().empty());
    rack.disturb = [](device_values& device) { device.plus_closed = false; };
    bring_to(rack, state::closing_plus);
  };
  at_the_bound(without_plus, 300 * ms, state::closing_plus, state::pause);
}

TEST_CASE("a precharge is over within 1 V and 50 mA, and neither at them") {
  struct row {
    double above_v;
    double current_a;
    bool over;
  };
  for (const auto& [above_v, current_a, over] : std::vector<row>{{0.99, 0, true},
                                                                 {1, 0, false},
                                                                 {-0.99, 0, true},
                                                                 {-1, 0, false},
                                                                 {0, 0.049, true},
                                                                 {0, 0.05, false},
                                                                 {0, -0.049, true},
                                                                 {0, -0.05, false}}) {
    bench rack;
    rack.disturb = [](device_values& device) { device.bus_v = 0; };
    closing(rack, state::precharging);
    rack.device.minus_closed = rack.device.precharge_closed = true;
    rack.device.rack_v = 1'024; // exact in binary, and so are its neighbours by 1
    rack.device.bus_v = 1'024 - above_v;
    rack.device.current_a = current_a;
    CAPTURE(above_v, current_a);
    CHECK(step_at(rack, rack.now_us + 1) == (over ? state::closing_plus : state::precharging));
  }
  for (int unknown = 0; unknown < 3; ++unknown) {
    bench rack;
    rack.disturb = [](device_values& device) { device.bus_v = 0; };
    closing(rack, state::precharging);
    auto& device = rack.device;
    device.minus_closed = device.precharge_closed = true;
    device.bus_v = device.rack_v;
    (unknown == 0 ? device.rack_v : unknown == 1 ? device.bus_v : device.current_a).reset();
    CHECK(step_at(rack, rack.now_us + 1) == state::precharging);
  }
}

TEST_CASE("the next attempt begins 3 s after one that failed") {
  at_the_bound(
      [](bench& rack) {
        rack.run(200);
        rack.obeys = false;
        REQUIRE(rack.model.request_close().empty());
        bring_to(rack, state::pause);
      },
      3'000 * ms, state::pause, state::closing_minus);
}

TEST_CASE("a second closing waits until 10 s after the first began") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.step();
  REQUIRE(rack.model.state() == state::closing_minus);
  const auto began_us = rack.now_us;
  bring_to(rack, state::closed);
  rack.model.request_open("command");
  bring_to(rack, state::open);
  CHECK(rack.model.wait_us() == began_us + 10'000 * ms - rack.now_us);
  REQUIRE(rack.model.request_close().empty());
  CHECK(step_at(rack, rack.now_us + 1) == state::pause);
  CHECK(rack.model.next_attempt_us() == began_us + 10'000 * ms);
  CHECK(step_at(rack, began_us + 10'000 * ms - 1) == state::pause);
  CHECK(step_at(rack, began_us + 10'000 * ms) == state::closing_minus);
  CHECK(rack.last.reason == by_command);
}

TEST_CASE("an opening that nobody confirms is overdue after 10 s from its very begin") {
  for (const std::int64_t early_us : {1, 0}) {
    bench rack;
    rack.close();
    rack.device.current_a = 100;
    rack.model.request_open("command");
    bring_to(rack, state::reducing);
    const auto began_us = rack.now_us;
    rack.run(1'000);
    rack.device.current_a = 0;
    rack.disturb = [](device_values& device) { device.minus_closed.reset(); };
    // Blind for less than a second at a time, so that nothing but the whole time is over.
    bring_to(rack, state::opening_second);
    CHECK(step_at(rack, began_us + 10'000 * ms - early_us) ==
          (early_us > 0 ? state::opening_second : state::unconfirmed));
  }
}

TEST_CASE("unknown feedback opens after a second to the microsecond") {
  for (const std::int64_t early_us : {1, 0}) {
    bench rack;
    rack.close();
    rack.device.precharge_closed.reset();
    step_at(rack, rack.now_us + 1);
    CHECK(step_at(rack, rack.now_us + 1'000 * ms - early_us) ==
          (early_us > 0 ? state::closed : state::opening_first));
  }
}

TEST_CASE("a device's word that its lease ended counts in an attempt after 300 ms") {
  for (const std::int64_t early_us : {1, 0}) {
    bench rack;
    rack.disturb = [](device_values& device) { device.bus_v = 0; };
    rack.run(200);
    REQUIRE(rack.model.request_close().empty());
    rack.step();
    REQUIRE(rack.model.state() == state::closing_minus);
    const auto began_us = rack.now_us;
    bring_to(rack, state::precharging);
    rack.device.minus_closed = rack.device.precharge_closed = true;
    rack.device.opened_by_lease = true; // perhaps of before
    CHECK(step_at(rack, began_us + 300 * ms - early_us) ==
          (early_us > 0 ? state::precharging : state::opening_second));
  }
  bench rack;
  rack.close();
  rack.device.opened_by_lease = true;
  CHECK(step_at(rack, rack.now_us + 1) == state::opening_second);
  CHECK(rack.last.reason == lease_expired);
}

TEST_CASE("a rack joins a live bus within 3 V, and its own remainder of charge whatever it is") {
  struct row {
    double rack_v;
    double bus_v;
    bool shares;
    bool allowed;
  };
  for (const auto& [rack_v, bus_v, shares, allowed] :
       std::vector<row>{{800, 803, true, true},
                        {800, 803.1, true, false},
                        {800, 797, true, true},
                        {800, 796.9, true, false},
                        {800, 59.9, true, true},
                        {800, 60, true, false},
                        {800, 60, false, true},
                        {800, 797, false, true},
                        {800, 803, false, true},
                        {800, 803.1, false, false}}) {
    contactor_options options;
    options.shares_bus = shares;
    bench rack(options);
    rack.device.rack_v = rack_v;
    rack.run(200);
    rack.device.bus_v = bus_v;
    step_at(rack, rack.now_us + 1);
    const auto refused = rack.model.request_close();
    CAPTURE(rack_v, bus_v, shares);
    CHECK(refused.empty() == allowed);
    if (!allowed) {
      REQUIRE(refused.size() == 1);
      CHECK(refused[0].starts_with("parallel_block: rack_0 has 800.0 V and its DC bus "));
    }
  }
}

TEST_CASE("every reason that bars closing is told, and each alone") {
  using lines = std::vector<std::string>;
  const auto refusals_of = [](const std::function<void(bench&)>& spoil, contactor_options options,
                              std::vector<std::string> latches) {
    bench rack(std::move(options), std::move(latches));
    rack.run(200);
    spoil(rack);
    return rack.model.request_close();
  };
  const auto none = [](bench&) {};
  CHECK(refusals_of(none, {}, {}).empty());
  CHECK(refusals_of(none, {}, {lease_expired}).empty());
  CHECK(refusals_of(none, {}, {break_under_load}) ==
        lines{"break_under_load is latched: reset first"});
  contactor_options barred;
  barred.close_barred_by = "profile p is not commissioned";
  CHECK(refusals_of(none, barred, {}) ==
        lines{"closing is not permitted in this site: profile p is not commissioned"});
  CHECK(refusals_of(
            [](bench& rack) {
              rack.model.take_inputs({{emergency_stop, false, "active"}});
            },
            {}, {}) == lines{"emergency_stop is active"});
  CHECK(refusals_of(
            [](bench& rack) {
              rack.permits = false;
              rack.run(500);
            },
            {}, {}) == lines{"protection is silent"});
  CHECK(refusals_of(
            [](bench& rack) {
              rack.word.close_allowed = false;
              rack.step();
            },
            {}, {}) == lines{"protection does not allow it"});
  CHECK(refusals_of(
            [](bench& rack) {
              rack.word.granted = false;
              rack.word.reasons = {"cell_overvoltage/fault", "not_ready"};
              rack.step();
            },
            {}, {}) == lines{"cell_overvoltage/fault", "not_ready"});
  CHECK(refusals_of(
            [](bench& rack) {
              rack.device.plus_closed.reset();
              step_at(rack, rack.now_us + 1);
            },
            {}, {}) == lines{"feedback of the contactors is unknown"});
  CHECK(refusals_of(
            [](bench& rack) {
              REQUIRE(rack.model.request_close().empty());
              rack.step();
            },
            {}, {}) == lines{"the contactors are precharge"});
  contactor_model unloaded([] {
    contactor_options options;
    options.rack = "rack_0";
    options.break_current_a = 20;
    return options;
  }());
  const std::string apart =
      "parallel_block: rack_0: its own voltage and that of its DC bus are not known, and only what "
      "is near each other is joined";
  CHECK(unloaded.request_close() == lines{"latches are not loaded", "protection is silent",
                                          "feedback of the contactors is unknown", apart,
                                          "the contactors are opening"});
}

TEST_CASE("options are refused by what is wrong with each") {
  contactor_options fine;
  fine.rack = "r";
  fine.break_current_a = 20;
  REQUIRE(fine.validate().empty());
  using lines = std::vector<std::string>;
  const auto finding = [&](const std::function<void(contactor_options&)>& spoil) {
    auto spoilt = fine;
    spoil(spoilt);
    return spoilt.validate();
  };
  CHECK(finding([](auto& of) { of.rack.clear(); }) ==
        lines{"contactor needs the name of its rack"});
  for (const double ampere : {0.0, -1.0, std::nan(""), HUGE_VAL})
    CHECK(finding([&](auto& of) { of.break_current_a = ampere; }) ==
          lines{"r: break_current_a must be above zero"});
  using o = contactor_options;
  for (auto duration : {&o::lease_us, &o::permit_silence_us, &o::feedback_us, &o::feedback_lost_us,
                        &o::precharge_us, &o::pause_us, &o::reducing_us, &o::close_us, &o::open_us,
                        &o::spacing_us, &o::decay_us}) {
    CHECK(finding([&](auto& of) { of.*duration = 0; }) ==
          lines{"r: times of the contactor must be above zero"});
    CHECK(finding([&](auto& of) { of.*duration = 1; }).empty());
  }
  for (auto voltage :
       {&o::precharge_tolerance_v, &o::decay_v, &o::live_bus_v, &o::parallel_difference_v}) {
    CHECK(finding([&](auto& of) { of.*voltage = 0; }) ==
          lines{"r: voltages of the contactor must be above zero"});
    CHECK(finding([&](auto& of) { of.*voltage = std::nan(""); }).size() == 1);
  }
  for (auto attempts : {&o::precharge_attempts, &o::feedback_attempts}) {
    CHECK(finding([&](auto& of) { of.*attempts = 0; }) ==
          lines{"r: at least one attempt to close is needed"});
    CHECK(finding([&](auto& of) { of.*attempts = 1; }).empty());
  }
  CHECK(finding([](auto& of) { of.resistor = {100, 1'000}; }).empty());
  const lines half{"r: a precharge resistor has both resistance and energy"};
  CHECK(finding([](auto& of) { of.resistor = {100, 0}; }) == half);
  CHECK(finding([](auto& of) { of.resistor = {0, 1'000}; }) == half);
}

} // namespace voltaic::actors::contactor::contactor_timing_test
