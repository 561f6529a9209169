#include <catch2/catch.hpp>

#include <optional>

#include "actors/contactor/bench_contactor.hpp"

// What feedback shows of a rack, and what an opening or a pause leaves for the next closing.
namespace voltaic::actors::contactor::contactor_feedback_test {

using testing::bench;
using testing::bring_to;

TEST_CASE("known to be open is a rack at rest or in fault whose feedback is all open") {
  bench rack;
  bring_to(rack, state::open);
  CHECK(rack.model.is_known_open());
  rack.close();
  CHECK_FALSE(rack.model.is_known_open());
  rack.disturb = [](device_values& device) { device.bus_v = device.rack_v; };
  rack.model.request_open("command");
  bring_to(rack, state::verifying); // all open, and the bus is live still
  CHECK_FALSE(rack.model.is_known_open());
  rack.disturb = nullptr;
  bring_to(rack, state::open);
  rack.device.plus_closed.reset();
  rack.obeys = false;
  rack.step();
  CHECK_FALSE(rack.model.is_known_open());
  rack.device.plus_closed = false;
  rack.model.take_inputs({{fire_detected, true}});
  bring_to(rack, state::fault);
  CHECK(rack.model.is_known_open());
}

TEST_CASE("an open rack is joined to its bus as its feedback shows, minus and a way around plus") {
  constexpr auto unknown = std::nullopt;
  struct {
    std::optional<bool> minus, plus, around, joined;
  } const rows[] = {
      {false, false, false, false},
      {false, true, true, false},
      {false, unknown, true, false},
      {true, false, false, false},
      {unknown, false, false, false},
      {true, true, false, true},
      {true, false, true, true},
      {true, true, unknown, true},
      {true, unknown, true, true},
      {true, false, unknown, unknown},
      {true, unknown, false, unknown},
      {unknown, true, true, unknown},
      {unknown, true, false, unknown},
      {unknown, false, true, unknown},
      {unknown, unknown, unknown, unknown},
  };
  for (const auto& each : rows) {
    bench rack;
    bring_to(rack, state::open);
    rack.obeys = false;
    rack.device.minus_closed = each.minus;
    rack.device.plus_closed = each.plus;
    rack.device.precharge_closed = each.around;
    rack.step();
    REQUIRE_FALSE(rack.model.lease());
    CAPTURE(each.minus.has_value(), each.minus.value_or(false), each.plus.has_value(),
            each.plus.value_or(false), each.around.has_value(), each.around.value_or(false));
    CHECK(rack.model.joined() == each.joined);
  }
}

TEST_CASE("an unconfirmed opening goes on where feedback comes back and is not all open yet") {
  bench rack;
  rack.close();
  rack.disturb = [](device_values& device) {
    device.minus_closed = device.plus_closed = device.precharge_closed = std::nullopt;
  };
  rack.model.request_open("command");
  bring_to(rack, state::unconfirmed);
  rack.disturb = [](device_values& device) { device.plus_closed = true; };
  rack.step();
  CHECK(rack.model.state() == state::unconfirmed);
  rack.disturb = nullptr;
  bring_to(rack, state::open);
}

TEST_CASE("an attempt that was held holds none of a later closing") {
  bench rack;
  rack.close();
  rack.model.request_open("command");
  bring_to(rack, state::open);
  REQUIRE(rack.model.request_close().empty()); // too soon after the first
  bring_to(rack, state::pause);
  rack.model.hold_attempt(true);
  rack.model.request_open("command");
  bring_to(rack, state::open);
  REQUIRE(rack.model.request_close().empty());
  bring_to(rack, state::pause);
  bring_to(rack, state::closed);
}

TEST_CASE("an opening as a whole makes none of the next, where single orders are taken by then") {
  bench rack;
  rack.close();
  rack.model.request_open("command");
  bring_to(rack, state::open);
  rack.device.single_orders = true;
  rack.run(10'000);
  rack.close();
  rack.device.current_a = 10;
  rack.model.request_open("command");
  bring_to(rack, state::opening_first);
  CHECK(rack.last.order == messages::contactor_order::minus);
}

} // namespace voltaic::actors::contactor::contactor_feedback_test
