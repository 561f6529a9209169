#include "actors/can_device/canopen_own_node_model.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/sdo_client.hpp"

namespace canopen_own_node_test {

using namespace voltaic;
using actors::can_device::own_node;
using messages::can::frame;
using messages::canopen::abort_code;
using messages::canopen::object_address;
using messages::canopen::object_bytes;
namespace canopen = messages::canopen;

namespace {

constexpr std::uint8_t number = 127;
constexpr std::int64_t ms = 1'000;

/// What somebody who asks or writes an object gets.
canopen::sdo_client asked(own_node& of, const object_address& object, const object_bytes& written) {
  canopen::sdo_client client;
  if (written.empty())
    client.upload(object, canopen::sdo_way::segments, 0);
  else
    client.download(object, written, canopen::sdo_way::segments, 0);
  for (int turn = 0; turn < 20 && client.is_busy(); ++turn) {
    while (const auto said = client.next_frame(0)) {
      frame request;
      request.id = canopen::cob_id({canopen::service::sdo_request, number});
      request.length = canopen::sdo_bytes;
      std::copy(said->begin(), said->end(), request.data.begin());
      CHECK(of.take(request));
    }
    for (const auto& each : of.take_frames())
      if (each.id == canopen::cob_id({canopen::service::sdo_response, number}))
        client.receive(std::span(each.data).first(each.length), 0);
  }
  return client;
}

} // namespace

TEST_CASE("we as a CANopen node boot up once and beat each second") {
  own_node node(number);
  std::vector<std::uint8_t> states;
  for (std::int64_t now_us = 0; now_us <= 3'000 * ms; now_us += 10 * ms) {
    node.step(now_us, 0);
    for (const auto& each : node.take_frames()) {
      CHECK(each.id == 0x700u + number);
      states.push_back(each.data[0]);
    }
  }
  CHECK(states == std::vector<std::uint8_t>{0x00, 0x05, 0x05, 0x05});
}

TEST_CASE("our object dictionary is read by SDO, and never written") {
  own_node node(number);
  const auto value = [&](std::uint16_t index, std::uint8_t subindex) {
    const auto client = asked(node, {index, subindex}, {});
    REQUIRE(client.outcome());
    return client.outcome()->data;
  };
  CHECK(value(0x1000, 0) == object_bytes{0, 0, 0, 0});
  CHECK(value(0x1001, 0) == object_bytes{0});
  CHECK(value(0x1008, 0) == object_bytes{'V', 'o', 'l', 't', 'a', 'i', 'c'});
  CHECK(value(0x1017, 0) == object_bytes{0xE8, 0x03});
  CHECK(value(0x1018, 0) == object_bytes{4});
  CHECK(value(0x1018, 4) == object_bytes{0, 0, 0, 0});

  const auto abort_of = [&](const object_address& of, const object_bytes& written) {
    const auto client = asked(node, of, written);
    REQUIRE(client.outcome());
    REQUIRE(client.outcome()->aborted);
    return *client.outcome()->aborted;
  };
  CHECK(abort_of({0x2000, 0}, {}) == abort_code::no_object);
  CHECK(abort_of({0x1018, 5}, {}) == abort_code::no_subindex);
  CHECK(abort_of({0x1017, 1}, {}) == abort_code::no_subindex);
  CHECK(abort_of({0x1017, 0}, {0x64, 0x00}) == abort_code::read_only);
}

TEST_CASE("F-065 somebody else with our number is told, and seldom again") {
  own_node node(number);
  for (std::int64_t second = 0; second < 90; ++second) {
    auto beat = canopen::make_error_control(number, {canopen::nmt_state::operational});
    beat.time_us = second * 1'000 * ms;
    CHECK(node.take(beat));
  }
  const auto told = node.take_notices();
  REQUIRE(told.size() == 2);
  CHECK(told.front().code == "DUP_NODE");
  CHECK(told.front().reason == "somebody else is node 127, which is ours");
}

TEST_CASE("what is said to other nodes is not for ours") {
  own_node node(number);
  frame other;
  other.id = canopen::cob_id({canopen::service::sdo_request, 5});
  other.length = 8;
  CHECK_FALSE(node.take(other));
  other.id = canopen::cob_id({canopen::service::sdo_request, number});
  other.extended = true;
  CHECK_FALSE(node.take(other));
  CHECK(node.take_frames().empty());
}

} // namespace canopen_own_node_test
