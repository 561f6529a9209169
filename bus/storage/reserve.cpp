#include "bus/storage/reserve.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace voltaic::bus::storage {
namespace {

// Room on the disk, in multiples of the reserve, before it is occupied again:
// without distance the state would flutter at the limit.
constexpr std::uint64_t restore_factor = 3;

} // namespace

reserve::reserve(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {
  if (path_.empty()) return;
  found_ = ::access(path_.c_str(), F_OK) == 0;
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), path_);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(descriptor_);
    throw std::system_error(reason, std::generic_category(), "another process writes this journal");
  }
  released_ = !occupy();
}

reserve::~reserve() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool reserve::occupy() {
  if (bytes_ == 0) return true;
  if (::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes_)) == 0) return true;
  // What was occupied so far is of no use on its own.
  release();
  return false;
}

void reserve::release() {
  if (descriptor_ < 0) return;
  // The file stays as a trace; a failure leaves the space occupied, and the
  // next append is refused as the first one was.
  if (::ftruncate(descriptor_, 0) == 0) ::fsync(descriptor_);
  released_ = true;
}

bool reserve::restore() {
  if (!released_) return true;
  struct statvfs room {};
  if (::fstatvfs(descriptor_, &room) != 0) return false;
  if (std::uint64_t{room.f_bavail} * room.f_frsize < restore_factor * bytes_) return false;
  released_ = !occupy();
  return !released_;
}

double disk_used_percent(const std::string& path) {
  struct statvfs room {};
  if (path.empty() || ::statvfs(path.c_str(), &room) != 0 || room.f_blocks == 0) return 0;
  // As df counts: blocks that only root may use are neither used nor free.
  const auto used = static_cast<double>(room.f_blocks - room.f_bfree);
  const auto usable = used + static_cast<double>(room.f_bavail);
  return usable > 0 ? 100.0 * used / usable : 100.0;
}

} // namespace voltaic::bus::storage
