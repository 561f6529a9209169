// The contract as bytes: eight a line, with what they are. A change here is a
// change of what every node on the bus must understand.
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "messages/codec/codec.hpp"

namespace codec_golden_test {

using namespace voltaic::messages;

namespace {

/// Reads hex bytes; what follows a `;` in a line is a comment.
std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line.substr(0, line.find(';')));
    for (std::string field; fields >> field;) {
      out.push_back(static_cast<std::byte>(std::stoul(field, nullptr, 16)));
    }
  }
  return out;
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    constexpr auto digits = "0123456789abcdef";
    const auto value = std::to_integer<unsigned>(bytes[i]);
    out += {digits[value / 16], digits[value % 16], i % 8 == 7 ? '\n' : ' '};
  }
  return out;
}

const header golden_header{.source = "bms_0",
                           .incarnation = 2,
                           .sequence = 3,
                           .time = {4, 5},
                           .utc_quality = utc_quality::simulated};

/// What stands in front of every payload; words, tag and pointer differ.
std::string envelope(const char* words, const char* tag, const char* pointer) {
  return std::string("00 00 00 00 ") + words + R"( 00 00 00 ; one segment, its words
    00 00 00 00 05 00 02 00 ; root: 5 words of data, 2 pointers
    01 00 02 00 02 00 00 00 ; schema version 1, utc quality simulated, incarnation 2
    03 00 00 00 00 00 00 00 ; sequence 3
    04 00 00 00 00 00 00 00 ; monotonic 4 us
    05 00 00 00 00 00 00 00 ; utc 5 us
    )" + tag +
         R"( 00 00 00 00 00 00 00 ; which payload
    05 00 00 00 32 00 00 00 ; source: a text of 5 bytes and NUL
    )" + pointer +
         R"( ; payload
    62 6d 73 5f 30 00 00 00 ; "bms_0"
    )";
}

void check(const payload& content, const std::string& golden) {
  const auto frame = encode(golden_header, content);
  const auto expected = bytes_of(golden);
  CHECK(hex_of(frame->bytes()) == hex_of(expected));
  const auto back = open(expected);
  REQUIRE(back);
  CHECK(*back == message{golden_header, content});
}

} // namespace

TEST_CASE("golden bytes: an envelope without payload") {
  check(std::monostate(), envelope("09", "00", "00 00 00 00 00 00 00 00"));
}

TEST_CASE("golden bytes: telemetry") {
  check(telemetry{.owner = "a",
                  .fingerprint = 0x1122334455667788,
                  .blocks = {{.point = 1,
                              .first_index = 2,
                              .source_time_us = 3,
                              .quality = quality::stale,
                              .values = block::words{3300, 3301},
                              .element_quality = {quality::good, quality::stale}}}},
        envelope("16", "01", "04 00 00 00 01 00 02 00") +
            R"(88 77 66 55 44 33 22 11 ; fingerprint
               05 00 00 00 12 00 00 00 ; owner
               05 00 00 00 37 00 00 00 ; blocks: structs, 6 words in all
               61 00 00 00 00 00 00 00 ; "a"
               04 00 00 00 03 00 03 00 ; 1 block of 3 words and 3 pointers
               01 00 02 00 02 00 00 00 ; point 1, quality stale, first index 2
               03 00 00 00 00 00 00 00 ; source time 3 us
               00 00 00 00 00 00 00 00 ; values are words
               09 00 00 00 13 00 00 00 ; 2 words of 16 bits
               09 00 00 00 12 00 00 00 ; element quality: 2 bytes
               00 00 00 00 00 00 00 00 ; missing: none
               e4 0c e5 0c 00 00 00 00 ; 3300, 3301
               00 02 00 00 00 00 00 00 ; good, stale)");
}

TEST_CASE("golden bytes: event") {
  const std::string absent = "00 00 00 00 00 00 00 00\n";
  std::string golden = envelope("2c", "02", "04 00 00 00 0c 00 13 00") +
                       R"(11 00 00 00 00 00 00 00 ; sequence 17
                          00 00 00 00 00 00 0c 40 ; value 3.5
                          01 09 00 00 00 00 00 00 ; has a value, signal 9, exit code -1
                          00 00 00 00 00 00 00 00 ; threshold
                          00 00 00 00 00 00 00 00 ; first out
                          00 00 00 00 00 00 00 00 ; charge current
                          00 00 00 00 00 00 00 00 ; discharge current
                          67 12 00 00 00 00 00 00 ; process 4711
                          00 00 00 00 00 90 62 3f ; charge voltage 1700 V, against nan bit by bit
                          00 00 00 00 00 00 00 00 ; discharge voltage: not told
                          00 00 00 00 00 00 00 00 ; charge power: not told
                          00 00 00 00 00 00 00 00 ; discharge power: not told
                          49 00 00 00 12 00 00 00 ; id
                          00 00 00 00 00 00 00 00 ; node
                          00 00 00 00 00 00 00 00 ; boot
                          41 00 00 00 12 00 00 00 ; kind
                          )";
  for (int i = 0; i < 12; ++i) golden += absent; // subject, candidate ... key
  golden += R"(11 00 00 00 12 00 00 00 ; role
               11 00 00 00 12 00 00 00 ; code
               00 00 00 00 00 00 00 00 ; limits' hash
               69 00 00 00 00 00 00 00 ; "i"
               6b 00 00 00 00 00 00 00 ; "k"
               72 00 00 00 00 00 00 00 ; "r"
               63 00 00 00 00 00 00 00 ; "c")";
  check(event{.id = "i",
              .sequence = 17,
              .kind = "k",
              .value = 3.5,
              .has_value = true,
              .role = "r",
              .code = "c",
              .pid = 4711,
              .signal = 9,
              .charge_voltage_limit_v = 1700},
        golden);
}

