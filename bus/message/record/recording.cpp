#include "bus/message/record/recording.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "bus/message/record/write_whole.hpp"

namespace voltaic::bus::message {
namespace {

constexpr std::string_view file_mark = "VLTREC01";
/// What is collected before it is written, so that a frame costs no system call.
constexpr std::size_t pending_bytes_max = 64 * 1024;

struct record_header {
  std::uint32_t length = 0;
  std::uint32_t checksum = 0;
  std::int64_t time_us = 0;
  char from = 0;
  std::array<char, 7> zero{};
};
static_assert(sizeof(record_header) == 24);
constexpr std::size_t checked_offset = offsetof(record_header, time_us);

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t n = 0; n < table.size(); ++n) {
    std::uint32_t value = n;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
    }
    table[n] = value;
  }
  return table;
}

std::uint32_t crc_of(std::uint32_t crc, std::span<const std::byte> bytes) {
  static constexpr auto table = make_crc_table();
  for (const std::byte one : bytes) {
    crc = table[(crc ^ static_cast<std::uint32_t>(one)) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

std::uint32_t checksum_of(const record_header& header, std::span<const std::byte> frame) {
  const auto head = std::as_bytes(std::span(&header, 1)).subspan(checked_offset);
  return ~crc_of(crc_of(~0U, head), frame);
}

void append_record(std::string& to, const recorded& one) {
  const auto bytes = one.frame->bytes();
  record_header header;
  header.length = static_cast<std::uint32_t>(bytes.size());
  header.time_us = one.time_us;
  header.from = static_cast<char>(one.from);
  header.checksum = checksum_of(header, bytes);
  to.append(reinterpret_cast<const char*>(&header), sizeof header);
  to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool is_plane(char letter) {
  return std::string_view("tehcls").find(letter) != std::string_view::npos;
}

bool read_whole(int file, void* into, std::size_t bytes) {
  auto* at = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t got = ::read(file, at, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

messages::failure system_failure(const std::string& path) {
  return {fmt::format("recording {}: {}", path, std::strerror(errno))};
}

} // namespace

std::uint64_t size_of(std::span<const messages::captured_piece> pieces) {
  std::uint64_t bytes = file_mark.size();
  for (const auto& piece : pieces)
    for (const auto& one : *piece) bytes += sizeof(record_header) + one.frame->bytes().size();
  return bytes;
}

bool write_recording(int file, std::span<const messages::captured_piece> pieces) {
  std::string pending(file_mark);
  pending.reserve(pending_bytes_max + messages::frame_bytes_max);
  for (const auto& piece : pieces) {
    for (const auto& one : *piece) {
      append_record(pending,
                    {one.time_us, one.is_event ? plane::events : plane::telemetry, one.frame});
      if (pending.size() < pending_bytes_max) continue;
      if (!write_whole(file, pending)) return false;
      pending.clear();
    }
  }
  return write_whole(file, pending);
}

messages::expected<std::unique_ptr<recorder>> recorder::open(const std::string& path, clock now_us,
                                                             listener* next) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return system_failure(path);
  // Owns the file from here on.
  std::unique_ptr<recorder> made(new recorder(file, std::move(now_us), next));
  std::uint64_t good = 0;
  if (::lseek(file, 0, SEEK_END) > 0) {
    auto old = recording::open(path);
    if (!old) return old.error();
    recorded one;
    while (old->next(one)) {
    }
    good = old->good_bytes();
  }
  if (::ftruncate(file, static_cast<off_t>(good)) != 0) return system_failure(path);
  if (::lseek(file, static_cast<off_t>(good), SEEK_SET) < 0) return system_failure(path);
  if (good == 0 && !write_whole(file, file_mark)) return system_failure(path);
  return made;
}

recorder::recorder(int file, clock now_us, listener* next)
    : file_(file), now_us_(std::move(now_us)), next_(next) {}

recorder::~recorder() {
  flush();
  ::close(file_);
}

void recorder::on_frame(plane from, const frame_ptr& frame) {
  const recorded one{now_us_(), from, frame};
  bool much = false;
  {
    const std::lock_guard lock(mutex_);
    append_record(pending_, one);
    ++pending_records_;
    much = pending_.size() >= pending_bytes_max;
  }
  if (much) flush();
  if (next_ != nullptr) next_->on_frame(from, frame);
}

void recorder::on_batch_end() {
  flush();
  if (next_ != nullptr) next_->on_batch_end();
}

void recorder::on_link(bool up) {
  if (next_ != nullptr) next_->on_link(up);
}

void recorder::flush() {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return;
  // After a failure the file may end in half a record: what follows would be
  // unreadable, so nothing more is written.
  const bool well = failed_ == 0 && write_whole(file_, pending_);
  (well ? written_ : failed_) += pending_records_;
  pending_.clear();
  pending_records_ = 0;
}

std::uint64_t recorder::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

std::uint64_t recorder::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

messages::expected<recording> recording::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return system_failure(path);
  recording made(file);
  std::array<char, file_mark.size()> mark{};
  if (!read_whole(file, mark.data(), mark.size()) ||
      std::string_view(mark.data(), mark.size()) != file_mark) {
    return messages::failure{
        fmt::format("recording {}: it does not begin with {}", path, file_mark)};
  }
  made.good_bytes_ = mark.size();
  return made;
}

recording::recording(recording&& other) noexcept
    : file_(std::exchange(other.file_, -1)), torn_(other.torn_), good_bytes_(other.good_bytes_) {}

recording& recording::operator=(recording&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(torn_, other.torn_);
  std::swap(good_bytes_, other.good_bytes_);
  return *this;
}

recording::~recording() {
  if (file_ >= 0) ::close(file_);
}

bool recording::next(recorded& into) {
  if (torn_) return false;
  record_header header;
  auto* const head = reinterpret_cast<char*>(&header);
  if (!read_whole(file_, head, 1)) return false;
  torn_ = true;
  if (!read_whole(file_, head + 1, sizeof header - 1)) return false;
  if (header.length == 0 || header.length > messages::frame_bytes_max || !is_plane(header.from)) {
    return false;
  }
  std::vector<std::byte> bytes(header.length);
  if (!read_whole(file_, bytes.data(), bytes.size())) return false;
  if (checksum_of(header, bytes) != header.checksum) return false;
  auto frame = messages::adopt(bytes);
  if (!frame) return false;
  torn_ = false;
  good_bytes_ += sizeof header + bytes.size();
  into = {header.time_us, static_cast<plane>(header.from), std::move(*frame)};
  return true;
}

replay_endpoint::replay_endpoint(recording source, const endpoint_options& options, listener& to)
    : source_(std::move(source)), options_(options), to_(to) {
  statistics_.linked = true;
}

publish_result replay_endpoint::publish(plane, frame_ptr) {
  ++statistics_.published;
  return publish_result::queued;
}

publish_result replay_endpoint::send(frame_ptr) {
  ++statistics_.published;
  return publish_result::queued;
}

endpoint_statistics replay_endpoint::statistics() const {
  return statistics_;
}

bool replay_endpoint::play_until(std::int64_t time_us) {
  bool told = false;
  while (!ended_) {
    if (!has_pending_) has_pending_ = source_.next(pending_);
    ended_ = !has_pending_;
    if (ended_ || pending_.time_us > time_us) break;
    has_pending_ = false;
    const auto& wanted = options_.subscriptions;
    const bool addressed = pending_.from == plane::commands;
    if (!addressed && std::find(wanted.begin(), wanted.end(), pending_.from) == wanted.end()) {
      continue;
    }
    ++statistics_.received;
    to_.on_frame(pending_.from, pending_.frame);
    told = true;
  }
  if (told) to_.on_batch_end();
  return !ended_;
}

} // namespace voltaic::bus::message
