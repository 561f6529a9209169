#include "messages/can/logs/candump.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "messages/support/vectors.hpp"

namespace candump_test {

using namespace voltaic::messages::can;
using namespace voltaic::tests;

namespace {

void check_frame(const frame& actual, const nlohmann::json& expected) {
  CHECK(actual.id == expected.at("id").get<std::uint32_t>());
  if (expected.contains("extended")) CHECK(actual.extended == expected.at("extended").get<bool>());
  if (expected.contains("remote")) CHECK(actual.remote == expected.at("remote").get<bool>());
  if (expected.contains("len")) CHECK(actual.length == expected.at("len").get<unsigned>());
  if (!expected.contains("data")) return;
  const auto bytes = bytes_of(expected.at("data").get<std::string>());
  REQUIRE(actual.length == bytes.size());
  CHECK(std::equal(bytes.begin(), bytes.end(), actual.data.begin()));
}

} // namespace

TEST_CASE("candump lines of the shared vectors are read as stated") {
  for (const auto& vector : vectors_of("log.candump")) {
    INFO(vector.dump());
    const auto entry = parse_candump(vector.at("input").at("line").get<std::string>());
    REQUIRE(entry.has_value());
    const auto& expected = vector.at("expected");
    check_frame(entry->frame, expected);
    if (expected.contains("channel")) CHECK(entry->channel == expected.at("channel"));
    if (expected.contains("timestamp_us"))
      CHECK(entry->frame.time_us == expected.at("timestamp_us").get<std::int64_t>());
    if (expected.value("timestamp_kind", "") == "relative")
      CHECK(entry->time == log_time::relative);
  }
}

TEST_CASE("frame texts of the shared vectors are read as stated") {
  for (const auto& vector : vectors_of("log.canframe_text")) {
    INFO(vector.dump());
    const auto parsed = parse_frame_text(vector.at("input").at("text").get<std::string>());
    REQUIRE(parsed.has_value());
    check_frame(*parsed, vector.at("expected"));
  }
}

TEST_CASE("a candump log line carries time, channel, identifier and bytes") {
  const auto entry = parse_candump_log("(1594172461.968006) vcan0 0C8#F0000000 T");
  REQUIRE(entry.has_value());
  CHECK(entry->channel == "vcan0");
  CHECK(entry->time == log_time::absolute);
  CHECK(entry->frame.time_us == 1'594'172'461'968'006);
  CHECK(entry->frame.id == 0x0C8);
  CHECK(entry->frame.length == 4);
  CHECK(entry->frame.data[0] == 0xF0);
}

TEST_CASE("candump's rarer forms are understood") {
  const auto fd = parse_frame_text("14C##155B53476F7B82EEEB8E97236");
  REQUIRE(fd.has_value());
  CHECK(fd->fd);
  CHECK(fd->length == 12);
  const auto error = parse_frame_text("20000004#0001000000000000");
  REQUIRE(error.has_value());
  CHECK(error->error);
  CHECK(error->id == 4);
  CHECK(parse_frame_text("123#1122334455667788_B").has_value());
  const auto nano = parse_candump_log("(1594172461.968006123) a.b-c 123#");
  REQUIRE(nano.has_value());
  CHECK(nano->frame.time_us == 1'594'172'461'968'006);
  CHECK(nano->channel == "a.b-c");
  const auto date = parse_candump_console(" (2020-12-19 12:04:45.485261)  vcan0  0C8   [2]  F0 01");
  REQUIRE(date.has_value());
  CHECK(date->frame.time_us == 1'608'379'485'485'261);
  const auto flags = parse_candump_console(" can0  RX - -  123   [1]  31   '1'");
  REQUIRE(flags.has_value());
  CHECK(flags->frame.data[0] == 0x31);
  const auto drop =
      parse_candump_console("DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 9)");
  REQUIRE(drop.has_value());
  CHECK(drop->dropped == 7);
  CHECK(drop->channel == "can0");
}

TEST_CASE("broken candump lines are refused") {
  for (const char* line :
       {"", "(1594172461.968006) vcan0 ERROR", "  vcan0  ERROR", "(1.2) can0 123#00",
        "(1594172461.968006) vcan0 0C8#F", "(1594172461.968006) vcan0 8FF#00",
        "(1594172461.968006) vcan0 1234#00", "(1594172461.968006) vcan0 123#112233445566778899",
        "(1594172461.968006) vcan0 123#00 X", "(99999999999999999.000000) can0 123#00",
        "vcan0  0C8   [9]  F0 00 00 00 00 00 00 00 00", "vcan0  0C8   [3]  F0 00",
        "vcan0  0C8   [2]  F0 00 11", "(2020-13-19 12:04:45.485261) can0 123 [0]", "123##",
        "123#R9"}) {
    INFO(line);
    CHECK_FALSE(parse_candump(line).has_value());
  }
}

TEST_CASE("CAN FD: a frame of 64 bytes is written to a log as it is read again") {
  for (const bool switched : {false, true}) {
    frame sent;
    sent.id = 0x123;
    sent.fd = true;
    sent.bit_rate_switch = switched;
    sent.length = 64;
    sent.data[63] = 0xEE;
    sent.time_us = 1'000'001;
    std::string line;
    write_candump_log(line, sent, "can0", sent.time_us);
    line.pop_back();
    const auto read = parse_candump_log(line);
    REQUIRE(read.has_value());
    CHECK(read->frame == sent);
  }
}

TEST_CASE("a remote frame of CAN FD is refused, as there is none") {
  CHECK(parse_candump("  can0  123   [8]  remote request").has_value());
  CHECK_FALSE(parse_candump("  can0  123   [64]  remote request").has_value());
}

TEST_CASE("candump's options of the console change the look and not the frame") {
  for (const char* line :
       {"  can0  123   [3]  11 22 33", "  can0  123   {3}  11 22 33", "  can0  123   [3]  33`22`11",
        "  can0  123   [3]  00010001 00100010 00110011",
        "  can0  123   [3]  00110011`00100010`00010001", "  can0  RX B E  123   [3]  11 22 33",
        "  can0  123   [3]  11 22 33   '.\"3'", "\x1b[31m  can0  123\x1b[0m   [3]  11 22 33\x1b[0m",
        " (12.345)  can0  123   [3]  11 22 33", "\t (000.000123)  can0  123  [3] 11 22 33\r"}) {
    INFO(line);
    const auto entry = parse_candump(line);
    REQUIRE(entry.has_value());
    CHECK(entry->channel == "can0");
    CHECK(entry->frame.id == 0x123);
    CHECK(entry->frame.length == 3);
    CHECK(entry->frame.data[0] == 0x11);
    CHECK(entry->frame.data[2] == 0x33);
  }
  const auto code = parse_candump("  can0  123   {C}  11 22 33 44 55 66 77 88");
  REQUIRE(code.has_value());
  CHECK(code->frame.length == 8);
  CHECK_FALSE(code->frame.fd);
}

TEST_CASE("what candump says of an error frame in lines of its own is no bad line") {
  log_entry entry;
  CHECK(
      read_candump("  can0  20000004   [8]  00 04 00 00 00 00 00 00   ERRORFRAME", entry).value() ==
      line_kind::frame);
  CHECK(entry.frame.error);
  CHECK(read_candump("\tcontroller-problem{rx-error-warning}", entry).value() ==
        line_kind::nothing);
  CHECK(read_candump("DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 9)", entry)
            .value() == line_kind::lost);
  CHECK(entry.dropped == 7);
}

TEST_CASE("every frame that is written as a candump log is read back") {
  std::mt19937 random(11);
  for (int round = 0; round < 5'000; ++round) {
    frame sent;
    sent.extended = random() % 2 == 0;
    sent.id = static_cast<std::uint32_t>(random()) % (sent.extended ? 0x20000000 : 0x800);
    sent.fd = random() % 4 == 0;
    sent.remote = !sent.fd && random() % 5 == 0;
    constexpr std::uint8_t lengths[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64};
    sent.length = lengths[random() % (sent.fd ? 16 : 9)];
    for (std::size_t i = 0; i < sent.length && !sent.remote; ++i)
      sent.data[i] = static_cast<std::uint8_t>(random());
    const auto utc_us = static_cast<std::int64_t>(1'600'000'000'000'000 + random());
    std::string line;
    write_candump_log(line, sent, "can-0.1", utc_us);
    INFO(line);
    const auto entry = parse_candump(line);
    REQUIRE(entry.has_value());
    CHECK(entry->channel == "can-0.1");
    CHECK(entry->time == log_time::absolute);
    sent.time_us = utc_us;
    CHECK(entry->frame == sent);
  }
  std::string text;
  write_candump_log(text, {.id = 4, .error = true, .length = 1, .time_us = 1}, "can0", 5);
  CHECK(text == "(0000000000.000005) can0 20000004#00\n");
  const auto error = parse_candump(text);
  REQUIRE(error.has_value());
  CHECK(error->frame.error);
  text.clear();
  write_candump_loss(text, "can0", 7, 12);
  const auto loss = parse_candump(text);
  REQUIRE(loss.has_value());
  CHECK(loss->dropped == 7);
}

} // namespace candump_test
