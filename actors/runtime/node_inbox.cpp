#include "actors/runtime/node_inbox.hpp"

#include <utility>

namespace voltaic::actors::runtime {

namespace {

using bus::message::plane;

bool is_repeated(plane of) {
  return of == plane::telemetry || of == plane::snapshot || of == plane::health;
}

} // namespace

void node_inbox::push(item content) {
  const std::lock_guard lock(mutex_);
  const bool repeated = is_repeated(content.plane);
  const auto bytes = bytes_ + content.frame->bytes().size();
  if (items_.size() >= (repeated ? inbox_repeated_frames_max : inbox_frames_max) ||
      bytes > (repeated ? inbox_repeated_bytes_max : inbox_bytes_max)) {
    ++dropped_;
    return;
  }
  bytes_ = bytes;
  items_.push_back(std::move(content));
  if (items_.size() == 1 && waker_) {
    waker_();
  }
}

void node_inbox::on_link(bool up) {
  const std::lock_guard lock(mutex_);
  link_up_ = up;
  if (up && waker_) {
    waker_();
  }
}

bool node_inbox::take_link_up() {
  const std::lock_guard lock(mutex_);
  return std::exchange(link_up_, false);
}

std::vector<node_inbox::item> node_inbox::take() {
  std::vector<item> taken;
  const std::lock_guard lock(mutex_);
  taken.swap(items_);
  bytes_ = 0;
  return taken;
}

void node_inbox::set_waker(std::function<void()> waker) {
  const std::lock_guard lock(mutex_);
  waker_ = std::move(waker);
  if (!items_.empty() && waker_) {
    waker_();
  }
}

std::size_t node_inbox::waiting() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

std::uint64_t node_inbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

} // namespace voltaic::actors::runtime
