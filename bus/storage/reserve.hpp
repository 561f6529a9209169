#pragma once

#include <cstdint>
#include <string>

namespace voltaic::bus::storage {

/// A file beside the journal that occupies space until the disk is full. Its
/// lock also keeps a second writer out, and its presence tells that there was
/// a journal here before.
class reserve {
 public:
  /// `path` empty: no reserve (a journal in memory). Throws std::system_error
  /// when the file cannot be made or another process holds it.
  reserve(std::string path, std::uint64_t bytes);
  ~reserve();
  reserve(const reserve&) = delete;
  reserve& operator=(const reserve&) = delete;

  /// Gives the space back to the file system; the file stays.
  void release();
  /// Occupies it again once the disk has clearly more room than that.
  [[nodiscard]] bool restore();
  [[nodiscard]] bool released() const { return released_; }
  /// The file was there when this object was made.
  [[nodiscard]] bool found() const { return found_; }

 private:
  [[nodiscard]] bool occupy();
  std::string path_;
  std::uint64_t bytes_;
  int descriptor_ = -1;
  bool found_ = false;
  bool released_ = false;
};

/// Share of the file system at `path` that is in use; 0 when unknown.
[[nodiscard]] double disk_used_percent(const std::string& path);

} // namespace voltaic::bus::storage
