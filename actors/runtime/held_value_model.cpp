#include "actors/runtime/held_value_model.hpp"

#include <utility>

namespace voltaic::actors::runtime {

held_value_model::verdict held_value_model::look(const std::optional<held_value>& wanted,
                                                 const std::optional<reported_value>& reported,
                                                 double tolerance, std::int64_t now_us) {
  if (wanted != wanted_) {
    // Another set: whatever was wrong was wrong with the one before.
    wanted_ = wanted;
    heard_after_us_ = now_us;
    wrong_since_us_.reset();
    right_since_us_.reset();
    writes_ = 0;
    told_not_held_ = told_tighter_ = false;
  }
  if (!wanted || !reported || reported->time_us <= heard_after_us_) {
    wrong_since_us_.reset();
    right_since_us_.reset();
    return verdict::nothing;
  }
  const bool resumes = std::exchange(resumes_, false);
  // Written so that a value that is no number does not agree.
  if (reported->value >= wanted->lowest - tolerance &&
      reported->value <= wanted->highest + tolerance) {
    return agrees(now_us);
  }
  if (resumes && !messages::is_tighter(reported->value, wanted->value, side_))
    return verdict::resume;
  return disagrees(reported->value, now_us);
}

held_value_model::verdict held_value_model::agrees(std::int64_t now_us) {
  wrong_since_us_.reset();
  if (!right_since_us_) right_since_us_ = now_us;
  if (now_us - *right_since_us_ < held_again_us) return verdict::nothing;
  writes_ = 0;
  const bool told = told_not_held_ || told_tighter_;
  told_not_held_ = told_tighter_ = false;
  return told ? verdict::held_again : verdict::nothing;
}

held_value_model::verdict held_value_model::disagrees(double value, std::int64_t now_us) {
  right_since_us_.reset();
  const bool tighter = messages::is_tighter(value, wanted_->value, side_);
  // Each of the two has to last by itself.
  if (!wrong_since_us_ || tighter != is_wrong_tighter_) wrong_since_us_ = now_us;
  is_wrong_tighter_ = tighter;
  if (now_us - *wrong_since_us_ < held_patience_us) return verdict::nothing;
  if (tighter) {
    if (told_tighter_) return verdict::nothing;
    told_tighter_ = true;
    return verdict::left_tighter;
  }
  const auto spacing_us = writes_ < rewrites_max ? rewrite_spacing_us : rewrite_seldom_us;
  if (written_us_ && now_us - *written_us_ < rewrite_spacing_us) return verdict::nothing;
  if (writes_ >= rewrites_max && !told_not_held_) {
    told_not_held_ = true;
    return verdict::not_held;
  }
  if (written_us_ && now_us - *written_us_ < spacing_us) return verdict::nothing;
  return verdict::write;
}

void held_value_model::wrote(std::int64_t now_us) {
  resumes_ = false;
  if (writes_ < rewrites_max) ++writes_;
  written_us_ = now_us;
  heard_after_us_ = now_us;
  wrong_since_us_.reset();
  right_since_us_.reset();
}

} // namespace voltaic::actors::runtime
