#include "actors/runtime/capture_model.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::actors::runtime {
namespace {

using messages::captured_message;
using messages::captured_piece;

/// Of a piece, in order of time, what lies between two times, both belonging to it; nothing: none.
captured_piece between(const captured_piece& piece, std::int64_t from_us, std::int64_t until_us) {
  if (piece->front().time_us >= from_us && piece->back().time_us <= until_us) return piece;
  const auto begin = std::ranges::lower_bound(*piece, from_us, {}, &captured_message::time_us);
  const auto end = std::ranges::upper_bound(*piece, until_us, {}, &captured_message::time_us);
  if (begin >= end) return nullptr;
  return std::make_shared<const std::vector<captured_message>>(begin, end);
}

} // namespace

void capture_model::describe(const std::string& source, const captured_message& said) {
  catalogues_[source] = said;
}

void capture_model::hear(captured_message said) {
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
  ++size_;
  bytes_ += more;
  newest_bytes_ += more;
  newest_.push_back(std::move(said));
  if (newest_.size() == capture_piece_frames || newest_bytes_ >= capture_piece_bytes) seal();
  if (!open_) trim();
}

void capture_model::seal() {
  if (newest_.empty()) return;
  history_.push_back(
      {std::make_shared<const std::vector<captured_message>>(std::exchange(newest_, {})),
       std::exchange(newest_bytes_, 0)});
  newest_.reserve(capture_piece_frames);
}

bool capture_model::is_full(std::size_t more_bytes) const {
  return size_ == capture_frames_max || bytes_ + more_bytes > capture_bytes_max;
}

void capture_model::drop_oldest() {
  if (history_.empty()) seal();
  size_ -= history_.front().records->size();
  bytes_ -= history_.front().bytes;
  history_.pop_front();
}

void capture_model::trim() {
  const auto from_us = heard_us_ - capture_before_us;
  // After a long capture there is much to let go of: a piece with each message, which is faster
  // than they come.
  if (!history_.empty() && history_.front().records->back().time_us < from_us) drop_oldest();
}

void capture_model::fault(const std::string& id, std::string words, std::int64_t time_us) {
  if (!open_ && time_us < rests_until_us_) {
    ++missed_faults_;
    return;
  }
  if (!open_) {
    open_ = open_capture{};
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
  missed_faults_ = 0;
  if (open_->is_cut) rests_until_us_ = heard_us_ + capture_rest_us;
  open_.reset();
  return whole;
}

capture capture_model::make(bool is_whole) {
  seal();
  capture made;
  made.id = open_->id;
  made.faults = open_->faults;
  made.more_faults = open_->more_faults;
  made.missed_faults = missed_faults_;
  made.is_whole = is_whole;
  made.is_cut = open_->is_cut;
  made.pieces.emplace_back(); // for the catalogues
  // Messages beyond the end came before somebody looked.
  for (const auto& each : history_)
    if (auto part = between(each.records, open_->first_us - capture_before_us, open_->end_us))
      made.pieces.push_back(std::move(part));
  const bool is_empty = made.pieces.size() == 1;
  const auto start_us = is_empty ? open_->first_us : made.pieces[1]->front().time_us;
  const auto last_us = is_empty ? open_->first_us : made.pieces.back()->back().time_us;
  made.before_us = std::max<std::int64_t>(open_->first_us - start_us, 0);
  made.after_us = std::max<std::int64_t>(last_us - open_->first_us, 0);
  std::vector<captured_message> catalogues;
  for (const auto& [source, said] : catalogues_)
    catalogues.push_back({start_us, false, said.frame});
  made.pieces.front() =
      std::make_shared<const std::vector<captured_message>>(std::move(catalogues));
  return made;
}

} // namespace voltaic::actors::runtime
