#include "nodes/doctor/machine_facts.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "bus/can/bridge/address.hpp"
#include "bus/can/file_descriptor.hpp"
#include "bus/can/socketcan/interface.hpp"
#include "nodes/process/user_identity.hpp"

namespace voltaic::nodes::doctor {
namespace {

namespace fs = std::filesystem;
using bus::can::controller_state;
using bus::can::file_descriptor;

std::string group_name(gid_t id) {
  const auto* entry = ::getgrgid(id);
  return entry == nullptr ? std::to_string(id) : std::string(entry->gr_name);
}

/// Whether a process has the device open; one whose files this user may not see has not.
bool has_open(const fs::path& process, dev_t device) {
  std::error_code error;
  for (const auto& each : fs::directory_iterator(process / "fd", error)) {
    struct stat info {};
    if (::stat(each.path().c_str(), &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == device)
      return true;
  }
  return false;
}

std::vector<std::string> holders_of(dev_t device, const std::set<pid_t>& own) {
  std::vector<std::string> result;
  std::error_code error;
  for (const auto& each : fs::directory_iterator("/proc", error)) {
    const auto name = each.path().filename().string();
    pid_t pid = 0;
    const auto* end = name.data() + name.size();
    if (std::from_chars(name.data(), end, pid).ptr != end || own.contains(pid)) continue;
    if (!has_open(each.path(), device)) continue;
    std::string program;
    std::getline(std::ifstream(each.path() / "comm"), program);
    result.push_back(fmt::format("{} ({})", program, pid));
  }
  std::ranges::sort(result);
  return result;
}

network_facts outcome_of(int error) {
  switch (error) {
    case 0:
      return {reach::reached, {}};
    case ECONNREFUSED:
      return {reach::refused, {}};
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return {reach::no_route, {}};
    case ETIMEDOUT:
      return {reach::silent, {}};
    default:
      return {reach::failed, std::strerror(error)};
  }
}

int connect_result(int socket, const sockaddr_in& to) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0 ? 0 : errno;
}

} // namespace

interface_facts look_at_interface(const std::string& name) {
  interface_facts result;
  const auto read = bus::can::read_interface(name);
  if (!read) {
    result.refused = read.error().text;
    return result;
  }
  if (!*read) return result;
  const auto& seen = **read;
  result.present = true;
  result.is_can = seen.is_can;
  result.up = seen.up;
  result.is_virtual = seen.kind == "vcan";
  result.bitrate = seen.bitrate;
  result.restart_ms = seen.restart_ms;
  result.harmful_modes = bus::can::harmful_mode_names(seen.modes);
  if (seen.state) result.state = to_text(*seen.state);
  if (seen.counters) {
    result.transmit_errors = seen.counters->transmit;
    result.receive_errors = seen.counters->receive;
  }
  return result;
}

serial_facts look_at_serial(const std::string& path, const std::set<pid_t>& own) {
  serial_facts result;
  result.user = process::name_of_user(::geteuid());
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR && errno != ENXIO)
      result.refused = std::strerror(errno);
    return result;
  }
  result.present = true;
  result.is_device = S_ISCHR(info.st_mode);
  result.may_read = ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
  result.may_write = ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
  result.group = group_name(info.st_gid);
  result.mode = fmt::format("{:04o}", info.st_mode & ALLPERMS);
  if (result.is_device) result.holders = holders_of(info.st_rdev, own);
  return result;
}

network_facts try_connection(const std::string& host, std::uint16_t port,
                             std::chrono::milliseconds timeout) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &to.sin_addr) != 1)
    return {reach::failed, "the address is no IPv4 address in numbers"};
  const file_descriptor socket(
      ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.valid()) return outcome_of(errno);
  const int begun = connect_result(socket.get(), to);
  if (begun != EINPROGRESS) return outcome_of(begun);
  pollfd waits{socket.get(), POLLOUT, 0};
  const int ready = ::poll(&waits, 1, static_cast<int>(timeout.count()));
  if (ready == 0) return {reach::silent, {}};
  if (ready < 0) return outcome_of(errno);
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return outcome_of(error);
}

network_facts look_for_route(const std::string& address) {
  const auto parsed = bus::can::parse_network_address(address);
  if (!parsed) return {reach::failed, "the address is no IPv4 address and port in numbers"};
  auto to = bus::can::to_kernel(*parsed);
  // Any port will do where none is named: a datagram socket only looks for the way.
  if (to.sin_port == 0) to.sin_port = htons(1);
  const file_descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return outcome_of(errno);
  return outcome_of(connect_result(socket.get(), to));
}

std::string unreadable(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0 ? std::string()
                                                                    : std::strerror(errno);
}

} // namespace voltaic::nodes::doctor