TEST_CASE("an event of a writer that knew fewer fields is read, without them") {
  const std::string absent = "00 00 00 00 00 00 00 00\n";
  std::string former = envelope("21", "02", "04 00 00 00 07 00 10 00");
  for (int i = 0; i < 7; ++i) former += absent;
  former += "3d 00 00 00 12 00 00 00 ; id\n";
  for (int i = 0; i < 15; ++i) former += absent;
  former += "69 00 00 00 00 00 00 00 ; \"i\"\n";
  const auto read = open(bytes_of(former));
  REQUIRE(read);
  CHECK(std::get<event>(read->payload) == event{.id = "i"});
}

TEST_CASE("golden bytes: command") {
  check(command{.id = "i",
                .target = "t",
                .operation = "close",
                .deadline_utc_us = 9,
                .lease_ms = 8,
                .priority = 7,
                .generation = 6},
        envelope("1b", "03", "04 00 00 00 05 00 0a 00") +
            R"(00 00 00 00 00 00 07 00 ; index 0, no value, priority 7
               00 00 00 00 00 00 00 00 ; value
               09 00 00 00 00 00 00 00 ; deadline, utc 9 us
               08 00 00 00 00 00 00 00 ; lease 8 ms
               06 00 00 00 00 00 00 00 ; generation 6
               25 00 00 00 12 00 00 00 ; id
               00 00 00 00 00 00 00 00 ; key
               21 00 00 00 12 00 00 00 ; target
               21 00 00 00 32 00 00 00 ; operation
               00 00 00 00 00 00 00 00 ; point
               00 00 00 00 00 00 00 00 ; value as text
               00 00 00 00 00 00 00 00 ; role
               00 00 00 00 00 00 00 00 ; user
               00 00 00 00 00 00 00 00 ; reason
               00 00 00 00 00 00 00 00 ; reply to
               69 00 00 00 00 00 00 00 ; "i"
               74 00 00 00 00 00 00 00 ; "t"
               63 6c 6f 73 65 00 00 00 ; "close")");
}

TEST_CASE("golden bytes: result") {
  check(result{.id = "i", .outcome = outcome::expired, .duration_ms = 6},
        envelope("13", "04", "04 00 00 00 02 00 07 00") +
            R"(02 00 00 00 00 00 00 00 ; outcome expired
               06 00 00 00 00 00 00 00 ; duration 6 ms
               19 00 00 00 12 00 00 00 ; id
               00 00 00 00 00 00 00 00 ; key
               00 00 00 00 00 00 00 00 ; reply to
               00 00 00 00 00 00 00 00 ; reasons
               00 00 00 00 00 00 00 00 ; requested
               00 00 00 00 00 00 00 00 ; read back
               00 00 00 00 00 00 00 00 ; point
               69 00 00 00 00 00 00 00 ; "i")");
}

TEST_CASE("golden bytes: permit") {
  check(permit{.rack = "r",
               .epoch = 5,
               .counter = 6,
               .granted = true,
               .close_allowed = true,
               .opening = opening::ordered,
               .locked = true},
        envelope("0e", "05", "04 00 00 00 02 00 02 00") +
            R"(05 00 00 00 07 00 01 00 ; epoch 5; granted, close allowed, locked; opening ordered
               06 00 00 00 00 00 00 00 ; counter 6
               05 00 00 00 12 00 00 00 ; rack
               00 00 00 00 00 00 00 00 ; reasons
               72 00 00 00 00 00 00 00 ; "r")");
}

