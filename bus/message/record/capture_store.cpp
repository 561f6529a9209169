#include "bus/message/record/capture_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "bus/priority_mutex.hpp"
#include "bus/thread_name.hpp"

namespace voltaic::bus::message {
namespace {

namespace files = std::filesystem;

/// What is written begins as a file of this name, which no reader takes for a capture.
constexpr const char* unfinished = "unfinished.tmp";
/// Digits of a file's number: names sort by age for a million captures.
constexpr int number_digits = 6;

std::string words_of(int error) {
  return std::strerror(error);
}

std::uint64_t room_left(const std::string& folder) {
  struct statvfs room {};
  if (::statvfs(folder.c_str(), &room) != 0) return 0;
  return std::uint64_t{room.f_bavail} * room.f_frsize;
}

bool sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool well = ::fsync(file) == 0;
  ::close(file);
  return well;
}

/// Whole under its name, or not at all; nothing: well, else why not.
std::optional<std::string> write_file(const std::string& folder, const std::string& name,
                                      std::span<const messages::captured_piece> pieces) {
  const auto temporary = folder + "/" + unfinished;
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return words_of(errno);
  int error = 0;
  if (!write_recording(file, pieces) || ::fsync(file) != 0) error = errno;
  ::close(file);
  if (error == 0 && ::rename(temporary.c_str(), (folder + "/" + name).c_str()) != 0) error = errno;
  if (error == 0 && sync_folder(folder)) return std::nullopt;
  if (error == 0) return words_of(errno);
  ::unlink(temporary.c_str());
  return words_of(error);
}

std::vector<stored_capture> captures_of(const std::string& folder, const std::string& rack) {
  std::vector<stored_capture> found;
  std::error_code error;
  for (const auto& entry : files::directory_iterator(folder + "/" + rack, error)) {
    auto one = capture_at(entry.path().string());
    if (!one.id.empty()) found.push_back(std::move(one));
  }
  std::ranges::sort(found, {}, &stored_capture::number);
  return found;
}

class file_store final : public capture_store {
 public:
  explicit file_store(capture_store_options options) : options_(std::move(options)) {
    if (options_.synchronous) return;
    writer_ = std::thread([this] {
      name_thread("capture");
      // Who is late with a capture harms nobody: it gives way where others have real time.
      const sched_param none{};
      ::sched_setscheduler(0, SCHED_OTHER, &none);
      run();
    });
  }

  ~file_store() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (writer_.joinable()) writer_.join();
  }

  void put(capture_job job) override {
    if (options_.synchronous) return tell(write(std::move(job)));
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() < captures_waiting_max) {
        waiting_.push_back(std::move(job));
        wake_.notify_one();
        return;
      }
    }
    auto refused = result_of(std::move(job));
    refused.reason = "too many captures wait for the disk";
    tell(std::move(refused));
  }

  std::vector<capture_result> take_results() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(results_, {});
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto job = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      auto done = write(std::move(job));
      lock.lock();
      results_.push_back(std::move(done));
    }
  }

  void tell(capture_result result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
  }

  static capture_result result_of(capture_job job) {
    return {std::move(job.rack),  std::move(job.id), job.is_whole, {}, {}, {},
            std::move(job.pieces)};
  }

  capture_result write(capture_job job) const {
    auto result = result_of(std::move(job));
    try {
      write_pieces(result);
    } catch (const std::exception& error) { // as where the folder cannot be read
      result.reason = error.what();
    }
    return result;
  }

  void write_pieces(capture_result& result) const {
    const auto folder = options_.folder + "/" + result.rack;
    files::create_directories(folder);
    const auto name = name_of(result);
    const auto room = room_left(folder);
    if (room < size_of(result.pieces) + options_.room_min) {
      result.reason = fmt::format("the disk has only {} MiB left", room >> 20U);
    } else if (const auto refused = write_file(folder, name, result.pieces)) {
      result.reason = *refused;
    } else {
      result.file = name;
      result.removed = make_room(result.rack, name);
    }
  }

  std::string name_of(const capture_result& of) const {
    const auto known = captures_of(options_.folder, of.rack);
    const auto same = std::ranges::find(known, of.id, &stored_capture::id);
    const auto next = known.empty() ? 1 : known.back().number + 1;
    return fmt::format("{:0{}}_{}{}", same == known.end() ? next : same->number, number_digits,
                       of.id, capture_suffix);
  }

  /// Removes the oldest until the bounds are kept; never the newest.
  std::vector<std::string> make_room(const std::string& rack, const std::string& newest) const {
    auto kept = captures_of(options_.folder, rack);
    std::uint64_t bytes = 0;
    for (const auto& one : kept) bytes += one.bytes;
    std::vector<std::string> removed;
    for (const auto& one : kept) {
      const bool is_over =
          kept.size() - removed.size() > options_.files_max || bytes > options_.bytes_max;
      const auto name = files::path(one.path).filename().string();
      if (!is_over || name == newest) break;
      std::error_code error;
      if (!files::remove(one.path, error)) break;
      bytes -= one.bytes;
      removed.push_back(name);
    }
    return removed;
  }

  const capture_store_options options_;
  // Actors with real-time rights meet the writer here, which has none.
  priority_mutex mutex_; // waiting_, results_, stopping_
  priority_condition wake_;
  std::deque<capture_job> waiting_;
  std::vector<capture_result> results_;
  bool stopping_ = false;
  std::thread writer_;
};

} // namespace

messages::expected<std::unique_ptr<capture_store>> capture_store::open(
    capture_store_options options) {
  try {
    return std::unique_ptr<capture_store>(std::make_unique<file_store>(std::move(options)));
  } catch (const std::system_error& error) {
    return messages::failure{fmt::format("captures of faults: {}", error.what())};
  }
}

stored_capture capture_at(const std::string& path) {
  stored_capture found;
  found.path = path;
  found.rack = files::path(path).parent_path().filename().string();
  std::error_code error;
  found.bytes = files::file_size(path, error);
  const auto name = files::path(path).filename().string();
  std::uint64_t number = 0;
  const auto* end = name.data() + name.size();
  const auto [stop, refused] = std::from_chars(name.data(), end, number);
  if (error || refused != std::errc() || stop == end || *stop != '_') return found;
  if (!name.ends_with(capture_suffix)) return found;
  const auto first = static_cast<std::size_t>(stop + 1 - name.data());
  found.number = number;
  found.id = name.substr(first, name.size() - first - std::strlen(capture_suffix));
  return found;
}

std::vector<stored_capture> list_captures(const std::string& folder) {
  std::vector<std::string> racks;
  std::error_code error;
  for (const auto& entry : files::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) racks.push_back(entry.path().filename().string());
  }
  std::ranges::sort(racks);
  std::vector<stored_capture> all;
  for (const auto& rack : racks) {
    auto found = captures_of(folder, rack);
    all.insert(all.end(), std::make_move_iterator(found.begin()),
               std::make_move_iterator(found.end()));
  }
  return all;
}

} // namespace voltaic::bus::message
