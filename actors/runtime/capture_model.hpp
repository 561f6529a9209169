#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/captured_message.hpp"
#include "messages/time.hpp"

/// What one rack said around a fault: the last seconds are kept all the time, and handed out with
/// the seconds after it. Pure: it knows no clock and no disk.
namespace voltaic::actors::runtime {

/// A fault is captured with what was said so long before and after it.
inline constexpr std::int64_t capture_before_us = 10 * messages::us_per_s;
inline constexpr std::int64_t capture_after_us = 10 * messages::us_per_s;
/// Further faults prolong a capture, but not beyond so long after its first one.
inline constexpr std::int64_t capture_after_us_max = 60 * messages::us_per_s;
/// What is held in memory of one rack, at most. A rack of 480 cells that reports them five times
/// a second says about 0.2 MiB in 20 s.
inline constexpr std::size_t capture_frames_max = 16'384;
inline constexpr std::size_t capture_bytes_max = 8 * 1024 * 1024;
/// What is kept, handed out and let go of together: so many messages, or those that first come to
/// so many bytes.
inline constexpr std::size_t capture_piece_frames = 16;
inline constexpr std::size_t capture_piece_bytes = 64 * 1024;
/// A capture that found no room is followed by another so long after its end at the soonest: faults
/// that never end would write megabytes each second.
inline constexpr std::int64_t capture_rest_us = 10 * messages::us_per_s;
/// So many faults of one capture are named; all others are counted.
inline constexpr std::size_t capture_faults_max = 64;

/// What was said around one fault, or around several that followed each other.
struct capture {
  std::string id;                  ///< of the event of its first fault
  std::vector<std::string> faults; ///< as they are told to people, in order
  std::uint64_t more_faults = 0;   ///< that are not among them
  std::uint64_t missed_faults = 0; ///< before it, after one that found no room: in no capture
  std::int64_t before_us = 0;      ///< what there is before the first fault
  std::int64_t after_us = 0;       ///< and after it
  bool is_whole = false;           ///< false: right after the fault, the rest follows
  bool is_cut = false;             ///< what was said did not find room
  std::vector<messages::captured_piece> pieces; ///< catalogues first, then by time
};

/// Keeps the last seconds of one rack and makes captures of them.
///
/// A fault's capture is handed out twice under one id: at once with what came before, so that
/// nothing but the seconds after it is lost when the process dies, and whole when they are over.
class capture_model {
 public:
  /// A catalogue of one speaker: without it its telemetry says nothing. The newest counts.
  void describe(const std::string& source, const messages::captured_message& said);
  /// Telemetry or an event of the rack. Time that runs back counts as the last one's.
  void hear(messages::captured_message said);
  /// A fault began, by an event that is heard as well.
  void fault(const std::string& id, std::string words, std::int64_t time_us);

  /// What is to be written now. `now_us` is the node's clock: it ends a capture of a rack that
  /// falls silent, whose own time stands still.
  [[nodiscard]] std::optional<capture> take(std::int64_t now_us);
  /// The node ends: what there is of a capture that is not over.
  [[nodiscard]] std::optional<capture> take_rest();

  [[nodiscard]] std::size_t frames() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct open_capture {
    std::string id;
    std::vector<std::string> faults;
    std::uint64_t more_faults = 0;
    std::int64_t first_us = 0;
    std::int64_t end_us = 0;
    bool is_begun = false; ///< its first half was handed out
    bool is_cut = false;
  };
  struct history_piece {
    messages::captured_piece records; ///< never empty
    std::size_t bytes = 0;
  };
  /// What was heard since the last piece becomes one.
  void seal();
  void drop_oldest();
  /// Lets go of what no later fault asks for.
  void trim();
  [[nodiscard]] bool is_full(std::size_t more_bytes) const;
  [[nodiscard]] capture make(bool is_whole);

  std::map<std::string, messages::captured_message, std::less<>> catalogues_; ///< by speaker
  std::deque<history_piece> history_;
  std::vector<messages::captured_message> newest_; ///< of no piece yet
  std::size_t newest_bytes_ = 0;
  std::size_t size_ = 0;           ///< of the history and the newest
  std::size_t bytes_ = 0;          ///< of both
  std::int64_t heard_us_ = 0;      ///< the newest source time
  std::uint64_t heard_ = 0;        ///< frames so far
  std::uint64_t heard_before_ = 0; ///< of them, when somebody looked last
  std::int64_t progress_us_ = 0;   ///< by the node's clock: something was heard then
  std::optional<open_capture> open_;
  std::int64_t rests_until_us_ = 0; ///< by source time
  std::uint64_t missed_faults_ = 0;
};

} // namespace voltaic::actors::runtime
