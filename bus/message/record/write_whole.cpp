#include "bus/message/record/write_whole.hpp"

#include <unistd.h>

#include <cerrno>

namespace voltaic::bus::message {

bool write_whole(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(file, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

} // namespace voltaic::bus::message
