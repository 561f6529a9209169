#include "bus/can/logs/log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace voltaic::bus::can {
namespace {

using messages::can::line_kind;
using messages::can::log_line_bytes_max;

constexpr std::size_t buffer_bytes = 256 * 1024;
static_assert(buffer_bytes > 2 * log_line_bytes_max);

} // namespace

messages::expected<log_file> log_file::open(const std::string& path) {
  if (path == "-") return log_file("standard input", {}, STDIN_FILENO);
  file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  const int source = file.get();
  // A folder opens, but cannot be read.
  char none = 0;
  if (::read(source, &none, 0) < 0)
    return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  return log_file(path, std::move(file), source);
}

log_file::log_file(std::string name, file_descriptor owned, int source)
    : name_(std::move(name)), owned_(std::move(owned)), source_(source), buffer_(buffer_bytes) {}

bool log_file::needs_input() const {
  return !ended_ && std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) == nullptr;
}

/// Makes room and reads what there is; false at the end.
bool log_file::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (true) {
    const ssize_t got = ::read(source_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) read_error_ = std::strerror(errno);
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
    return true;
  }
}

bool log_file::next_line(std::string_view& line) {
  std::size_t searched = 0;
  while (true) {
    const char* const start = buffer_.data() + begin_;
    const std::size_t there = end_ - begin_;
    const void* const found = std::memchr(start + searched, '\n', there - searched);
    if (found != nullptr || (ended_ && there > 0)) {
      const auto length = found != nullptr
                              ? static_cast<std::size_t>(static_cast<const char*>(found) - start)
                              : there;
      line = {start, length};
      begin_ += length + (found != nullptr ? 1 : 0);
      ++counts_.lines;
      return true;
    }
    if (ended_) return false;
    searched = there;
    if (there > log_line_bytes_max) {
      // Already too long to be read: its beginning stays, the rest goes.
      end_ = begin_ + log_line_bytes_max + 1;
      searched = log_line_bytes_max + 1;
    }
    ended_ = !fill();
  }
}

log_file::outcome log_file::refuse(std::string_view what) {
  ++counts_.bad;
  complaint_ = fmt::format("{}:{}: {}", name_, counts_.lines, what);
  return outcome::bad;
}

log_file::outcome log_file::next(messages::can::log_entry& into) {
  std::string_view line;
  while (next_line(line)) {
    const auto kind = reader_.read(line, into);
    if (!kind) return refuse(kind.error().text);
    if (*kind == line_kind::other) ++counts_.other;
    if (*kind == line_kind::lost) {
      counts_.lost += into.dropped;
      return outcome::lost;
    }
    if (*kind == line_kind::frame) {
      ++counts_.frames;
      return outcome::frame;
    }
  }
  if (read_error_.empty()) return outcome::end;
  // Said once, as the end of the log that it is.
  return refuse(std::exchange(read_error_, {}));
}

} // namespace voltaic::bus::can
