#include <fcntl.h>
#include <fmt/format.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bus/modbus/stream.hpp"

namespace voltaic::bus::modbus {
namespace {

struct rate {
  std::uint32_t baud;
  speed_t code;
};
constexpr rate rates[] = {{1'200, B1200},     {2'400, B2400},     {4'800, B4800},
                          {9'600, B9600},     {19'200, B19200},   {38'400, B38400},
                          {57'600, B57600},   {115'200, B115200}, {230'400, B230400},
                          {460'800, B460800}, {921'600, B921600}};

termios settings_of(const serial_options& options, termios made, speed_t speed) {
  ::cfmakeraw(&made);
  ::cfsetispeed(&made, speed);
  ::cfsetospeed(&made, speed);
  made.c_cflag |= CLOCAL | CREAD;
  made.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS | CSTOPB | PARENB | PARODD);
  if (options.stop_bits == 2) made.c_cflag |= CSTOPB;
  if (options.parity != parity::none) made.c_cflag |= PARENB;
  if (options.parity == parity::odd) made.c_cflag |= PARODD;
  made.c_iflag &= ~static_cast<tcflag_t>(INPCK | IGNPAR | PARMRK);
  if (options.parity != parity::none) made.c_iflag |= INPCK;
  made.c_cc[VMIN] = 0;
  made.c_cc[VTIME] = 0;
  return made;
}

/// The driver raises RTS while it sends, if it can.
bool set_direction_control(int port) {
  serial_rs485 control{};
  control.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
  return ::ioctl(port, TIOCSRS485, &control) == 0;
}

} // namespace

bool is_baud(std::uint32_t baud) {
  return std::ranges::any_of(rates, [&](const rate& each) { return each.baud == baud; });
}

int open_serial(const serial_options& options, std::string& reason, std::string& warning) {
  const int port = ::open(options.device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (port < 0) {
    reason = fmt::format("{}: {}", options.device, std::strerror(errno));
    return -1;
  }
  const auto* speed =
      std::ranges::find_if(rates, [&](const rate& each) { return each.baud == options.baud; });
  termios before{};
  if (::tcgetattr(port, &before) != 0) {
    reason = fmt::format("{}: {}", options.device, std::strerror(errno));
  } else {
    const auto wanted = settings_of(options, before, speed->code);
    if (::tcsetattr(port, TCSANOW, &wanted) != 0)
      reason = fmt::format("{}: {}", options.device, std::strerror(errno));
  }
  if (!reason.empty()) {
    ::close(port);
    return -1;
  }
  // A second master in this machine is kept out; an old driver may not know how.
  (void)::ioctl(port, TIOCEXCL);
  if (options.rs485 && !set_direction_control(port))
    warning = fmt::format(
        "{}: the driver has no RS-485 direction control ({}), the adapter must "
        "switch by itself",
        options.device, std::strerror(errno));
  (void)::tcflush(port, TCIOFLUSH);
  return port;
}

} // namespace voltaic::bus::modbus
