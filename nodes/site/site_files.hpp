#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/expected.hpp"

namespace voltaic::nodes::site {

/// A file that a site names, as it was when the site was loaded.
struct named_file {
  std::string named;     ///< absolute, as the site file names it; links not followed
  std::string real_path; ///< where it was then
  std::string text;
  friend bool operator==(const named_file&, const named_file&) = default;
};

/// Where the contents come from of the files that a site names: profiles, protection files,
/// tables. What was kept of one counts, else the disk does. Each file is read once, however
/// often and by whatever names it is asked for, so that all of a site sees one content.
class site_files {
 public:
  /// What is not among the kept ones is read from the disk, or refused.
  enum class others : std::uint8_t { on_disk, refused };
  /// As they are on disk now.
  site_files() = default;
  site_files(std::vector<named_file> kept, others rest) : kept_(std::move(kept)), rest_(rest) {}

  /// Follows links. The failure does not name the file; neither does that of `read`.
  [[nodiscard]] messages::expected<std::string> real_path(const std::string& named) const;
  /// The content of a file of at most `file_bytes_max` bytes.
  [[nodiscard]] messages::expected<std::string> read(const std::string& named);
  /// All that was read so far, in the order of reading.
  [[nodiscard]] const std::vector<named_file>& used() const { return used_; }

 private:
  [[nodiscard]] const named_file* kept(const std::string& named) const;
  std::vector<named_file> kept_;
  others rest_ = others::on_disk;
  std::vector<named_file> used_;
};

/// A site as it was loaded: the text of its file and of all files that it names. Whoever loads
/// that gets the same plan, whatever somebody has written since.
struct contents {
  std::string text;
  std::vector<named_file> files;
  friend bool operator==(const contents&, const contents&) = default;
};

/// One block of bytes that holds both.
[[nodiscard]] std::string to_bytes(const contents& of);
/// Reads such a block; fails on anything else and never throws.
[[nodiscard]] messages::expected<contents> read_contents(const std::string& bytes);

} // namespace voltaic::nodes::site
