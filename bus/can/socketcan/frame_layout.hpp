#pragma once

#include <linux/can.h>

#include <cstddef>
#include <optional>
#include <span>

#include "messages/can/frame.hpp"

/// The kernel's layout of frames (linux/can.h). Pure.
namespace voltaic::bus::can {

/// What a raw socket received: 16 bytes are a classic frame, 72 one of CAN FD; anything else is
/// none. Lengths beyond what the kind can carry are cut. No stamp.
[[nodiscard]] std::optional<messages::can::frame> read_kernel_frame(
    std::span<const std::byte> bytes);

/// As a raw socket takes it. `size` is what to write: CAN_MTU, or CANFD_MTU of CAN FD.
struct kernel_frame {
  canfd_frame content{};
  std::size_t size = CAN_MTU;
};
[[nodiscard]] kernel_frame write_kernel_frame(const messages::can::frame& from);

} // namespace voltaic::bus::can
