#include "actors/runtime/seat.hpp"

#include <stdexcept>
#include <utility>

namespace voltaic::actors::runtime {

std::string_view to_string(actor_state state) {
  switch (state) {
    case actor_state::starting:
      return "starting";
    case actor_state::running:
      return "running";
    case actor_state::backoff:
      return "backoff";
    case actor_state::failed:
      return "failed";
    case actor_state::stopped:
      return "stopped";
  }
  return "failed";
}

namespace {

// Running says nothing yet of the device that an actor owns.
std::string_view state_text(actor_state state, condition told) {
  if (state != actor_state::running) return to_string(state);
  switch (told) {
    case condition::good:
      return "running";
    case condition::waiting:
      return "waiting";
    case condition::degraded:
      return "degraded";
    case condition::backoff:
      return "backoff";
  }
  return "degraded";
}

} // namespace

seat::seat(std::string name, std::string kind, std::size_t position, actor_factory factory,
           bool on_recording, std::uint32_t first_incarnation, progress_counter progress,
           const seat_environment& environment)
    : name_(std::move(name)),
      kind_(std::move(kind)),
      position_(position),
      factory_(std::move(factory)),
      on_recording_(on_recording),
      environment_(environment),
      progress_(progress),
      first_incarnation_(first_incarnation) {}

bool seat::post(mail content) {
  caf::actor to;
  {
    const std::lock_guard lock(mutex_);
    if (!handle_ || mails_.size() + taken_ >= mailbox_mails_max) return false;
    mails_.push_back(std::move(content));
    if (std::exchange(called_, true)) return true;
    to = handle_;
  }
  compat::call(to);
  return true;
}

bool seat::take(std::vector<mail>& into) {
  into.clear();
  if (into.capacity() > mails_kept_max) into = {};
  const std::lock_guard lock(mutex_);
  into.swap(mails_);
  taken_ = into.size();
  called_ = !into.empty();
  return called_;
}

void seat::begins_mail(std::size_t left) {
  taken_.store(left, std::memory_order_relaxed);
  progress_.step();
}

std::size_t seat::waiting() const {
  const std::lock_guard lock(mutex_);
  return handle_ ? mails_.size() + taken_ : 0;
}

// With the lock held.
void seat::empty() {
  mails_.clear();
  called_ = false;
  taken_ = 0;
}

void seat::attach(const caf::actor& handle) {
  {
    const std::lock_guard lock(mutex_);
    empty();
    handle_ = handle;
    mails_.emplace_back(start_mail{});
    called_ = true;
  }
  compat::call(handle);
}

void seat::detach(actor_state state) {
  state_ = state;
  holds_node_ = false;
  const std::lock_guard lock(mutex_);
  handle_ = nullptr;
  empty();
}

caf::actor seat::handle() const {
  const std::lock_guard lock(mutex_);
  return handle_;
}

std::uint32_t seat::begin_incarnation() {
  state_ = actor_state::starting;
  condition_ = condition::good;
  return first_incarnation_ + started_++;
}

void seat::set_heirloom(std::string what) {
  if (what.size() > heirloom_bytes_max)
    throw std::length_error("an incarnation hands on more than fits");
  heirloom_ = std::move(what);
}

messages::actor_health seat::health() const {
  messages::actor_health health;
  health.name = name_;
  health.kind = kind_;
  health.state = state_text(state_.load(), condition_.load());
  const auto started = started_.load();
  health.restarts = started > 0 ? started - 1 : 0;
  health.incarnation = first_incarnation_ + health.restarts;
  health.progress = progress_.value();
  return health;
}

void seat::set_last_failure(std::string text) {
  const std::lock_guard lock(mutex_);
  last_failure_ = std::move(text);
}

std::string seat::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

} // namespace voltaic::actors::runtime
