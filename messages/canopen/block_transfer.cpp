#include "messages/canopen/block_transfer.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::messages::canopen {

block_sender::block_sender(object_bytes data, std::uint8_t block_size)
    : data_(std::move(data)),
      // No data at all is one segment without any.
      segments_(std::max<std::size_t>(1, (data_.size() + segment_bytes - 1) / segment_bytes)),
      block_size_(block_size) {}

bool block_sender::awaits_acknowledgement() const {
  return sent_ == block_size_ || confirmed_ + sent_ == segments_;
}

std::optional<sdo_frame> block_sender::next_segment() {
  if (is_finished() || awaits_acknowledgement()) return std::nullopt;
  const auto at = confirmed_ + sent_;
  const auto offset = at * segment_bytes;
  ++sent_;
  sdo_frame made{};
  made[0] = static_cast<std::uint8_t>(sent_ | (at + 1 == segments_ ? block::last_bit : 0));
  const auto count = std::min(segment_bytes, data_.size() - offset);
  std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(offset), count, made.begin() + 1);
  return made;
}

std::optional<abort_code> block_sender::acknowledge(std::uint8_t last, std::uint8_t block_size) {
  if (last > sent_) return abort_code::sequence;
  if (block_size == 0 || block_size > block_size_max) return abort_code::block_size;
  fruitless_ = last == 0 ? fruitless_ + 1 : 0;
  if (fruitless_ > fruitless_acknowledgements_max) return abort_code::timeout;
  confirmed_ += last;
  block_size_ = block_size;
  sent_ = 0;
  return std::nullopt;
}

std::uint8_t block_sender::unused_bytes() const {
  return static_cast<std::uint8_t>(segments_ * segment_bytes - data_.size());
}

std::optional<abort_code> block_receiver::take(const sdo_frame& from) {
  const auto number = static_cast<std::uint8_t>(from[0] & ~block::last_bit);
  const bool is_last = (from[0] & block::last_bit) != 0;
  if (number == 0 || number > block_size_ || has_all_) return abort_code::sequence;
  has_begun_ = true;
  if (number == block_size_ || is_last) is_complete_ = true;
  if (number != last_ + 1) return std::nullopt;
  if (data_.size() > sdo_data_bytes_max) return abort_code::memory;
  last_ = number;
  data_.insert(data_.end(), from.begin() + 1, from.end());
  has_all_ = is_last;
  return std::nullopt;
}

std::optional<std::uint8_t> block_receiver::acknowledge() {
  fruitless_ = last_ == 0 ? fruitless_ + 1 : 0;
  if (fruitless_ > fruitless_acknowledgements_max) return std::nullopt;
  has_begun_ = false;
  is_complete_ = false;
  return std::exchange(last_, std::uint8_t{0});
}

std::optional<object_bytes> block_receiver::finish(std::uint8_t unused_bytes) const {
  if (!has_all_ || unused_bytes > data_.size()) return std::nullopt;
  return object_bytes(data_.begin(), data_.end() - unused_bytes);
}

} // namespace voltaic::messages::canopen
