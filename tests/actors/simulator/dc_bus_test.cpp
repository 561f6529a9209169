#include <catch2/catch.hpp>

#include "actors/simulator/dc_bus_model.hpp"
#include "actors/simulator/rack_controller_model.hpp"

// Racks that are joined to one bus.
namespace voltaic::actors::simulator::dc_bus_test {

TEST_CASE("a rack finds on its DC bus the mean of all others that are joined") {
  dc_bus_model bus;
  const auto a = bus.add_rack();
  const auto b = bus.add_rack();
  const auto c = bus.add_rack();
  CHECK_FALSE(bus.without(a));
  bus.set(a, 1'500);
  CHECK_FALSE(bus.without(a)); // itself is none of the others
  bus.set(b, 1'510);
  REQUIRE(bus.without(c));
  CHECK(bus.without(c)->voltage_v == 1'505);
  CHECK(bus.without(c)->racks == 2);
  CHECK(bus.without(a)->voltage_v == 1'510);
  bus.set(b, std::nullopt);
  CHECK_FALSE(bus.without(a));
}

TEST_CASE("the bus of an open rack is what others hold, else it discharges") {
  rack_controller_model controller({});
  constexpr std::int64_t slot_us = 10'000;
  std::int64_t now_us = 1'000'000;
  controller.step(now_us, 1'500, live_bus{1'510, 2});
  controller.step(now_us += slot_us, 1'500, live_bus{1'510, 2});
  CHECK(controller.bus_v() == 1'510);
  for (int i = 0; i < 100; ++i) controller.step(now_us += slot_us, 1'500);
  CHECK(controller.bus_v() < 700);
  CHECK(controller.bus_v() > 400);
}

TEST_CASE("the bus of a closed rack lies between its voltage and that of the others") {
  rack_controller_model::options closed;
  closed.initially_closed = true;
  rack_controller_model controller(closed);
  for (std::int64_t now_us = 1'000'000; now_us < 1'100'000; now_us += 10'000)
    controller.step(now_us, 1'500, live_bus{1'503, 2});
  CHECK(controller.bus_v() == 1'502);
}

} // namespace voltaic::actors::simulator::dc_bus_test
