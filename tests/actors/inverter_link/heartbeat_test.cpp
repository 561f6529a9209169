#include <catch2/catch.hpp>

#include "actors/inverter_link/link_bench.hpp"
#include "messages/event_codes.hpp"

// What follows when the inverter is not heard any more.
namespace heartbeat_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
using namespace voltaic::actors::inverter_link::testing;

TEST_CASE("F-167 without a heartbeat nothing flows after 5 s, and a minute later it is standby") {
  auto options = options_of("discover.json");
  options.safety_relay = "dio_0/inverter_release";
  bench bench(options);
  bench.values[3] = 0; // no current
  bench.pass(6 * second);
  bench.inverter_beats = false;
  bench.pass(4 * second);
  CHECK(bench.link.told().charge_current_a == 100);
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 0);
  CHECK(bench.link.told().charge.front().cause == cause::heartbeat);
  CHECK(bench.text(0) == "Disconnected");
  CHECK(bench.wishes.empty());
  bench.pass(55 * second);
  CHECK(bench.state_told(messages::event_codes::inverter_lost) == "standby");
  REQUIRE(bench.wishes.size() == 1);
  CHECK(bench.wishes[0].point == "dio_0/inverter_release");
  bench.pass(20 * second);
  CHECK(bench.wishes.size() == 3); // nobody carried it out
  bench.link.was_granted("dio_0/other");
  bench.link.was_granted("dio_0/inverter_release");
  bench.pass(60 * second);
  CHECK(bench.wishes.size() == 3); // nothing flows: the racks stay closed
}

TEST_CASE("F-167 current that flows although the inverter is in standby opens the racks") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  bench.inverter_beats = false;
  bench.pass(59 * second);
  CHECK(bench.wishes.empty());
  bench.pass(5 * second);
  REQUIRE(bench.wishes.size() == 1);
  CHECK(bench.wishes[0].point == "rack_0/contactor");
  CHECK(std::get<std::string>(bench.wishes[0].value) == "open");
}

TEST_CASE(
    "F-167 a current that nobody knows counts as one that flows, not while the rack is open") {
  bench bench(options_of("victron.json"));
  bench.pass(6 * second);
  bench.values[3].reset();
  bench.contactor_word = "open";
  bench.inverter_beats = false;
  bench.pass(90 * second);
  CHECK(bench.wishes.empty());
  SECTION("closed") {
    bench.contactor_word = "closed";
    bench.pass(2 * second);
  }
  SECTION("F-165 it was open, and feedback tells no more how it stands") {
    bench.shows_joined = false;
    bench.pass(2 * second);
  }
  SECTION("nobody says whether it is") {
    bench.battery_speaks = false;
    bench.pass(10 * second);
  }
  REQUIRE(bench.wishes.size() == 1);
  CHECK(bench.wishes[0].point == "rack_0/contactor");
  CHECK(bench.state_told(messages::event_codes::inverter_lost) == "opening");
}

TEST_CASE("F-167 nobody is asked to open a rack that takes no orders, and that is told") {
  auto options = options_of("discover.json");
  for (auto& rack : options.racks) rack.can_open = false;
  bench bench(options);
  bench.pass(6 * second);
  bench.inverter_beats = false;
  bench.pass(64 * second);
  CHECK(bench.wishes.empty());
  CHECK(bench.state_told(messages::event_codes::inverter_lost) == "cannot_open");
}

TEST_CASE("F-167 a heartbeat whose counter stands still is none") {
  auto options = options_of("discover.json");
  auto profile = *options.profile;
  profile.keep_alive->counter_byte = std::uint8_t{0};
  options.profile = std::make_shared<const messages::inverter::inverter_profile>(profile);
  bench bench(options);
  bench.pass(8 * second);
  REQUIRE(bench.link.told().charge_current_a == 100);
  bench.counts = false;
  bench.pass(7 * second);
  CHECK(bench.link.told().charge_current_a == 0);
  bench.counts = true;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 0); // not steady yet
  bench.pass(4 * second);
  CHECK(bench.link.told().charge_current_a == 100);
}

TEST_CASE("F-167 a Modbus inverter that answers again beats before its values may be used") {
  auto options = options_of("demo_inverter.json");
  options.device = "inverter_0";
  bench bench(options);
  const auto described = messages::points::make_catalogue(
      "inverter_0", {messages::points::describe(
                        "inverter_0", {"heartbeat_seen", "HeartbeatSeen", "", 0, "u16"}, second)});
  bench.link.learn(described);
  std::uint16_t counter = 0;
  const auto say = [&](messages::quality quality, std::int64_t source_us) {
    messages::block block;
    block.source_time_us = source_us;
    block.quality = quality;
    block.values = messages::block::words{counter};
    bench.link.take({"inverter_0", described.fingerprint, {block}}, bench.now_us);
  };
  const auto hear = [&](messages::quality quality) {
    ++counter;
    say(quality, bench.now_us);
    bench.pass(second);
  };
  for (int each = 0; each < 8; ++each) hear(messages::quality::good);
  REQUIRE(bench.link.told().charge_current_a == 100);
  const auto last_us = bench.now_us - second;
  bench.pass(second / 2);
  say(messages::quality::stale, last_us);
  SECTION("two lost, and two that come again") {
    bench.pass(1 * second);
    for (int each = 0; each < 2; ++each) hear(messages::quality::stale);
    hear(messages::quality::good);
    CHECK(bench.state_told(messages::event_codes::inverter_communication) != "Disconnected");
    CHECK(bench.link.told().charge_current_a == 100);
  }
  SECTION("F-050 what is said again of an old source time is no beat") {
    for (int each = 0; each < 6; ++each) {
      bench.pass(second);
      ++counter;
      say(messages::quality::stale, last_us);
    }
    CHECK(bench.state_told(messages::event_codes::inverter_communication) == "Disconnected");
    CHECK(bench.link.told().charge_current_a == 0);
  }
  SECTION("a counter that stands still is no beat") {
    for (int each = 0; each < 6; ++each) {
      bench.pass(second);
      say(messages::quality::stale, bench.now_us);
    }
    CHECK(bench.link.told().charge_current_a == 0);
  }
}

TEST_CASE("a frame whose stamp runs back, as where UTC steps, takes nothing back") {
  bench bench(options_of("discover.json"));
  bench.pass(8 * second);
  REQUIRE(bench.link.told().charge_current_a == 100);
  const auto hear = [&](std::uint32_t id, std::int64_t at_us) {
    messages::can::frame frame;
    frame.id = id;
    frame.length = 8;
    frame.data[0] = ++bench.counter;
    bench.link.take({&frame, 1}, at_us);
  };
  constexpr std::int64_t back_us = 20 * second;
  hear(0x305, bench.now_us - back_us);
  bench.pass(step_us);
  CHECK(bench.link.told().charge_current_a == 100);
  hear(0x351, bench.now_us);
  hear(0x351, bench.now_us - back_us);
  bench.pass(step_us);
  CHECK(bench.state_told(messages::event_codes::inverter_rival) == "two_batteries");
}

} // namespace heartbeat_test
