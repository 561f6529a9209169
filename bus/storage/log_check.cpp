#include "bus/storage/log_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <vector>

namespace voltaic::bus::storage {
namespace {

// https://www.sqlite.org/fileformat2.html#walformat and walformat.html.
constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t magic = 0x377F0682; // the lowest bit tells the checksum's byte order
constexpr std::size_t page_bytes_min = 512;
constexpr std::size_t page_bytes_max = 65'536;
/// The index file begins with two copies of its header; the second one says
/// whether the first is whole.
constexpr std::size_t index_header_bytes = 48;
constexpr std::size_t index_last_frame_at = 16;
constexpr std::size_t index_salt_at = 32;
constexpr std::size_t index_salt_bytes = 8;
/// After both: how many frames are in the main file already.
constexpr std::size_t index_moved_at = 2 * index_header_bytes;

using bytes = std::span<const unsigned char>;

std::uint32_t big_endian(bytes from, std::size_t at) {
  return std::uint32_t{from[at]} << 24 | std::uint32_t{from[at + 1]} << 16 |
         std::uint32_t{from[at + 2]} << 8 | from[at + 3];
}

std::uint32_t native(bytes from, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, &from[at], sizeof(value));
  return value;
}

/// Goes on over all frames of a log.
class checksum {
 public:
  explicit checksum(bool big) : big_(big) {}
  void add(bytes data) {
    for (std::size_t at = 0; at + 8 <= data.size(); at += 8) {
      first_ += word(data, at) + second_;
      second_ += word(data, at + 4) + first_;
    }
  }
  [[nodiscard]] bool is(std::uint32_t first, std::uint32_t second) const {
    return first_ == first && second_ == second;
  }

 private:
  [[nodiscard]] std::uint32_t word(bytes data, std::size_t at) const {
    const auto value = big_endian(data, at);
    return big_ ? value : __builtin_bswap32(value);
  }
  bool big_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

/// One file, read bit by bit: a log may be longer than memory is to spare.
class log_file {
 public:
  explicit log_file(const std::string& path)
      : size_(std::filesystem::file_size(path)), file_(path, std::ios::binary) {}
  [[nodiscard]] std::uintmax_t size() const { return size_; }
  bytes read(std::uintmax_t at, std::size_t count) {
    buffer_.resize(count);
    file_.seekg(static_cast<std::streamoff>(at));
    if (!file_.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(count)))
      throw std::runtime_error("its write-ahead log cannot be read");
    return buffer_;
  }

 private:
  std::uintmax_t size_;
  std::ifstream file_;
  std::vector<unsigned char> buffer_;
};

/// What the index of a log says of it. It survives the death of its writer, and
/// is never ahead of what is on disk.
struct index {
  std::uint64_t frames = 0;
  std::uint64_t moved = 0; ///< of them, into the main file
  std::array<unsigned char, index_salt_bytes> salt{};
};

/// Nothing when there is none or it was not written wholly.
std::optional<index> read_index(const std::string& path) {
  constexpr auto used_bytes = index_moved_at + sizeof(std::uint32_t);
  if (!std::filesystem::exists(path) || std::filesystem::file_size(path) < used_bytes) return {};
  log_file file(path);
  const auto all = file.read(0, used_bytes);
  const auto first = all.first(index_header_bytes);
  if (!std::ranges::equal(first, all.subspan(index_header_bytes, index_header_bytes))) return {};
  index found{native(first, index_last_frame_at), native(all, index_moved_at), {}};
  std::ranges::copy(first.subspan(index_salt_at, index_salt_bytes), found.salt.begin());
  return found;
}

/// How far the log's frames are sound, and what follows them.
struct survey {
  std::uint64_t sound = 0;
  /// A transaction ended behind the first bad frame, and more was written after
  /// it: so it was on disk as a whole once.
  bool goes_on = false;
};

survey survey_frames(log_file& log, std::size_t page_bytes, checksum sum,
                     std::span<const unsigned char, 8> salt) {
  survey found;
  bool bad = false;
  bool ended = false;
  const auto frame_bytes = frame_header_bytes + page_bytes;
  for (std::uintmax_t at = header_bytes; at + frame_bytes <= log.size(); at += frame_bytes) {
    const auto frame = log.read(at, frame_bytes);
    const bool current = std::ranges::equal(frame.subspan(8, 8), salt);
    if (!bad) {
      sum.add(frame.first(8));
      sum.add(frame.subspan(frame_header_bytes));
      bad = !current || !sum.is(big_endian(frame, 16), big_endian(frame, 20));
      if (!bad) ++found.sound;
    } else if (current && ended) {
      found.goes_on = true;
      break;
    }
    if (bad && current && big_endian(frame, 4) != 0) ended = true;
  }
  return found;
}

} // namespace

std::optional<std::string> find_log_damage(const std::string& path) {
  const std::string log_path = path + "-wal";
  const auto known = read_index(path + "-shm");
  if (!std::filesystem::exists(log_path)) {
    return known && known->frames > known->moved ? std::optional("its write-ahead log is missing")
                                                 : std::nullopt;
  }
  log_file log(log_path);
  if (log.size() < header_bytes) return std::nullopt; // SQLite syncs the header first
  std::array<unsigned char, header_bytes> header;
  std::ranges::copy(log.read(0, header_bytes), header.begin());
  checksum sum((big_endian(header, 0) & 1) != 0);
  sum.add(bytes(header).first(24));
  const auto page_bytes = big_endian(header, 8);
  if ((big_endian(header, 0) & ~1u) != magic || page_bytes < page_bytes_min ||
      page_bytes > page_bytes_max || !std::has_single_bit(page_bytes) ||
      !sum.is(big_endian(header, 24), big_endian(header, 28))) {
    return log.size() > header_bytes ? std::optional("the header of its write-ahead log is damaged")
                                     : std::nullopt;
  }
  const auto salt = std::span(header).subspan<16, 8>();
  const auto found = survey_frames(log, page_bytes, sum, salt);
  const bool falls_short =
      known && std::ranges::equal(known->salt, salt) && known->frames > found.sound;
  if (!found.goes_on && !falls_short) return std::nullopt;
  return fmt::format("its write-ahead log is damaged at frame {}", found.sound + 1);
}

} // namespace voltaic::bus::storage
