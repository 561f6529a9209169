#include "actors/system/link_watch_model.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace link_watch_model_test {

using namespace voltaic;
using actors::system::link_watch;
using words = std::vector<std::string>;

constexpr std::int64_t period_us = messages::us_per_s / 4;

messages::bus_health bus(const std::string& state, std::uint64_t bus_off = 0) {
  messages::bus_health result;
  result.name = "can0";
  result.bitrate = 500'000;
  result.state = state;
  result.bus_off = bus_off;
  return result;
}

struct watched {
  link_watch watch;
  std::int64_t now_us = 0;

  /// "BUS_OFF/bus-off" of each event.
  words see(const messages::bus_health& said, const std::string& node = "rack_0") {
    now_us += period_us;
    messages::health health;
    health.node = node;
    health.buses.push_back(said);
    words result;
    for (const auto& each : watch.take(health, now_us)) {
      CHECK(each.kind == "system");
      CHECK(each.subject == "can0");
      result.push_back(each.state.empty() ? each.code : each.code + "/" + each.state);
    }
    return result;
  }
};

TEST_CASE("F-060 a bus-off and its end are events, also of one that nobody saw") {
  watched on;
  CHECK(on.see(bus("error-active")).empty());
  CHECK(on.see(bus("bus-off", 1)) == words{"BUS_OFF/bus-off"});
  CHECK(on.see(bus("bus-off", 1)).empty());
  CHECK(on.see(bus("error-active", 1)) == words{"BUS_OFF/back"});
  on.now_us += link_watch::quiet_us;
  on.watch = {};
  CHECK(on.see(bus("error-active", 1)).empty());
  CHECK(on.see(bus("error-active", 2)) == words{"BUS_OFF/bus-off"});
}

TEST_CASE("F-063 a stranger that babbles is told once with its rate, and when it is quiet") {
  watched on;
  CHECK(on.see(bus("error-active")).empty());
  auto loud = bus("error-active");
  loud.babbler = "0x000";
  loud.babbler_rate = 3'900;
  loud.load_percent = 97;
  on.now_us += period_us;
  messages::health health;
  health.node = "rack_0";
  health.buses.push_back(loud);
  const auto told = on.watch.take(health, on.now_us);
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "BABBLE");
  CHECK(told[0].state == "stranger");
  CHECK(told[0].subject == "can0");
  CHECK(told[0].reason ==
        "0x000, which no profile of the site has: 3900 frames/s, the bus is "
        "loaded to 97 %");
  loud.babbler_rate = 3'950;
  CHECK(on.see(loud).empty());
  CHECK(on.see(loud, "rack_1").empty());
  on.now_us += link_watch::quiet_us;
  CHECK(on.see(loud, "rack_1").size() == 1); // rack_0 fell silent
  CHECK(on.see(bus("error-active"), "rack_1") == words{"BABBLE/stranger-quiet"});
}

TEST_CASE("F-060 a bus that stays off is told once more") {
  watched on;
  CHECK(on.see(bus("error-active")).empty());
  words told;
  while (on.now_us < 2 * link_watch::off_us_max) {
    for (const auto& each : on.see(bus("bus-off", 1))) told.push_back(each);
  }
  CHECK(told == words{"BUS_OFF/bus-off", "BUS_OFF/stays-off"});
}

TEST_CASE("F-061 warning, error-passive and their end are events with the counters") {
  watched on;
  CHECK(on.see(bus("error-active")).empty());
  CHECK(on.see(bus("error-warning")) == words{"BUS_ERR/error-warning"});
  CHECK(on.see(bus("error-passive")) == words{"BUS_ERR/error-passive"});
  CHECK(on.see(bus("error-active")) == words{"BUS_ERR/error-active"});
  CHECK(on.see(bus("error-warning")).empty()); // within 10 s
}

TEST_CASE("F-062 a missing acknowledgement, and another bitrate, are events") {
  watched on;
  auto alone = bus("error-active");
  CHECK(on.see(alone).empty());
  alone.trouble = "no-ack";
  CHECK(on.see(alone) == words{"NO_ACK"});
  CHECK(on.see(alone).empty());
  alone.trouble = "bitrate";
  CHECK(on.see(alone) == words{"BUS_RATE"});
}

TEST_CASE("F-072 what each node lost is an event, and losses within ten seconds are added up") {
  watched on;
  auto lossy = bus("error-active");
  lossy.rx_overflow = 5;
  CHECK(on.see(lossy).empty());
  CHECK(on.see(lossy, "rack_1").empty());
  lossy.rx_overflow = 8;
  CHECK(on.see(lossy) == words{"RX_DROP"});
  CHECK(on.see(lossy, "rack_1") == words{"RX_DROP"});
  lossy.rx_overflow = 10;
  CHECK(on.see(lossy).empty());
  on.now_us += link_watch::quiet_us;
  messages::health health;
  health.node = "rack_0";
  health.buses.push_back(lossy);
  const auto told = on.watch.take(health, on.now_us);
  REQUIRE(told.size() == 1);
  CHECK(told[0].reason == "rack_0 lost 2 frames that came faster than they were read");
}

TEST_CASE("of several nodes on a bus one tells, and the next when it falls silent") {
  watched on;
  CHECK(on.see(bus("error-active"), "rack_0").empty());
  CHECK(on.see(bus("error-active"), "rack_1").empty());
  CHECK(on.see(bus("error-passive"), "rack_1").empty());
  CHECK(on.see(bus("error-passive"), "rack_0") == words{"BUS_ERR/error-passive"});
  on.now_us += link_watch::speaker_us_max + link_watch::quiet_us;
  CHECK(on.see(bus("error-passive"), "rack_1") == words{"BUS_ERR/error-passive"});
  CHECK(on.see(bus("bus-off", 1), "rack_1") == words{"BUS_OFF/bus-off"});
}

} // namespace link_watch_model_test
