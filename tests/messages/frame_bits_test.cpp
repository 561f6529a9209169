#include "messages/can/frame_bits.hpp"

#include <catch2/catch.hpp>

using namespace voltaic::messages::can;

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
