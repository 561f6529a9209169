#include "bus/modbus/connection.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace voltaic::bus::modbus {
namespace {

constexpr std::uint32_t us_per_ms = 1'000;
constexpr std::uint32_t us_per_s = 1'000'000;
/// Acknowledgements may be missing this long before TCP gives up.
constexpr unsigned user_timeout_ms = 3'000;

std::string text_of(int error) {
  return std::strerror(error);
}

void set_option(int descriptor, int level, int name, int value) {
  // Without these the line works too, only slower to notice a dead peer.
  (void)::setsockopt(descriptor, level, name, &value, sizeof(value));
}

} // namespace

connection::connection(const line_options& options)
    : options_(options),
      context_(modbus_new_tcp(options.host.c_str(), options.port)),
      abort_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!context_ || abort_event_ < 0) throw std::bad_alloc();
  modbus_set_error_recovery(context_.get(), MODBUS_ERROR_RECOVERY_NONE);
  const std::uint32_t timeout_us = options.response_timeout_ms * us_per_ms;
  modbus_set_response_timeout(context_.get(), timeout_us / us_per_s, timeout_us % us_per_s);
  // Without a timeout of its own each byte counts against the whole answer's,
  // so that a dribbling peer cannot stretch a request.
  modbus_set_byte_timeout(context_.get(), 0, 0);
}

connection::~connection() {
  close();
  ::close(abort_event_);
}

std::string connection::connect() {
  close();
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return text_of(errno);
  std::string reason;
  if (descriptor >= FD_SETSIZE)
    reason = fmt::format("descriptor {} is beyond what libmodbus can wait for", descriptor);
  if (reason.empty()) reason = wait_until_connected(descriptor);
  const std::scoped_lock lock(mutex_);
  if (reason.empty() && aborted_) reason = "stopped";
  if (!reason.empty()) {
    ::close(descriptor);
    return reason;
  }
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
  descriptor_ = descriptor;
  modbus_set_socket(context_.get(), descriptor);
  return "";
}

std::string connection::wait_until_connected(int descriptor) const {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  ::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return "";
  if (errno != EINPROGRESS) return text_of(errno);
  std::array<pollfd, 2> waited{{{descriptor, POLLOUT, 0}, {abort_event_, POLLIN, 0}}};
  const int ready =
      ::poll(waited.data(), waited.size(), static_cast<int>(options_.response_timeout_ms));
  if (ready < 0) return text_of(errno);
  if (waited[1].revents != 0) return "stopped";
  if (ready == 0) return "no connection in time";
  int error = 0;
  socklen_t length = sizeof(error);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return text_of(errno);
  return error == 0 ? "" : text_of(error);
}

exchange connection::read(std::uint8_t unit, const read_request& request) {
  assert(request.count >= 1 && request.count <= read_registers_max);
  if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
  modbus_t* const context = context_.get();
  modbus_set_slave(context, unit);
  std::vector<std::uint16_t> registers(request.count);
  std::vector<std::uint8_t> bits;
  int count = -1;
  switch (request.table) {
    case table::holding:
      count = modbus_read_registers(context, request.address, request.count, registers.data());
      break;
    case table::input:
      count =
          modbus_read_input_registers(context, request.address, request.count, registers.data());
      break;
    case table::coil:
      bits.resize(request.count);
      count = modbus_read_bits(context, request.address, request.count, bits.data());
      break;
    case table::discrete:
      bits.resize(request.count);
      count = modbus_read_input_bits(context, request.address, request.count, bits.data());
      break;
  }
  const int error = errno;
  std::copy(bits.begin(), bits.end(), registers.begin());
  errno = error;
  return conclude(count, request.count, std::move(registers));
}

exchange connection::write(const write_request& request) {
  const auto count = static_cast<int>(request.registers.size());
  assert(count >= 1 && request.registers.size() <= read_registers_max);
  if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
  modbus_set_slave(context_.get(), request.unit);
  // Function 16 also for one register: libmodbus does not check the address
  // in the echo of function 6.
  const int written =
      modbus_write_registers(context_.get(), request.address, count, request.registers.data());
  return conclude(written, count, {});
}

exchange connection::conclude(int count, int expected, std::vector<std::uint16_t> registers) {
  if (count == expected) return {outcome::done, 0, std::move(registers), ""};
  const int error = count < 0 ? errno : EMBBADDATA;
  if (error > MODBUS_ENOBASE && error < MODBUS_ENOBASE + MODBUS_EXCEPTION_MAX) {
    const auto code = static_cast<std::uint8_t>(error - MODBUS_ENOBASE);
    return {outcome::exception, code, {}, fmt::format("exception {:02X}", code)};
  }
  close();
  if (error == ETIMEDOUT) return {outcome::timeout, 0, {}, "no answer in time"};
  if (error >= MODBUS_ENOBASE) return {outcome::bad_answer, 0, {}, modbus_strerror(error)};
  return {outcome::disconnected, 0, {}, text_of(error)};
}

void connection::close() {
  const std::scoped_lock lock(mutex_);
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
  modbus_set_socket(context_.get(), -1);
}

void connection::abort() {
  const std::scoped_lock lock(mutex_);
  aborted_ = true;
  // Wakes the waiting select; closing would let the number be used anew.
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  const std::uint64_t one = 1;
  (void)!::write(abort_event_, &one, sizeof(one));
}

} // namespace voltaic::bus::modbus
