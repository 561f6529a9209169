#include <catch2/catch.hpp>

#include <cmath>
#include <random>

#include "actors/contactor/bench_contactor.hpp"

namespace voltaic::actors::contactor::contactor_model_test {

using testing::bench;
using testing::ms;

TEST_CASE("a rack closes by precharge and opens by command") {
  bench rack;
  rack.run(200);
  CHECK(rack.history == std::vector<std::string>{"open start"});
  REQUIRE(rack.model.request_close().empty());
  rack.run(2'000);
  CHECK(rack.history ==
        std::vector<std::string>{"open start", "precharge command", "closed command"});
  CHECK(rack.last.lease);
  rack.model.request_open("command");
  rack.run(500);
  CHECK(rack.history.back() == "open command");
  CHECK_FALSE(rack.last.lease);
}

TEST_CASE("an ordered opening waits for the current, an immediate one does not") {
  bench rack;
  rack.close();
  rack.device.current_a = 80;
  rack.word.granted = rack.word.close_allowed = false;
  rack.word.opening = messages::opening::ordered;
  rack.word.reasons = {"cell_overvoltage/fault module_1:cell_3"};
  rack.run(1'000);
  CHECK(rack.model.state() == state::reducing);
  CHECK(rack.last.lease);
  rack.device.current_a = 19;
  rack.run(300);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.history.back() == "open cell_overvoltage/fault module_1:cell_3");
  CHECK(rack.stored.empty());

  bench other;
  other.close();
  other.device.current_a = 80;
  other.word.granted = false;
  other.word.opening = messages::opening::immediate;
  other.step();
  CHECK(other.model.state() == state::opening_second);
  CHECK_FALSE(other.last.lease);
}

TEST_CASE("F-162 an opening under load happens after three seconds and is locked") {
  bench rack;
  rack.close();
  rack.device.current_a = 80;
  rack.model.request_open("command");
  rack.run(2'900);
  CHECK(rack.model.state() == state::reducing);
  rack.run(400);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.stored[break_under_load]);
  CHECK(rack.model.request_close() ==
        std::vector<std::string>{"break_under_load is latched: reset first"});
}

TEST_CASE("F-162 an opening with an unknown current waits its time and counts as one under load") {
  contactor_options options;
  options.rated_current_a = 100;
  bench rack(options);
  rack.close();
  rack.device.current_a = 20; // the contactors may interrupt less
  rack.step();
  rack.device.current_a.reset();
  rack.model.request_open("command");
  rack.run(2'900);
  CHECK(rack.model.state() == state::reducing);
  rack.run(400);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.stored[break_unknown]);
  CHECK_FALSE(rack.stored.contains(break_under_load));
  CHECK(rack.model.counted().breaks == 1); // the most that may have flowed
  CHECK(rack.model.counted().break_current_a == Approx(100));
  rack.device.current_a = 0; // that it is known again tells nothing of then
  rack.run(10'000);
  CHECK(rack.model.request_close() ==
        std::vector<std::string>{"break_current_unknown is latched: reset first"});
  CHECK(rack.model.request_reset(messages::lock_right::needs_service) ==
        std::vector<std::string>{"needs role service"});
  CHECK(rack.model.request_reset(messages::lock_right::given).empty());
  CHECK(rack.model.request_close().empty());
}

TEST_CASE(
    "F-162 a current that was small as it fell silent locks nothing, and wears as the rated") {
  contactor_options options;
  options.rated_current_a = 100;
  for (const double last_a : {0.0, 19.9, -19.9, 20.0, -20.0}) {
    bench rack(options);
    rack.close();
    rack.device.current_a = last_a;
    rack.step();
    rack.device.current_a.reset();
    rack.run(500);
    rack.model.request_open("command");
    rack.run(2'900);
    CHECK(rack.model.state() == state::reducing);
    rack.run(400);
    CHECK(rack.model.state() == state::open);
    INFO("last known " << last_a << " A");
    CHECK(rack.stored.contains(break_unknown) == (std::abs(last_a) >= 20));
    CHECK_FALSE(rack.stored.contains(break_under_load));
    CHECK(rack.model.counted().breaks == 1);
    CHECK(rack.model.counted().break_current_a == Approx(100));
  }
}

TEST_CASE("F-162 a small current counts that was known at most 3 s before the opening began") {
  for (const std::int64_t older_us : {0, 50}) {
    bench rack;
    rack.close();
    rack.device.current_a.reset();
    rack.run((last_current_age_us_max - 50 * ms) / ms + older_us);
    rack.model.request_open("command");
    rack.run(4'000);
    CHECK(rack.model.state() == state::open);
    CHECK(rack.stored.contains(break_unknown) == (older_us > 0));
  }
}

TEST_CASE("F-162 a current that is lost while the opening waits for it is told as it was last") {
  bench rack;
  rack.close();
  rack.device.current_a = 80;
  rack.model.request_open("command");
  rack.run(1'000);
  rack.device.current_a.reset();
  rack.run(3'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.stored[break_unknown]);
  CHECK(rack.latched_a == 80.0);
}

TEST_CASE("a permit that is silent for 500 ms opens") {
  bench rack;
  rack.close();
  rack.permits = false;
  rack.run(450);
  CHECK(rack.model.state() == state::closed);
  rack.run(400);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.history.back() == "open permit_silent");
}

TEST_CASE("F-158 an older epoch and a counter that stands still are refused") {
  bench rack;
  rack.run(200);
  messages::permit old = rack.word;
  old.counter = 0;
  CHECK_FALSE(rack.model.take_permit(old, rack.now_us));
  old.epoch = 0;
  old.counter = 1'000'000;
  CHECK_FALSE(rack.model.take_permit(old, rack.now_us));
  old.epoch = 2;
  old.counter = 1;
  CHECK(rack.model.take_permit(old, rack.now_us));
  CHECK_FALSE(rack.model.take_permit(rack.word, rack.now_us));
}

TEST_CASE("the device's own opening is taken as it is and never undone without a command") {
  bench rack;
  rack.close();
  rack.obeys = false;
  rack.device.minus_closed = rack.device.plus_closed = false;
  rack.device.bus_v = 0;
  rack.device.opened_by_lease = true;
  rack.run(10'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.history.back() == "open lease_expired");
  CHECK(rack.stored[lease_expired]);
  CHECK_FALSE(rack.last.lease);
  rack.device.opened_by_lease = false;
  rack.obeys = true;
  rack.run(10'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.model.request_close().empty());
  rack.run(2'000);
  CHECK(rack.model.state() == state::closed);
  CHECK_FALSE(rack.stored[lease_expired]);
}

TEST_CASE("F-024 feedback that is closed after a start is a weld once no lease can explain it") {
  bench rack;
  rack.obeys = false;
  rack.device.minus_closed = rack.device.plus_closed = true;
  rack.run(3'500);
  CHECK(rack.model.state() == state::starting);
  CHECK_FALSE(rack.last.lease);
  rack.run(1'000);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.history.back() == "fault contactor_weld");
  CHECK(rack.stored[contactor_weld]);
  CHECK(rack.model.request_reset(messages::lock_right::needs_service).size() == 2);
  rack.device.minus_closed = rack.device.plus_closed = false;
  rack.run(200);
  CHECK(rack.model.request_reset(messages::lock_right::needs_service) ==
        std::vector<std::string>{"needs role service"});
  CHECK(rack.model.request_reset(messages::lock_right::given).empty());
  rack.run(200);
  CHECK(rack.model.state() == state::open);
  CHECK_FALSE(rack.stored[contactor_weld]);
}

TEST_CASE("F-024 a start while the last lease still runs waits and stays open") {
  bench rack;
  rack.obeys = false;
  rack.device.minus_closed = rack.device.plus_closed = true;
  rack.run(450);
  rack.device.minus_closed = rack.device.plus_closed = false;
  rack.device.opened_by_lease = true;
  rack.run(60'000);
  CHECK(rack.model.state() == state::open);
  CHECK(rack.model.reason() == lease_expired);
}

TEST_CASE("after a restart it says that it was closed before, and whether its lease ran out") {
  bench ordered;
  ordered.model.load_closed();
  ordered.run(200);
  CHECK(ordered.model.state() == state::open);
  CHECK(ordered.history == std::vector<std::string>{std::string("open ") + closed_at_end});
  CHECK(ordered.stored.empty());

  bench lapsed;
  lapsed.model.load_closed();
  lapsed.device.opened_by_lease = true;
  lapsed.run(200);
  CHECK(lapsed.history == std::vector<std::string>{std::string("open ") + lease_ran_out});
  CHECK(lapsed.stored[lease_expired]);
}

TEST_CASE("F-159 a contactor that stays closed after opening locks") {
  bench rack;
  rack.close();
  rack.model.request_open("command");
  rack.obeys = false; // plus and minus stay closed
  rack.run(300);
  CHECK(rack.model.state() == state::opening_first);
  CHECK(rack.last.order == messages::contactor_order::open);
  rack.run(200);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.stored[contactor_weld]);
  rack.run(1'000);
  CHECK(rack.last.order == messages::contactor_order::open);
}

TEST_CASE("F-160 contactors without feedback are tried once more after 3 s, then locked") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.obeys = false;
  rack.run(400);
  CHECK(rack.model.state() == state::pause);
  CHECK_FALSE(rack.last.lease);
  rack.run(2'900);
  CHECK(rack.model.state() == state::pause);
  rack.run(200);
  CHECK(rack.model.state() == state::closing_minus);
  rack.run(400);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.stored[contactor_feedback]);
}

TEST_CASE("in the pause between two attempts closing must still be allowed") {
  for (const bool granted : {true, false}) {
    bench rack;
    rack.run(200);
    rack.obeys = false; // no feedback: the first attempt fails
    REQUIRE(rack.model.request_close().empty());
    while (rack.model.state() != state::pause) rack.step();
    CHECK_FALSE(rack.last.lease);
    // Open contactors would be allowed to stay as they are, but not to close.
    rack.word.granted = granted;
    rack.word.close_allowed = false;
    rack.word.reasons = {"cell_overvoltage/alarm module_0:cell_0"};
    rack.step();
    CHECK(rack.model.state() == state::open);
    rack.word.granted = rack.word.close_allowed = true;
    rack.run(10'000);
    CHECK(rack.model.state() == state::open); // only a command begins a closing
  }
}

TEST_CASE("F-160 a next attempt waits for feedback, and is given up after a second without it") {
  for (const bool comes_back : {true, false}) {
    bench rack;
    rack.run(200);
    rack.obeys = false; // the first attempt fails
    REQUIRE(rack.model.request_close().empty());
    while (rack.model.state() != state::pause) rack.step();
    rack.run(2'500);
    rack.obeys = true;
    rack.disturb = [](device_values& device) { device.minus_closed.reset(); };
    rack.run(800); // over the time of the next attempt
    CHECK(rack.model.state() == state::pause);
    if (comes_back) rack.disturb = {};
    rack.run(400);
    CHECK(rack.last.lease == comes_back);
    if (!comes_back) CHECK(rack.model.state() == state::open);
  }
}

TEST_CASE("F-161 a precharge that does not end is given up after three times two seconds") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.obeys = true;
  int attempts = 0;
  auto before = rack.model.state();
  for (int step = 0; step < 400; ++step) {
    rack.device.bus_v = 0; // a short
    rack.step();
    if (rack.model.state() == state::precharging && before != state::precharging) ++attempts;
    before = rack.model.state();
  }
  CHECK(attempts == 3);
  CHECK(rack.model.state() == state::fault);
  CHECK(rack.stored[precharge_failed]);
}

TEST_CASE("a precharge is not over while current flows, however near the voltages") {
  bench rack;
  rack.run(200);
  REQUIRE(rack.model.request_close().empty());
  rack.device.current_a = 1;
  rack.run(1'500);
  REQUIRE(*rack.device.rack_v - *rack.device.bus_v < 1);
  CHECK(rack.model.state() == state::precharging);
  rack.device.current_a = 0;
  rack.run(300);
  CHECK(rack.model.state() == state::closed);
}

TEST_CASE("a reset is refused while the feedback of one contactor is unknown") {
  bench rack({}, {contactor_weld});
  rack.run(200);
  rack.obeys = false;
  rack.device.plus_closed.reset();
  rack.run(100);
  CHECK(rack.model.request_reset(messages::lock_right::given) ==
        std::vector<std::string>{"the contactors are not known to be open"});
  rack.device.plus_closed = false;
  rack.run(100);
  CHECK(rack.model.request_reset(messages::lock_right::given).empty());
}

TEST_CASE("closing is refused with every reason that bars it") {
  contactor_options barred;
  barred.close_barred_by = "profile p is not commissioned";
  bench rack(barred, {contactor_weld});
  rack.device.plus_closed.reset();
  rack.word.close_allowed = false;
  rack.word.reasons = {"not_ready"};
  rack.obeys = false;
  rack.run(200);
  CHECK(rack.model.request_close() ==
        std::vector<std::string>{
            "closing is not permitted in this site: profile p is not commissioned",
            "contactor_weld is latched: reset first", "not_ready",
            "feedback of the contactors is unknown", "the contactors are opening"});
}

TEST_CASE("unknown feedback for a second opens") {
  bench rack;
  rack.close();
  rack.obeys = false;
  rack.device.plus_closed.reset();
  rack.run(950);
  CHECK(rack.model.state() == state::closed);
  rack.run(200);
  CHECK(rack.model.state() == state::opening_first);
  CHECK_FALSE(rack.last.lease);
  rack.run(300); // minus does not open either
  CHECK(rack.model.state() == state::fault);
}

TEST_CASE("safety rule 5: a start neither closes nor lets go of a latch") {
  for (const bool was_closed : {false, true}) {
    bench rack({}, {precharge_failed});
    rack.obeys = !was_closed;
    rack.device.minus_closed = rack.device.plus_closed = was_closed;
    for (int step = 0; step < 400; ++step) {
      rack.step();
      CHECK_FALSE(rack.last.lease);
      CHECK(rack.last.order == messages::contactor_order::open);
    }
    CHECK(rack.model.latches().front() == precharge_failed);
  }
}

TEST_CASE("safety rule 3: on any walk, the lease is renewed only under a fresh granted permit") {
  int closed_steps = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const auto one_of = [&](int count) {
      return static_cast<int>(random() % static_cast<unsigned>(count));
    };
    bench rack;
    std::int64_t permit_us = 0;
    bool granted = false;
    for (int step = 0; step < 3'000; ++step) {
      if (one_of(40) == 0) rack.obeys = !rack.obeys;
      rack.permits = one_of(60) != 0 ? rack.permits : !rack.permits;
      if (one_of(80) == 0) rack.word.granted = !rack.word.granted;
      if (one_of(80) == 0) rack.word.close_allowed = !rack.word.close_allowed;
      rack.word.opening = !rack.word.granted && one_of(4) == 0 ? messages::opening::immediate
                                                               : messages::opening::none;
      if (!rack.obeys && one_of(10) == 0) rack.device.plus_closed = one_of(2) == 0;
      if (!rack.obeys && one_of(30) == 0) rack.device.minus_closed.reset();
      if (one_of(20) == 0) rack.device.current_a = one_of(3) * 15;
      if (one_of(20) == 0) (void)rack.model.request_close();
      if (one_of(200) == 0) rack.model.request_open("command");
      if (one_of(50) == 0)
        (void)rack.model.request_reset(one_of(2) == 0 ? messages::lock_right::given
                                                      : messages::lock_right::needs_service);
      const auto before = rack.model.state();
      rack.step();
      if (rack.permits) {
        permit_us = rack.now_us;
        granted = rack.word.granted;
      }
      const bool fresh = rack.now_us - permit_us < 500 * ms;
      INFO("seed " << seed << " step " << step << " " << to_string(before) << " -> "
                   << to_string(rack.model.state()));
      if (rack.last.lease && rack.model.state() != state::reducing) {
        CHECK(fresh);
        CHECK(granted);
      }
      CHECK((rack.last.lease || rack.last.order == messages::contactor_order::open));
      if (rack.model.state() == state::closed) ++closed_steps;
      if (rack.model.state() == state::reducing) CHECK(rack.last.lease);
    }
  }
  CHECK(closed_steps > 100);
}

} // namespace voltaic::actors::contactor::contactor_model_test
