#include "actors/runtime/capture_model.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::actors::runtime {
namespace {

/// Room to begin with; it doubles until it holds what is said in the time before a fault.
constexpr std::size_t frames_at_first = 256;

} // namespace

captured_frame& capture_model::at(std::size_t position) {
  return ring_[(first_ + position) % ring_.size()];
}

void capture_model::describe(const std::string& source, const captured_frame& said) {
  catalogues_[source] = said;
}

void capture_model::hear(captured_frame said) {
  ++heard_;
  said.time_us = heard_us_ = std::max(heard_us_, said.time_us);
  const auto more = said.frame->bytes().size();
  if (!open_) {
    while (size_ > 0 && is_full(more)) drop_oldest();
  } else if (is_full(more)) {
    // What led to the fault is worth more than what follows it.
    open_->is_cut = true;
    return;
  }
  if (size_ == ring_.size()) grow();
  bytes_ += more;
  at(size_++) = std::move(said);
  if (!open_) trim();
}

void capture_model::grow() {
  std::vector<captured_frame> larger(
      std::min(std::max(2 * ring_.size(), frames_at_first), capture_frames_max));
  for (std::size_t each = 0; each < size_; ++each) larger[each] = std::move(at(each));
  ring_ = std::move(larger);
  first_ = 0;
}

bool capture_model::is_full(std::size_t more_bytes) const {
  return size_ == capture_frames_max || bytes_ + more_bytes > capture_bytes_max;
}

void capture_model::drop_oldest() {
  auto& oldest = at(0);
  bytes_ -= oldest.frame->bytes().size();
  oldest.frame.reset();
  first_ = (first_ + 1) % ring_.size();
  --size_;
}

void capture_model::trim() {
  while (size_ > 0 && at(0).time_us < heard_us_ - capture_before_us) drop_oldest();
}

void capture_model::fault(const std::string& id, std::string words, std::int64_t time_us) {
  if (!open_) {
    open_.emplace();
    open_->id = id;
    open_->first_us = time_us;
  }
  if (open_->faults.size() < capture_faults_max) {
    open_->faults.push_back(std::move(words));
  } else {
    ++open_->more_faults;
  }
  open_->end_us = std::min(time_us + capture_after_us, open_->first_us + capture_after_us_max);
}

std::optional<capture> capture_model::take(std::int64_t now_us) {
  if (std::exchange(heard_before_, heard_) != heard_) progress_us_ = now_us;
  if (!open_) return std::nullopt;
  const bool is_silent = now_us - progress_us_ >= capture_after_us;
  if (heard_us_ >= open_->end_us || open_->is_cut || is_silent) return take_rest();
  if (std::exchange(open_->is_begun, true)) return std::nullopt;
  return make(false);
}

std::optional<capture> capture_model::take_rest() {
  if (!open_) return std::nullopt;
  auto whole = make(true);
  open_.reset();
  trim();
  return whole;
}

capture capture_model::make(bool is_whole) {
  capture made;
  made.id = open_->id;
  made.faults = open_->faults;
  made.more_faults = open_->more_faults;
  made.is_whole = is_whole;
  made.is_cut = open_->is_cut;
  made.frames.reserve(catalogues_.size() + size_);
  const auto start_us = size_ > 0 ? at(0).time_us : open_->first_us;
  for (const auto& [source, said] : catalogues_) {
    made.frames.push_back(said);
    made.frames.back().time_us = start_us;
  }
  for (std::size_t each = 0; each < size_; ++each) {
    // Frames beyond the end came before somebody looked.
    if (at(each).time_us <= open_->end_us) made.frames.push_back(at(each));
  }
  made.before_us = std::max<std::int64_t>(open_->first_us - start_us, 0);
  const auto last_us = made.frames.empty() ? open_->first_us : made.frames.back().time_us;
  made.after_us = std::max<std::int64_t>(last_us - open_->first_us, 0);
  return made;
}

} // namespace voltaic::actors::runtime
