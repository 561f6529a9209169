#include "bus/can/socketcan/frame_layout.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace voltaic::bus::can {
namespace {

/// The lengths that CAN FD has codes for.
constexpr std::array<std::uint8_t, 7> fd_lengths{12, 16, 20, 24, 32, 48, 64};

/// CAN FD knows no others: what is between is filled up with zeros.
std::uint8_t fd_length(std::uint8_t length) {
  if (length <= CAN_MAX_DLEN) return length;
  const auto* found = std::ranges::lower_bound(fd_lengths, length);
  return found == fd_lengths.end() ? std::uint8_t{CANFD_MAX_DLEN} : *found;
}

} // namespace

std::optional<messages::can::frame> read_kernel_frame(std::span<const std::byte> bytes) {
  if (bytes.size() != CAN_MTU && bytes.size() != CANFD_MTU) return {};
  canfd_frame raw{};
  std::memcpy(&raw, bytes.data(), bytes.size());
  messages::can::frame result;
  result.fd = bytes.size() == CANFD_MTU;
  result.extended = (raw.can_id & CAN_EFF_FLAG) != 0;
  result.remote = !result.fd && (raw.can_id & CAN_RTR_FLAG) != 0;
  result.error = (raw.can_id & CAN_ERR_FLAG) != 0;
  const bool wide = result.extended || result.error;
  result.id = raw.can_id & (wide ? CAN_EFF_MASK : CAN_SFF_MASK);
  result.length = std::min<std::uint8_t>(
      raw.len, result.fd ? std::uint8_t{CANFD_MAX_DLEN} : std::uint8_t{CAN_MAX_DLEN});
  if (!result.remote) std::copy_n(raw.data, result.length, result.data.begin());
  return result;
}

kernel_frame write_kernel_frame(const messages::can::frame& from) {
  kernel_frame result;
  result.size = from.fd ? CANFD_MTU : CAN_MTU;
  canfd_frame& raw = result.content;
  raw.can_id = from.id & (from.extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  if (from.extended) raw.can_id |= CAN_EFF_FLAG;
  if (from.remote) raw.can_id |= CAN_RTR_FLAG;
  raw.len = from.fd ? fd_length(from.length)
                    : std::min<std::uint8_t>(from.length, std::uint8_t{CAN_MAX_DLEN});
  if (!from.remote)
    std::copy_n(from.data.begin(), std::min<std::uint8_t>(from.length, raw.len), raw.data);
  return result;
}

} // namespace voltaic::bus::can
