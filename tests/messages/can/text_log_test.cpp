#include "messages/can/text_log.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "messages/can/frame_bits.hpp"
#include "messages/support/vectors.hpp"

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

TEST_CASE("frame lengths of the shared vectors come out exactly") {
  for (const auto& vector : vectors_of("can.frame_bits")) {
    INFO(vector.dump());
    const auto& input = vector.at("input");
    frame sent;
    sent.id =
        static_cast<std::uint32_t>(std::stoul(input.at("id").get<std::string>(), nullptr, 16));
    sent.extended = input.at("extended").get<bool>();
    for (const auto byte : bytes_of(input.at("data").get<std::string>()))
      sent.data[sent.length++] = byte;
    CHECK(exact_bits(sent) ==
          vector.at("expected").at("bits_on_wire_incl_stuffing_and_3_bit_ifs").get<unsigned>());
  }
  for (const auto& vector : vectors_of("can.frame_bits_bounds")) {
    const auto& input = vector.at("input");
    CHECK(worst_case_bits(input.at("extended").get<bool>(), input.at("len").get<unsigned>()) ==
          vector.at("expected").at("worst_case").get<unsigned>());
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

TEST_CASE("broken log lines are refused with their text") {
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
  for (const char* line :
       {"", "Time Stamp,ID,Extended,Bus,LEN,D1", "12,00000109,false,0,8,00,01",
        "12,00000109,maybe,0,1,00", "12,00000FFF,false,0,1,00", "12,00000109,false,0,9,00",
        "-1,00000109,false,0,1,00", "12,00000109,false,x,1,00", "12,00000109,false,0,1,0"}) {
    INFO(line);
    CHECK_FALSE(parse_gvret(line).has_value());
  }
}

TEST_CASE("a GVRET line carries time, bus, identifier and bytes") {
  CHECK(is_gvret_header("Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\r"));
  const auto entry = parse_gvret("1964453900,000004F1,false,1,4,00,00,64,A0\r");
  REQUIRE(entry.has_value());
  CHECK(entry->frame.time_us == 1'964'453'900);
  CHECK(entry->channel == "1");
  CHECK(entry->frame.id == 0x4F1);
  CHECK_FALSE(entry->frame.extended);
  CHECK(entry->frame.length == 4);
  CHECK(entry->frame.data[3] == 0xA0);
}

TEST_CASE("every line of the two-bus capture is read") {
  if (data_folder().empty()) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  const auto lines = lines_of(
      data_folder() + "/logs/kona_gvret/230112-7-2019-pcan-ccan-power-off-on-ready-off.csv");
  std::map<std::string, std::size_t> frames;
  REQUIRE(is_gvret_header(lines.at(0)));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto entry = parse_gvret(lines[i]);
    REQUIRE(entry.has_value());
    ++frames[entry->channel];
  }
  CHECK(frames["0"] + frames["1"] == 39'546);
  CHECK(frames.size() == 2);
}

TEST_CASE("no mutation of a log line makes a reader fail otherwise than by refusing") {
  std::mt19937 random(7);
  const std::string lines[] = {
      "(1594172461.968006) vcan0 0C8#F000000000000000 T",
      " (2020-12-19 12:04:45.485261)  vcan0  0C8   [8]  F0 00 00 00 00 00 00 00",
      "1964453900,000004F1,false,1,4,00,00,64,A0",
      "(1613656104.501098) can3 14C##155B53476F7B82EEEB8E97236"};
  for (int round = 0; round < 20'000; ++round) {
    std::string line = lines[random() % std::size(lines)];
    for (unsigned i = 0; i <= random() % 3; ++i)
      line[random() % line.size()] = static_cast<char>(random() % 256);
    line.resize(random() % (line.size() + 1));
    for (const auto& result : {parse_candump(line), parse_gvret(line)})
      if (result) CHECK(result->frame.length <= result->frame.data.size());
  }
}
