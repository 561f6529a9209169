#include "bus/can/socketcan/send_window.hpp"

#include <algorithm>
#include <cassert>

namespace voltaic::bus::can {
namespace {

using messages::can::frame;

/// But for the stamp, and for what CAN FD adds to fill up a length.
bool is_same(const frame& a, const frame& b) {
  const std::size_t count = std::min(a.length, b.length);
  return a.id == b.id && a.extended == b.extended && a.remote == b.remote &&
         std::equal(a.data.begin(), a.data.begin() + static_cast<std::ptrdiff_t>(count),
                    b.data.begin());
}

} // namespace

bool send_window::offer(const frame& item, std::int64_t now_us) {
  if (waiting_.size() >= waiting_max) {
    ++dropped_;
    return false;
  }
  waiting_.push_back({item, now_us});
  return true;
}

const frame* send_window::next(std::int64_t now_us) {
  while (!waiting_.empty() && now_us - waiting_.front().since_us > waiting_us_max) {
    waiting_.pop_front();
    ++dropped_;
  }
  return given_ || waiting_.empty() ? nullptr : &waiting_.front().item;
}

void send_window::written(std::int64_t now_us) {
  assert(!given_ && !waiting_.empty());
  given_ = entry{waiting_.front().item, now_us};
  in_doubt_ = false;
  waiting_.pop_front();
}

void send_window::refused() {
  assert(!waiting_.empty());
  waiting_.pop_front();
  ++dropped_;
}

bool send_window::confirmed(const frame& seen) {
  if (!given_ || !is_same(given_->item, seen)) return false;
  given_.reset();
  return true;
}

void send_window::doubt() {
  in_doubt_ = true;
}

bool send_window::is_overdue(std::int64_t now_us, std::int64_t heard_us) const {
  if (!given_) return false;
  const auto given_us = given_->since_us;
  if (in_doubt_) return now_us - given_us > confirm_us_max;
  return now_us - given_us > lost_us && heard_us > given_us + confirm_us_max;
}

void send_window::released() {
  if (!given_) return;
  given_.reset();
  ++dropped_;
}

void send_window::drop_waiting() {
  dropped_ += waiting_.size();
  waiting_.clear();
}

std::optional<std::int64_t> send_window::given_us() const {
  if (!given_) return {};
  return given_->since_us;
}

} // namespace voltaic::bus::can
