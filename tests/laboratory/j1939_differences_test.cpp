#include <catch2/catch.hpp>

#include "bus/can/can_support.hpp"
#include "laboratory/kernel_j1939.hpp"
#include "laboratory/own_j1939.hpp"
#include "messages/j1939/groups.hpp"

/// Where the kernel's J1939 (net/can/j1939/transport.c) and ours are known to differ; docs/j1939.md
/// lists them. A case that fails tells that one of them has changed.
namespace j1939_differences_test {

using can_support::eventually;
using laboratory::kernel_device;
using laboratory::own_device;
using namespace voltaic::messages::j1939;

constexpr std::uint8_t ours = 0x80;
constexpr std::uint8_t theirs = 0x20;
constexpr std::uint8_t third = 0x30;
constexpr std::uint32_t addressed = 0xEF00;
constexpr std::uint32_t to_all = 0xFF10;

packet data(std::uint8_t sequence, std::uint8_t source, std::uint8_t destination) {
  packet made{{7, groups::transfer_data, destination, source}};
  made.bytes.fill(sequence);
  return made;
}

packet opening(control_kind kind, std::uint16_t size, std::uint8_t destination) {
  transfer_control said;
  said.kind = kind;
  said.pgn = destination == global_address ? to_all : addressed;
  said.size = size;
  said.packets = packets_for(size);
  said.packets_a_turn = packets_unlimited;
  return packet_of(said, third, destination);
}

bool heard_from(const own_device& at, const heard& what) {
  const auto all = at.overheard();
  return std::ranges::count(all, what) > 0;
}

TEST_CASE("the kernel gives a transfer up that is held, and says so", "[kernel_j1939]") {
  own_device own({.own_address = ours});
  own.set_holding(true);
  kernel_device kernel(theirs);
  kernel.send({addressed, default_priority, theirs, ours, std::vector<std::uint8_t>(100, 1)});
  // j1939_xtp_rx_cts_one: the second clear to send in turn is a duplicate to it, and after the
  // first it waits 550 ms. J1939-21 5.10.2.4: T4, 1050 ms after each.
  REQUIRE(eventually([&] { return own.ends().size() == 1; }));
  CHECK(own.ends()[0] ==
        transfer_end{addressed, theirs, ours, abort_reason::duplicate_sequence, true});
}

TEST_CASE("a doubled packet of a broadcast is nothing new to the kernel and to us",
          "[kernel_j1939]") {
  own_device listens({.own_address = ours});
  own_device third_one({.own_address = third});
  kernel_device kernel(theirs);
  third_one.send(opening(control_kind::broadcast, 20, global_address));
  for (const auto sequence : {1, 2, 2, 3})
    third_one.send(data(static_cast<std::uint8_t>(sequence), third, global_address));
  CHECK(eventually([&] { return kernel.received().size() == 1; }));
  CHECK(eventually([&] { return listens.received().size() == 1; }));
}

TEST_CASE("a broadcast that misses a packet is nothing to the kernel and to us", "[kernel_j1939]") {
  own_device listens({.own_address = ours});
  own_device third_one({.own_address = third});
  kernel_device kernel(theirs);
  third_one.send(opening(control_kind::broadcast, 20, global_address));
  for (const auto sequence : {1, 3})
    third_one.send(data(static_cast<std::uint8_t>(sequence), third, global_address));
  const message last{to_all, default_priority, third, global_address, {1}};
  REQUIRE(third_one.send(last));
  REQUIRE(eventually([&] { return !kernel.received().empty() && !listens.received().empty(); }));
  CHECK(kernel.received() == std::vector{last});
  CHECK(listens.received() == std::vector{last});
}

TEST_CASE("nobody in the kernel answers a request for a group that no socket listens to",
          "[kernel_j1939]") {
  own_device own({.own_address = ours});
  REQUIRE(own.send({addressed, default_priority, ours, 0x66, std::vector<std::uint8_t>(20, 1)}));
  REQUIRE(eventually([&] { return own.ends().size() == 1; }));
  CHECK(own.ends()[0] == transfer_end{addressed, ours, 0x66, abort_reason::timeout, false});
}

TEST_CASE("a second request to send: the kernel refuses the transfer, we begin anew",
          "[kernel_j1939]") {
  own_device own({.own_address = ours});
  own_device third_one({.own_address = third});
  kernel_device kernel(theirs);
  const auto twice = [&](std::uint8_t to) {
    third_one.send(opening(control_kind::request_to_send, 20, to));
    third_one.send(opening(control_kind::request_to_send, 20, to));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (const auto sequence : {1, 2, 3})
      third_one.send(data(static_cast<std::uint8_t>(sequence), third, to));
  };
  twice(theirs);
  CHECK(eventually([&] {
    return heard_from(own, heard_abort{addressed, theirs, third, abort_reason::busy});
  }));
  CHECK(kernel.received().empty());
  twice(ours);
  CHECK(eventually([&] { return own.received().size() == 1; }));
}

} // namespace j1939_differences_test
