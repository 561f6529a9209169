#include "bus/can/socketcan/setup_request.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace voltaic::bus::can {
namespace {

constexpr std::string_view restart_word = "restart ";
constexpr std::string_view reset_word = "reset ";
/// A word, and the name of an interface of Linux.
constexpr std::size_t request_bytes_max = 32;

std::optional<sockaddr_un> address_in(const std::string& runtime_folder) {
  const std::string path = runtime_folder + "/canctl";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (runtime_folder.empty() || path.size() >= sizeof(address.sun_path)) return {};
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

file_descriptor make_socket() {
  return file_descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool connect_to(const file_descriptor& socket, const sockaddr_un& address) {
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

} // namespace

std::string to_text(const setup_request& request) {
  const bool restarts = request.what == setup_request::verb::restart;
  return std::string(restarts ? restart_word : reset_word) + request.interface_name;
}

std::optional<setup_request> read_setup_request(const std::string& text) {
  for (const auto& [word, what] : {std::pair{restart_word, setup_request::verb::restart},
                                   std::pair{reset_word, setup_request::verb::reset}}) {
    if (text.starts_with(word) && text.size() > word.size() && text.size() < request_bytes_max)
      return setup_request{what, text.substr(word.size())};
  }
  return {};
}

bool ask_setup(const std::string& runtime_folder, const setup_request& request) {
  const auto address = address_in(runtime_folder);
  const file_descriptor socket = make_socket();
  if (!address || !socket.valid()) return false;
  const std::string text = to_text(request);
  return ::sendto(socket.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) >= 0;
}

messages::expected<setup_listener> setup_listener::open(const std::string& runtime_folder) {
  const auto address = address_in(runtime_folder);
  if (!address)
    return messages::failure{fmt::format("{}: too long a path for a socket", runtime_folder)};
  const std::string path = address->sun_path;
  file_descriptor socket = make_socket();
  if (socket.valid() && connect_to(make_socket(), *address))
    return messages::failure{fmt::format("{}: another canctl of this site runs", path)};
  // What a process left that was killed.
  ::unlink(path.c_str());
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0 ||
      ::chmod(path.c_str(), 0600) != 0)
    return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  return setup_listener(std::move(socket), path);
}

setup_listener::~setup_listener() {
  if (socket_.valid()) ::unlink(path_.c_str());
}

std::optional<setup_request> setup_listener::wait(int timeout_ms) {
  pollfd polled{socket_.get(), POLLIN, 0};
  if (::poll(&polled, 1, timeout_ms) <= 0) return {};
  std::array<char, request_bytes_max> text{};
  const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
  if (size <= 0) return {};
  return read_setup_request(std::string(text.data(), static_cast<std::size_t>(size)));
}

} // namespace voltaic::bus::can
