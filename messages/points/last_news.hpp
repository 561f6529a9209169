#pragma once

#include <algorithm>
#include <cstdint>

namespace voltaic::messages::points {

/// When a point that is told again and again last brought news. What a relay keeps of somebody who
/// is gone is told anew, with the time of its source: the same once more is no news, and what is
/// heard for the first time, or jumps back, is as old as its source. Whose source has another
/// clock, as on another machine, counts from its second word on; what acts by age asks for one
/// clock all the same (actors/runtime/present.hpp). Pure.
class last_news {
 public:
  /// Heard at `heard_us`, true at `source_us`. False: it is no news.
  bool hear(std::int64_t source_us, std::int64_t heard_us) {
    if (source_us == source_us_ && any_) return false;
    const bool goes_on = any_ && source_us > source_us_;
    any_ = true;
    source_us_ = source_us;
    us_ = goes_on ? heard_us : std::min(heard_us, source_us);
    return true;
  }
  [[nodiscard]] bool any() const { return any_; }
  /// When the newest was heard, or, of what is told anew, was true.
  [[nodiscard]] std::int64_t at_us() const { return us_; }
  /// News came within `age_us_max`.
  [[nodiscard]] bool is_fresh(std::int64_t now_us, std::int64_t age_us_max) const {
    return any_ && now_us - us_ <= age_us_max;
  }

 private:
  bool any_ = false;
  std::int64_t source_us_ = 0;
  std::int64_t us_ = 0;
};

} // namespace voltaic::messages::points
