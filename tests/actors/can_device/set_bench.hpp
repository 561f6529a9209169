#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actors/can_device/can_device_actor.hpp"
#include "messages/command_priority.hpp"
#include "support/small_device.hpp"
#include "support/test_node.hpp"

namespace voltaic::actors::can_device::testing {

inline constexpr std::int64_t ms = messages::us_per_ms;

/// A small device whose limit is set by commands, in a node on virtual time, with a bus made of
/// plain values.
struct set_bench {
  set_bench() : set_bench(tests::small_device()) {}
  explicit set_bench(std::shared_ptr<const messages::profiles::device_profile> of)
      : profile(std::move(of)), node({group()}) {
    run(200);
  }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back(
        {"bms_0", "can_device", [this](runtime::context& context) {
           return std::make_unique<can_device>(
               context, model_options{"bms_0", "rack_0", 0, profile},
               [this](const messages::can::frame& frame) { return take(frame); });
         }});
    return made;
  }

  bus::can::send_result take(const messages::can::frame& frame) {
    if (bus_throws) throw std::runtime_error("told to throw");
    if (bus_full) return bus::can::send_result::full;
    if (frame.id == 0x082) {
      sent.push_back((frame.data[0] | frame.data[1] << 8) / 10.0);
      sent_us.push_back(node.clock.now().monotonic_us);
      if (device_obeys) held = static_cast<std::uint16_t>(frame.data[0] | frame.data[1] << 8);
    }
    return bus::can::send_result::sent;
  }

  /// The device reports its limit every 100 ms.
  void run(std::int64_t milliseconds) {
    for (std::int64_t passed = 0; passed < milliseconds; passed += 100) {
      node.advance(100 * ms);
      bus::can::batch batch;
      const auto now = node.clock.now();
      batch.now_us = now.monotonic_us;
      batch.utc_offset_us = now.utc_us - now.monotonic_us;
      if (speaks) batch.frames = {tests::limit_frame(held, batch.now_us)};
      node.post("bms_0", std::make_shared<const bus::can::batch>(std::move(batch)));
    }
  }

  void order(const std::string& key, double value, std::int64_t length_ms = 0,
             const std::string& role = "engineer") {
    messages::command made;
    made.id = made.key = key;
    made.target = "bms_0";
    made.operation = "set";
    made.point = "rack_0/limit";
    made.value = value;
    made.lease_ms = static_cast<std::uint64_t>(length_ms);
    made.role = role;
    made.priority = priority;
    made.deadline_utc_us = node.clock.now().utc_us + 5'000 * ms;
    made.reply_to = "client";
    node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, made);
  }
  messages::result set(const std::string& key, double value, std::int64_t length_ms = 0,
                       const std::string& role = "engineer") {
    order(key, value, length_ms, role);
    run(500);
    return only_answer();
  }
  messages::result only_answer() {
    std::vector<messages::result> found;
    for (const auto& frame : std::exchange(node.outside.sent, {})) {
      const auto opened = messages::decode(*frame);
      if (const auto* each = std::get_if<messages::result>(&opened->payload))
        found.push_back(*each);
    }
    REQUIRE(found.size() == 1);
    return found[0];
  }
  /// Values and why.
  std::vector<std::pair<double, std::string>> told(const std::string& state) {
    std::vector<std::pair<double, std::string>> found;
    for (const auto& message : node.outside.all<messages::event>()) {
      const auto& event = std::get<messages::event>(message.payload);
      if (event.kind != "command" || event.state != state) continue;
      CHECK(event.subject == "rack_0/limit"); // what was typed
      CHECK(event.scope == "set");
      found.emplace_back(event.value, event.reason);
    }
    return found;
  }
  std::vector<std::pair<double, std::string>> reverted() { return told("reverted"); }
  /// The actor dies between the journal and the device, and its successor begins.
  void die_in(const std::string& key, double value, std::int64_t length_ms) {
    bus_throws = true;
    order(key, value, length_ms);
    run(300);
    bus_throws = false;
    run(1'000);
    REQUIRE(node.engine->ready());
  }

  std::shared_ptr<const messages::profiles::device_profile> profile;
  std::uint16_t held = 1'400;
  std::uint8_t priority = messages::command_priority::person;
  bool device_obeys = true;
  bool speaks = true;
  bool bus_full = false;
  bool bus_throws = false;
  std::vector<double> sent;
  std::vector<std::int64_t> sent_us;
  tests::test_node node;
};

/// What was sent, and what is told of it with its reason.
using values = std::vector<double>;
using reversions = std::vector<std::pair<double, std::string>>;
inline constexpr const char* is_over = "the time it was set for is over";
inline constexpr const char* is_resumed = "it was set before its actor started, and stands on";
inline constexpr const char* is_restarted = "its actor started anew while more was set for a time";

} // namespace voltaic::actors::can_device::testing
