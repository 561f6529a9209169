#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "messages/expected.hpp"

/// Modbus requests and answers as bytes, without the frame around them. Both
/// directions are untrusted: nothing is read beyond the end, nothing is guessed.
namespace voltaic::messages::modbus {

inline constexpr std::size_t pdu_bytes_max = 253;
/// The protocol's bounds of one request.
inline constexpr std::uint16_t read_bits_max = 2'000;
inline constexpr std::uint16_t read_words_max = 125;
inline constexpr std::uint16_t write_bits_max = 1'968;
inline constexpr std::uint16_t write_words_max = 123;
inline constexpr std::uint16_t exchange_words_max = 121; ///< written by a read_write
inline constexpr std::uint32_t address_end = 0x10000;

/// Function codes that are served.
enum class function : std::uint8_t {
  read_coils = 0x01,
  read_discrete = 0x02,
  read_holding = 0x03,
  read_input = 0x04,
  write_coil = 0x05,
  write_register = 0x06,
  write_coils = 0x0F,
  write_registers = 0x10,
  mask_write = 0x16,
  read_write = 0x17
};

/// Set in the function code of an answer that refuses.
inline constexpr std::uint8_t exception_bit = 0x80;
/// Exception codes that are answered.
enum class exception : std::uint8_t {
  function = 0x01,
  address = 0x02,
  value = 0x03,
  device_failure = 0x04,
  acknowledge = 0x05,
  busy = 0x06,
  memory_parity = 0x08,
  gateway_path = 0x0A,
  gateway_target = 0x0B
};

/// A request as its bytes say.
struct request {
  modbus::function function = function::read_holding;
  std::uint16_t address = 0;         ///< of what is read, else of what is written
  std::uint16_t count = 0;           ///< of what is read; 0 when nothing is
  std::uint16_t write_address = 0;   ///< read_write only
  std::vector<std::uint16_t> values; ///< to write; bits are 0 or 1; mask_write: and, or
  friend bool operator==(const request&, const request&) = default;
};

[[nodiscard]] std::vector<std::uint8_t> encode(const request& asked);
/// The request, or the exception that answers it: checked in the order
/// function, count, address, value. An empty PDU is answered like no function.
[[nodiscard]] std::variant<request, exception> parse_request(std::span<const std::uint8_t> pdu);

/// An answer as its bytes say.
struct answer {
  std::optional<std::uint8_t> exception_code; ///< none: it was done
  std::vector<std::uint16_t> values;          ///< what was read
  friend bool operator==(const answer&, const answer&) = default;
};

/// What a read gave (bits are 0 or 1), or the echo of a write.
[[nodiscard]] std::vector<std::uint8_t> encode_answer(const request& asked,
                                                      std::span<const std::uint16_t> values);
[[nodiscard]] std::vector<std::uint8_t> encode_exception(std::uint8_t function, exception why);
/// Refuses whatever is not exactly the answer to this request: another
/// function, byte count, echoed address or length.
[[nodiscard]] expected<answer> parse_answer(const request& asked,
                                            std::span<const std::uint8_t> pdu);

} // namespace voltaic::messages::modbus
