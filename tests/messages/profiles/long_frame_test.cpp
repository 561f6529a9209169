#include <catch2/catch.hpp>
#include <string>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/encode_plan.hpp"
#include "messages/profiles/frame_report.hpp"
#include "messages/support/profiles.hpp"

namespace long_frame_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

/// 30 cells of 16 bits in one frame of CAN FD, and what proves it whole.
constexpr std::string_view pack = R"({
  "name": "fd_pack", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "cell_voltage": { "channel": "CellVoltage", "type": "u16", "count": 3, "scale": 0.001,
                      "unit": "V", "period_ms": 100, "valid": [0, 5], "sentinels": [65535] },
    "current": { "channel": "Current", "type": "i32", "scale": 0.01, "unit": "A",
                 "period_ms": 100 },
    "serial": { "channel": "Serial", "type": "i64", "unit": "", "period_ms": 100 },
    "temperature": { "channel": "Temperature", "type": "f64", "unit": "degC", "period_ms": 100 },
    "branch_a": { "channel": "BranchA", "type": "u16", "unit": "", "period_ms": 100 },
    "branch_b": { "channel": "BranchB", "type": "u16", "unit": "", "period_ms": 100 },
    "limit": { "channel": "Limit", "type": "u16", "scale": 0.1, "unit": "A", "period_ms": 100 }
  },
  "messages": [
    { "name": "all", "id": "0x123", "length": 64, "format": "fd_brs",
      "checksum": { "kind": "crc8_j1850", "byte": 63 },
      "counter": { "start": 496, "length": 4 },
      "signals": [
        { "point": "cell_voltage", "index": 0, "start": 0, "length": 16 },
        { "point": "cell_voltage", "index": 1, "start": 135, "length": 16, "order": "motorola" },
        { "point": "cell_voltage", "index": 2, "start": 476, "length": 16 },
        { "point": "current", "start": 73, "length": 18, "order": "motorola" },
        { "point": "serial", "start": 160, "length": 64 },
        { "point": "temperature", "start": 240, "length": 32, "type": "float" } ] },
    { "name": "branches", "id": "0x124", "length": 12, "format": "fd",
      "multiplexer": { "start": 88, "length": 8 },
      "signals": [
        { "point": "branch_a", "start": 72, "length": 16, "mux": 1 },
        { "point": "branch_b", "start": 72, "length": 16, "mux": 2 },
        { "point": "limit", "start": 0, "length": 16 } ] }
  ],
  "commands": [
    { "name": "set_limit", "id": "0x200", "length": 16, "format": "fd_brs", "channel": "SetLimit",
      "point": "set_limit", "read_back": "limit", "minimum": 0, "maximum": 100,
      "checksum": { "kind": "crc8_j1850", "byte": 15 },
      "signals": [
        { "field": "value", "start": 103, "length": 16, "order": "motorola", "scale": 0.1 },
        { "constant": 5, "start": 36, "length": 4 } ] } ]
})";

/// The frame of `all` with these hexadecimal bytes at a place, and its checksum.
can::frame frame_with(std::size_t at, std::string_view hex, std::uint8_t counter = 0) {
  can::frame made = make_frame(0x123, hex);
  const auto bytes = made.data;
  const auto count = made.length;
  made.data.fill(0);
  std::copy_n(bytes.begin(), count, made.data.begin() + static_cast<std::ptrdiff_t>(at));
  made.data[62] = static_cast<std::uint8_t>(made.data[62] | counter);
  made.fd = made.bit_rate_switch = true;
  made.length = 64;
  can::checksum(can::crc8_j1850_at(63)).write(std::span(made.data.data(), 64), counter);
  return made;
}

std::string findings_of(const std::string& message) {
  const auto loaded =
      load_profile(R"({"name":"test","version":1,"protocol":"can","commissioned":false,
"points":{"x":{"channel":"X","unit":"","period_ms":100,"type":"u16"}},
"messages":[{"name":"m","id":"0x123",)" +
                       message + R"(,"length":16}]}]})",
                   "p.json");
  const auto* found = std::get_if<findings>(&loaded);
  return found == nullptr ? "" : to_text(*found);
}

} // namespace

TEST_CASE("CAN FD: signals anywhere in 64 bytes are decoded, in both byte orders") {
  const auto profile = load_good(pack);
  CHECK(decoded_frame(profile, frame_with(0, "E40C")).value("cell_voltage", 0) == Approx(3.3));
  CHECK(decoded_frame(profile, frame_with(16, "0CE4")).value("cell_voltage", 1) == Approx(3.3));
  // Bits 476 to 491: half of a byte, a byte, half of a byte.
  CHECK(decoded_frame(profile, frame_with(59, "40CE00")).value("cell_voltage", 2) == Approx(3.3));
  CHECK(decoded_frame(profile, frame_with(9, "03FFFF")).value("current") == Approx(-0.01));
  CHECK(decoded_frame(profile, frame_with(20, "0807060504030201")).value("serial") ==
        Approx(0x0102030405060708));
  CHECK(decoded_frame(profile, frame_with(30, "0000C841")).value("temperature") == Approx(25));
}

