#include "messages/modbus/pdu.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <string>

#include "messages/modbus/frame.hpp"
#include "messages/modbus/served_unit.hpp"

namespace pdu_test {

using namespace voltaic::messages::modbus;

namespace {

using bytes = std::vector<std::uint8_t>;
using words = std::vector<std::uint16_t>;

/// A unit of 200 holding registers, each worth its address; writes are counted.
class small_unit final : public served_unit {
 public:
  small_unit() : holding(200) { std::iota(holding.begin(), holding.end(), std::uint16_t{0}); }
  std::optional<exception> read(table from, std::uint16_t address,
                                std::span<std::uint16_t> values) override {
    if (address + values.size() > holding.size()) return exception::address;
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = from == table::coil || from == table::discrete ? (address + i) % 3 == 0
                                                                 : holding[address + i];
    return std::nullopt;
  }
  std::optional<exception> write(table, std::uint16_t address,
                                 std::span<const std::uint16_t> values) override {
    if (address + values.size() > holding.size()) return exception::address;
    ++writes;
    std::copy(values.begin(), values.end(), holding.begin() + address);
    return std::nullopt;
  }
  words holding;
  int writes = 0;
};

/// One request of each kind and what it is on the wire.
struct golden {
  request asked;
  bytes pdu;
  bytes answer;
};
const std::vector<golden>& goldens() {
  static const std::vector<golden> all{
      {{function::read_coils, 0x13, 10, 0, {}}, {1, 0, 0x13, 0, 10}, {1, 2, 0x24, 0x01}},
      {{function::read_discrete, 0, 3, 0, {}}, {2, 0, 0, 0, 3}, {2, 1, 0x01}},
      {{function::read_holding, 0x6B, 3, 0, {}},
       {3, 0, 0x6B, 0, 3},
       {3, 6, 0, 0x6B, 0, 0x6C, 0, 0x6D}},
      {{function::read_input, 8, 1, 0, {}}, {4, 0, 8, 0, 1}, {4, 2, 0, 8}},
      {{function::write_coil, 0xAC, 0, 0, {1}}, {5, 0, 0xAC, 0xFF, 0}, {5, 0, 0xAC, 0xFF, 0}},
      {{function::write_register, 1, 0, 0, {3}}, {6, 0, 1, 0, 3}, {6, 0, 1, 0, 3}},
      {{function::write_coils, 0x13, 0, 0, {1, 0, 1, 1, 0, 0, 1, 1, 1, 0}},
       {0x0F, 0, 0x13, 0, 10, 2, 0xCD, 0x01},
       {0x0F, 0, 0x13, 0, 10}},
      {{function::write_registers, 1, 0, 0, {0x0A, 0x0102}},
       {0x10, 0, 1, 0, 2, 4, 0, 0x0A, 1, 2},
       {0x10, 0, 1, 0, 2}},
      {{function::mask_write, 4, 0, 0, {0x00F2, 0x0025}},
       {0x16, 0, 4, 0, 0xF2, 0, 0x25},
       {0x16, 0, 4, 0, 0xF2, 0, 0x25}},
      {{function::read_write, 3, 2, 4, {0x00FF}},
       {0x17, 0, 3, 0, 2, 0, 4, 0, 1, 2, 0, 0xFF},
       {0x17, 4, 0, 3, 0, 0xFF}}};
  return all;
}

} // namespace

TEST_CASE("golden bytes of every Modbus request and its answer") {
  for (const auto& each : goldens()) {
    CAPTURE(int(each.pdu[0]));
    CHECK(encode(each.asked) == each.pdu);
    const auto parsed = parse_request(each.pdu);
    REQUIRE(std::holds_alternative<request>(parsed));
    CHECK(std::get<request>(parsed) == each.asked);
    small_unit unit;
    CHECK(serve(unit, each.pdu) == each.answer);
    CHECK(parse_answer(each.asked, each.answer).has_value());
  }
  small_unit unit;
  unit.holding[4] = 0x12;
  (void)serve(unit, goldens()[8].pdu);
  CHECK(unit.holding[4] == 0x17); // (current AND and) OR (or AND NOT and)
}

TEST_CASE("every prefix of a request is refused and writes nothing") {
  for (const auto& each : goldens())
    for (std::size_t length = 0; length < each.pdu.size(); ++length) {
      small_unit unit;
      const auto answer = serve(unit, std::span(each.pdu).first(length));
      REQUIRE(answer.size() == 2);
      CHECK((answer[0] & exception_bit) != 0);
      CHECK(unit.writes == 0);
    }
}

TEST_CASE("every flipped bit of a request gives an answer of its function, or a refusal") {
  for (const auto& each : goldens())
    for (std::size_t bit = 0; bit < each.pdu.size() * 8; ++bit) {
      auto pdu = each.pdu;
      pdu[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      small_unit unit;
      const auto answer = serve(unit, pdu);
      REQUIRE_FALSE(answer.empty());
      REQUIRE(answer.size() <= pdu_bytes_max);
      CHECK((answer[0] | exception_bit) == (pdu[0] | exception_bit));
      if ((answer[0] & exception_bit) != 0) CHECK(unit.writes == 0);
    }
}

TEST_CASE("random bytes are answered within bounds, as request and as answer") {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    bytes pdu(random() % 260);
    for (auto& byte : pdu) byte = static_cast<std::uint8_t>(random());
    if (!pdu.empty() && round % 2 == 0) pdu[0] = static_cast<std::uint8_t>(random() % 0x18);
    small_unit unit;
    CHECK(serve(unit, pdu).size() <= pdu_bytes_max);
    for (const auto& each : goldens())
      if (const auto answer = parse_answer(each.asked, pdu))
        CHECK(answer->values.size() <= each.asked.count);
    (void)parse_tcp(pdu);
    (void)parse_rtu(pdu);
    (void)rtu_request_bytes(pdu);
    (void)rtu_answer_bytes(pdu);
  }
}

TEST_CASE("F-084 an answer of another function, byte count or echo is refused") {
  const auto& read = goldens()[2];
  for (std::size_t length = 0; length < read.answer.size(); ++length)
    CHECK_FALSE(parse_answer(read.asked, std::span(read.answer).first(length)).has_value());
  auto other = read.answer;
  other[0] = 4;
  CHECK_FALSE(parse_answer(read.asked, other).has_value());
  other = read.answer;
  other[1] = 4;
  CHECK_FALSE(parse_answer(read.asked, other).has_value());
  other = read.answer;
  other.push_back(0);
  CHECK_FALSE(parse_answer(read.asked, other).has_value());
  const auto& write = goldens()[7];
  other = write.answer;
  other[2] = 2; // the echo of a write to another register
  CHECK_FALSE(parse_answer(write.asked, other).has_value());
  CHECK(parse_answer(write.asked, bytes{0x90, 2})->exception_code == 2);
  CHECK_FALSE(parse_answer(write.asked, bytes{0x83, 2}).has_value());
}

TEST_CASE("F-089 a wrong count or an address that wraps is refused and writes nothing") {
  const auto refusal = [](bytes pdu) {
    small_unit unit;
    const auto answer = serve(unit, pdu);
    CHECK(unit.writes == 0);
    REQUIRE(answer.size() == 2);
    CHECK(answer[0] == (pdu[0] | exception_bit));
    return answer[1];
  };
  CHECK(refusal({3, 0, 0, 0, 0}) == 3);
  CHECK(refusal({3, 0, 0, 0, 126}) == 3);
  CHECK(refusal({3, 0, 0, 0xFF, 0xFF}) == 3);
  CHECK(refusal({3, 0xFF, 0xFF, 0, 2}) == 2);
  CHECK(refusal({0x10, 0, 0, 0, 2, 2, 0, 1}) == 3);
  CHECK(refusal({0x10, 0, 0, 0, 1, 4, 0, 1, 0, 2}) == 3);
  CHECK(refusal({0x10, 0, 0, 0, 0, 0}) == 3);
  CHECK(refusal({0x10, 0xFF, 0xFF, 0, 2, 4, 0, 1, 0, 2}) == 2);
  CHECK(refusal({0x10, 0, 199, 0, 2, 4, 0, 1, 0, 2}) == 2);
  CHECK(refusal({0x17, 0, 0, 0, 1, 0, 0, 0, 2, 2, 0, 1}) == 3);
  CHECK(refusal({0x17, 0, 0, 0, 126, 0, 0, 0, 1, 2, 0, 1}) == 3);
  CHECK(refusal({0x17, 0, 250, 0, 1, 0, 0, 0, 1, 2, 0, 1}) == 2); // it would write, then fail
  CHECK(refusal({5, 0, 0, 1, 0}) == 3);
  CHECK(refusal({0x2B, 0x0E, 1, 0}) == 1);
}

TEST_CASE("F-088 a TCP header that is none breaks the stream, a part of one waits") {
  const auto frame = encode_tcp({0x1234, 7, {3, 0, 0, 0, 1}});
  CHECK(frame == bytes{0x12, 0x34, 0, 0, 0, 6, 7, 3, 0, 0, 0, 1});
  for (std::size_t length = 0; length < frame.size(); ++length)
    CHECK(parse_tcp(std::span(frame).first(length)).state == framing::incomplete);
  auto two = frame;
  two.insert(two.end(), frame.begin(), frame.end());
  const auto parsed = parse_tcp(two);
  REQUIRE(parsed.state == framing::complete);
  CHECK(parsed.bytes == frame.size());
  CHECK(parsed.frame == tcp_frame{0x1234, 7, {3, 0, 0, 0, 1}});
  for (const std::uint16_t length : std::initializer_list<std::uint16_t>{0, 1, 255, 65'535}) {
    auto wrong = frame;
    wrong[4] = static_cast<std::uint8_t>(length >> 8);
    wrong[5] = static_cast<std::uint8_t>(length);
    CHECK(parse_tcp(wrong).state == framing::broken);
  }
  for (const std::size_t at : {2U, 3U}) {
    auto wrong = frame;
    wrong[at] = 1;
    CHECK(parse_tcp(wrong).state == framing::broken);
  }
}

TEST_CASE("F-085 no flipped bit of an RTU frame passes its checksum") {
  const auto frame = encode_rtu({1, {3, 0, 0, 0, 0x0A}});
  CHECK(frame == bytes{1, 3, 0, 0, 0, 0x0A, 0xC5, 0xCD});
  CHECK(parse_rtu(frame) == rtu_frame{1, {3, 0, 0, 0, 0x0A}});
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    auto flipped = frame;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(parse_rtu(flipped).has_value());
  }
  for (std::size_t length = 0; length < frame.size(); ++length)
    CHECK_FALSE(parse_rtu(std::span(frame).first(length)).has_value());
  for (const auto& each : goldens()) {
    const auto request = encode_rtu({9, each.pdu});
    const auto answer = encode_rtu({9, each.answer});
    CHECK(rtu_request_bytes(request) == request.size());
    CHECK(rtu_answer_bytes(answer) == answer.size());
  }
}

} // namespace pdu_test
