#include "messages/can/cannelloni.hpp"

#include <catch2/catch.hpp>
#include <random>

namespace cannelloni_test {

using namespace voltaic::messages::can;
using namespace voltaic::messages::can::cannelloni;
using bytes = std::vector<std::uint8_t>;

namespace {

frame make(std::uint32_t id, std::uint8_t length) {
  frame result;
  result.id = id;
  result.length = length;
  for (std::uint8_t i = 0; i < length; ++i) result.data[i] = static_cast<std::uint8_t>(i + 1);
  return result;
}

bytes encode(const packet& what) {
  auto result =
      encode_header(what.operation, what.sequence, static_cast<std::uint16_t>(what.frames.size()));
  for (const auto& one : what.frames) REQUIRE(append(result, one, packet_bytes_max));
  return result;
}

} // namespace

TEST_CASE("a packet of cannelloni has its head, and each frame its flags") {
  auto wide = make(0x18FF50E5, 1);
  wide.extended = true;
  auto remote = make(0x123, 0);
  remote.remote = true;
  remote.length = 6;
  auto fd = make(0x7FF, 12);
  fd.fd = true;
  const packet all{operation::data, 7, {make(0x123, 2), wide, remote, fd}};
  const bytes wire{2,    0,    7,    0,    4,          //
                   0x00, 0x00, 0x01, 0x23, 2,    1, 2, //
                   0x98, 0xFF, 0x50, 0xE5, 1,    1,    //
                   0x40, 0x00, 0x01, 0x23, 6,          //
                   0x00, 0x00, 0x07, 0xFF, 0x8C, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  CHECK(encode(all) == wire);
  CHECK(decode(wire).value() == all);
}

TEST_CASE("CAN FD: the switch of the bit rate goes through cannelloni") {
  auto fd = make(0x7FF, 64);
  fd.fd = fd.bit_rate_switch = true;
  const auto back = decode(encode({operation::data, 1, {fd}}));
  REQUIRE(back.has_value());
  CHECK(back->frames.at(0) == fd);
}

TEST_CASE("a packet that is cut off, too long or of another version is refused") {
  const auto good = encode({operation::data, 1, {make(0x123, 8), make(0x124, 3)}});
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(decode(std::span(good).first(length)).has_value());
  auto longer = good;
  longer.push_back(0);
  CHECK_FALSE(decode(longer).has_value());
  for (const auto& [at, value] : std::vector<std::pair<std::size_t, std::uint8_t>>{
           {0, 1}, {1, 3}, {4, 3}, {4, 1}, {9, 9}, {9, 0x89}, {7, 0x08}}) {
    auto bad = good;
    bad[at] = value;
    INFO(at);
    CHECK_FALSE(decode(bad).has_value());
  }
}

TEST_CASE("a stream gives its frames however it is cut") {
  bytes stream;
  std::vector<frame> sent;
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    auto one = make(random() % 0x800, static_cast<std::uint8_t>(random() % 9));
    one.extended = random() % 2 == 0;
    REQUIRE(append(stream, one, stream.size() + cannelloni::frame_bytes_max));
    sent.push_back(one);
  }
  std::vector<frame> got;
  bytes waiting;
  for (const auto byte : stream) {
    waiting.push_back(byte);
    const auto next = next_frame(waiting);
    REQUIRE(next.has_value());
    if (!next->whole) continue;
    CHECK(next->bytes == waiting.size());
    got.push_back(*next->whole);
    waiting.clear();
  }
  CHECK(got == sent);
  CHECK_FALSE(next_frame(bytes{0, 0, 0, 1, 9, 0}).has_value());
}

TEST_CASE("any bytes are a packet or refused, and what is a packet is written as it was") {
  std::mt19937 random(5);
  for (int round = 0; round < 50'000; ++round) {
    bytes wire(random() % 40);
    for (auto& one : wire)
      one = static_cast<std::uint8_t>(random() % 8 == 0 ? random() : random() % 9);
    if (wire.size() > 4 && random() % 2 == 0) wire[0] = 2, wire[1] = 0, wire[3] = 0, wire[4] %= 4;
    const auto read = decode(wire);
    if (!read) continue;
    CHECK(decode(encode(*read)).value() == *read);
  }
}

TEST_CASE("a frame for which there is no room is not appended") {
  auto packet = encode_header(operation::data, 0, 0);
  CHECK_FALSE(append(packet, make(1, 8), header_bytes + 12));
  CHECK(packet.size() == header_bytes);
  CHECK(append(packet, make(1, 8), header_bytes + 13));
}

} // namespace cannelloni_test
