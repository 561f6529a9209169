#include <catch2/catch.hpp>

#include "actors/digital_io/digital_io_model.hpp"

namespace voltaic::actors::digital_io::digital_io_model_test {

namespace {

constexpr std::int64_t ms = 1'000;

model_options options() {
  return {"dio_0",
          {{.name = "emergency_stop"},
           {.name = "door", .normally_closed = false},
           {.name = "fire", .point = "coupler_0/inputs[3]"}},
          {{.name = "contactor_relay"},
           {.name = "fan", .safe = true, .point = "coupler_0/output_1"},
           {.name = "lamp", .follow = "inverter_0/running"}}};
}

/// Sampled each 10 ms.
struct bench {
  digital_io_model model{options()};
  std::vector<bool> levels{true, false}; // at rest
  bool readable = true;
  bool coupler_level = true;
  bool coupler_alive = true;
  std::int64_t now_us = 1'000 * ms;

  void run(std::int64_t duration_ms) {
    for (const auto end_us = now_us + duration_ms * ms; now_us < end_us;) {
      now_us += 10 * ms;
      model.take_levels(readable ? std::optional(levels) : std::nullopt, now_us);
      if (coupler_alive) model.take_point("coupler_0/inputs[3]", coupler_level, 100, now_us);
      model.step(now_us);
    }
  }
};

} // namespace

TEST_CASE("inputs count as active until they were read and stood still") {
  bench io;
  io.model.step(io.now_us);
  for (std::size_t input = 0; input < 3; ++input) {
    CHECK(io.model.is_active(input));
    CHECK_FALSE(io.model.is_known(input));
  }
  CHECK(io.model.blocks(io.now_us)[0].quality == messages::quality::stale);
  io.run(50);
  for (std::size_t input = 0; input < 3; ++input) {
    CHECK_FALSE(io.model.is_active(input));
    CHECK(io.model.is_known(input));
  }
  CHECK(io.model.blocks(io.now_us)[0].quality == messages::quality::good);
}

TEST_CASE("F-168 a normally closed input is active where its wire is broken, within 30 ms") {
  bench io;
  io.run(100);
  io.levels[0] = false;
  io.run(20);
  CHECK_FALSE(io.model.is_active(0));
  io.run(10);
  CHECK(io.model.is_active(0));
  CHECK_FALSE(io.model.is_active(1));
  io.levels[1] = true; // normally open: active where current flows
  io.run(30);
  CHECK(io.model.is_active(1));
}

TEST_CASE("F-163 F-168 a contact or wire that chatters is active within 50 ms, and stays so") {
  bench io;
  io.run(100);
  for (int bounce = 0; bounce < 20; ++bounce) {
    io.levels[0] = bounce % 2 == 1;
    io.run(10);
    CHECK(io.model.is_active(0) == (bounce >= 3));
  }
  io.levels[0] = false;
  io.run(10);
  io.levels[0] = true;
  io.run(20);
  CHECK(io.model.is_active(0));
  io.run(10);
  CHECK_FALSE(io.model.is_active(0)); // it stood still
}

TEST_CASE("single disturbances with a standstill between them are not believed") {
  bench io;
  io.run(100);
  for (int disturbance = 0; disturbance < 20; ++disturbance) {
    io.levels[0] = false;
    io.run(10);
    io.levels[0] = true;
    io.run(40);
    CHECK_FALSE(io.model.is_active(0));
  }
}

TEST_CASE("F-163 inputs that cannot be read are active after 100 ms, a coupler's after 300 ms") {
  bench io;
  io.run(100);
  io.readable = false;
  io.run(90);
  CHECK_FALSE(io.model.is_active(0));
  io.run(20);
  CHECK(io.model.is_active(0));
  CHECK_FALSE(io.model.is_known(0));
  CHECK_FALSE(io.model.is_active(2));
  io.coupler_alive = false;
  io.run(290);
  CHECK_FALSE(io.model.is_active(2));
  io.run(20);
  CHECK(io.model.is_active(2));
  io.readable = io.coupler_alive = true;
  io.run(50);
  CHECK_FALSE(io.model.is_active(0));
  CHECK_FALSE(io.model.is_active(2));
}

TEST_CASE("an output is at its safe level at the start, at the end, and when its time is over") {
  bench io;
  CHECK(io.model.line_levels() == std::vector<bool>{false, false});
  CHECK(io.model.is_on(1)); // of the coupler, safe is on
  REQUIRE(io.model.set("contactor_relay", true, io.now_us + 500 * ms).empty());
  io.run(490);
  CHECK(io.model.is_on(0));
  REQUIRE(io.model.set("contactor_relay", true, io.now_us + 500 * ms).empty()); // renewed
  io.run(490);
  CHECK(io.model.is_on(0));
  io.run(20);
  CHECK_FALSE(io.model.is_on(0));

  REQUIRE(io.model.set("contactor_relay", true, std::nullopt).empty());
  REQUIRE(io.model.set("fan", false, std::nullopt).empty());
  io.run(60'000);
  CHECK(io.model.is_on(0));
  CHECK_FALSE(io.model.is_on(1));
  io.model.end();
  io.model.step(io.now_us);
  CHECK(io.model.is_on(0)); // its port lets go of it, once all is open
  CHECK(io.model.is_on(1));
  CHECK(io.model.set("contactor_relay", true, std::nullopt) == "the node is about to end");
}

TEST_CASE("an output that follows a point falls to its safe level when that is silent") {
  bench io;
  CHECK(io.model.set("lamp", true, std::nullopt) == "dio_0/lamp follows inverter_0/running");
  io.model.take_point("inverter_0/running", true, 1'000, io.now_us);
  io.run(2'990);
  CHECK(io.model.is_on(2));
  io.run(20);
  CHECK_FALSE(io.model.is_on(2));
}

TEST_CASE("safety rule 4: a coupler's output is stale unless the coupler shows that it holds it") {
  bench io;
  constexpr std::size_t fan = 4; // of the points: three inputs, the relay, the fan
  const auto told = [&] { return io.model.blocks(io.now_us)[fan]; };
  io.run(10);
  CHECK(told().quality == messages::quality::stale);
  io.model.take_point("coupler_0/output_1", true, 100, io.now_us);
  io.run(290);
  CHECK(told().quality == messages::quality::good);
  io.run(20); // it is silent
  CHECK(told().quality == messages::quality::stale);
  io.model.take_point("coupler_0/output_1", true, 100, io.now_us);
  CHECK(told().quality == messages::quality::good);
  REQUIRE(io.model.set("fan", false, std::nullopt).empty());
  io.run(10); // it is asked for, and shows the level before
  CHECK(told().quality == messages::quality::stale);
  io.model.take_point("coupler_0/output_1", false, 100, io.now_us);
  CHECK(told().quality == messages::quality::good);
}

TEST_CASE("digital options that cannot be meant are told at once") {
  CHECK(model_options{}.validate().size() == 2);
  auto twice = options();
  twice.outputs.push_back({.name = "door"});
  twice.inputs[0].debounce_us = -1;
  CHECK(twice.validate() ==
        std::vector<std::string>{"dio_0/emergency_stop: debounce must not be negative",
                                 "dio_0: \"door\" is no name of its own"});
  bench io;
  CHECK(io.model.set("bell", true, std::nullopt) == "dio_0 has no output 'bell'");
}

} // namespace voltaic::actors::digital_io::digital_io_model_test
