#include <catch2/catch.hpp>

#include "bus/can/clock.hpp"
#include "bus/can/socketcan/interface_keeper.hpp"
#include "laboratory/bench.hpp"
#include "laboratory/controller_order.hpp"
#include "laboratory/peer.hpp"

namespace states_test {

using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
using laboratory::mended_controller;
using laboratory::open_on;
using laboratory::order;
using laboratory::run;
using namespace voltaic::bus::can;

bool reaches(const port& watched, controller_state state) {
  return eventually([&] { return watched.read_statistics().state == state; });
}

TEST_CASE("F-061 warning and error-passive are seen with their counters, and that they are over",
          "[controller]") {
  const mended_controller afterwards;
  collector heard;
  const auto port = open_on("can0", heard);
  order("can0 warning 100 0");
  REQUIRE(reaches(*port, controller_state::error_warning));
  CHECK(port->read_statistics().transmit_errors == 100);
  order("can0 passive 0 130");
  REQUIRE(reaches(*port, controller_state::error_passive));
  CHECK(port->read_statistics().receive_errors == 130);
  order("can0 active 0 0");
  REQUIRE(reaches(*port, controller_state::error_active));
  CHECK(port->read_statistics().errors == 3);
}

TEST_CASE("the state of a controller is known from the start", "[controller]") {
  const mended_controller afterwards;
  order("can0 passive 130 0");
  collector heard;
  const auto port = open_on("can0", heard);
  CHECK(port->read_statistics().state == controller_state::error_passive);
}

TEST_CASE("F-060 in bus-off nothing is sent, and after the restart nothing of before",
          "[controller]") {
  const mended_controller afterwards;
  collector sender_heard;
  collector receiver_heard;
  const auto sender = open_on("can0", sender_heard);
  const auto receiver = open_on("can1", receiver_heard);
  order("can0 off");
  REQUIRE(reaches(*sender, controller_state::bus_off));
  CHECK(sender->read_statistics().bus_off == 1);
  for (int i = 0; i < 10; ++i) CHECK(sender->send(make_frame(0x100)) == send_result::down);
  CHECK(sender->read_statistics().tx_dropped == 10);
  const auto ticks = sender_heard.batches().size();
  CHECK(sender_heard.wait_for_batches(ticks + 3));
  REQUIRE(run("ip link set can0 type can restart") == 0);
  REQUIRE(reaches(*sender, controller_state::error_active));
  CHECK(sender->send(make_frame(0x200)) == send_result::sent);
  REQUIRE(receiver_heard.wait_for_frames(1));
  CHECK(receiver_heard.frames()[0].id == 0x200);
}

TEST_CASE("F-060 whoever keeps the interfaces restarts one that is bus-off, when it is asked",
          "[controller]") {
  const mended_controller afterwards;
  const can_support::temporary_folder folder;
  auto listener = setup_listener::open(folder.path());
  REQUIRE(listener);
  std::vector<std::string> told;
  interface_keeper keeper({{"can0", 500'000, {}}},
                          [&](bool, const std::string& line) { told.push_back(line); });
  REQUIRE(keeper.set_up_all());
  REQUIRE(told.size() == 1);
  CHECK(told[0] == "can0 is up: 500000 bit/s, sample point 87.5 %, as it was already");
  collector heard;
  port_options options;
  options.uri = "socketcan:can0";
  options.runtime_folder = folder.path();
  const auto port = open_port(options, heard.handler());
  REQUIRE(port);
  order("can0 off");
  REQUIRE(reaches(**port, controller_state::bus_off));
  REQUIRE(eventually([&] {
    const auto now_us = monotonic_now_us();
    if (const auto request = listener->wait(1)) keeper.asked(*request, now_us);
    keeper.step(now_us);
    return told.size() == 2;
  }));
  CHECK(told[1] == "can0 bus-off: restarted, 1 of 5 times within a minute");
  REQUIRE(reaches(**port, controller_state::error_active));
  CHECK((*port)->send(make_frame(0x300)) == send_result::sent);
  CHECK(eventually([&] { return (*port)->read_statistics().tx == 1; }));
}

TEST_CASE("an interface that never was up is set up by the site's words", "[controller]") {
  REQUIRE(run("ip link set can1 down; ip link set can1 type can bitrate 125000") == 0);
  std::vector<std::string> told;
  interface_keeper keeper({{"can1", 250'000, 80.0}, {"vcan0", 500'000, {}}},
                          [&](bool, const std::string& line) { told.push_back(line); });
  CHECK(keeper.set_up_all());
  const auto there = read_interface("can1");
  REQUIRE(there);
  REQUIRE(*there);
  CHECK((*there)->up);
  CHECK((*there)->bitrate == 250'000);
  CHECK((*there)->sample_point_percent == Approx(80).margin(5));
  CHECK((*there)->restart_ms == 0);
  CHECK(told ==
        std::vector<std::string>{"can1 is up: 250000 bit/s, sample point 75.0 % (wanted 80.0 %)",
                                 "vcan0 is up: 500000 bit/s, as it was already"});
  CHECK(keeper.set_up_all());
  CHECK(told.at(2) ==
        "can1 is up: 250000 bit/s, sample point 75.0 % (wanted 80.0 %), as it was already");
  interface_keeper usual({{"can1", 500'000, {}}}, [](bool, const std::string&) {});
  CHECK(usual.set_up_all());
}

TEST_CASE("another bitrate and a missing acknowledgement are named by the driver's error frames",
          "[controller]") {
  const mended_controller afterwards;
  collector heard;
  {
    const auto port = open_on("can0", heard);
    for (int i = 0; i < 12; ++i) order("can0 stuff");
    CHECK(
        eventually([&] { return port->read_statistics().trouble == link_trouble::wrong_bitrate; }));
    CHECK(port->read_statistics().errors == 12);
  }
  const auto port = open_on("can0", heard);
  order("can0 noack");
  CHECK(eventually(
      [&] { return port->read_statistics().trouble == link_trouble::no_acknowledgement; }));
}

TEST_CASE("F-075 a flood of error frames is not heard to its end, states are all the same",
          "[controller]") {
  const mended_controller afterwards;
  collector heard;
  const auto port = open_on("can0", heard);
  constexpr std::uint64_t sent = 20'000;
  REQUIRE(run("for i in $(seq " + std::to_string(sent) +
              "); do echo can0 stuff; done | while read line; do echo $line > "
              "/sys/module/controller_states/parameters/order; done") == 0);
  CHECK(port->read_statistics().errors < sent);
  order("can0 passive 0 130");
  CHECK(reaches(*port, controller_state::error_passive));
}

} // namespace states_test
