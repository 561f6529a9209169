#include "nodes/process/site_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace voltaic::nodes::process {

namespace {

// Who may enter the folder may ask who holds it.
constexpr mode_t lock_mode = 0640;
// Who asks for the holder has the lock himself for an instant.
constexpr int attempts_max = 5;
constexpr std::chrono::milliseconds attempt_pause{20};

std::string lock_path(const std::string& folder) {
  return folder + "/lock";
}

std::string read_holder(int file) {
  char buffer[256];
  const auto count = ::pread(file, buffer, sizeof(buffer), 0);
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "another process";
}

} // namespace

messages::expected<std::unique_ptr<site_lock>> site_lock::take(const std::string& runtime_folder,
                                                               const std::string& command) {
  const auto path = lock_path(runtime_folder);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lock_mode);
  if (file < 0) return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  bool locked = false;
  for (int attempt = 0; attempt < attempts_max && !locked; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(attempt_pause);
    locked = ::flock(file, LOCK_EX | LOCK_NB) == 0;
  }
  if (!locked) {
    auto holder = read_holder(file);
    ::close(file);
    return messages::failure{fmt::format("the site already runs: {}", holder)};
  }
  const auto text = fmt::format("{}, process {}", command, ::getpid());
  if (::ftruncate(file, 0) != 0 ||
      ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    ::close(file);
    return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  }
  return std::unique_ptr<site_lock>(new site_lock(file));
}

// A name that stays in the file is that of a holder who could not do this.
site_lock::~site_lock() {
  [[maybe_unused]] const int emptied = ::ftruncate(file_, 0);
  ::close(file_);
}

void site_lock::tell_held(std::int64_t now_us) {
  if (told_us_ && now_us - *told_us_ < holding_told_us) return;
  told_us_ = now_us;
  ::futimens(file_, nullptr);
}

std::optional<lost_holder> last_lost_holder(const std::string& runtime_folder) {
  const int file = ::open(lock_path(runtime_folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return std::nullopt;
  std::optional<lost_holder> found;
  struct stat info {};
  const bool is_free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
  if (is_free && ::fstat(file, &info) == 0 && info.st_size > 0)
    found = lost_holder{read_holder(file), info.st_mtime};
  ::close(file);
  return found;
}

std::optional<std::string> lock_holder(const std::string& runtime_folder) {
  const int file = ::open(lock_path(runtime_folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return std::nullopt;
  std::optional<std::string> result;
  if (::flock(file, LOCK_SH | LOCK_NB) != 0) result = read_holder(file);
  ::close(file);
  return result;
}

} // namespace voltaic::nodes::process
