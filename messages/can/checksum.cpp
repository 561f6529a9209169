#include "messages/can/checksum.hpp"

#include <array>

namespace voltaic::messages::can {
namespace {

constexpr std::uint8_t j1850_polynomial = 0x1D;
constexpr std::uint8_t j1850_start = 0xFF;
constexpr std::uint8_t j1850_final_xor = 0xFF;

constexpr std::array<std::uint8_t, 256> make_j1850_table() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned value = 0; value < table.size(); ++value) {
    unsigned crc = value;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc << 1) ^ ((crc & 0x80u) != 0 ? j1850_polynomial : 0u);
    table[value] = static_cast<std::uint8_t>(crc);
  }
  return table;
}

constexpr auto j1850_table = make_j1850_table();

} // namespace

std::uint8_t crc8_j1850(std::span<const std::uint8_t> bytes) {
  std::uint8_t crc = j1850_start;
  for (const std::uint8_t byte : bytes) crc = j1850_table[crc ^ byte];
  return crc ^ j1850_final_xor;
}

std::uint8_t checksum(checksum_kind kind, std::span<const std::uint8_t> bytes,
                      std::size_t position) {
  unsigned result = kind == checksum_kind::crc8_j1850 ? j1850_start : 0u;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == position) continue;
    switch (kind) {
      case checksum_kind::crc8_j1850:
        result = j1850_table[(result ^ bytes[i]) & 0xFFu];
        break;
      case checksum_kind::bytes_xor:
        result ^= bytes[i];
        break;
      case checksum_kind::bytes_sum:
        result += bytes[i];
        break;
    }
  }
  if (kind == checksum_kind::crc8_j1850) result ^= j1850_final_xor;
  return static_cast<std::uint8_t>(result);
}

std::optional<checksum_kind> checksum_from_name(std::string_view name) {
  if (name == "crc8_j1850") return checksum_kind::crc8_j1850;
  if (name == "xor") return checksum_kind::bytes_xor;
  if (name == "sum") return checksum_kind::bytes_sum;
  return std::nullopt;
}

} // namespace voltaic::messages::can
