#include <catch2/catch.hpp>

#include <chrono>
#include <mutex>
#include <thread>

#include "actors/can_device/can_device_actor.hpp"
#include "actors/rack/rack_actor.hpp"
#include "bus/message/relay.hpp"
#include "bus/message/zmq/context.hpp"
#include "support/small_device.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_node.hpp"

namespace one_contract_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;
using bus::message::plane;

namespace {

using bytes = std::vector<std::byte>;

child_spec device_child() {
  return {"bms_0", "can_device", [](context& with) {
            return std::make_unique<actors::can_device::can_device>(
                with,
                actors::can_device::model_options{"bms_0", "rack_0", 0, tests::small_device()},
                [](const auto&) { return bus::can::send_result::sent; });
          }};
}

child_spec rack_child() {
  return {"rack_0", "rack", [](context& with) {
            return std::make_unique<actors::rack::rack_actor>(
                with, actors::rack::model_options{"rack_0", "bms_0", tests::small_device()});
          }};
}

// Twelve seconds of a device that speaks, is silent and speaks again.
std::vector<batch_ptr> recording() {
  std::vector<batch_ptr> all;
  const std::int64_t start_us = 3'600'000'000;
  for (std::int64_t at = 0; at < 12'000; at += 10) {
    auto one = std::make_shared<bus::can::batch>();
    one->now_us = start_us + at * 1'000;
    one->utc_offset_us = 1'800'000'000'000'000;
    const bool silent = at > 3'000 && at < 4'000;
    if (!silent && at % 200 < 20) {
      const auto raw = static_cast<std::uint16_t>(3'300 + at % 70);
      one->frames.push_back(
          tests::cells_frame(at % 200 == 0 ? 0 : 1, at == 6'000 ? 0xFFFF : raw, one->now_us));
    }
    all.push_back(one);
  }
  return all;
}

std::vector<bytes> said_by(const tests::recording_endpoint& node, const std::string& source) {
  std::vector<bytes> found;
  for (const auto& [to, frame] : node.published) {
    const auto message = messages::decode(*frame);
    if (to != plane::telemetry || !message || message->header.source != source) {
      continue;
    }
    found.emplace_back(frame->bytes().begin(), frame->bytes().end());
  }
  return found;
}

// Frames as they arrive from the relay.
class collector final : public bus::message::listener {
 public:
  void on_frame(plane from, const messages::frame_ptr& frame) override {
    const std::lock_guard lock(mutex_);
    frames_.emplace_back(from, frame);
  }
  std::vector<std::pair<plane, messages::frame_ptr>> wait_for(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      {
        const std::lock_guard lock(mutex_);
        if (frames_.size() >= count) {
          return frames_;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    const std::lock_guard lock(mutex_);
    return frames_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<plane, messages::frame_ptr>> frames_;
};

bool wait_linked(const bus::message::endpoint& one) {
  for (int i = 0; i < 5'000 && !one.statistics().linked; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return one.statistics().linked;
}

} // namespace

TEST_CASE("an actor says the same bytes beside its source and behind ipc, the relay between them") {
  tests::test_node together({{strategy::rest_for_one, {device_child(), rack_child()}}});
  for (const auto& batch : recording()) {
    together.post("bms_0", batch);
  }
  const auto expected = said_by(together.outside, "rack_0");
  REQUIRE(expected.size() > 40);

  tests::test_node device({{strategy::one_for_one, {device_child()}}});
  for (const auto& batch : recording()) {
    device.post("bms_0", batch);
  }
  std::vector<messages::frame_ptr> telemetry;
  for (const auto& [to, frame] : device.outside.published) {
    if (to == plane::telemetry) {
      telemetry.push_back(frame);
    }
  }

  const tests::temporary_folder folder;
  bus::message::zmq_context context;
  const auto address = "ipc://" + (folder / "relay");
  auto relay = bus::message::make_relay(context, {{address}});
  REQUIRE(relay);
  collector nobody;
  collector heard;
  auto speaking = bus::message::make_zmq_endpoint(context, {"a", address, {}}, nobody);
  auto listening =
      bus::message::make_zmq_endpoint(context, {"b", address, {plane::telemetry}}, heard);
  REQUIRE(speaking);
  REQUIRE(listening);
  REQUIRE(wait_linked(**speaking));
  REQUIRE(wait_linked(**listening));
  for (const auto& frame : telemetry) {
    (*speaking)->publish(plane::telemetry, frame);
  }
  const auto arrived = heard.wait_for(telemetry.size());
  REQUIRE(arrived.size() == telemetry.size());

  tests::test_node rack({{strategy::one_for_one, {rack_child()}}});
  for (const auto& [from, frame] : arrived) {
    rack.inbox.on_frame(from, frame);
    rack.engine->run_until_quiet();
  }
  CHECK(said_by(rack.outside, "rack_0") == expected);
}

TEST_CASE("frames of the local plane never leave their node") {
  tests::test_node node({{strategy::rest_for_one, {device_child(), rack_child()}}});
  for (const auto& batch : recording()) {
    node.post("bms_0", batch);
  }
  CHECK(node.outside.all<messages::tick>().empty());
}

} // namespace one_contract_test
