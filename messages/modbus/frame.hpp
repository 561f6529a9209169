#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Frames around Modbus PDUs: TCP's header, and RTU's and ASCII's unit and checksum.
namespace voltaic::messages::modbus {

inline constexpr std::size_t tcp_header_bytes = 7;
inline constexpr std::size_t tcp_frame_bytes_max = 260;
inline constexpr std::size_t rtu_frame_bytes_max = 256;
/// Unit and checksum around an RTU frame's PDU.
inline constexpr std::size_t rtu_overhead_bytes = 3;
inline constexpr std::uint8_t unit_max = 247;
inline constexpr std::uint8_t broadcast_unit = 0;

/// A request or answer with the head of Modbus TCP.
struct tcp_frame {
  std::uint16_t transaction = 0;
  std::uint8_t unit = 0;
  std::vector<std::uint8_t> pdu;
  friend bool operator==(const tcp_frame&, const tcp_frame&) = default;
};

/// `broken`: the stream cannot be followed any more, only closed.
enum class framing : std::uint8_t { incomplete, complete, broken };
/// What received bytes begin with.
struct tcp_parsed {
  framing state = framing::incomplete;
  tcp_frame frame;       ///< when complete
  std::size_t bytes = 0; ///< that the frame took
};
/// The frame at the beginning of what came.
[[nodiscard]] tcp_parsed parse_tcp(std::span<const std::uint8_t> stream);
[[nodiscard]] std::vector<std::uint8_t> encode_tcp(const tcp_frame& frame);

/// CRC-16, reflected 0xA001 from 0xFFFF; its low byte goes first.
[[nodiscard]] std::uint16_t crc16(std::span<const std::uint8_t> bytes);

/// A request or answer with unit and checksum of Modbus RTU.
struct rtu_frame {
  std::uint8_t unit = 0;
  std::vector<std::uint8_t> pdu;
  friend bool operator==(const rtu_frame&, const rtu_frame&) = default;
};
/// A whole frame; nullopt when it is too short, too long or its checksum is wrong.
[[nodiscard]] std::optional<rtu_frame> parse_rtu(std::span<const std::uint8_t> frame);
[[nodiscard]] std::vector<std::uint8_t> encode_rtu(const rtu_frame& frame);

/// Two's complement of the sum of all bytes, as ASCII frames end with.
[[nodiscard]] std::uint8_t lrc(std::span<const std::uint8_t> bytes);
/// A whole frame of Modbus ASCII, as some gateways speak: a colon, two hexadecimal digits a byte,
/// LRC, CR and LF; nullopt when it is not, or its LRC is wrong.
[[nodiscard]] std::optional<rtu_frame> parse_ascii(std::string_view frame);
[[nodiscard]] std::string encode_ascii(const rtu_frame& frame);

/// How long the request at the beginning is, as far as its function tells;
/// nullopt: too little has come, 0: nobody knows such a function.
[[nodiscard]] std::optional<std::size_t> rtu_request_bytes(std::span<const std::uint8_t> begin);
/// The same for an answer.
[[nodiscard]] std::optional<std::size_t> rtu_answer_bytes(std::span<const std::uint8_t> begin);

} // namespace voltaic::messages::modbus
