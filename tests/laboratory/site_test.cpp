#include <catch2/catch.hpp>

#include <optional>

#include "laboratory/controller_order.hpp"
#include "laboratory/running_site.hpp"

namespace site_test {

using can_support::eventually;
using laboratory::drive_on;
using laboratory::listener;
using laboratory::mended_controller;
using laboratory::order;
using laboratory::rack;
using laboratory::running_site;

TEST_CASE("what canplayer replays reaches the points of a site, and what is missing its log") {
  const running_site site("vcan0");
  std::optional<listener> drive(drive_on("vcan0"));
  const bool heard = eventually([&] { return site.says("car/voltage", "355"); });
  if (!heard) site.explain("car/*");
  REQUIRE(heard);
  CHECK(eventually([&] { return site.says("car/current", "2.7"); }));
  CHECK(eventually([&] { return site.shows_bus("error-active"); }));
  drive.reset();
  CHECK(eventually([&] { return site.logged("can0 Timeout: nothing is received"); }));
}

TEST_CASE("F-060 a site's bus goes off, is restarted by canctl, logged, and heard again",
          "[controller]") {
  const running_site site("can0");
  const listener drive(drive_on("can1"));
  const bool heard = eventually([&] { return site.says("car/voltage", "355"); });
  if (!heard) site.explain("car/*");
  REQUIRE(heard);
  const listener canctl(site.command("canctl " + site.file()) + " 2>&1");
  REQUIRE(eventually(
      [&] { return canctl.heard("can0 is up: 500000 bit/s, sample point 87.5 %, as"); }));
  order("can0 off");
  // Seen while it was off, or after: it is restarted within 0.1 s.
  CHECK(eventually([&] { return site.logged("can0 bus-off: the controller ha"); }));
  CHECK(eventually([&] { return canctl.heard("can0 bus-off: restarted, 1 of 5"); }));
  CHECK(site.logged("can0 bus-off: restarted, 1 of 5"));
  CHECK(eventually([&] { return site.shows_bus("error-active"); }));
  CHECK(eventually([&] { return site.says("car/voltage", "355"); }));
}

TEST_CASE(
    "F-061 F-062 warning, error-passive, another bitrate, missing acknowledgements and noise "
    "are named in a site's log, which goes on",
    "[controller]") {
  const mended_controller afterwards;
  const running_site site("can0");
  std::optional<listener> drive(drive_on("can1"));
  REQUIRE(eventually([&] { return site.says("car/voltage", "355"); }));
  order("can0 warning 100 0");
  CHECK(eventually([&] { return site.logged("can0 bus-warn: .*(100 transmit and 0 receive"); }));
  order("can0 passive 0 130");
  CHECK(
      eventually([&] { return site.logged("can0 error-passive: .*(0 transmit and 130 receive"); }));
  CHECK(site.shows_bus("error-passive"));
  order("can0 active 0 0");
  CHECK(eventually([&] { return site.logged("can0 error-active: "); }));
  // Errors between frames that are heard.
  CHECK(eventually([&] {
    order("can0 crc");
    return site.logged("can0 noise: .*CRC Error");
  }));
  drive.reset();
  CHECK_FALSE(site.logged("can0 bitrate"));
  CHECK(eventually([&] {
    order("can0 stuff");
    return site.logged("can0 bitrate: .*another bitrate than this one (500000 bit/s)");
  }));
  CHECK_FALSE(site.logged("can0 No ACK"));
  CHECK(eventually([&] {
    order("can0 noack");
    return site.logged("can0 No ACK: nobody acknowledges what is sent");
  }));
  CHECK(eventually([&] { return site.says("car/voltage", "stale"); }));
  drive.emplace(drive_on("can1"));
  CHECK(eventually([&] { return site.says("car/voltage", "\"good\".*355"); }));
  CHECK(eventually([&] { return site.shows_bus("error-active"); }));
}

TEST_CASE(
    "F-062 a site that speaks, and the others at another bitrate or not at all: points say it",
    "[controller]") {
  const mended_controller afterwards;
  const running_site site("can0", rack);
  const listener others("candump -L can1");
  REQUIRE(eventually([&] { return site.says("links/can0/state", "error-active"); }));
  CHECK(eventually([&] { return others.heard("can1 080#"); })); // can-utils show our frames
  // Nothing goes out any more: the wire is cut.
  order("can0 cut");
  CHECK(eventually([&] {
    order("can0 noack");
    return site.logged("can0 No ACK") && site.says("links/can0/trouble", "no-ack");
  }));
  CHECK(eventually([&] { return site.recorded("NO_ACK"); }));
  CHECK(eventually([&] {
    for (int i = 0; i < 12; ++i) order("can0 stuff");
    return site.logged("can0 bitrate") && site.says("links/can0/trouble", "bitrate");
  }));
  order("can0 mended");
  CHECK(eventually([&] { return site.says("links/can0/trouble", "\"value\":\"\""); }));
}

TEST_CASE("F-072 what a controller lost is a point, an event and a line of the site's log",
          "[controller]") {
  const running_site site("can1", rack);
  REQUIRE(eventually([&] { return site.says("links/can0/rx_overflow", "\"value\":0"); }));
  order("can1 deaf");
  REQUIRE(laboratory::run("cangen can0 -g 0 -i -I 300 -L 8 -n 100") == 0);
  order("can1 hearing");
  CHECK(eventually([&] { return site.says("links/can0/rx_overflow", "\"value\":[1-9]"); }));
  CHECK(eventually([&] { return site.recorded("RX_DROP"); }));
  CHECK(eventually([&] { return site.logged("can0 overflow: [1-9][0-9]* frames lost"); }));
  CHECK(site.says("links/can0/state", "error-active"));
}

TEST_CASE("F-060 a bus that nobody restarts is an alarm of the rack behind it", "[controller]") {
  const mended_controller afterwards;
  const running_site site("can0", rack);
  REQUIRE(eventually([&] { return site.shows_bus("error-active"); }));
  order("can0 off");
  CHECK(eventually([&] { return site.is_set("bus_off", "warning"); }));
  // Nobody does for 20 s.
  const auto is_alarm = [&] { return site.is_set("bus_off", "alarm"); };
  CHECK((eventually(is_alarm) || eventually(is_alarm)));
}

} // namespace site_test
