#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace voltaic::messages::can {

/// How a frame proves that its bytes belong together.
enum class checksum_kind : std::uint8_t { crc8_j1850, bytes_xor, bytes_sum };

/// CRC-8 SAE J1850: polynomial 0x1D, start 0xFF, final xor 0xFF.
[[nodiscard]] std::uint8_t crc8_j1850(std::span<const std::uint8_t> bytes);

/// The checksum of `bytes` without the byte at `position`, where it is carried.
[[nodiscard]] std::uint8_t checksum(checksum_kind kind, std::span<const std::uint8_t> bytes,
                                    std::size_t position);

/// "crc8_j1850", "xor" or "sum".
[[nodiscard]] std::optional<checksum_kind> checksum_from_name(std::string_view name);

} // namespace voltaic::messages::can
