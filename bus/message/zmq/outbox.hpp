#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "bus/message/endpoint.hpp"

namespace voltaic::bus::message {

/// What waits to be sent: any thread puts in, one thread takes out.
class outbox {
 public:
  /// A frame for a plane.
  struct published {
    plane to;
    frame_ptr frame;
  };
  /// A frame for the relay, and since when it waits.
  struct sent {
    frame_ptr frame;
    std::int64_t time_us;
  };
  /// Whether a frame was taken.
  struct put_result {
    publish_result result = publish_result::stopped;
    bool wake = false; ///< the taking thread sleeps and must be woken
  };

  put_result put(plane to, frame_ptr frame);
  put_result put_command(frame_ptr frame, std::int64_t now_us);
  /// Takes what waits: commands always, frames when the list is empty (by
  /// swapping) or shall be appended to. False, and asleep from now on, when
  /// nothing waits.
  bool take(std::vector<published>& frames, std::deque<sent>& commands, bool append);
  /// True, and dozing from now on, when only what is said again and again waits, and
  /// little of it: `put` wakes for more than that, and for what cannot wait.
  bool doze();
  /// Room that taken frames still occupied is free again.
  void release(std::size_t frames, std::size_t bytes);
  void stop();

 private:
  [[nodiscard]] bool may_wait(plane to) const;
  bool wakes(bool urgent);

  std::mutex mutex_;
  std::vector<published> frames_;
  std::deque<sent> commands_;
  std::size_t frames_held_ = 0; ///< taken ones that are not released included
  std::size_t bytes_held_ = 0;
  bool asleep_ = false; ///< the taking thread sleeps until anything comes
  bool dozing_ = false; ///< it sleeps for a while, unless something urgent comes
  bool urgent_ = false; ///< among what waits is something that cannot
  bool stopped_ = false;
};

/// Nobody dozes over more frames than this.
inline constexpr std::size_t dozing_frames_max = 128;

/// Commands, results and requests that wait for the relay.
inline constexpr std::size_t commands_waiting_max = 4096;

} // namespace voltaic::bus::message
