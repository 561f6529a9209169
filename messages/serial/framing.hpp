#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/expected.hpp"

/// Frames of devices that speak plain RS-485: request and answer between a start and an end, as
/// their profile describes them. Pure.
namespace voltaic::messages::serial {

/// Information of one frame, in bytes; longer ones are refused. Pylontech's length of 12 bits
/// counts at most 4,095 digits, and no other protocol known to us has more.
inline constexpr std::size_t data_bytes_max = 2'048;
/// Constant bytes and places of a frame's body, beside its information.
inline constexpr std::size_t parts_max = 32;
/// A whole frame on the wire: information and all other parts in two digits a byte, start and end.
inline constexpr std::size_t frame_bytes_max = 2 * (data_bytes_max + parts_max) + 16;
/// Bytes of a start or of an end.
inline constexpr std::size_t mark_bytes_max = 4;

/// How the bytes between start and end stand on the wire.
enum class text_form : std::uint8_t {
  binary, ///< as they are
  hex     ///< each as two hexadecimal digits; written in upper case
};

/// What stands at one place of a frame's body.
enum class part_kind : std::uint8_t {
  constant, ///< always this byte
  address,  ///< of the device, as on its switches: one byte
  code,     ///< of the question: one byte
  result,   ///< of an answer: one byte
  length,   ///< of the information
  data,     ///< the information itself
  checksum  ///< of what stands before it
};

/// One place.
struct part {
  part_kind kind = part_kind::constant;
  std::uint8_t value = 0; ///< of a constant
  friend bool operator==(const part&, const part&) = default;
};

/// How a length counts the information.
struct length_rule {
  std::uint8_t bytes = 1; ///< 1 or 2
  bool low_byte_first = false;
  bool counts_digits = false; ///< the hexadecimal digits, two a byte
  /// Its highest four bits make the sum of all four of its digits a multiple of 16 (Pylontech).
  bool has_check_digit = false;
  friend bool operator==(const length_rule&, const length_rule&) = default;
};

/// How bytes become a checksum.
enum class checksum_kind : std::uint8_t {
  none,
  sum,
  twos_complement, ///< of the sum: with it, the sum is 0
  exclusive_or,
  crc16_modbus, ///< polynomial 0x8005 reflected, from 0xFFFF
  crc16_ccitt   ///< polynomial 0x1021, from 0
};

/// The bytes that guard a frame.
struct checksum_rule {
  checksum_kind kind = checksum_kind::none;
  std::uint8_t bytes = 1; ///< 1 or 2; a CRC has 2
  bool low_byte_first = false;
  bool over_text = false;   ///< over the digits as they stand on the wire, not over their bytes
  bool over_start = false;  ///< the bytes of the start count too
  std::uint8_t skipped = 0; ///< bytes of the body that do not count, from its begin
  friend bool operator==(const checksum_rule&, const checksum_rule&) = default;
};

/// How a kind of device frames what it says.
struct framing {
  std::vector<std::uint8_t> start; ///< 1 to `mark_bytes_max`
  std::vector<std::uint8_t> end;   ///< may be empty where a length says how long a frame is
  text_form text = text_form::binary;
  std::vector<part> request;
  std::vector<part> answer;
  length_rule length;
  checksum_rule checksum;
  std::uint8_t good_result = 0; ///< any other one is a refusal
  friend bool operator==(const framing&, const framing&) = default;
};

/// Everything that is wrong with it, at once; empty: it can be used.
[[nodiscard]] std::vector<std::string> mistakes_in(const framing& rules);

/// Which of both is framed.
enum class direction : std::uint8_t { request, answer };

/// What a frame says. What its parts do not carry stays empty.
struct frame {
  std::optional<std::uint8_t> address;
  std::optional<std::uint8_t> code;
  std::optional<std::uint8_t> result;
  std::vector<std::uint8_t> data;
  friend bool operator==(const frame&, const frame&) = default;
};

/// The bytes on the wire. What the frame does not state counts as 0. The rules have no mistakes and
/// the data at most `data_bytes_max`.
[[nodiscard]] std::vector<std::uint8_t> encode(const framing& rules, direction which,
                                               const frame& said);

/// Why bytes are no frame.
struct broken_frame {
  std::string reason;
  /// Bits or bytes of it were lost on the way; false: it is whole, and of another kind.
  bool is_damaged = true;
};

/// What stands between start and end of one frame. The rules have no mistakes.
[[nodiscard]] std::variant<frame, broken_frame> parse_body(const framing& rules, direction which,
                                                           std::span<const std::uint8_t> body);

/// What the bytes of a checksum are.
[[nodiscard]] std::uint16_t checksum_of(checksum_kind kind, std::span<const std::uint8_t> first,
                                        std::span<const std::uint8_t> then);

/// The body parts that a rule of text makes: "20 {address} 46 {code} {length} {data} {checksum}".
[[nodiscard]] expected<std::vector<part>> parse_parts(std::string_view text);

} // namespace voltaic::messages::serial
