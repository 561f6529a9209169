#include "bus/control/progress_page.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace voltaic::bus::control {

namespace {

constexpr std::uint64_t page_magic = 0x564f4c5450524731; // "VOLTPRG1"

struct slot {
  std::atomic<std::uint64_t> counter;
  char name[progress_name_bytes];
};
static_assert(sizeof(slot) == 64, "one cache line an actor: they count from several threads");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

messages::failure failure_of(const std::string& path, const char* what) {
  return {fmt::format("{}: {}: {}", path, what, std::strerror(errno))};
}

} // namespace

struct alignas(64) progress_page::layout {
  std::uint64_t magic;
  std::int64_t pid;
  std::uint64_t count;
  std::atomic<std::uint32_t> phase;
  slot slots[1]; // as many as `count` says; the mapping is that long
  static std::size_t bytes(std::size_t count) {
    return sizeof(layout) + sizeof(slot) * (std::max<std::size_t>(count, 1) - 1);
  }
};

progress_page::progress_page(layout* page, std::size_t bytes, bool writer)
    : page_(page), bytes_(bytes), writer_(writer) {}

progress_page::~progress_page() {
  ::munmap(page_, bytes_);
}

messages::expected<std::unique_ptr<progress_page>> progress_page::create(
    const std::string& path, const std::vector<std::string>& actors) {
  if (actors.size() > progress_slots_max)
    return messages::failure{fmt::format("{}: {} actors in one node, at most {} fit", path,
                                         actors.size(), progress_slots_max)};
  const auto bytes = layout::bytes(actors.size());
  const auto fresh = fmt::format("{}.{}", path, ::getpid());
  const int file = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failure_of(fresh, "cannot be created");
  void* memory = MAP_FAILED;
  // Reserved now: a full disk must not become a SIGBUS in an actor.
  if (const int error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes)); error != 0)
    errno = error;
  else
    memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) {
    ::unlink(fresh.c_str());
    return failure_of(fresh, "cannot be mapped");
  }
  auto* page = static_cast<layout*>(memory);
  page->pid = ::getpid();
  page->count = actors.size();
  for (std::size_t i = 0; i < actors.size(); ++i)
    actors[i].copy(page->slots[i].name, progress_name_bytes - 1);
  page->magic = page_magic;
  // By rename: a reader sees the predecessor's whole page or this one.
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    auto reason = failure_of(path, "cannot be replaced");
    ::munmap(memory, bytes);
    ::unlink(fresh.c_str());
    return reason;
  }
  return std::unique_ptr<progress_page>(new progress_page(page, bytes, true));
}

messages::expected<std::unique_ptr<progress_page>> progress_page::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return failure_of(path, "cannot be opened");
  struct stat info {};
  void* memory = MAP_FAILED;
  const auto bytes_max = layout::bytes(progress_slots_max);
  std::size_t bytes = 0;
  if (::fstat(file, &info) == 0 && info.st_size >= static_cast<off_t>(layout::bytes(0)) &&
      info.st_size <= static_cast<off_t>(bytes_max)) {
    bytes = static_cast<std::size_t>(info.st_size);
    memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
  }
  ::close(file);
  if (memory == MAP_FAILED) return messages::failure{path + ": is no progress page"};
  auto* page = static_cast<layout*>(memory);
  if (page->magic != page_magic || layout::bytes(page->count) > bytes) {
    ::munmap(memory, bytes);
    return messages::failure{path + ": is no progress page"};
  }
  return std::unique_ptr<progress_page>(new progress_page(page, bytes, false));
}

std::atomic<std::uint64_t>& progress_page::counter(std::size_t slot) {
  assert(writer_ && slot < page_->count);
  return page_->slots[slot].counter;
}

std::size_t progress_page::size() const {
  return page_->count;
}

void progress_page::set_phase(node_phase phase) {
  assert(writer_);
  page_->phase.store(static_cast<std::uint32_t>(phase), std::memory_order_release);
}

progress_page::observation progress_page::read() const {
  observation result;
  result.pid = page_->pid;
  const auto phase = page_->phase.load(std::memory_order_acquire);
  result.phase =
      static_cast<node_phase>(std::min(phase, static_cast<std::uint32_t>(node_phase::stopping)));
  const auto count = std::min<std::size_t>(page_->count, progress_slots_max);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& entry = page_->slots[i];
    result.names.emplace_back(entry.name, ::strnlen(entry.name, progress_name_bytes));
    result.counters.push_back(entry.counter.load(std::memory_order_relaxed));
  }
  return result;
}

} // namespace voltaic::bus::control
