#include "actors/runtime/progress_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace voltaic::actors::runtime {

std::unique_ptr<progress_page> progress_page::anonymous() {
  void* memory = mmap(nullptr, sizeof(progress_layout), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert(memory != MAP_FAILED);
  auto page =
      std::unique_ptr<progress_page>(new progress_page(static_cast<progress_layout*>(memory)));
  page->layout_->magic = progress_magic;
  page->layout_->pid = getpid();
  return page;
}

messages::expected<std::unique_ptr<progress_page>> progress_page::map(const std::string& path,
                                                                      int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return messages::failure{path + ": " + std::strerror(errno)};
  }
  struct stat status {};
  const bool creating = (flags & O_CREAT) != 0;
  if (creating ? ftruncate(file, sizeof(progress_layout)) != 0
               : fstat(file, &status) != 0 ||
                     status.st_size < static_cast<off_t>(sizeof(progress_layout))) {
    close(file);
    return messages::failure{path + ": is no progress page"};
  }
  void* memory = mmap(nullptr, sizeof(progress_layout),
                      creating ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, 0);
  const int reason = errno;
  close(file);
  if (memory == MAP_FAILED) {
    return messages::failure{path + ": " + std::strerror(reason)};
  }
  return std::unique_ptr<progress_page>(new progress_page(static_cast<progress_layout*>(memory)));
}

messages::expected<std::unique_ptr<progress_page>> progress_page::create(const std::string& path) {
  // Never shortened under a reader: that would end its process by SIGBUS.
  ::unlink(path.c_str());
  auto page = map(path, O_RDWR | O_CREAT | O_EXCL);
  if (page) {
    (*page)->layout_->pid = getpid();
    (*page)->layout_->magic = progress_magic;
  }
  return page;
}

messages::expected<std::unique_ptr<progress_page>> progress_page::open(const std::string& path) {
  auto page = map(path, O_RDONLY);
  if (page && (*page)->layout_->magic != progress_magic) {
    return messages::failure{path + ": is no progress page"};
  }
  return page;
}

progress_page::~progress_page() {
  munmap(layout_, sizeof(progress_layout));
}

progress_layout::slot& progress_page::slot_of(std::string_view name) {
  const auto known = std::min<std::size_t>(layout_->count, progress_slots_max);
  const auto shown = name.substr(0, progress_name_max);
  for (std::size_t i = 0; i < known; ++i) {
    if (shown == layout_->slots[i].name.data()) {
      return layout_->slots[i];
    }
  }
  if (known == progress_slots_max) {
    return layout_->slots.back();
  }
  auto& slot = layout_->slots[known];
  slot.name.fill('\0');
  std::copy(shown.begin(), shown.end(), slot.name.begin());
  slot.progress = 0;
  slot.thread = 0;
  layout_->count = known + 1;
  return slot;
}

progress_counter progress_page::counter(std::string_view name) {
  return progress_counter(slot_of(name));
}

void progress_counter::step() {
  thread_local const std::int64_t self = ::gettid();
  std::int64_t nobody = 0;
  if (slot_->thread != self && !slot_->thread.compare_exchange_strong(nobody, self)) return;
  ++slot_->progress;
}

} // namespace voltaic::actors::runtime
