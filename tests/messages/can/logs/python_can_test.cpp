#include "messages/can/logs/python_can.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "messages/support/vectors.hpp"

namespace python_can_test {

using namespace voltaic::messages::can;
using namespace voltaic::tests;

namespace {

log_entry row(const std::string& line) {
  log_entry entry;
  INFO(line);
  const auto kind = read_python_can(line, entry);
  REQUIRE(kind.has_value());
  REQUIRE(*kind == line_kind::frame);
  return entry;
}

} // namespace

TEST_CASE("the text of a python-can message carries everything") {
  const auto entry = row(
      "Timestamp:      132.072247        ID: 0241    S Rx                DL:  8    00 07 ec bf 61 "
      "fb 2f d9");
  CHECK(entry.frame.time_us == 132'072'247);
  CHECK(entry.time == log_time::relative);
  CHECK(entry.channel.empty());
  CHECK(entry.frame.id == 0x241);
  CHECK(entry.frame.length == 8);
  CHECK(entry.frame.data[7] == 0xD9);
  const auto named =
      row("Timestamp: 1435788396.312500    ID: 18ff50e5    X Rx                DL:  3    61 62 63  "
          "       "
          "           'abc'    Channel: vcan0");
  CHECK(named.time == log_time::absolute);
  CHECK(named.channel == "vcan0");
  CHECK(named.frame.extended);
  CHECK(named.frame.id == 0x18FF50E5);
  CHECK(named.frame.length == 3);
  CHECK(row("Timestamp: 1.000000 ID: 0123 S DLC: 2 01 02").frame.data[1] == 2);
}

TEST_CASE("flags of python-can tell remote, error and CAN FD frames") {
  CHECK(row("Timestamp: 1.0 ID: 123 S Rx   R DL: 4").frame.remote);
  CHECK(row("Timestamp: 1.0 ID: 123 S Rx   R DL: 4").frame.length == 4);
  CHECK(row("Timestamp: 1.0 ID: 000 S Rx E DL: 0").frame.error);
  CHECK_FALSE(row("Timestamp: 1.0 ID: 00000004 X Rx E DL: 0").frame.extended);
  const auto fd =
      row("Timestamp: 1.0 ID: 123 S Tx     F BS EI DL: 12 00 01 02 03 04 05 06 07 08 09 0a 0b");
  CHECK(fd.frame.fd);
  CHECK(fd.frame.length == 12);
}

TEST_CASE("broken lines of python-can are refused") {
  log_entry out;
  CHECK(read_python_can("  \r", out).value() == line_kind::nothing);
  for (const char* line :
       {"Timestamp:", "Timestamp: x ID: 123 S DL: 0", "Timestamp: 1.0 123 S DL: 0",
        "Timestamp: 1.0 ID: 123 S", "Timestamp: 1.0 ID: 123 Q DL: 0",
        "Timestamp: 1.0 ID: 123 DL: 0", "Timestamp: 1.0 ID: 800 S DL: 0",
        "Timestamp: 1.0 ID: 123 S DL: 9 00 00 00 00 00 00 00 00 00",
        "Timestamp: 1.0 ID: 123 S DL: 2 00", "Timestamp: 1.0 ID: 123 S DL: 1 00 11",
        "Timestamp: 1.0 ID: 20000000 X DL: 0", "Timestamp: -1.0 ID: 123 S DL: 0"}) {
    INFO(line);
    CHECK_FALSE(read_python_can(line, out).has_value());
  }
}

TEST_CASE("the recorded trace of python-can is read without a bad line") {
  if (data_folder().empty()) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  std::size_t frames = 0;
  std::set<std::uint32_t> identifiers;
  for (const auto& line : lines_of(data_folder() + "/logs/foxbms_test_log.txt")) {
    const auto entry = row(line);
    ++frames;
    identifiers.insert(entry.frame.id);
  }
  CHECK(frames == 301);
  CHECK(identifiers.size() == 25);
}

} // namespace python_can_test
