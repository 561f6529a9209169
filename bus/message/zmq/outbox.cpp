#include "bus/message/zmq/outbox.hpp"

#include <cassert>
#include <iterator>
#include <utility>

namespace voltaic::bus::message {

outbox::put_result outbox::put(plane to, frame_ptr frame) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return {publish_result::stopped, false};
  const std::size_t bytes = frame->bytes().size();
  if (frames_held_ >= outbox_frames_max || bytes_held_ + bytes > outbox_bytes_max) {
    return {publish_result::full, false};
  }
  ++frames_held_;
  bytes_held_ += bytes;
  frames_.push_back({to, std::move(frame)});
  return {publish_result::queued, wakes(!may_wait(to))};
}

outbox::put_result outbox::put_command(frame_ptr frame, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return {publish_result::stopped, false};
  if (commands_.size() >= commands_waiting_max) return {publish_result::full, false};
  commands_.push_back({std::move(frame), now_us});
  return {publish_result::queued, wakes(true)};
}

// With the lock held.
bool outbox::may_wait(plane to) const {
  return (to == plane::telemetry || to == plane::health) && frames_.size() <= dozing_frames_max &&
         bytes_held_ < bundle_bytes_max;
}

// With the lock held.
bool outbox::wakes(bool urgent) {
  urgent_ = urgent_ || urgent;
  const bool wake = asleep_ || (dozing_ && urgent);
  if (wake) asleep_ = dozing_ = false;
  return wake;
}

bool outbox::doze() {
  const std::lock_guard lock(mutex_);
  if (urgent_ || stopped_) return false;
  asleep_ = false;
  dozing_ = true;
  return true;
}

bool outbox::take(std::vector<published>& frames, std::deque<sent>& commands, bool append) {
  const std::lock_guard lock(mutex_);
  dozing_ = false;
  if (frames_.empty() && commands_.empty()) {
    asleep_ = true;
    return false;
  }
  if (frames.empty()) {
    frames.swap(frames_);
  } else if (append) {
    frames.insert(frames.end(), std::make_move_iterator(frames_.begin()),
                  std::make_move_iterator(frames_.end()));
    frames_.clear();
  }
  commands.insert(commands.end(), std::make_move_iterator(commands_.begin()),
                  std::make_move_iterator(commands_.end()));
  commands_.clear();
  urgent_ = !frames_.empty();
  return true;
}

void outbox::release(std::size_t frames, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  assert(frames <= frames_held_ && bytes <= bytes_held_);
  frames_held_ -= frames;
  bytes_held_ -= bytes;
}

void outbox::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

} // namespace voltaic::bus::message
