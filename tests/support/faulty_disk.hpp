#pragma once

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace voltaic::tests {

/// What reaches a disk, in order.
struct disk_change {
  enum class kind : std::uint8_t { write, truncate, sync, remove };
  kind what = kind::write;
  std::string path;
  std::int64_t offset = 0; ///< of a write; the new size of a truncation
  std::string bytes;
};

/// A disk below SQLite that fails on demand: it becomes the default file system
/// of the process while the object lives. Files opened before are not touched.
class faulty_disk {
 public:
  faulty_disk() : real_(sqlite3_vfs_find(nullptr)), faulty_(*real_) {
    assert(instance() == nullptr);
    instance() = this;
    faulty_.zName = "voltaic-faulty";
    faulty_.pNext = nullptr;
    faulty_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
      auto& self = *instance();
      const int code = self.real_->xOpen(self.real_, name, file, flags, out);
      if (code == SQLITE_OK) self.wrap(file);
      if (code == SQLITE_OK && name != nullptr) self.names_[file] = name;
      return code;
    };
    faulty_.xDelete = [](sqlite3_vfs*, const char* name, int sync) {
      auto& self = *instance();
      const int code = self.real_->xDelete(self.real_, name, sync);
      if (code == SQLITE_OK) self.tell({disk_change::kind::remove, name, 0, {}});
      return code;
    };
    sqlite3_vfs_register(&faulty_, 1);
  }
  ~faulty_disk() {
    sqlite3_vfs_register(real_, 1);
    sqlite3_vfs_unregister(&faulty_);
    instance() = nullptr;
  }
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;

  std::atomic<bool> sync_fails = false;
  std::atomic<std::int64_t> sync_takes_ms = 0;
  /// Writing to the journal's files fails as on a full disk.
  std::atomic<bool> full = false;
  /// Unless this file holds nothing: the space that it gave back.
  std::string reserve_path;
  std::atomic<std::uint64_t> hits = 0; ///< faults that really happened
  /// Told what reached the disk. For journals without a thread of their own.
  std::function<void(disk_change)> on_change;

 private:
  static faulty_disk*& instance() {
    static faulty_disk* only = nullptr;
    return only;
  }

  void tell(disk_change change) {
    if (on_change) on_change(std::move(change));
  }
  void tell(disk_change::kind what, const sqlite3_file* file, std::int64_t offset = 0,
            std::string bytes = {}) {
    if (on_change) on_change({what, names_[file], offset, std::move(bytes)});
  }

  bool refuses_writes() const {
    if (!full) return false;
    struct stat reserve {};
    return reserve_path.empty() || ::stat(reserve_path.c_str(), &reserve) != 0 ||
           reserve.st_size > 0;
  }

  // SQLite has one table of methods for the main file and another for its log.
  struct method_table {
    const sqlite3_io_methods* original = nullptr;
    sqlite3_io_methods wrapped{};
  };

  static const sqlite3_io_methods& original_of(const sqlite3_file* file) {
    for (const auto& each : instance()->tables_)
      if (file->pMethods == &each.wrapped) return *each.original;
    std::abort();
  }

  void wrap(sqlite3_file* file) {
    if (file->pMethods == nullptr) return;
    for (auto& each : tables_) {
      if (each.original == nullptr) fill(each, *file->pMethods);
      if (each.original != file->pMethods) continue;
      file->pMethods = &each.wrapped;
      return;
    }
  }

  static void fill(method_table& table, const sqlite3_io_methods& original) {
    table.original = &original;
    table.wrapped = original;
    table.wrapped.xSync = [](sqlite3_file* file, int flags) -> int {
      auto& self = *instance();
      if (self.sync_takes_ms > 0) {
        ++self.hits;
        std::this_thread::sleep_for(std::chrono::milliseconds(self.sync_takes_ms));
      }
      if (self.sync_fails) {
        ++self.hits;
        return SQLITE_IOERR_FSYNC;
      }
      const int code = original_of(file).xSync(file, flags);
      if (code == SQLITE_OK) self.tell(disk_change::kind::sync, file);
      return code;
    };
    table.wrapped.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) -> int {
      const int code = original_of(file).xTruncate(file, size);
      if (code == SQLITE_OK) instance()->tell(disk_change::kind::truncate, file, size);
      return code;
    };
    table.wrapped.xWrite = [](sqlite3_file* file, const void* bytes, int count,
                              sqlite3_int64 offset) -> int {
      auto& self = *instance();
      if (self.refuses_writes()) {
        ++self.hits;
        return SQLITE_FULL;
      }
      const int code = original_of(file).xWrite(file, bytes, count, offset);
      if (code == SQLITE_OK) {
        self.tell(disk_change::kind::write, file, offset,
                  {static_cast<const char*>(bytes), static_cast<std::size_t>(count)});
      }
      return code;
    };
  }

  sqlite3_vfs* real_;
  sqlite3_vfs faulty_;
  std::array<method_table, 8> tables_;
  std::map<const sqlite3_file*, std::string> names_; ///< of open files
};

} // namespace voltaic::tests
