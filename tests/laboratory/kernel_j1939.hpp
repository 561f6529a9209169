#pragma once

#include <linux/can.h>
#include <linux/can/j1939.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "messages/j1939/packet.hpp"

/// The kernel's own J1939 stack, by its sockets (Linux, Documentation/networking/j1939.rst).
namespace laboratory {

/// As an address in the kernel's words: whoever listens to all, and sends nothing.
inline constexpr std::uint8_t no_address = J1939_NO_ADDR;

/// A device of the kernel's on vcan0; with `no_address` it hears what everybody says to anybody.
class kernel_device {
 public:
  explicit kernel_device(std::uint8_t address)
      : socket_(::socket(PF_CAN, SOCK_DGRAM | SOCK_CLOEXEC, CAN_J1939)) {
    if (socket_ < 0) fail("socket");
    set(SOL_SOCKET, SO_BROADCAST, 1);
    set(SOL_SOCKET, SO_RCVBUFFORCE, 4 * 1024 * 1024);
    set(SOL_CAN_J1939, SO_J1939_PROMISC, address == no_address ? 1 : 0);
    const auto at = place(address, J1939_NO_PGN);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0) fail("bind");
  }
  kernel_device(const kernel_device&) = delete;
  kernel_device& operator=(const kernel_device&) = delete;
  ~kernel_device() { ::close(socket_); }

  /// Hands a message to the kernel, from this device, whatever its `source`.
  void send(const voltaic::messages::j1939::message& what) {
    set(SOL_CAN_J1939, SO_J1939_SEND_PRIO, what.priority);
    const auto to = place(what.destination, what.pgn);
    const auto sent = ::sendto(socket_, what.payload.data(), what.payload.size(), 0,
                               reinterpret_cast<const sockaddr*>(&to), sizeof(to));
    if (sent != static_cast<ssize_t>(what.payload.size())) fail("sendto");
  }

  /// All that it received so far, in order.
  [[nodiscard]] const std::vector<voltaic::messages::j1939::message>& received() {
    while (receive()) continue;
    return received_;
  }

  /// What the kernel has to say of a message that it could not deliver; 0: nothing. Asked once, it
  /// is forgotten.
  [[nodiscard]] int error() const {
    int code = 0;
    socklen_t size = sizeof(code);
    if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &code, &size) != 0) fail("SO_ERROR");
    return code;
  }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  static sockaddr_can place(std::uint8_t address, std::uint32_t pgn) {
    sockaddr_can result{};
    result.can_family = AF_CAN;
    result.can_ifindex = static_cast<int>(::if_nametoindex("vcan0"));
    result.can_addr.j1939.name = J1939_NO_NAME;
    result.can_addr.j1939.pgn = pgn;
    result.can_addr.j1939.addr = address;
    return result;
  }
  void set(int level, int option, int value) {
    // Of flags this kernel answers the value that was set, not 0.
    if (::setsockopt(socket_, level, option, &value, sizeof(value)) < 0) fail("setsockopt");
  }

  bool receive() {
    std::array<std::uint8_t, 4'096> payload{};
    sockaddr_can from{};
    iovec where{payload.data(), payload.size()};
    alignas(cmsghdr) std::array<char, 256> control{};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof(from);
    header.msg_iov = &where;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const auto size = ::recvmsg(socket_, &header, MSG_DONTWAIT);
    if (size < 0) return false;
    voltaic::messages::j1939::message made;
    made.pgn = from.can_addr.j1939.pgn;
    made.source = from.can_addr.j1939.addr;
    made.payload.assign(payload.begin(), payload.begin() + size);
    for (auto* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
      if (each->cmsg_level != SOL_CAN_J1939) continue;
      if (each->cmsg_type == SCM_J1939_DEST_ADDR) made.destination = *CMSG_DATA(each);
      if (each->cmsg_type == SCM_J1939_PRIO) made.priority = *CMSG_DATA(each);
    }
    received_.push_back(std::move(made));
    return true;
  }

  int socket_;
  std::vector<voltaic::messages::j1939::message> received_;
};

} // namespace laboratory
