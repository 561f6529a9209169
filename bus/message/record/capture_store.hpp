#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bus/message/record/recording.hpp"
#include "messages/expected.hpp"

/// Captures of faults as files: one recording each, in a folder a rack, bounded in number and
/// bytes. A file is there whole or not at all, whenever the process dies.
namespace voltaic::bus::message {

/// Of one rack; the oldest give way.
inline constexpr std::size_t capture_files_max = 32;
inline constexpr std::uint64_t capture_folder_bytes_max = 64ULL * 1024 * 1024;
/// A capture that would leave less room on the disk is not written: events and latches go first.
inline constexpr std::uint64_t capture_room_min = 16ULL * 1024 * 1024;
/// Captures that wait to be written; more are refused.
inline constexpr std::size_t captures_waiting_max = 8;
/// Ends the names of their files.
inline constexpr const char* capture_suffix = ".rec";

/// What is to be written. Twice under one id: the later takes the place of the earlier.
struct capture_job {
  std::string rack;     ///< names the folder
  std::string id;       ///< of the event, part of the file's name; never the same for two captures
  bool is_whole = true; ///< nothing will take its place
  std::vector<messages::captured_piece> pieces;
};

/// What became of it.
struct capture_result {
  std::string rack;
  std::string id;
  bool is_whole = true;
  std::string file;   ///< name in the rack's folder, `000017_rack_0-1a2b-42.rec`; empty: not stored
  std::string reason; ///< why it was not
  std::vector<std::string> removed; ///< older files that gave way
  /// What was to be written, for its maker to let go of. A frame's memory is given back under a
  /// lock of the thread that it is from; the writer, which has no real time, would hold it for
  /// milliseconds where the machine is busy.
  std::vector<messages::captured_piece> pieces;
};

/// How captures are kept.
struct capture_store_options {
  std::string folder;       ///< holds one a rack; made when it is needed
  bool synchronous = false; ///< writes on the caller's thread: for virtual time
  std::size_t files_max = capture_files_max;
  std::uint64_t bytes_max = capture_folder_bytes_max;
  std::uint64_t room_min = capture_room_min;
};

/// Writes captures on a thread of its own, which never runs before others that ask for real time.
class capture_store {
 public:
  /// Fails where its thread is refused. A folder that cannot be used is told by each result.
  [[nodiscard]] static messages::expected<std::unique_ptr<capture_store>> open(
      capture_store_options options);
  virtual ~capture_store() = default;
  capture_store(const capture_store&) = delete;
  capture_store& operator=(const capture_store&) = delete;
  /// From any thread, and waits for no disk. What finds no room has a result that says so.
  virtual void put(capture_job job) = 0;
  /// What was done since this was last asked, in order.
  [[nodiscard]] virtual std::vector<capture_result> take_results() = 0;

 protected:
  capture_store() = default;
};

/// A capture on the disk.
struct stored_capture {
  std::uint64_t number = 0; ///< counts the captures of its rack, also over restarts
  std::string rack;
  std::string id; ///< of the event of its first fault
  std::string path;
  std::uint64_t bytes = 0;
};
/// What the name of a file says of a capture; without number and id where it is called otherwise.
[[nodiscard]] stored_capture capture_at(const std::string& path);
/// The captures in a folder as a store has it, by rack, oldest first. Where there is none: none.
[[nodiscard]] std::vector<stored_capture> list_captures(const std::string& folder);

} // namespace voltaic::bus::message
