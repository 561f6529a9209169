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
