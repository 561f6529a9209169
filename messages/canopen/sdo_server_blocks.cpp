#include <algorithm>
#include <utility>

#include "messages/canopen/crc16.hpp"
#include "messages/canopen/little_endian.hpp"
#include "messages/canopen/sdo_server.hpp"

/// The block transfers of a server (CiA 301, 7.2.4.3.8 to 7.2.4.3.15).
namespace voltaic::messages::canopen {
namespace {

constexpr unsigned specifier_shift = 5;
constexpr std::size_t block_size_at = 4;
constexpr std::size_t threshold_at = 5;

unsigned specifier(std::uint8_t of) {
  return static_cast<unsigned>(of) << specifier_shift;
}

sdo_frame make_block(std::uint8_t of, unsigned low) {
  sdo_frame made{};
  made[0] = static_cast<std::uint8_t>(specifier(of) | low);
  return made;
}

} // namespace

void sdo_server::on_block_download(const sdo_frame& said) {
  end();
  of_ = address_of(said);
  if ((said[0] & block::size_bit) != 0) size_ = number_of(said);
  if (size_.value_or(0) > sdo_data_bytes_max) return abort(abort_code::memory);
  if (const auto refused = objects_.refusal_to_write(of_, size_)) return abort(*refused);
  has_crc_ = (said[0] & block::crc_bit) != 0;
  receiver_.emplace(options_.block_size);
  state_ = state::receiving_blocks;
  say(make_sdo(specifier(from_server::block_download) | block::crc_bit, of_, options_.block_size));
}

void sdo_server::on_block_segment(const sdo_frame& said) {
  if (const auto wrong = receiver_->take(said)) return abort(*wrong);
  if (receiver_->is_complete()) acknowledge_block();
}

void sdo_server::acknowledge_block() {
  const auto last = receiver_->acknowledge();
  if (!last) return abort(abort_code::timeout);
  auto said = make_block(from_server::block_download, block::acknowledge);
  said[1] = *last;
  said[2] = options_.block_size;
  if (receiver_->has_all()) state_ = state::block_download_received;
  say(said);
}

void sdo_server::on_block_download_end(const sdo_frame& said) {
  if (state_ != state::block_download_received) return abort(abort_code::specifier);
  const auto data = receiver_->finish(
      static_cast<std::uint8_t>(said[0] >> block::unused_shift & block::unused_mask));
  if (!data || (size_ && data->size() != *size_)) return abort(abort_code::length);
  if (has_crc_ && crc16(*data) != get_number(std::span(said).subspan(1, 2)))
    return abort(abort_code::crc);
  if (!write(*data)) return;
  end();
  say(make_block(from_server::block_download, block::end));
}

void sdo_server::on_block_upload(const sdo_frame& said) {
  switch (said[0] & block::kind_mask) {
    case block::begin:
      return begin_block_upload(said);
    case block::go:
      if (state_ != state::block_upload_begun) return abort(abort_code::specifier);
      state_ = state::sending_blocks;
      return;
    case block::acknowledge:
      return on_block_acknowledged(said);
    default:
      break;
  }
  if (state_ != state::block_upload_sent) return abort(abort_code::specifier);
  end();
}

void sdo_server::begin_block_upload(const sdo_frame& said) {
  end();
  of_ = address_of(said);
  const auto block_size = said[block_size_at];
  if (block_size == 0 || block_size > block_size_max) return abort(abort_code::block_size);
  auto value = read();
  if (!value) return;
  data_ = *std::move(value);
  if (said[threshold_at] != 0 && data_.size() <= said[threshold_at]) return answer_upload();
  has_crc_ = (said[0] & block::crc_bit) != 0;
  const auto size = static_cast<std::uint32_t>(data_.size());
  sender_.emplace(std::move(data_), block_size);
  state_ = state::block_upload_begun;
  say(make_sdo(specifier(from_server::block_upload) | block::crc_bit | block::size_bit, of_, size));
}

void sdo_server::on_block_acknowledged(const sdo_frame& said) {
  // A confirmation that came twice is none of the end.
  if (state_ == state::block_upload_sent) return;
  if (state_ != state::sending_blocks) return abort(abort_code::specifier);
  if (const auto wrong = sender_->acknowledge(said[1], said[2])) return abort(*wrong);
  if (!sender_->is_finished()) return;
  auto last = make_block(from_server::block_upload,
                         block::end | static_cast<unsigned>(sender_->unused_bytes())
                                          << block::unused_shift);
  if (has_crc_) put_number(std::span(last).subspan(1, 2), crc16(sender_->data()));
  state_ = state::block_upload_sent;
  say(last);
}

} // namespace voltaic::messages::canopen