TEST_CASE("golden bytes: limits") {
  check(limits{.rack = "r", .charge_current_a = 1, .discharge_current_a = 2, .reasons = {"x"}},
        envelope("16", "06", "04 00 00 00 06 00 04 00") +
            R"(00 00 00 00 00 00 f0 3f ; charge 1 A
               00 00 00 00 00 00 00 40 ; discharge 2 A
               00 00 00 00 00 00 00 00 ; charge voltage: not told
               00 00 00 00 00 00 00 00 ; discharge voltage: not told
               00 00 00 00 00 00 00 00 ; charge power: not told
               00 00 00 00 00 00 00 00 ; discharge power: not told
               0d 00 00 00 12 00 00 00 ; rack
               0d 00 00 00 0e 00 00 00 ; reasons: 1 pointer
               00 00 00 00 00 00 00 00 ; none of the charge
               00 00 00 00 00 00 00 00 ; none of the discharge
               72 00 00 00 00 00 00 00 ; "r"
               01 00 00 00 12 00 00 00 ; its text
               78 00 00 00 00 00 00 00 ; "x")");
}

TEST_CASE("golden bytes: health") {
  check(health{.node = "n", .pid = 7, .uptime_ms = 8, .ready = true},
        envelope("14", "07", "04 00 00 00 05 00 05 00") +
            R"(07 00 00 00 00 00 00 00 ; pid 7
               08 00 00 00 00 00 00 00 ; uptime 8 ms
               01 00 00 00 00 00 00 00 ; ready, not real time
               00 00 00 00 00 00 00 00 ; dropped from the outbox
               00 00 00 00 00 00 00 00 ; gaps
               11 00 00 00 12 00 00 00 ; node
               00 00 00 00 00 00 00 00 ; boot
               00 00 00 00 00 00 00 00 ; actors
               00 00 00 00 00 00 00 00 ; buses
               00 00 00 00 00 00 00 00 ; lines
               6e 00 00 00 00 00 00 00 ; "n")");
}

TEST_CASE("golden bytes: snapshot") {
  check(snapshot{.kind = snapshot_kind::end,
                 .id = "s",
                 .sources = {{.source = "b",
                              .incarnation = 1,
                              .sequence = 2,
                              .alive = true,
                              .last_utc_us = 3,
                              .gaps = 4}}},
        envelope("14", "08", "04 00 00 00 01 00 02 00") +
            R"(01 00 00 00 00 00 00 00 ; kind end
               05 00 00 00 12 00 00 00 ; id
               05 00 00 00 2f 00 00 00 ; sources: structs, 5 words in all
               73 00 00 00 00 00 00 00 ; "s"
               04 00 00 00 04 00 01 00 ; 1 source of 4 words and 1 pointer
               01 00 00 00 01 00 00 00 ; incarnation 1, alive
               02 00 00 00 00 00 00 00 ; sequence 2
               03 00 00 00 00 00 00 00 ; last heard of, utc 3 us
               04 00 00 00 00 00 00 00 ; gaps 4
               01 00 00 00 12 00 00 00 ; source
               62 00 00 00 00 00 00 00 ; "b")");
}

TEST_CASE("golden bytes: catalogue") {
  check(catalogue{.owner = "o",
                  .fingerprint = 1,
                  .points = {{.name = "p", .scale = 0.5, .writable = true, .decimals = 1}}},
        envelope("19", "09", "04 00 00 00 01 00 02 00") +
            R"(01 00 00 00 00 00 00 00 ; fingerprint 1
               05 00 00 00 12 00 00 00 ; owner
               05 00 00 00 57 00 00 00 ; points: structs, 10 words in all
               6f 00 00 00 00 00 00 00 ; "o"
               04 00 00 00 04 00 06 00 ; 1 point of 4 words and 6 pointers
               01 00 00 00 00 00 00 00 ; count 1, group size 0
               00 00 00 00 00 00 e0 3f ; scale 0.5
               00 00 00 00 00 00 00 00 ; offset
               00 00 00 00 01 01 00 00 ; period 0 ms, writable, 1 decimal
               15 00 00 00 12 00 00 00 ; name
               00 00 00 00 00 00 00 00 ; channel
               00 00 00 00 00 00 00 00 ; unit
               00 00 00 00 00 00 00 00 ; raw type
               00 00 00 00 00 00 00 00 ; category
               00 00 00 00 00 00 00 00 ; texts
               70 00 00 00 00 00 00 00 ; "p")");
}

TEST_CASE("golden bytes: tick") {
  check(tick{.monotonic_us = 10'000, .utc_offset_us = 7},
        envelope("0b", "0a", "04 00 00 00 02 00 00 00") +
            R"(10 27 00 00 00 00 00 00 ; monotonic 10,000 us
               07 00 00 00 00 00 00 00 ; utc offset 7 us)");
}

TEST_CASE("golden bytes: order") {
  check(order{.device = "d",
              .epoch = 5,
              .counter = 6,
              .contactor = contactor_order::close,
              .lease = true},
        envelope("0d", "0b", "04 00 00 00 02 00 01 00") +
            R"(05 00 00 00 02 00 01 00 ; epoch 5, close, lease
               06 00 00 00 00 00 00 00 ; counter 6
               01 00 00 00 12 00 00 00 ; device
               64 00 00 00 00 00 00 00 ; "d")");
}

} // namespace codec_golden_test
