#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "actors/can_device/can_device_actor.hpp"
#include "actors/runtime/present.hpp"
#include "support/small_device.hpp"
#include "support/test_node.hpp"

// A chain lives on the time of its port. After a standstill that time lags the
// node's for as long as the port has old frames.
namespace voltaic::actors::can_device::set_deadline_test {
namespace {

constexpr std::int64_t ms = messages::us_per_ms;
constexpr std::int64_t command_life_us = 400 * ms;
constexpr std::int64_t backlog_step_us = 10 * ms;

struct fixture {
  fixture() : node({group()}) { hear_bus(node.clock.now()); }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back({"bms_0", "can_device", [this](runtime::context& context) {
                               return std::make_unique<can_device>(
                                   context,
                                   model_options{"bms_0", "rack_0", 0, tests::small_device()},
                                   [this](const messages::can::frame& frame) {
                                     sets += frame.id == 0x082 ? 1 : 0;
                                     return bus::can::send_result::sent;
                                   });
                             }});
    return made;
  }

  void hear_bus(messages::instant at) {
    bus::can::batch batch;
    batch.now_us = at.monotonic_us;
    batch.utc_offset_us = at.utc_us - at.monotonic_us;
    batch.frames = {tests::limit_frame(1'400, batch.now_us)};
    node.post("bms_0", std::make_shared<const bus::can::batch>(std::move(batch)));
  }

  /// Commands a limit, lets the port be silent for so long, and then hand over what it missed.
  std::optional<messages::outcome> command_before_standstill(std::int64_t standstill_us) {
    const auto said = node.clock.now();
    messages::command asked;
    asked.id = asked.key = "limit";
    asked.target = "bms_0";
    asked.operation = "set";
    asked.point = "rack_0/limit";
    asked.value = 50.0;
    asked.role = "engineer";
    asked.deadline_utc_us = said.utc_us + command_life_us;
    asked.reply_to = "client";
    node.hear(bus::message::plane::commands, {"client", 1, 0, said, {}}, asked);
    node.advance(standstill_us);
    const auto present_us = node.clock.now().monotonic_us;
    for (std::int64_t late_us = backlog_step_us; late_us < command_life_us;
         late_us += backlog_step_us) {
      hear_bus({said.monotonic_us + late_us, said.utc_us + late_us});
      if (sets > 0 && lag_of_set_us < 0) {
        lag_of_set_us = std::max<std::int64_t>(present_us - said.monotonic_us - late_us, 0);
      }
    }
    for (const auto& frame : std::exchange(node.outside.sent, {})) {
      const auto opened = messages::decode(*frame);
      if (const auto* told = std::get_if<messages::result>(&opened->payload)) return told->outcome;
    }
    return std::nullopt;
  }

  int sets = 0;
  std::int64_t lag_of_set_us = -1; ///< how far the port was behind when the set went out
  tests::test_node node;
};

} // namespace

TEST_CASE_METHOD(fixture, "F-130 a limit does not act on the past of a port that catches up") {
  CHECK(command_before_standstill(command_life_us + 200 * ms) == messages::outcome::expired);
  CHECK(sets == 0);
}

TEST_CASE_METHOD(fixture, "a limit that is still in time acts as soon as its port has caught up") {
  static_cast<void>(command_before_standstill(command_life_us / 2));
  CHECK(sets == 1);
  CHECK(lag_of_set_us >= 0);
  CHECK(lag_of_set_us <= runtime::lag_max_us);
}

} // namespace voltaic::actors::can_device::set_deadline_test
