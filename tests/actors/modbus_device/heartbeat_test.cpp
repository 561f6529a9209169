#include <catch2/catch.hpp>

#include "actors/modbus_device/device_fixture.hpp"

// A heartbeat is no setpoint: it is written at once, and remembered by nobody.
namespace voltaic::actors::modbus_device::heartbeat_test {
namespace {

constexpr std::uint16_t beat_address = 52;

messages::command make_beat(device_fixture& on, const std::string& key, double value) {
  auto made = on.make_set(key, value);
  made.operation = "beat";
  made.point = "meter_0/heartbeat";
  made.deadline_utc_us = on.node.clock.now().utc_us + 900 * ms;
  return made;
}

TEST_CASE_METHOD(device_fixture, "each heartbeat is written once and stands in no journal") {
  const auto kept = node.journal.newest(runtime::command_stream("meter_0")).size();
  for (int i = 1; i <= 20; ++i) {
    order(make_beat(*this, std::to_string(i), i));
    REQUIRE(writes.size() == static_cast<std::size_t>(i));
    CHECK(writes.back().address == beat_address);
    CHECK(writes.back().registers == std::vector<std::uint16_t>{static_cast<std::uint16_t>(i)});
    answer_write(outcome::done, {static_cast<std::uint16_t>(i)});
    CHECK(only_answer().outcome == messages::outcome::done);
    node.advance(1'000 * ms);
  }
  CHECK(node.journal.newest(runtime::command_stream("meter_0")).size() == kept);
  CHECK(states().empty());
}

TEST_CASE_METHOD(device_fixture, "a heartbeat never piles up and is never late") {
  order(make_beat(*this, "a", 1));
  order(make_beat(*this, "b", 2)); // the line is still busy with the first
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(writes.size() == 1);
  CHECK(writes[0].deadline_us <= node.clock.now().monotonic_us + 900 * ms);
  auto late = make_beat(*this, "c", 3);
  node.advance(1'000 * ms);
  order(late);
  CHECK(only_answer().outcome == messages::outcome::expired);
  CHECK(writes.size() == 1);
  // What became of the first is not known: the next one follows all the same.
  order(make_beat(*this, "d", 4));
  CHECK(writes.size() == 2);
}

TEST_CASE_METHOD(device_fixture, "a heartbeat of a role that may not loosen is not written") {
  auto beat = make_beat(*this, "a", 1);
  beat.role = GENERATE(as<std::string>(), "", "viewer", "operator");
  order(beat);
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(writes.empty());
}

TEST_CASE_METHOD(device_fixture, "a heartbeat is nobody's to set, and a setpoint no heartbeat") {
  auto set = make_set("a", 7);
  set.point = "meter_0/heartbeat";
  order(set);
  CHECK(only_answer().reasons ==
        std::vector<std::string>{"meter_0/heartbeat is a heartbeat, and not set"});
  auto beat = make_set("b", 7);
  beat.operation = "beat";
  order(beat);
  CHECK(only_answer().reasons == std::vector<std::string>{"meter_0/current_limit is no heartbeat"});
  CHECK(writes.empty());
}

} // namespace
} // namespace voltaic::actors::modbus_device::heartbeat_test
