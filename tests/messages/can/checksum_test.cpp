#include "messages/can/checksum.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace checksum_test {

using namespace voltaic::messages::can;

namespace {

// Stands where no frame has a byte, so that all of them count.
constexpr std::uint8_t nowhere = 0xFF;
constexpr std::array<std::uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};

checksum_rule crc(std::uint8_t width, std::uint16_t polynomial, std::uint16_t initial,
                  std::uint16_t final_xor, bool reflected) {
  checksum_rule rule;
  rule.width_bits = width;
  rule.polynomial = polynomial;
  rule.initial = initial;
  rule.final_xor = final_xor;
  rule.reflect_input = reflected;
  rule.reflect_output = reflected;
  rule.byte = nowhere;
  return rule;
}

std::uint16_t of_digits(const checksum_rule& rule) {
  return checksum(rule).of(digits, 0);
}

} // namespace

TEST_CASE("crc8_j1850 gives the standard's check value") {
  CHECK(crc8_j1850(digits) == 0x4B);
}

TEST_CASE("every kind of crc gives the check value of its catalogue") {
  CHECK(of_digits(crc(8, 0x1D, 0xFF, 0xFF, false)) == 0x4B);          // SAE J1850
  CHECK(of_digits(crc(8, 0x2F, 0xFF, 0xFF, false)) == 0xDF);          // AUTOSAR
  CHECK(of_digits(crc(8, 0x07, 0x00, 0x00, false)) == 0xF4);          // SMBUS
  CHECK(of_digits(crc(8, 0x31, 0x00, 0x00, true)) == 0xA1);           // MAXIM
  CHECK(of_digits(crc(16, 0x1021, 0xFFFF, 0x0000, false)) == 0x29B1); // IBM 3740
  CHECK(of_digits(crc(16, 0x1021, 0x0000, 0x0000, false)) == 0x31C3); // XMODEM
  CHECK(of_digits(crc(16, 0x8005, 0xFFFF, 0x0000, true)) == 0x4B37);  // MODBUS
  CHECK(of_digits(crc(16, 0x1021, 0xFFFF, 0xFFFF, true)) == 0x906E);  // X.25
}

TEST_CASE("the AUTOSAR profiles give the bytes of the protocol's own examples") {
  // Data id 0x123 in both its bytes, a frame of zeros.
  std::array<std::uint8_t, 8> frame{};
  CHECK(checksum(autosar_profile_1_at(0, 0x123)).of(frame, 0) == 0xCC);
  std::array<std::uint8_t, data_ids_of_counter> ids{};
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::uint8_t>(i + 1);
  frame[1] = 1; // the counter
  CHECK(checksum(autosar_profile_2_at(0, ids)).of(frame, 1) == 0x1B);
}

TEST_CASE("a checksum leaves out the bytes that carry it") {
  const std::array<std::uint8_t, 4> bytes{0x12, 0xFF, 0x34, 0xF0};
  checksum_rule rule;
  rule.byte = 1;
  rule.initial = 0;
  rule.final_xor = 0;
  rule.kind = checksum_kind::bytes_xor;
  CHECK(checksum(rule).of(bytes, 0) == (0x12 ^ 0x34 ^ 0xF0));
  rule.kind = checksum_kind::bytes_sum;
  CHECK(checksum(rule).of(bytes, 0) == ((0x12 + 0x34 + 0xF0) & 0xFF));
  rule.width_bits = 16;
  CHECK(checksum(rule).of(bytes, 0) == 0x12 + 0xF0);
  const std::array<std::uint8_t, 3> first{0x12, 0xFF, 0x34};
  CHECK(checksum(crc8_j1850_at(3)).of(bytes, 0) == crc8_j1850(first));
}

TEST_CASE("what is written is what is carried, in both orders of two bytes") {
  for (const bool high_first : {false, true}) {
    auto rule = crc(16, 0x1021, 0xFFFF, 0, false);
    rule.byte = 2;
    rule.high_byte_first = high_first;
    const checksum ready(rule);
    std::array<std::uint8_t, 8> frame{1, 2, 0, 0, 5, 6, 7, 8};
    ready.write(frame, 0);
    CHECK(ready.carried_by(frame) == ready.of(frame, 0));
    CHECK(frame[high_first ? 2 : 3] == ready.of(frame, 0) >> 8);
  }
}

TEST_CASE("bytes beside the frame and the counter's data id count") {
  std::array<std::uint8_t, 4> frame{0, 1, 2, 3};
  auto rule = crc8_j1850_at(0);
  const auto bare = checksum(rule).of(frame, 0);
  rule.before = {0x55};
  CHECK(checksum(rule).of(frame, 0) != bare);
  rule.before.clear();
  rule.after = {0x55};
  CHECK(checksum(rule).of(frame, 0) != bare);
  std::array<std::uint8_t, data_ids_of_counter> ids{};
  ids[3] = 7;
  const checksum counted(autosar_profile_2_at(0, ids));
  CHECK(counted.of(frame, 3) != counted.of(frame, 4));
  CHECK(counted.of(frame, 4) == counted.of(frame, 5));
}

} // namespace checksum_test
