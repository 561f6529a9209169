#include "bus/can/socketcan/raw_socket.hpp"

#include <fmt/format.h>
#include <linux/can.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "bus/can/socketcan/frame_layout.hpp"
#include "bus/can/socketcan/kernel_filters.hpp"

namespace voltaic::bus::can {
namespace {

/// Three stamps and a count, with their headers.
constexpr std::size_t control_bytes = 128;

template <class T>
bool set_option(int socket, int level, int option, const T& value) {
  return ::setsockopt(socket, level, option, &value, sizeof(value)) == 0;
}

messages::failure refused(std::string_view what) {
  return {fmt::format("the kernel refuses {}: {}", what, std::strerror(errno))};
}

/// The rights to pass the system's limit are seldom there; what is granted without them is used.
void enlarge_receive_buffer(int socket) {
  if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_bytes))
    (void)set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
}

template <class T>
T content_of(const cmsghdr* from) {
  T result;
  std::memcpy(&result, CMSG_DATA(from), sizeof(T));
  return result;
}

} // namespace

messages::expected<file_descriptor> open_raw_socket(int interface_index) {
  file_descriptor result(::socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW));
  if (!result.valid())
    return errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT
               ? messages::
                     failure{"the kernel of this machine has no CAN (modules can and can_raw)"}
               : refused("a CAN socket");
  const int on = 1;
  const can_err_mask_t all_errors = CAN_ERR_MASK;
  if (!set_option(result.get(), SOL_CAN_RAW, CAN_RAW_ERR_FILTER, all_errors))
    return refused("error frames");
  if (!set_option(result.get(), SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, on))
    return refused("to show sent frames");
  if (!set_option(result.get(), SOL_SOCKET, SO_TIMESTAMPNS, on)) return refused("time stamps");
  if (!set_option(result.get(), SOL_SOCKET, SO_RXQ_OVFL, on)) return refused("to count losses");
  if (!set_option(result.get(), SOL_CAN_RAW, CAN_RAW_FD_FRAMES, on)) return refused("CAN FD");
  enlarge_receive_buffer(result.get());
  sockaddr_can address{};
  address.can_family = AF_CAN;
  address.can_ifindex = interface_index;
  if (::bind(result.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return refused("the interface");
  return result;
}

void set_filters(int socket, const id_filter& wanted) {
  const auto filters = kernel_filters(wanted);
  // Refused only for want of memory; the filters that were there stay.
  (void)::setsockopt(socket, SOL_CAN_RAW, CAN_RAW_FILTER, filters.data(),
                     static_cast<socklen_t>(filters.size() * sizeof(can_filter)));
}

void set_error_classes(int socket, bool all) {
  constexpr can_err_mask_t states =
      CAN_ERR_CRTL | CAN_ERR_BUSOFF | CAN_ERR_RESTARTED | CAN_ERR_TRX | CAN_ERR_TX_TIMEOUT;
  (void)set_option(socket, SOL_CAN_RAW, CAN_RAW_ERR_FILTER,
                   all ? can_err_mask_t{CAN_ERR_MASK} : states);
}

struct frame_receiver::buffers {
  std::array<canfd_frame, frames_max> content;
  std::array<std::array<std::byte, control_bytes>, frames_max> control;
  std::array<iovec, frames_max> pieces{};
  std::array<mmsghdr, frames_max> headers{};

  void reset() {
    for (std::size_t i = 0; i < frames_max; ++i) {
      pieces[i] = {&content[i], sizeof(canfd_frame)};
      msghdr& head = headers[i].msg_hdr;
      head = {};
      head.msg_iov = &pieces[i];
      head.msg_iovlen = 1;
      head.msg_control = control[i].data();
      head.msg_controllen = control_bytes;
    }
  }
};

frame_receiver::frame_receiver() : buffers_(std::make_unique<buffers>()) {
  frames_.reserve(frames_max);
}

frame_receiver::~frame_receiver() = default;

frame_receiver::outcome frame_receiver::receive(int socket) {
  frames_.clear();
  int count = 0;
  do {
    buffers_->reset();
    count = ::recvmmsg(socket, buffers_->headers.data(), frames_max, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    if (errno == EAGAIN) return outcome::would_block;
    return errno == ENETDOWN ? outcome::interface_down : outcome::closed;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    mmsghdr& head = buffers_->headers[i];
    const auto* bytes = reinterpret_cast<const std::byte*>(&buffers_->content[i]);
    const auto read = read_kernel_frame({bytes, head.msg_len});
    received_frame one;
    if (read) one.item = *read;
    one.own = (head.msg_hdr.msg_flags & MSG_CONFIRM) != 0;
    for (cmsghdr* each = CMSG_FIRSTHDR(&head.msg_hdr); each != nullptr;
         each = CMSG_NXTHDR(&head.msg_hdr, each)) {
      if (each->cmsg_level != SOL_SOCKET) continue;
      if (each->cmsg_type == SCM_TIMESTAMPNS) {
        const auto stamp = content_of<timespec>(each);
        one.utc_us = stamp.tv_sec * 1'000'000 + stamp.tv_nsec / 1'000;
      } else if (each->cmsg_type == SO_RXQ_OVFL) {
        overflow_ = content_of<std::uint32_t>(each);
      }
    }
    if (read) frames_.push_back(one);
  }
  return outcome::done;
}

write_outcome write_frame(int socket, const messages::can::frame& item) {
  const kernel_frame raw = write_kernel_frame(item);
  for (;;) {
    if (::write(socket, &raw.content, raw.size) >= 0) return write_outcome::taken;
    switch (errno) {
      case EINTR:
        continue;
      case ENOBUFS:
      case EAGAIN:
      case ENOMEM:
        return write_outcome::full;
      case EINVAL:
      case EMSGSIZE:
        return write_outcome::unfit;
      default:
        return write_outcome::down;
    }
  }
}

bool holds_unsent(int socket) {
  // Raw CAN sockets do not know SIOCOUTQ.
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  return ::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0 ||
         memory[SK_MEMINFO_WMEM_ALLOC] > 0;
}

} // namespace voltaic::bus::can