TEST_CASE("CAN FD: sentinels, ranges and selectors hold behind the eighth byte") {
  const auto profile = load_good(pack);
  CHECK_FALSE(decoded_frame(profile, frame_with(16, "FFFF")).sample("cell_voltage", 1).good);
  CHECK_FALSE(decoded_frame(profile, frame_with(16, "1389")).sample("cell_voltage", 1).good);
  const auto second = decoded_frame(profile, make_frame(0x124, "640000000000000000070002"));
  CHECK(second.value("branch_b") == 7);
  CHECK(second.value("limit") == Approx(10));
  CHECK(second.samples.size() == 2);
  const auto third = decoded_frame(profile, make_frame(0x124, "000000000000000000000003"));
  CHECK(third.applied.outcome == decode_plan::outcome::unknown_selector);
}

TEST_CASE("CAN FD: a length, a checksum and a counter of 64 bytes are judged") {
  const auto profile = load_good(pack);
  auto frame = frame_with(0, "E40C", 9);
  auto whole = decoded_frame(profile, frame);
  CHECK(whole.applied.outcome == decode_plan::outcome::decoded);
  CHECK(whole.applied.counter == 9);
  frame.data[40] ^= 1;
  CHECK(decoded_frame(profile, frame).applied.outcome == decode_plan::outcome::bad_checksum);
  frame.length = 48;
  CHECK(decoded_frame(profile, frame).applied.outcome == decode_plan::outcome::bad_length);
}

TEST_CASE("CAN FD: the content of a frame is all of its bytes but counter and checksum") {
  const auto profile = load_good(pack);
  const auto content = [&](const can::frame& frame) {
    return decoded_frame(profile, frame).applied.content;
  };
  CHECK(content(frame_with(0, "E40C", 1)) == content(frame_with(0, "E40C", 2)));
  for (std::size_t byte = 0; byte < 62; ++byte)
    CHECK(content(frame_with(byte, "01")) != content(frame_with(byte, "02")));
}

TEST_CASE("CAN FD: a command fills its frame behind the eighth byte") {
  const auto plan = encode_plan::compile(load_good(pack), 0);
  REQUIRE(plan.has_value());
  const auto frame = plan->encode_set(0, 12.3, 0);
  REQUIRE(frame.has_value());
  CHECK(frame->fd);
  CHECK(frame->bit_rate_switch);
  CHECK(frame->length == 16);
  CHECK(frame->data[4] == 0x50);
  CHECK(frame->data[12] == 0x00);
  CHECK(frame->data[13] == 0x7B);
  CHECK(frame->data[15] == can::crc8_j1850(std::span(frame->data.data(), 15)));
}

TEST_CASE("CAN FD: a frame's raw values are reported from where they stand") {
  auto report = frame_report::make(load_good(pack), 0);
  REQUIRE(report.has_value());
  can::log_entry entry;
  entry.frame = frame_with(16, "0CE4");
  report->read(entry);
  REQUIRE(report->readable());
  std::string line;
  report->append_json(line);
  CHECK(line.find(R"("cell_voltage[1]":{"value":3.3,"unit":"V","raw":3300})") != line.npos);
  CHECK(line.find(R"("fd":true)") != line.npos);
}

TEST_CASE("CAN FD: what no frame can have is refused with its key") {
  const std::string signals = R"(,"signals":[{"point":"x","start":0)";
  CHECK(findings_of(R"("length":12,"format":"fd")" + signals) == "");
  CHECK(findings_of(R"("length":8,"format":"fd")" + signals) == "");
  CHECK_THAT(findings_of(R"("length":12)" + signals),
             Catch::Contains("messages[0].length: 12 bytes are a frame of CAN FD"));
  CHECK_THAT(findings_of(R"("length":13,"format":"fd")" + signals),
             Catch::Contains("and none has 13"));
  CHECK_THAT(findings_of(R"("length":12,"format":"classic")" + signals),
             Catch::Contains("messages[0].format: a classic frame has no 12 bytes"));
  CHECK_THAT(findings_of(R"("length":65,"format":"fd")" + signals), Catch::Contains("length"));
  CHECK_THAT(findings_of(R"("length":12,"format":"fd","signals":[{"point":"x","start":88)"),
             Catch::Contains("16 bits from 88 do not fit into 12 bytes"));
}

TEST_CASE("CAN FD: two signals that share bits behind the eighth byte are refused") {
  const auto said = findings_of(
      R"("length":32,"format":"fd","signals":[{"point":"x","start":200,"length":16},
{"point":"x","start":212)");
  CHECK_THAT(said, Catch::Contains("both have bit 212 (byte 26, its bit 4)"));
}

} // namespace long_frame_test
