#include "messages/can/checksum.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace checksum_test {

using namespace voltaic::messages::can;

TEST_CASE("crc8_j1850 gives the standard's check value") {
  constexpr std::array<std::uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  CHECK(crc8_j1850(digits) == 0x4B);
}

TEST_CASE("a checksum leaves out the byte that carries it") {
  const std::array<std::uint8_t, 4> bytes{0x12, 0xFF, 0x34, 0xF0};
  CHECK(checksum(checksum_kind::bytes_xor, bytes, 1) == (0x12 ^ 0x34 ^ 0xF0));
  CHECK(checksum(checksum_kind::bytes_sum, bytes, 1) == ((0x12 + 0x34 + 0xF0) & 0xFF));
  const std::array<std::uint8_t, 3> first{0x12, 0xFF, 0x34};
  CHECK(checksum(checksum_kind::crc8_j1850, bytes, 3) == crc8_j1850(first));
}

} // namespace checksum_test
