#include "messages/can/cannelloni.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voltaic::messages::can::cannelloni {
namespace {

constexpr std::uint32_t extended_flag = 0x8000'0000;
constexpr std::uint32_t remote_flag = 0x4000'0000;
constexpr std::uint32_t error_flag = 0x2000'0000;
constexpr std::uint32_t extended_mask = 0x1FFF'FFFF;
constexpr std::uint32_t standard_mask = 0x7FF;
constexpr std::uint8_t fd_flag = 0x80;
/// Of the flags behind the length of a frame of CAN FD, as the kernel has them.
constexpr std::uint8_t switch_flag = 0x01;
constexpr std::size_t id_bytes = 4;
constexpr std::size_t count_at = 3;

bool is_length(std::size_t length, bool fd) {
  return frame_length(length) == length && (fd || length <= classic_bytes_max);
}

/// False where an identifier has more bits than it may.
bool set_id(frame& out, std::uint32_t word) {
  out.extended = (word & extended_flag) != 0;
  out.remote = (word & remote_flag) != 0;
  out.error = (word & error_flag) != 0;
  out.id = word & extended_mask;
  return out.extended || out.error || out.id <= standard_mask;
}

void put(std::vector<std::uint8_t>& to, unsigned byte) {
  to.push_back(static_cast<std::uint8_t>(byte));
}

} // namespace

expected<streamed> next_frame(std::span<const std::uint8_t> stream) {
  if (stream.size() <= id_bytes) return streamed{};
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < id_bytes; ++i) word = word << 8 | stream[i];
  frame result;
  if (!set_id(result, word)) return failure{fmt::format("0x{:08X} is no identifier", word)};
  result.fd = (stream[id_bytes] & fd_flag) != 0;
  result.length = stream[id_bytes] & static_cast<std::uint8_t>(~fd_flag);
  if (!is_length(result.length, result.fd) || (result.fd && result.remote))
    return failure{fmt::format("a frame of {} bytes", result.length)};
  const std::size_t head = id_bytes + (result.fd ? 2 : 1);
  const std::size_t data = result.remote ? 0 : result.length;
  if (stream.size() < head + data) return streamed{};
  result.bit_rate_switch = result.fd && (stream[head - 1] & switch_flag) != 0;
  std::ranges::copy(stream.subspan(head, data), result.data.begin());
  return streamed{result, head + data};
}

expected<packet> decode(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < header_bytes) return failure{"shorter than its head"};
  if (bytes[0] != version) return failure{fmt::format("version {}", bytes[0])};
  if (bytes[1] > static_cast<std::uint8_t>(operation::refuse))
    return failure{fmt::format("operation {}", bytes[1])};
  packet result{static_cast<operation>(bytes[1]), bytes[2], {}};
  const auto count = static_cast<std::size_t>(bytes[count_at] << 8 | bytes[count_at + 1]);
  auto rest = bytes.subspan(header_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto next = next_frame(rest);
    if (!next) return next.error();
    if (!next->whole) return failure{fmt::format("{} frames announced, {} are there", count, i)};
    result.frames.push_back(*next->whole);
    rest = rest.subspan(next->bytes);
  }
  if (!rest.empty()) return failure{fmt::format("{} bytes behind its frames", rest.size())};
  return result;
}

bool append(std::vector<std::uint8_t>& to, const frame& what, std::size_t room) {
  const std::size_t data = what.remote ? 0 : what.length;
  const std::size_t head = id_bytes + (what.fd ? 2 : 1);
  if (to.size() + head + data > room) return false;
  const std::uint32_t word = what.id | (what.extended ? extended_flag : 0) |
                             (what.remote ? remote_flag : 0) | (what.error ? error_flag : 0);
  for (int shift = 24; shift >= 0; shift -= 8) put(to, word >> shift & 0xFFu);
  put(to, what.fd ? what.length | unsigned{fd_flag} : what.length);
  if (what.fd) put(to, what.bit_rate_switch ? switch_flag : 0u);
  to.insert(to.end(), what.data.begin(), what.data.begin() + static_cast<std::ptrdiff_t>(data));
  return true;
}

std::vector<std::uint8_t> encode_header(operation what, std::uint8_t sequence,
                                        std::uint16_t frames) {
  std::vector<std::uint8_t> result{version, static_cast<std::uint8_t>(what), sequence, 0, 0};
  set_count(result, frames);
  return result;
}

void set_count(std::vector<std::uint8_t>& packet, std::uint16_t frames) {
  packet[count_at] = static_cast<std::uint8_t>(frames >> 8);
  packet[count_at + 1] = static_cast<std::uint8_t>(frames);
}

} // namespace voltaic::messages::can::cannelloni
