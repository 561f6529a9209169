#include <catch2/catch.hpp>

#include "bus/can/clock.hpp"
#include "laboratory/bench.hpp"
#include "laboratory/peer.hpp"

namespace socketcan_test {

using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
using laboratory::listener;
using laboratory::open_on;
using laboratory::run;
using namespace voltaic::bus::can;
using voltaic::messages::can::frame;

/// Asks a peer for a frame until it hears one: only then it listens.
void wait_for_peer(port& from, const listener& peer) {
  const frame call = make_frame(0x7FF);
  REQUIRE(eventually([&] {
    (void)from.send(call);
    return peer.heard("7FF");
  }));
}

TEST_CASE("candump sees the frames that a port sends") {
  collector heard;
  const auto port = open_on("vcan0", heard);
  const listener peer("candump -L vcan0");
  wait_for_peer(*port, peer);
  frame item = make_frame(0x123, 0xAB);
  item.data = {0xAB, 1, 2, 3, 4, 5, 6, 7};
  CHECK(port->send(item) == send_result::sent);
  CHECK(port->send(make_frame(0x18FF50E5, 7, true)) == send_result::sent);
  CHECK(eventually([&] { return peer.heard("vcan0 123#AB01020304050607"); }));
  CHECK(eventually([&] { return peer.heard("vcan0 18FF50E5#0700000000000000"); }));
}

TEST_CASE("a port receives what cansend sends, stamped by the kernel on the monotonic clock") {
  collector heard;
  const std::int64_t before_us = monotonic_now_us();
  const auto port = open_on("vcan0", heard);
  REQUIRE(run("cansend vcan0 123#1122334455667788") == 0);
  REQUIRE(run("cansend vcan0 18FF50E5#DEAD") == 0);
  REQUIRE(heard.wait_for_frames(2));
  const auto frames = heard.frames();
  CHECK(frames[0].id == 0x123);
  CHECK_FALSE(frames[0].extended);
  CHECK(frames[0].length == 8);
  CHECK(frames[0].data[7] == 0x88);
  CHECK(frames[1].id == 0x18FF50E5);
  CHECK(frames[1].extended);
  CHECK(frames[1].length == 2);
  CHECK(frames[0].time_us > before_us);
  CHECK(frames[0].time_us <= frames[1].time_us);
  CHECK(frames[1].time_us <= monotonic_now_us());
}

TEST_CASE("two controllers on one wire carry frames both ways", "[controller]") {
  collector left_heard;
  collector right_heard;
  const auto left = open_on("can0", left_heard);
  const auto right = open_on("can1", right_heard);
  CHECK(left->read_statistics().state == controller_state::error_active);
  CHECK(left->read_statistics().bitrate == 500'000);
  REQUIRE(left->send(make_frame(0x10, 1)) == send_result::sent);
  REQUIRE(right_heard.wait_for_frames(1));
  CHECK(right_heard.frames()[0].id == 0x10);
  REQUIRE(right->send(make_frame(0x20, 2)) == send_result::sent);
  REQUIRE(left_heard.wait_for_frames(1));
  CHECK(left_heard.frames()[0].id == 0x20);
  CHECK(eventually([&] { return left->read_statistics().tx == 1; }));
}

} // namespace socketcan_test
