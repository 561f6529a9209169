#include "bus/can/socketcan/stranger_watch.hpp"

#include <linux/can.h>
#include <linux/can/raw.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "bus/can/socketcan/frame_layout.hpp"
#include "bus/can/socketcan/kernel_filters.hpp"

namespace voltaic::bus::can {
namespace {

/// Some 40 frames: new identifiers are met in one of the next looks.
constexpr int kept_bytes = 32 * 1024;
constexpr int frames_per_look_max = 128;

/// Passes what none of these passes.
bool set_inverse_filters(int socket, std::vector<can_filter> filters) {
  for (can_filter& each : filters) each.can_id |= CAN_INV_FILTER;
  const int on = 1;
  return ::setsockopt(socket, SOL_CAN_RAW, CAN_RAW_JOIN_FILTERS, &on, sizeof(on)) == 0 &&
         ::setsockopt(socket, SOL_CAN_RAW, CAN_RAW_FILTER, filters.data(),
                      static_cast<socklen_t>(filters.size() * sizeof(can_filter))) == 0;
}

bool bind_to(int socket, int interface_index) {
  sockaddr_can address{};
  address.can_family = AF_CAN;
  address.can_ifindex = interface_index;
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

} // namespace

stranger_watch::stranger_watch(int interface_index, const id_filter& known) {
  auto filters = kernel_filters(known);
  // One that passes everything stands for too many, or for none.
  if (filters.size() == 1 && filters.front().can_mask == 0) return;
  const int on = 1;
  file_descriptor opened(::socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW));
  if (!opened.valid() ||
      ::setsockopt(opened.get(), SOL_SOCKET, SO_RCVBUF, &kept_bytes, sizeof(kept_bytes)) != 0 ||
      ::setsockopt(opened.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) != 0 ||
      ::setsockopt(opened.get(), SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof(on)) != 0 ||
      !set_inverse_filters(opened.get(), std::move(filters)) ||
      !bind_to(opened.get(), interface_index))
    return;
  socket_ = std::move(opened);
}

void stranger_watch::look(std::int64_t now_us, std::uint32_t bitrate) {
  if (!socket_.valid()) return;
  drain();
  table_.step(now_us, bitrate);
}

void stranger_watch::drain() {
  for (int i = 0; i < frames_per_look_max; ++i) {
    canfd_frame raw{};
    iovec room{&raw, sizeof(raw)};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> told{};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = told.data();
    message.msg_controllen = told.size();
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (size < 0) return;
    take_dropped(message);
    const auto read = read_kernel_frame(
        {reinterpret_cast<const std::byte*>(&raw), static_cast<std::size_t>(size)});
    if (read) table_.heard(*read);
  }
}

void stranger_watch::take_dropped(msghdr& message) {
  for (auto* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t dropped = 0;
    std::memcpy(&dropped, CMSG_DATA(each), sizeof(dropped));
    table_.missed(dropped - dropped_);
    dropped_ = dropped;
  }
}

std::optional<std::uint32_t> stranger_watch::count() const {
  if (!socket_.valid()) return {};
  return table_.count();
}

} // namespace voltaic::bus::can
