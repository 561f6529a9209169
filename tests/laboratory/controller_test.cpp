#include <catch2/catch.hpp>

#include "laboratory/bench.hpp"
#include "laboratory/peer.hpp"

namespace controller_test {

using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
using laboratory::open_on;
using laboratory::run;
using namespace voltaic::bus::can;

TEST_CASE("a burst that the kernel's queue does not hold goes out whole and in order",
          "[controller]") {
  collector sender_heard;
  collector receiver_heard;
  const auto sender = open_on("can0", sender_heard);
  const auto receiver = open_on("can1", receiver_heard);
  std::vector<voltaic::messages::can::frame> burst;
  for (std::uint8_t i = 0; i < 100; ++i) burst.push_back(make_frame(0x100, i));
  CHECK(sender->send_all(burst) == send_result::sent);
  REQUIRE(receiver_heard.wait_for_frames(100));
  const auto seen = receiver_heard.frames();
  for (std::size_t i = 0; i < burst.size(); ++i) CHECK(seen[i].data[0] == i);
  CHECK(eventually([&] { return sender->read_statistics().tx == 100; }));
  CHECK(sender->read_statistics().tx_dropped == 0);
}

TEST_CASE("while others fill the kernel's queue, what is sent waits, and is not lost",
          "[controller]") {
  collector heard;
  const auto port = open_on("can0", heard, {{0x7FF, 0x7FF, false}});
  REQUIRE(run("cangen can0 -g 0 -i -I 300 -L 8 -n 2000 &") == 0);
  for (std::uint8_t i = 0; i < 20; ++i)
    CHECK(port->send(make_frame(0x100, i)) == send_result::sent);
  CHECK(eventually([&] {
    const auto read = port->read_statistics();
    return read.tx + read.tx_dropped == 20;
  }));
}

TEST_CASE("bitrate and state of a controller are read from the kernel", "[controller]") {
  collector heard;
  const auto port = open_on("can1", heard);
  CHECK(port->read_statistics().state == controller_state::error_active);
  REQUIRE(run("ip link set can1 down && ip link set can1 type can bitrate 250000 && "
              "ip link set can1 up") == 0);
  CHECK(eventually([&] {
    const auto read = port->read_statistics();
    return read.bitrate == 250'000 && read.state == controller_state::error_active;
  }));
  REQUIRE(run("ip link set can1 down && ip link set can1 type can bitrate 500000 && "
              "ip link set can1 up") == 0);
  CHECK(eventually([&] { return port->read_statistics().bitrate == 500'000; }));
}

} // namespace controller_test
