#include "messages/canopen/sdo_transfer.hpp"

#include <algorithm>
#include <utility>

#include "messages/canopen/crc16.hpp"
#include "messages/little_endian.hpp"

namespace voltaic::messages::canopen {

void sdo_transfer::restart() {
  offset_ = 0;
  toggle_ = false;
  size_.reset();
  sender_.reset();
  receiver_.reset();
}

void sdo_transfer::tick(std::int64_t now_us) {
  if (!is_busy()) return;
  const auto silence_us = now_us - last_us_;
  if (silence_us >= options_.timeout_us) {
    abort(abort_code::timeout);
  } else if (receives_blocks() && silence_us >= options_.segment_timeout_us &&
             receiver_->has_begun()) {
    last_us_ = now_us;
    acknowledge_block();
  }
}

std::optional<sdo_frame> sdo_transfer::next_frame(std::int64_t now_us) {
  if (to_send_) {
    last_us_ = now_us;
    return std::exchange(to_send_, std::nullopt);
  }
  if (!sends_blocks()) return std::nullopt;
  auto next = sender_->next_segment();
  if (next) last_us_ = now_us;
  return next;
}

std::optional<sdo_frame> sdo_transfer::heard(std::span<const std::uint8_t> payload,
                                             std::int64_t now_us) {
  if (payload.empty() || payload.size() > sdo_bytes) return std::nullopt;
  // Some devices leave out bytes that they do not use.
  sdo_frame said{};
  std::ranges::copy(payload, said.begin());
  last_us_ = now_us;
  return said;
}

std::optional<segment> sdo_transfer::take_segment(const sdo_frame& said) {
  const auto part = segment::read(said);
  std::optional<abort_code> wrong;
  if (part.toggle == toggle_) {
    data_.insert(data_.end(), part.data.begin(), part.data.end());
    if (data_.size() > size_.value_or(sdo_data_bytes_max)) {
      wrong = abort_code::too_long;
    } else if (part.is_last && size_ && data_.size() != *size_) {
      wrong = abort_code::too_short;
    }
  } else {
    wrong = abort_code::toggle;
  }
  if (!wrong) return part;
  abort(*wrong);
  return std::nullopt;
}

void sdo_transfer::take_block_segment(const sdo_frame& said) {
  if (const auto wrong = receiver_->take(said)) return abort(*wrong);
  if (receiver_->is_complete()) acknowledge_block();
}

void sdo_transfer::acknowledge_block() {
  const auto last = receiver_->acknowledge();
  if (!last) return abort(abort_code::timeout);
  auto said = make_plain(confirming_specifier(), block::acknowledge);
  said[1] = *last;
  said[2] = options_.block_size;
  if (receiver_->has_all()) blocks_received();
  say(said);
}

std::optional<object_bytes> sdo_transfer::end_of_blocks(const sdo_frame& said) {
  auto data = receiver_->finish(
      static_cast<std::uint8_t>(said[0] >> block::unused_shift & block::unused_mask));
  const bool is_whole = data && (!size_ || data->size() == *size_);
  if (!is_whole) {
    abort(abort_code::length);
  } else if (has_crc_ && crc16(*data) != get_number(std::span(said).subspan(1, 2))) {
    abort(abort_code::crc);
  } else {
    return data;
  }
  return std::nullopt;
}

sdo_frame sdo_transfer::make_end_of_blocks(std::uint8_t specifier) const {
  const auto unused = static_cast<unsigned>(sender_->unused_bytes()) << block::unused_shift;
  auto end = make_plain(specifier, block::end | unused);
  if (has_crc_) put_number(std::span(end).subspan(1, 2), crc16(sender_->data()));
  return end;
}

} // namespace voltaic::messages::canopen
