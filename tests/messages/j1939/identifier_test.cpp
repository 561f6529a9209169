#include "messages/j1939/identifier.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "messages/j1939/name.hpp"
#include "messages/j1939/packet.hpp"
#include "messages/j1939/requests.hpp"

namespace identifier_test {

using namespace voltaic::messages;
using namespace voltaic::messages::j1939;

TEST_CASE("a group below format 240 has a destination, one from 240 on is for everybody") {
  CHECK(split(0x18EF1C80) == identifier{6, 0xEF00, 0x1C, 0x80});
  CHECK(split(0x0CF090F3) == identifier{3, 0xF090, global_address, 0xF3});
  CHECK(split(0x1DEFFF01) == identifier{7, 0x1EF00, global_address, 0x01});
  CHECK(is_addressed(0xEF00));
  CHECK_FALSE(is_addressed(0xF000));
}

TEST_CASE("every identifier of 29 bits is joined to what it was split from") {
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto id = static_cast<std::uint32_t>(random() & 0x1FFF'FFFF);
    REQUIRE(join(split(id)) == id);
    const auto pgn = split(id).pgn;
    REQUIRE(pgn_of(parts_of(pgn)) == pgn);
  }
}

TEST_CASE("every NAME is joined to what it was split from, and travels lowest byte first") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10'000; ++i) {
    const auto name = random();
    REQUIRE(join_name(split_name(name)) == name);
    REQUIRE(name_of_bytes(bytes_of_name(name)) == name);
  }
  CHECK(bytes_of_name(0x0102030405060708).front() == 8);
  CHECK(is_arbitrary_address_capable(std::uint64_t{1} << 63));
}

TEST_CASE("F-075 frames of 11 bits, remote, error and CAN FD frames say nothing in J1939") {
  can::frame frame;
  frame.id = 0x18FECA00;
  frame.extended = true;
  frame.length = 8;
  CHECK(packet_of(frame));
  for (const auto spoil : {&can::frame::remote, &can::frame::error, &can::frame::fd}) {
    auto other = frame;
    other.*spoil = true;
    CHECK_FALSE(packet_of(other));
  }
  frame.extended = false;
  CHECK_FALSE(packet_of(frame));
}

TEST_CASE("a frame becomes a packet, a message and the same frame again") {
  can::frame frame;
  frame.id = 0x18EF1C80;
  frame.extended = true;
  frame.length = 3;
  frame.data[2] = 7;
  CHECK(frame_of(*packet_of(frame)) == frame);
  CHECK(packet_of(message_of(*packet_of(frame))) == *packet_of(frame));
}

TEST_CASE("a refusal says to whom, and is heeded by those it is meant for") {
  const auto said = refusal_of(0xFEDA, 39, 0x20);
  CHECK(said.id == identifier{6, 0xE800, 0xFF, 39});
  CHECK(said.bytes == std::array<std::uint8_t, 8>{0x01, 0xFF, 0xFF, 0xFF, 0x20, 0xDA, 0xFE, 0x00});
  CHECK(acknowledges(said, 0x20));
  CHECK_FALSE(acknowledges(said, 39));
  auto to_nobody = said;
  to_nobody.bytes[4] = 0xFF; // older devices
  CHECK(acknowledges(to_nobody, 39));
  auto cut = to_nobody;
  cut.length = 7;
  CHECK_FALSE(acknowledges(cut, 39));
}

TEST_CASE("a request names a group, and one that is too short none") {
  auto asked = request_for(0xEE00, 0x80, global_address);
  CHECK(requested_group(asked) == 0xEE00);
  asked.length = 2;
  CHECK_FALSE(requested_group(asked));
}

} // namespace identifier_test
