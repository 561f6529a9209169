#include "bus/serial/terminal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace voltaic::bus::serial {

std::string open_terminal(const std::string& link, terminal& made) {
  made.mine = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  std::array<char, 128> path{};
  if (made.mine < 0 || ::grantpt(made.mine) != 0 || ::unlockpt(made.mine) != 0 ||
      ::ptsname_r(made.mine, path.data(), path.size()) != 0)
    return std::strerror(errno);
  made.path = path.data();
  made.other = ::open(path.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios raw{};
  if (made.other < 0 || ::tcgetattr(made.other, &raw) != 0) return std::strerror(errno);
  ::cfmakeraw(&raw);
  if (::tcsetattr(made.other, TCSANOW, &raw) != 0) return std::strerror(errno);
  // Nobody finds the link without a terminal behind it.
  const auto fresh = fmt::format("{}.{}", link, ::getpid());
  (void)::unlink(fresh.c_str());
  if (::symlink(path.data(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), link.c_str()) != 0)
    return fmt::format("{}: {}", link, std::strerror(errno));
  return "";
}

} // namespace voltaic::bus::serial
