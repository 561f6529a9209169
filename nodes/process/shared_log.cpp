#include "nodes/process/shared_log.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "messages/codec/payloads.hpp"

namespace voltaic::nodes::process {

shared_log::shared_log(const std::string& folder, const std::string& name, std::int64_t bytes_max,
                       int older_max)
    : base_(folder + "/" + name), bytes_max_(bytes_max), older_max_(older_max) {}

std::string shared_log::path(int age) const {
  return age == 0 ? base_ + ".log" : fmt::format("{}.{}.log", base_, age);
}

void shared_log::open() {
  file_ = bus::can::file_descriptor(
      ::open(path(0).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
}

void shared_log::write(std::string_view line, std::int64_t utc_us) {
  struct stat ours {};
  struct stat named {};
  const bool is_same = file_.valid() && ::fstat(file_.get(), &ours) == 0 &&
                       ::stat(path(0).c_str(), &named) == 0 && ours.st_ino == named.st_ino;
  if (!is_same) open();
  if (is_same && ours.st_size >= bytes_max_) rotate();
  if (!file_.valid()) return;
  const auto second = static_cast<std::time_t>(utc_us / messages::us_per_s);
  const auto text = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z {}\n", fmt::gmtime(second),
                                utc_us % messages::us_per_s / messages::us_per_ms, line);
  // One call a line: lines of several processes do not mix.
  (void)!::write(file_.get(), text.data(), text.size());
}

/// Whoever holds the lock of the full file renames it; who comes later finds another file.
void shared_log::rotate() {
  if (::flock(file_.get(), LOCK_EX) != 0) return;
  struct stat ours {};
  struct stat named {};
  if (::fstat(file_.get(), &ours) == 0 && ::stat(path(0).c_str(), &named) == 0 &&
      ours.st_ino == named.st_ino) {
    for (int age = older_max_; age > 0; --age)
      (void)std::rename(path(age - 1).c_str(), path(age).c_str());
  }
  open(); // closing the old one gives the lock back
}

} // namespace voltaic::nodes::process
