#include "messages/can/frame_bits.hpp"

#include <catch2/catch.hpp>

#include "messages/support/vectors.hpp"

namespace frame_bits_test {

using namespace voltaic::messages::can;
using namespace voltaic::tests;

namespace {
frame make(std::uint32_t id, bool extended, std::uint64_t big_endian_data) {
  frame result;
  result.id = id;
  result.extended = extended;
  result.length = 8;
  for (std::size_t i = 0; i < 8; ++i)
    result.data[i] = static_cast<std::uint8_t>(big_endian_data >> (56 - 8 * i));
  return result;
}
} // namespace

TEST_CASE("exact frame length agrees with a bus logger's bit count") {
  CHECK(exact_bits(make(0x18EBFF00, true, 0x021fde8025dfc02b)) == 140);
  CHECK(exact_bits(make(0x18EBFF00, true, 0x01a00fa6603bd140)) == 141);
  CHECK(exact_bits(make(0x221, false, 0xc24a058100001510)) == 117);
}

TEST_CASE("worst case length bounds the exact length") {
  CHECK(worst_case_bits(false, 8) == 135);
  CHECK(worst_case_bits(true, 8) == 160);
  CHECK(exact_bits(make(0, false, 0)) <= worst_case_bits(false, 8));
}

TEST_CASE("CAN FD: a frame takes its time at both bit rates") {
  frame sent;
  sent.id = 0x555;
  sent.fd = true;
  // 17 bits of the header, 5 to the length code, 1 stuff bit in five zeros, stuff count of 4 and
  // CRC of 17 with 6 fixed stuff bits, CRC delimiter, and 12 of the tail.
  CHECK(exact_bits(sent) == 17 + 5 + 1 + 4 + 17 + 6 + 1 + 12);
  sent.bit_rate_switch = true;
  sent.length = 64;
  const auto slow = exact_bits(sent);
  const auto fast = exact_bits(sent, {500'000, 2'000'000});
  // 29 bits go at 500 kbit/s, all others at 2 Mbit/s.
  CHECK(fast == 29 + (slow - 29 + 3) / 4);
  sent.bit_rate_switch = false;
  CHECK(exact_bits(sent, {500'000, 2'000'000}) >= slow);
}

TEST_CASE("CAN FD: the worst case bounds the exact length") {
  for (const bool extended : {false, true})
    for (const int bytes : {0, 1, 8, 12, 16, 20, 64})
      for (const int byte : {0x00, 0xFF, 0x55, 0xF0, 0x1F})
        for (const std::uint32_t id : {0x0u, 0x7FFu, 0x555u}) {
          frame sent;
          sent.id = extended ? id << 18 : id;
          sent.extended = extended;
          sent.fd = sent.bit_rate_switch = true;
          sent.length = static_cast<std::uint8_t>(bytes);
          sent.data.fill(static_cast<std::uint8_t>(byte));
          for (const bit_rates rates : {bit_rates{}, bit_rates{500'000, 2'000'000}})
            CHECK(exact_bits(sent, rates) <=
                  worst_case_fd_bits(extended, true, sent.length, rates));
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

} // namespace frame_bits_test
