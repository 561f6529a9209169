#include <catch2/catch.hpp>

#include "nodes/process/comm_report_model.hpp"

namespace comm_report_test {

using namespace voltaic;
using nodes::process::comm_report;
using lines = std::vector<std::string>;

constexpr std::int64_t second_us = messages::us_per_s;

messages::bus_health bus(const std::string& state, std::uint64_t rx) {
  messages::bus_health result;
  result.name = "can0";
  result.bitrate = 500'000;
  result.state = state;
  result.rx = rx;
  return result;
}

/// A bus on which frames arrive, told a second apart.
struct watched {
  comm_report report{{{"can0", second_us}, {"plant", 0}}};
  std::int64_t now_us = 0;
  std::uint64_t rx = 0;

  lines see(const messages::bus_health& now, std::int64_t after_us = second_us) {
    now_us += after_us;
    return report.step({now}, {}, now_us);
  }
  lines see(const std::string& state) { return see(bus(state, ++rx)); }
};

TEST_CASE("F-061 each state of a bus is told in the words that people search for") {
  watched on;
  CHECK(on.see("error-active").empty());
  CHECK(on.see("error-warning") ==
        lines{"can0 bus-warn: 96 errors or more are counted: the wires want a look"});
  CHECK(on.see("error-warning").empty());
  auto passive = bus("error-passive", ++on.rx);
  passive.transmit_errors = 130;
  CHECK(on.see(passive).at(0).starts_with("can0 error-passive: 128 errors or more"));
  CHECK(on.see(bus("bus-off", ++on.rx)).at(0).starts_with("can0 bus-off: "));
  CHECK(on.see("error-active") ==
        lines{"can0 error-active: the controller takes part without restrictions again"});
}

TEST_CASE("F-060 a bus-off that was over before anybody looked is told") {
  watched on;
  CHECK(on.see("error-active").empty());
  auto back = bus("error-active", ++on.rx);
  back.bus_off = 1;
  CHECK(on.see(back) ==
        lines{"can0 bus-off: the controller had left the bus after too many errors, and is back"});
  back.rx = ++on.rx;
  CHECK(on.see(back).empty());
}

TEST_CASE("F-062 a missing acknowledgement and another bitrate are told with what to look for") {
  watched on;
  CHECK(on.see("error-active").empty());
  auto alone = bus("error-active", ++on.rx);
  alone.trouble = "no-ack";
  CHECK(on.see(alone).at(0).starts_with("can0 No ACK: nobody acknowledges"));
  auto strange = bus("error-active", ++on.rx);
  strange.trouble = "bitrate";
  const auto told = on.see(strange);
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("can0 bitrate: errors and not one readable frame"));
  CHECK(told[0].ends_with("(500000 bit/s)"));
}

TEST_CASE("a silent bus is a Timeout, once, and its return is told") {
  watched on;
  CHECK(on.see("error-active").empty());
  CHECK(on.see(bus("error-active", on.rx)) == lines{"can0 Timeout: nothing is received"});
  CHECK(on.see(bus("error-active", on.rx)).empty());
  CHECK(on.see("error-active") == lines{"can0 heard again: after 3.0 s"});
}

TEST_CASE("a word of a link that comes again and again is told once in ten seconds") {
  watched on;
  CHECK(on.see("error-active").empty());
  std::size_t told = 0;
  for (int i = 0; i < 100; ++i) {
    told += on.see(bus("error-warning", ++on.rx), second_us / 10).size();
    told += on.see(bus("error-active", ++on.rx), second_us / 10).size();
  }
  CHECK(told == 4); // two words, twice in 20 s
  const auto last = on.see(bus("error-warning", ++on.rx), comm_report::quiet_us);
  REQUIRE(last.size() == 1);
  CHECK(last[0].ends_with("; 49 times more since it was last told"));
}

TEST_CASE("F-072 what a node lost it tells, also of a bus that another node tells of") {
  comm_report other{{}};
  auto first = bus("bus-off", 1);
  CHECK(other.step({first}, {}, 0).empty());
  first.rx_overflow = 12;
  CHECK(other.step({first}, {}, second_us) ==
        lines{"can0 overflow: 12 frames lost: they came faster than this node read them"});
}

TEST_CASE("unknown identifiers are told when there are more of them") {
  watched on;
  CHECK(on.see("error-active").empty());
  auto strange = bus("error-active", ++on.rx);
  strange.unknown_ids = 3;
  CHECK(on.see(strange) ==
        lines{"can0 unknown identifiers: 3 are on the bus that no profile of the site has"});
  strange.rx = ++on.rx;
  CHECK(on.see(strange).empty());
}

TEST_CASE("what error frames say is told in the words of the field, now and then") {
  watched on;
  CHECK(on.see("error-active").empty());
  auto broken = bus("error-active", ++on.rx);
  broken.errors = 3;
  broken.last_error = "bus error: stuff error in data, while receiving";
  CHECK(on.see(broken) ==
        lines{"can0 error frame: bus error: stuff error in data, while receiving"});
  broken.rx = ++on.rx;
  broken.errors = 9;
  CHECK(on.see(broken).empty()); // at most so often
  broken.rx = ++on.rx;
  broken.trouble = "transceiver";
  broken.last_error = "transceiver: CAN high short to ground";
  const auto told = on.see(broken);
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("can0 transceiver: it reports a fault of the wires"));
  CHECK(told[0].ends_with("(transceiver: CAN high short to ground)"));
}

TEST_CASE("F-063 a stranger that babbles is told with its rate") {
  watched on;
  CHECK(on.see("error-active").empty());
  auto loud = bus("error-active", ++on.rx);
  loud.babbler = "0x18FF0001";
  loud.babbler_rate = 3'900;
  const auto expected =
      lines{"can0 babbling: 0x18FF0001, which no profile of the site has: 3900 frames/s"};
  CHECK(on.see(loud) == expected);
  loud.rx = ++on.rx;
  loud.babbler_rate = 3'800;
  CHECK(on.see(loud).empty());
}

TEST_CASE("a Modbus line's timeouts and broken answers are told with their number") {
  comm_report report{{{"plant", 0}}};
  messages::line_health line;
  line.name = "plant";
  line.state = "connected";
  CHECK(report.step({}, {line}, 0).empty());
  line.timeouts = 3;
  line.crc_errors = 2;
  CHECK(report.step({}, {line}, second_us) ==
        lines{"plant Timeout: 3 requests without an answer",
              "plant CRC Error: 2 answers with a wrong checksum: wiring, termination, another baud "
              "rate"});
  line.timeouts = 5;
  CHECK(report.step({}, {line}, 2 * second_us).empty());
  line.timeouts = 6;
  CHECK(report.step({}, {line}, 12 * second_us) ==
        lines{"plant Timeout: 3 requests without an answer"});
  line.state = "down";
  CHECK(report.step({}, {line}, 13 * second_us) ==
        lines{"plant down: the host or the serial port cannot be reached"});
}

} // namespace comm_report_test
