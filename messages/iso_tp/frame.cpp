#include "messages/iso_tp/frame.hpp"

#include <algorithm>
#include <cassert>

namespace voltaic::messages::iso_tp {
namespace {

constexpr std::uint8_t kind_single = 0x0;
constexpr std::uint8_t kind_first = 0x1;
constexpr std::uint8_t kind_consecutive = 0x2;
constexpr std::uint8_t kind_flow = 0x3;
constexpr std::uint8_t low_nibble = 0x0F;
constexpr std::size_t long_length_bytes = 4;

using bytes_view = std::span<const std::uint8_t>;

std::vector<std::uint8_t> to_vector(bytes_view bytes) {
  return {bytes.begin(), bytes.end()};
}

std::optional<frame> decode_single(bytes_view bytes) {
  const std::size_t length = bytes[0] & low_nibble;
  if (length == 0 || length > bytes.size() - 1) return std::nullopt;
  return single_frame{to_vector(bytes.subspan(1, length))};
}

std::optional<frame> decode_first(bytes_view bytes, std::size_t room) {
  // A first frame is always full.
  if (bytes.size() < room || bytes.size() < 2) return std::nullopt;
  first_frame result;
  result.length = static_cast<std::uint32_t>((bytes[0] & low_nibble) << 8 | bytes[1]);
  auto data = bytes.subspan(2);
  if (result.length == 0) {
    for (std::size_t i = 0; i < long_length_bytes; ++i)
      result.length = result.length << 8 | data[i];
    data = data.subspan(long_length_bytes);
    if (result.length <= message_bytes_max) return std::nullopt;
  } else if (result.length < room) {
    return std::nullopt;
  }
  result.data = to_vector(data);
  return result;
}

std::optional<frame> decode_flow(bytes_view bytes) {
  if (bytes.size() < 3 || (bytes[0] & low_nibble) > static_cast<std::uint8_t>(flow::overflow))
    return std::nullopt;
  return flow_control{static_cast<flow>(bytes[0] & low_nibble), bytes[1], bytes[2]};
}

void append(std::vector<std::uint8_t>& to, const frame& what) {
  const auto put = [&](unsigned byte) { to.push_back(static_cast<std::uint8_t>(byte)); };
  if (const auto* single = std::get_if<single_frame>(&what)) {
    put(static_cast<unsigned>(kind_single << 4 | single->data.size()));
    to.insert(to.end(), single->data.begin(), single->data.end());
  } else if (const auto* first = std::get_if<first_frame>(&what)) {
    assert(first->length <= message_bytes_max);
    put(static_cast<unsigned>(kind_first << 4) | first->length >> 8);
    put(first->length & 0xFFu);
    to.insert(to.end(), first->data.begin(), first->data.end());
  } else if (const auto* next = std::get_if<consecutive_frame>(&what)) {
    put(static_cast<unsigned>(kind_consecutive << 4 | (next->number & low_nibble)));
    to.insert(to.end(), next->data.begin(), next->data.end());
  } else {
    const auto& control = std::get<flow_control>(what);
    put(static_cast<unsigned>(kind_flow << 4 | static_cast<unsigned>(control.flow)));
    put(control.block_size);
    put(control.separation);
  }
}

} // namespace

std::int64_t separation_us(std::uint8_t separation) {
  constexpr std::uint8_t milliseconds_max = 0x7F;
  constexpr std::uint8_t hundreds_first = 0xF1;
  constexpr std::uint8_t hundreds_last = 0xF9;
  if (separation >= hundreds_first && separation <= hundreds_last)
    return (separation - hundreds_first + 1) * std::int64_t{100};
  return std::int64_t{std::min(separation, milliseconds_max)} * 1'000;
}

std::optional<frame> decode(std::span<const std::uint8_t> bytes, bool address) {
  const std::size_t before = address ? 1 : 0;
  if (bytes.size() <= before || bytes.size() > frame_bytes_max) return std::nullopt;
  const auto rest = bytes.subspan(before);
  switch (rest[0] >> 4) {
    case kind_single:
      return decode_single(rest);
    case kind_first:
      return decode_first(rest, frame_bytes_max - before);
    case kind_consecutive:
      if (rest.size() < 2) return std::nullopt;
      return consecutive_frame{static_cast<std::uint8_t>(rest[0] & low_nibble),
                               to_vector(rest.subspan(1))};
    case kind_flow:
      return decode_flow(rest);
    default:
      return std::nullopt;
  }
}

std::vector<std::uint8_t> encode(const frame& what, std::optional<std::uint8_t> address,
                                 std::optional<std::uint8_t> padding) {
  std::vector<std::uint8_t> result;
  if (address) result.push_back(*address);
  append(result, what);
  assert(result.size() <= frame_bytes_max);
  if (padding) result.resize(frame_bytes_max, *padding);
  return result;
}

} // namespace voltaic::messages::iso_tp
