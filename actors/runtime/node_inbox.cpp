#include "actors/runtime/node_inbox.hpp"

#include <utility>

namespace voltaic::actors::runtime {

void node_inbox::push(item content) {
  const std::lock_guard lock(mutex_);
  if (items_.size() >= inbox_frames_max) {
    ++dropped_;
    return;
  }
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
  return taken;
}

void node_inbox::set_waker(std::function<void()> waker) {
  const std::lock_guard lock(mutex_);
  waker_ = std::move(waker);
  if (!items_.empty() && waker_) {
    waker_();
  }
}

std::uint64_t node_inbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

} // namespace voltaic::actors::runtime
