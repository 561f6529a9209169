#include "bus/control/control_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace voltaic::bus::control {

namespace {

constexpr int backlog = 16;

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return std::nullopt;
  path.copy(address.sun_path, path.size());
  return address;
}

messages::failure failure_of(const std::string& path, const char* what) {
  return {fmt::format("{}: {}: {}", path, what, std::strerror(errno))};
}

short events_of(const std::vector<pollfd>& polled, int file) {
  for (const auto& entry : polled)
    if (entry.fd == file) return entry.revents;
  return 0;
}

} // namespace

messages::expected<std::unique_ptr<control_server>> control_server::listen(const std::string& path,
                                                                           access for_whom) {
  const auto address = address_of(path);
  if (!address) return messages::failure{path + ": too long for a socket"};
  const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return failure_of(path, "no socket");
  ::unlink(path.c_str());
  // Nobody can connect between bind and chmod: listen comes after both.
  if (::bind(file, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0 ||
      ::chmod(path.c_str(), for_whom == access::group ? 0660 : 0600) != 0 ||
      ::listen(file, backlog) != 0) {
    auto reason = failure_of(path, "cannot be bound");
    ::close(file);
    return reason;
  }
  return std::unique_ptr<control_server>(new control_server(file, path));
}

control_server::~control_server() {
  for (auto& [id, client] : clients_) {
    [[maybe_unused]] const bool open = write_to(client);
    ::close(client.file);
  }
  ::close(file_);
  ::unlink(path_.c_str());
}

void control_server::add_to(std::vector<pollfd>& polled) const {
  if (clients_.size() < clients_max) polled.push_back({file_, POLLIN, 0});
  for (const auto& [id, client] : clients_)
    polled.push_back(
        {client.file,
         static_cast<short>((client.closing ? 0 : POLLIN) | (client.output.empty() ? 0 : POLLOUT)),
         0});
}

void control_server::accept_clients() {
  while (clients_.size() < clients_max) {
    const int file = ::accept4(file_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (file < 0) return;
    clients_[next_++].file = file;
  }
}

void control_server::serve(const std::vector<pollfd>& polled, const request_handler& on_request) {
  std::vector<client_id> gone;
  for (auto& [id, client] : clients_) {
    const auto events = events_of(polled, client.file);
    bool open = (events & (POLLERR | POLLNVAL)) == 0;
    if (open && (events & (POLLIN | POLLHUP)) != 0) open = read_from(id, client, on_request);
    if (open && !client.output.empty()) open = write_to(client);
    if (!open || (client.closing && client.output.empty())) gone.push_back(id);
  }
  for (const auto id : gone) {
    ::close(clients_[id].file);
    clients_.erase(id);
  }
  if ((events_of(polled, file_) & POLLIN) != 0) accept_clients();
}

bool control_server::read_from(client_id id, connection& from, const request_handler& on_request) {
  char buffer[4096];
  // A bounded number of reads a turn: one chatty client must not hold the loop.
  for (int turn = 0; turn < 16; ++turn) {
    const auto count = ::recv(from.file, buffer, sizeof(buffer), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) {
      from.closing = true;
      return true;
    }
    from.input.append(buffer, static_cast<std::size_t>(count));
    for (auto end = from.input.find('\n'); end != std::string::npos; end = from.input.find('\n')) {
      const auto line = from.input.substr(0, end);
      from.input.erase(0, end + 1);
      on_request(id, line);
    }
    if (from.input.size() > request_bytes_max) return false;
  }
  return true;
}

bool control_server::write_to(connection& to) {
  while (!to.output.empty()) {
    const auto count = ::send(to.file, to.output.data(), to.output.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    to.output.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

std::optional<caller> control_server::caller_of(client_id client) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return std::nullopt;
  ucred known{};
  socklen_t size = sizeof(known);
  if (::getsockopt(found->second.file, SOL_SOCKET, SO_PEERCRED, &known, &size) != 0)
    return std::nullopt;
  return caller{known.uid, known.gid};
}

void control_server::reply(client_id to, std::string_view line) {
  const auto found = clients_.find(to);
  if (found == clients_.end()) return;
  auto& client = found->second;
  if (client.output.size() + line.size() > response_bytes_max) {
    client.closing = true; // it does not read: what it has not read is lost
    client.output.clear();
    return;
  }
  client.output.append(line).append("\n");
}

namespace {

using clock = std::chrono::steady_clock;

bool wait_for(int file, short events, clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now()).count();
    pollfd polled{file, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

messages::expected<std::string> exchange(int file, const std::string& path, std::string_view line,
                                         clock::time_point deadline) {
  auto output = std::string(line) + "\n";
  while (!output.empty()) {
    const auto count = ::send(file, output.data(), output.size(), MSG_NOSIGNAL);
    if (count > 0) output.erase(0, static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR) return failure_of(path, "was closed");
    if (!output.empty() && !wait_for(file, POLLOUT, deadline))
      return messages::failure{path + ": does not take the request"};
  }
  std::string input;
  char buffer[16 * 1024];
  while (input.size() <= response_bytes_max) {
    const auto count = ::recv(file, buffer, sizeof(buffer), 0);
    if (count == 0) return messages::failure{path + ": closed without an answer"};
    if (count > 0) input.append(buffer, static_cast<std::size_t>(count));
    if (const auto end = input.find('\n'); end != std::string::npos) return input.substr(0, end);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return failure_of(path, "failed");
    if (count < 0 && !wait_for(file, POLLIN, deadline))
      return messages::failure{path + ": no answer in time"};
  }
  return messages::failure{path + ": the answer is too long"};
}

} // namespace

bool is_listened_to(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return false;
  const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) return false;
  const bool listened =
      ::connect(file, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0;
  ::close(file);
  return listened;
}

messages::expected<std::string> control_request(const std::string& path, std::string_view line,
                                                std::chrono::milliseconds timeout) {
  const auto address = address_of(path);
  if (!address) return messages::failure{path + ": too long for a socket"};
  const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return failure_of(path, "no socket");
  if (::connect(file, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    auto reason = failure_of(path, "nobody listens");
    ::close(file);
    return reason;
  }
  auto answer = exchange(file, path, line, clock::now() + timeout);
  ::close(file);
  return answer;
}

} // namespace voltaic::bus::control
