#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bus/can/file_descriptor.hpp"
#include "bus/can/id_filter.hpp"
#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// A raw socket of the kernel's CAN (Documentation/networking/can.rst).
namespace voltaic::bus::can {

/// What the kernel may keep for a socket that is read late: about 10,000 frames, more than a
/// second of a full bus of 1 Mbit/s. Without CAP_NET_ADMIN the kernel grants less
/// (net.core.rmem_max).
inline constexpr int receive_buffer_bytes = 8 * 1024 * 1024;

/// Opens and binds one that hears the frames of others and its own, error frames of all classes,
/// frames of CAN FD where the interface has them, stamps of the kernel, and what was lost.
/// Not blocking. The failure says what the kernel refused.
[[nodiscard]] messages::expected<file_descriptor> open_raw_socket(int interface_index);

/// What it hears from now on, besides error frames: these, or everything where they are none or
/// more than the kernel can sort by.
void set_filters(int socket, const id_filter& wanted);

/// Whether error frames of all classes come from now on, or those alone that tell the
/// controller's state.
void set_error_classes(int socket, bool all);

/// One frame as the kernel handed it over.
struct received_frame {
  messages::can::frame item;
  std::int64_t utc_us = 0; ///< when the kernel got it; 0: it does not say
  bool own = false;        ///< this socket sent it: it was on the wire
};

/// Receives many frames in one system call; its buffers are kept.
class frame_receiver {
 public:
  frame_receiver();
  ~frame_receiver();
  frame_receiver(const frame_receiver&) = delete;
  frame_receiver& operator=(const frame_receiver&) = delete;

  enum class outcome : std::uint8_t { done, would_block, interface_down, closed };
  /// Up to `frames_max` frames, which are in `frames()`.
  [[nodiscard]] outcome receive(int socket);
  [[nodiscard]] const std::vector<received_frame>& frames() const { return frames_; }
  /// How many frames the kernel dropped on this socket since it was opened, as last told.
  [[nodiscard]] std::uint32_t overflow() const { return overflow_; }
  /// A new socket counts from 0.
  void forget_overflow() { overflow_ = 0; }

  static constexpr std::size_t frames_max = 64;

 private:
  struct buffers;
  std::unique_ptr<buffers> buffers_;
  std::vector<received_frame> frames_;
  std::uint32_t overflow_ = 0;
};

/// What the kernel did with a frame. `full`: its queue has no room at the moment.
/// `unfit`: this interface carries no such frame, and never will.
enum class write_outcome : std::uint8_t { taken, full, down, unfit };
[[nodiscard]] write_outcome write_frame(int socket, const messages::can::frame& item);

/// False: no frame of this socket waits in the kernel for room in the controller. One that is in
/// the controller is none of the kernel's: it may still go out. True also where it cannot be told.
[[nodiscard]] bool holds_unsent(int socket);

} // namespace voltaic::bus::can
