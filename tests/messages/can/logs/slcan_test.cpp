#include "messages/can/logs/slcan.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "messages/can/logs/socketcand.hpp"

namespace slcan_test {

using namespace voltaic::messages::can;

TEST_CASE("slcan lines are read in each of their forms") {
  log_entry entry;
  REQUIRE(read_slcan("t12342122334F\r", entry).value() == line_kind::frame);
  CHECK(entry.frame.id == 0x123);
  CHECK(entry.frame.length == 4);
  CHECK(entry.frame.data[3] == 0x4F);
  CHECK(entry.time == log_time::none);
  REQUIRE(read_slcan("T18FF50E52AABBEA5F", entry).value() == line_kind::frame);
  CHECK(entry.frame.extended);
  CHECK(entry.frame.id == 0x18FF50E5);
  CHECK(entry.frame.time_us == 59'999'000);
  REQUIRE(read_slcan("x18FF50E50", entry).value() == line_kind::frame);
  CHECK(entry.frame.extended);
  REQUIRE(read_slcan("r1236", entry).value() == line_kind::frame);
  CHECK(entry.frame.remote);
  CHECK(entry.frame.length == 6);
  REQUIRE(read_slcan("b1239" + std::string(24, 'A'), entry).value() == line_kind::frame);
  CHECK(entry.frame.fd);
  CHECK(entry.frame.length == 12);
  CHECK(entry.frame.bit_rate_switch);
  REQUIRE(read_slcan("D1ABCDEF00", entry).value() == line_kind::frame);
  CHECK(entry.frame.fd);
  CHECK_FALSE(entry.frame.bit_rate_switch);
  for (const auto* line : {"z", "Z", "\a"})
    CHECK(read_slcan(line, entry).value() == line_kind::other);
}

TEST_CASE("slcan lines that say too little or too much are refused") {
  log_entry entry;
  for (const auto* line :
       {"t", "t12", "t8000", "t1239", "t123211", "t12321122334", "t1232112G", "T2000000000",
        "t123211220", "t12321122FFFF", "q1230", "R12ABCDEF", "t123-"}) {
    INFO(line);
    CHECK_FALSE(read_slcan(line, entry).has_value());
  }
}

TEST_CASE("messages of socketcand are read, joined or apart") {
  log_entry entry;
  for (const auto* line : {"< frame 123 1680000000.000001 11223344 >",
                           "< frame 123 1680000000.000001 11 22 33 44 >"}) {
    REQUIRE(read_socketcand(line, entry).value() == line_kind::frame);
    CHECK(entry.frame.id == 0x123);
    CHECK_FALSE(entry.frame.extended);
    CHECK(entry.frame.length == 4);
    CHECK(entry.frame.time_us == 1'680'000'000'000'001);
  }
  REQUIRE(read_socketcand("< frame 00000123 1.5 >", entry).value() == line_kind::frame);
  CHECK(entry.frame.extended);
  CHECK(entry.frame.length == 0);
  REQUIRE(read_socketcand("< error 1ABCDEF0 1680000001.0 >", entry).value() == line_kind::frame);
  CHECK(entry.frame.error);
  CHECK_FALSE(entry.frame.extended); // a class of errors, as candump and the kernel have it
  REQUIRE(read_socketcand("< send 123 2 11 22 >", entry).value() == line_kind::frame);
  CHECK(entry.time == log_time::none);
  for (const auto* line : {"< hi >", "< ok >", "< stat 1 2 3 4 5 >", "< echo >"})
    CHECK(read_socketcand(line, entry).value() == line_kind::other);
  for (const auto* line :
       {"<", "< frame >", "< frame 123 1.0 1 >", "< frame 12G 1.0 >", "< send 123 3 11 22 >",
        "< frame 20000000 1.0 >", "< frame 123 1.0 11 >< frame 123 1.0 11 >", "frame 123"}) {
    INFO(line);
    CHECK_FALSE(read_socketcand(line, entry).has_value());
  }
}

} // namespace slcan_test
