#include "messages/canopen/crc16.hpp"
#include "messages/canopen/little_endian.hpp"
#include "messages/canopen/sdo_client.hpp"

/// The block transfers of a client (CiA 301, 7.2.4.3.8 to 7.2.4.3.15).
namespace voltaic::messages::canopen {
namespace {

constexpr unsigned specifier_shift = 5;
constexpr std::size_t block_size_at = 4;

bool is_block(const sdo_frame& said, std::uint8_t specifier, std::uint8_t kind) {
  return specifier_of(said) == specifier && (said[0] & block::kind_mask) == kind;
}

sdo_frame make_block(std::uint8_t specifier, unsigned low) {
  sdo_frame made{};
  made[0] = static_cast<std::uint8_t>(static_cast<unsigned>(specifier) << specifier_shift | low);
  return made;
}

} // namespace

void sdo_client::on_block_download_begun(const sdo_frame& said) {
  if (!is_block(said, from_server::block_download, block::begin))
    return abort(abort_code::specifier);
  if (!is_of_this(said)) return;
  const auto block_size = said[block_size_at];
  if (block_size == 0 || block_size > block_size_max) return abort(abort_code::block_size);
  has_crc_ = (said[0] & block::crc_bit) != 0;
  sender_.emplace(std::move(data_), block_size);
  state_ = state::sending_blocks;
}

void sdo_client::on_block_acknowledged(const sdo_frame& said) {
  if (!is_block(said, from_server::block_download, block::acknowledge))
    return abort(abort_code::specifier);
  if (const auto wrong = sender_->acknowledge(said[1], said[2])) return abort(*wrong);
  if (!sender_->is_finished()) return;
  auto end = make_block(from_client::block_download,
                        block::end | static_cast<unsigned>(sender_->unused_bytes())
                                         << block::unused_shift);
  if (has_crc_) put_number(std::span(end).subspan(1, 2), crc16(sender_->data()));
  state_ = state::block_download_ended;
  say(end);
}

void sdo_client::on_block_download_ended(const sdo_frame& said) {
  // A confirmation that came twice is none of the end.
  if (is_block(said, from_server::block_download, block::acknowledge)) return;
  if (!is_block(said, from_server::block_download, block::end)) return abort(abort_code::specifier);
  finish({});
}

void sdo_client::on_block_upload_begun(const sdo_frame& said) {
  // A server may answer with a normal upload where the data is short.
  if (specifier_of(said) == from_server::upload) return on_upload_begun(said);
  if (specifier_of(said) != from_server::block_upload || (said[0] & block::end) != 0)
    return abort(abort_code::specifier);
  if (!is_of_this(said)) return;
  if ((said[0] & block::size_bit) != 0) size_ = number_of(said);
  if (size_.value_or(0) > sdo_data_bytes_max) return abort(abort_code::memory);
  has_crc_ = (said[0] & block::crc_bit) != 0;
  receiver_.emplace(options_.block_size);
  state_ = state::receiving_blocks;
  say(make_block(from_client::block_upload, block::go));
}

void sdo_client::on_block_segment(const sdo_frame& said) {
  if (const auto wrong = receiver_->take(said)) return abort(*wrong);
  if (receiver_->is_complete()) acknowledge_block();
}

void sdo_client::acknowledge_block() {
  const auto last = receiver_->acknowledge();
  if (!last) return abort(abort_code::timeout);
  auto said = make_block(from_client::block_upload, block::acknowledge);
  said[1] = *last;
  said[2] = options_.block_size;
  if (receiver_->has_all()) state_ = state::block_upload_ended;
  say(said);
}

void sdo_client::on_block_upload_ended(const sdo_frame& said) {
  if (!is_block(said, from_server::block_upload, block::end)) return abort(abort_code::specifier);
  auto data = receiver_->finish(
      static_cast<std::uint8_t>(said[0] >> block::unused_shift & block::unused_mask));
  if (!data || (size_ && data->size() != *size_)) return abort(abort_code::length);
  if (has_crc_ && crc16(*data) != get_number(std::span(said).subspan(1, 2)))
    return abort(abort_code::crc);
  say(make_block(from_client::block_upload, block::end));
  finish({std::nullopt, *std::move(data)});
}

} // namespace voltaic::messages::canopen
