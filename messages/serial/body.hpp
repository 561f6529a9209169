#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/serial/framing.hpp"

/// What encoding and parsing of frames share; only messages/serial includes this.
namespace voltaic::messages::serial {

/// Of a hexadecimal digit.
[[nodiscard]] std::optional<std::uint8_t> digit_value(std::uint8_t letter);
/// Two digits a byte, upper case.
[[nodiscard]] std::vector<std::uint8_t> digits_of(std::span<const std::uint8_t> bytes);
/// How many bytes a part takes that is no data.
[[nodiscard]] std::uint8_t bytes_of(const framing& rules, part_kind kind);
/// What a length says of so much information.
[[nodiscard]] std::uint16_t length_of(const framing& rules, std::size_t data_bytes);
/// The reverse; nothing where it contradicts itself or means more than `data_bytes_max`.
[[nodiscard]] std::optional<std::size_t> data_bytes_of(const framing& rules, std::uint16_t length);
/// What the checksum at this byte of a body counts, beside the start; `digits` are those of all of
/// its bytes, where they stand on the wire so.
[[nodiscard]] std::span<const std::uint8_t> covered_of(const framing& rules,
                                                       std::span<const std::uint8_t> body,
                                                       std::span<const std::uint8_t> digits,
                                                       std::size_t checksum_at);

} // namespace voltaic::messages::serial
