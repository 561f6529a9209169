#include "messages/serial/receiver.hpp"

#include <algorithm>

#include "messages/serial/body.hpp"

namespace voltaic::messages::serial {

void receiver::push(std::span<const std::uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  skip_to_start();
}

void receiver::drop(std::size_t count) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count));
}

// What is left begins with a start, or with as much of one as came.
void receiver::skip_to_start() {
  auto from = bytes_.begin();
  for (; from != bytes_.end(); ++from) {
    const auto there = std::min<std::ptrdiff_t>(bytes_.end() - from,
                                                static_cast<std::ptrdiff_t>(rules_.start.size()));
    if (std::equal(from, from + there, rules_.start.begin())) break;
  }
  noise_bytes_ += static_cast<std::uint64_t>(from - bytes_.begin());
  bytes_.erase(bytes_.begin(), from);
}

// Digits hold neither a start nor an end: whichever is first ends the frame.
receiver::extent receiver::measure_by_end() const {
  const auto body = bytes_.begin() + static_cast<std::ptrdiff_t>(rules_.start.size());
  const auto end = std::search(body, bytes_.end(), rules_.end.begin(), rules_.end.end());
  const auto again = std::search(body, end, rules_.start.begin(), rules_.start.end());
  if (again != end) return {progress::impossible, 0};
  if (end != bytes_.end()) return {progress::complete, static_cast<std::size_t>(end - body)};
  return {bytes_.size() > frame_bytes_max ? progress::impossible : progress::incomplete, 0};
}

receiver::extent receiver::measure_by_length() const {
  const auto& parts = which_ == direction::request ? rules_.request : rules_.answer;
  std::size_t fixed = 0;
  std::size_t length_at = 0;
  for (const auto& each : parts) {
    if (each.kind == part_kind::length) length_at = fixed;
    if (each.kind != part_kind::data) fixed += bytes_of(rules_, each.kind);
  }
  const auto body = std::span(bytes_).subspan(rules_.start.size());
  if (body.size() < length_at + rules_.length.bytes) return {};
  unsigned value = body[length_at];
  if (rules_.length.bytes == 2) {
    const unsigned other = body[length_at + 1];
    value = rules_.length.low_byte_first ? other << 8 | value : value << 8 | other;
  }
  const auto data = data_bytes_of(rules_, static_cast<std::uint16_t>(value));
  if (!data) return {progress::impossible, 0};
  const std::size_t total = fixed + *data;
  if (body.size() < total + rules_.end.size()) return {};
  const bool ends = std::equal(rules_.end.begin(), rules_.end.end(),
                               body.begin() + static_cast<std::ptrdiff_t>(total));
  return {ends ? progress::complete : progress::impossible, total};
}

receiver::extent receiver::measure() const {
  return rules_.text == text_form::hex ? measure_by_end() : measure_by_length();
}

std::optional<receiver::found> receiver::next() {
  skip_to_start();
  if (bytes_.size() < rules_.start.size()) return std::nullopt;
  const auto [state, body_bytes] = measure();
  if (state == progress::incomplete) return std::nullopt;
  if (state == progress::impossible) {
    // Behind its start another frame may have begun.
    drop(1);
    ++noise_bytes_;
    skip_to_start();
    return broken_frame{"it ended too soon", true};
  }
  auto result =
      parse_body(rules_, which_, std::span(bytes_).subspan(rules_.start.size(), body_bytes));
  const auto* broken = std::get_if<broken_frame>(&result);
  // A length that was damaged, or a start that was none, may have swallowed the begin of the next.
  const bool may_hold_another =
      broken != nullptr && broken->is_damaged && rules_.text == text_form::binary;
  drop(may_hold_another ? 1 : rules_.start.size() + body_bytes + rules_.end.size());
  skip_to_start();
  return result;
}

std::optional<receiver::found> receiver::next_after_silence() {
  while (!bytes_.empty()) {
    if (auto next_one = next()) return next_one;
    if (bytes_.empty()) break;
    drop(1);
    ++noise_bytes_;
    skip_to_start();
  }
  return std::nullopt;
}

} // namespace voltaic::messages::serial
