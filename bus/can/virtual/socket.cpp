#include "bus/can/virtual/socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace voltaic::bus::can {
namespace {

constexpr int backlog_max = 64;

file_descriptor make_socket() {
  return file_descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  assert(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

} // namespace

file_descriptor connect_to_bus(const std::string& path) {
  file_descriptor result = make_socket();
  if (!result.valid()) return result;
  const sockaddr_un address = address_of(path);
  if (::connect(result.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    result.reset();
  }
  return result;
}

file_descriptor listen_at(const std::string& path) {
  file_descriptor result = make_socket();
  if (!result.valid()) return result;
  const sockaddr_un address = address_of(path);
  if (::bind(result.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(result.get(), backlog_max) != 0) {
    const int reason = errno;
    result.reset();
    errno = reason;
  }
  return result;
}

socket_outcome send_packet(int socket, std::span<const std::byte> bytes) {
  for (;;) {
    if (::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      return socket_outcome::done;
    }
    if (errno == EINTR) continue;
    const bool full = errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM;
    return full ? socket_outcome::would_block : socket_outcome::closed;
  }
}

struct packet_receiver::buffers {
  std::array<std::array<std::byte, packet_bytes_max>, packets_max> bytes;
  std::array<iovec, packets_max> pieces{};
  std::array<mmsghdr, packets_max> headers{};
};

packet_receiver::packet_receiver() : buffers_(std::make_unique<buffers>()) {
  for (std::size_t i = 0; i < packets_max; ++i) {
    buffers_->pieces[i] = {buffers_->bytes[i].data(), packet_bytes_max};
    buffers_->headers[i].msg_hdr.msg_iov = &buffers_->pieces[i];
    buffers_->headers[i].msg_hdr.msg_iovlen = 1;
  }
  packets_.reserve(packets_max);
}

packet_receiver::~packet_receiver() = default;

socket_outcome packet_receiver::receive(int socket) {
  packets_.clear();
  int count = 0;
  do {
    count = ::recvmmsg(socket, buffers_->headers.data(), packets_max, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? socket_outcome::would_block : socket_outcome::closed;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const std::size_t bytes = buffers_->headers[i].msg_len;
    if (bytes == 0) return socket_outcome::closed;
    packets_.emplace_back(buffers_->bytes[i].data(), bytes);
  }
  return socket_outcome::done;
}

} // namespace voltaic::bus::can
