#include "bus/can/socketcan/frame_layout.hpp"

#include <algorithm>
#include <cstring>

namespace voltaic::bus::can {

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
  result.bit_rate_switch = result.fd && (raw.flags & CANFD_BRS) != 0;
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
  if (from.fd && from.bit_rate_switch) raw.flags = CANFD_BRS;
  // What is between two lengths of CAN FD is filled up with zeros.
  raw.len = from.fd ? messages::can::frame_length(from.length)
                    : std::min<std::uint8_t>(from.length, std::uint8_t{CAN_MAX_DLEN});
  if (!from.remote)
    std::copy_n(from.data.begin(), std::min<std::uint8_t>(from.length, raw.len), raw.data);
  return result;
}

} // namespace voltaic::bus::can
