#pragma once

#include <sys/mman.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>

/// Processes of a benchmark and the memory they share.
namespace voltaic::bench {

/// A forked process, killed and awaited at the end. Fork before the benchmark's
/// own process has threads.
class process {
 public:
  explicit process(const std::function<void()>& work);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  /// CPU time used so far, user and system, all threads.
  [[nodiscard]] double cpu_us() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// One object in memory that all processes forked later see.
template <class T>
class shared {
 public:
  shared()
      : memory_(
            mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        object_(new (memory_) T) {}
  ~shared() {
    object_->~T();
    munmap(memory_, sizeof(T));
  }
  shared(const shared&) = delete;
  shared& operator=(const shared&) = delete;
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }

 private:
  void* memory_;
  T* object_;
};

/// A fresh folder for sockets.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] std::string address(const std::string& name) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Sleeps in small steps until it holds; false after the time.
bool wait_until(const std::function<bool()>& holds, std::int64_t within_us);

} // namespace voltaic::bench
