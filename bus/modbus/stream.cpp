#include "bus/modbus/stream.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>

namespace voltaic::bus::modbus {
namespace {

using clock = std::chrono::steady_clock;

std::string text_of(int error) {
  return std::strerror(error);
}

void set_option(int descriptor, int level, int name, int value) {
  // Without these the line works too, only slower to notice a dead peer.
  (void)::setsockopt(descriptor, level, name, &value, sizeof(value));
}

} // namespace

stream::stream() : abort_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (abort_event_ < 0) throw std::bad_alloc();
}

stream::~stream() {
  close();
  ::close(abort_event_);
}

std::string stream::open(const line_options& options, std::string& warning) {
  close();
  std::string reason;
  if (is_serial(options.transport)) {
    const int port = open_serial(options.serial, reason, warning);
    return port < 0 ? reason : keep(port);
  }
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return text_of(errno);
  if (reason = connect(socket, options); !reason.empty()) {
    ::close(socket);
    return reason;
  }
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
  return keep(socket);
}

std::string stream::keep(int descriptor) {
  const std::scoped_lock lock(mutex_);
  std::string reason;
  // libmodbus would write beyond the end of its set.
  if (descriptor >= FD_SETSIZE)
    reason = fmt::format("descriptor {} is beyond what libmodbus can wait for", descriptor);
  else if (aborted_)
    reason = "stopped";
  if (reason.empty())
    descriptor_ = descriptor;
  else
    ::close(descriptor);
  return reason;
}

std::string stream::connect(int descriptor, const line_options& options) const {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  ::inet_pton(AF_INET, options.host.c_str(), &address.sin_addr);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return "";
  if (errno != EINPROGRESS) return text_of(errno);
  std::array<pollfd, 2> waited{{{descriptor, POLLOUT, 0}, {abort_event_, POLLIN, 0}}};
  const int ready =
      ::poll(waited.data(), waited.size(), static_cast<int>(options.response_timeout_ms));
  if (ready < 0) return text_of(errno);
  if (waited[1].revents != 0) return "stopped";
  if (ready == 0) return "no connection in time";
  int error = 0;
  socklen_t length = sizeof(error);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return text_of(errno);
  return error == 0 ? "" : text_of(error);
}

int stream::send(std::span<const std::uint8_t> bytes) const {
  const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno;
  return static_cast<std::size_t>(sent) == bytes.size() ? 0 : EAGAIN;
}

bool stream::wait_readable(int timeout_ms) const {
  std::array<pollfd, 2> waited{{{descriptor_, POLLIN, 0}, {abort_event_, POLLIN, 0}}};
  const int ready = ::poll(waited.data(), waited.size(), timeout_ms);
  return ready > 0 && waited[0].revents != 0 && waited[1].revents == 0;
}

std::size_t stream::drain(int quiet_ms, int at_most_ms) const {
  const auto end = clock::now() + std::chrono::milliseconds(at_most_ms);
  std::array<std::uint8_t, 512> ignored{};
  std::size_t bytes = 0;
  while (clock::now() < end && wait_readable(quiet_ms)) {
    const auto count = ::read(descriptor_, ignored.data(), ignored.size());
    if (count <= 0) break; // the exchange that follows tells why
    bytes += static_cast<std::size_t>(count);
  }
  return bytes;
}

bool stream::is_aborted() const {
  const std::scoped_lock lock(mutex_);
  return aborted_;
}

void stream::close() {
  const std::scoped_lock lock(mutex_);
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
}

void stream::abort() {
  const std::scoped_lock lock(mutex_);
  aborted_ = true;
  // Wakes a waiting select; closing would let the number be used anew.
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  const std::uint64_t one = 1;
  (void)!::write(abort_event_, &one, sizeof(one));
}

} // namespace voltaic::bus::modbus
