#include "actors/protection/deadline_model.hpp"

namespace voltaic::actors::protection {

deadline_model::level deadline_model::step(std::int64_t now_us, std::int64_t late_us) {
  while (!misses_us_.empty() && now_us - misses_us_.front() > deadline_window_us)
    misses_us_.pop_front();
  const bool is_new = misses_us_.empty() || now_us - misses_us_.back() >= step_deadline_us;
  if (late_us > step_deadline_us && is_new) {
    if (misses_us_.size() == deadline_misses_open) misses_us_.pop_front();
    misses_us_.push_back(now_us);
  }
  // What was begun goes on until the window is clear of most: no level flutters.
  if (misses_us_.size() >= deadline_misses_open)
    level_ = level::open;
  else if (misses_us_.size() < deadline_misses_warning)
    level_ = level::good;
  else if (level_ == level::good)
    level_ = level::warning;
  return level_;
}

} // namespace voltaic::actors::protection
