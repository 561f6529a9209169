#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "actors/can_device/can_device_actor.hpp"
#include "support/small_device.hpp"
#include "support/test_node.hpp"

// How a CAN device fares, as its node's health and so `status` tells it.
namespace voltaic::actors::can_device::condition_test {
namespace {

constexpr std::int64_t ms = messages::us_per_ms;

struct fixture {
  fixture() : node({group()}) {}

  static runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back(
        {"bms_0", "can_device", [](runtime::context& context) {
           return std::make_unique<can_device>(
               context, model_options{"bms_0", "rack_0", 0, tests::small_device()},
               [](const messages::can::frame&) { return bus::can::send_result::sent; });
         }});
    return made;
  }
  /// The port ticks; the device says what it does say.
  std::string after(std::int64_t milliseconds, bool cells, bool others) {
    for (std::int64_t passed = 0; passed < milliseconds; passed += 100) {
      node.advance(100 * ms);
      bus::can::batch batch;
      const auto now = node.clock.now();
      batch.now_us = now.monotonic_us;
      batch.utc_offset_us = now.utc_us - now.monotonic_us;
      if (cells) {
        batch.frames = {tests::cells_frame(0, 3'300, batch.now_us),
                        tests::cells_frame(1, 3'300, batch.now_us)};
      }
      if (others) {
        batch.frames.push_back(tests::power_frame(1, batch.now_us));
        batch.frames.push_back(tests::limit_frame(1'400, batch.now_us));
      }
      node.post("bms_0", std::make_shared<const bus::can::batch>(std::move(batch)));
    }
    node.advance(100 * ms); // a condition is asked for at each wake
    return node.engine->health().actors.at(0).state;
  }

  tests::test_node node;
};

} // namespace

TEST_CASE_METHOD(fixture, "a CAN device is waiting, running, degraded, and running again") {
  CHECK(after(500, false, false) == "waiting");
  CHECK(after(2'000, true, true) == "running");
  CHECK(after(3'000, false, true) == "degraded"); // its cells are silent
  CHECK(after(2'000, true, true) == "running");
  CHECK(after(3'000, false, false) == "degraded"); // all of it is
}

} // namespace voltaic::actors::can_device::condition_test
