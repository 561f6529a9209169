#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace voltaic::messages::can {

/// How the bytes of a frame become one number.
enum class checksum_kind : std::uint8_t { crc, bytes_xor, bytes_sum };

/// Identifiers of AUTOSAR's profile 2: one for each value of its counter of four bits.
inline constexpr std::size_t data_ids_of_counter = 16;

/// The bytes of a frame that guard all the others. The default is CRC-8 SAE J1850.
struct checksum_rule {
  checksum_kind kind = checksum_kind::crc;
  std::uint8_t width_bits = 8;     ///< 8 or 16
  std::uint16_t polynomial = 0x1D; ///< of a crc, highest power first and left out
  std::uint16_t initial = 0xFF;
  std::uint16_t final_xor = 0xFF;
  bool reflect_input = false; ///< each byte goes in from its least significant bit
  bool reflect_output = false;
  std::uint8_t byte = 0;              ///< where it stands, or the first of two
  bool high_byte_first = false;       ///< of two
  std::vector<std::uint8_t> before;   ///< bytes that are no part of the frame: go in first
  std::vector<std::uint8_t> after;    ///< go in last
  std::vector<std::uint8_t> data_ids; ///< of which the frame's counter picks the very last one
  friend bool operator==(const checksum_rule&, const checksum_rule&) = default;
};

/// CRC-8 SAE J1850: polynomial 0x1D, start 0xFF, final xor 0xFF; standing in this byte.
[[nodiscard]] checksum_rule crc8_j1850_at(std::uint8_t byte);
/// AUTOSAR E2E profile 1: the same polynomial from 0 without a final xor, over both bytes of the
/// data id, low one first, and the frame.
[[nodiscard]] checksum_rule autosar_profile_1_at(std::uint8_t byte, std::uint16_t data_id);
/// AUTOSAR E2E profile 2: polynomial 0x2F, start and final xor 0xFF, over the frame and the data id
/// of its counter.
[[nodiscard]] checksum_rule autosar_profile_2_at(std::uint8_t byte,
                                                 std::span<const std::uint8_t> data_ids);

/// A rule made ready: a crc by a table.
class checksum {
 public:
  explicit checksum(checksum_rule rule);

  /// Of a frame's bytes without those that carry it. `counter` picks the data id, if there are any.
  [[nodiscard]] std::uint16_t of(std::span<const std::uint8_t> frame, std::uint32_t counter) const;
  /// What the frame carries. Its bytes must be there.
  [[nodiscard]] std::uint16_t carried_by(std::span<const std::uint8_t> frame) const;
  /// Puts it into its bytes.
  void write(std::span<std::uint8_t> frame, std::uint32_t counter) const;

  [[nodiscard]] const checksum_rule& rule() const { return rule_; }

 private:
  [[nodiscard]] std::uint16_t start() const;
  [[nodiscard]] std::uint16_t take(std::uint16_t so_far, std::uint8_t byte) const;

  checksum_rule rule_;
  std::array<std::uint16_t, 256> table_{};
};

/// CRC-8 SAE J1850 of these bytes.
[[nodiscard]] std::uint8_t crc8_j1850(std::span<const std::uint8_t> bytes);

} // namespace voltaic::messages::can
