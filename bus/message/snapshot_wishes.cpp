#include "bus/message/snapshot_wishes.hpp"

namespace voltaic::bus::message {

bool snapshot_wishes::begin(topic which, std::int64_t now_us) {
  if (!subscribers_.contains(which)) {
    forget_those_who_left(now_us);
    if (subscribers_.size() >= subscribers_max) return false;
  }
  subscriber& one = subscribers_[which];
  ++one.subscriptions;
  wish(one, {});
  return true;
}

bool snapshot_wishes::end(topic which) {
  const auto found = subscribers_.find(which);
  if (found == subscribers_.end()) return false;
  auto& one = found->second;
  if (--one.subscriptions <= 0) {
    waiting_ -= one.waits ? 1 : 0;
    one.waits = false;
  }
  return true;
}

void snapshot_wishes::ask(topic which, const std::string& id) {
  const auto found = subscribers_.find(which);
  if (found != subscribers_.end() && found->second.subscriptions > 0) wish(found->second, id);
}

void snapshot_wishes::wish(subscriber& one, const std::string& id) {
  waiting_ += one.waits ? 0 : 1;
  one.waits = true;
  one.id = id;
}

// Who left is remembered until it may be served again, so that leaving and
// coming back gains nothing.
void snapshot_wishes::forget_those_who_left(std::int64_t now_us) {
  std::erase_if(subscribers_, [now_us](const auto& entry) {
    return entry.second.subscriptions <= 0 &&
           now_us - entry.second.served_us >= snapshot_spacing_us;
  });
}

std::vector<snapshot_wishes::grant> snapshot_wishes::take_due(std::int64_t now_us) {
  std::vector<grant> due;
  if (waiting_ == 0) return due;
  for (auto& [which, one] : subscribers_) {
    if (!one.waits || now_us - one.served_us < snapshot_spacing_us) continue;
    one.waits = false;
    --waiting_;
    one.served_us = now_us;
    due.push_back({which, one.id});
  }
  return due;
}

} // namespace voltaic::bus::message
