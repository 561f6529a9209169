#include "bus/control/ready.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace voltaic::bus::control {

void notify_ready() {
  const char* text = std::getenv(ready_variable);
  if (text == nullptr) return;
  int file = -1;
  const auto* end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, file);
  ::unsetenv(ready_variable);
  if (parsed.ec != std::errc() || parsed.ptr != end || file <= 2) return;
  // The other end may have gone; then nobody waits any more.
  [[maybe_unused]] const auto written = ::write(file, "1", 1);
  ::close(file);
}

} // namespace voltaic::bus::control
