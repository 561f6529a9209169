#include "messages/canopen/sdo_client.hpp"

/// The block transfers of a client (CiA 301, 7.2.4.3.8 to 7.2.4.3.15).
namespace voltaic::messages::canopen {
namespace {

constexpr std::size_t block_size_at = 4;

bool is_block(const sdo_frame& said, std::uint8_t specifier, std::uint8_t kind) {
  return specifier_of(said) == specifier && (said[0] & block::kind_mask) == kind;
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
  state_ = state::block_download_ended;
  say(make_end_of_blocks(from_client::block_download));
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
  say(make_plain(from_client::block_upload, block::go));
}

void sdo_client::on_block_upload_ended(const sdo_frame& said) {
  if (!is_block(said, from_server::block_upload, block::end)) return abort(abort_code::specifier);
  auto data = end_of_blocks(said);
  if (!data) return;
  say(make_plain(from_client::block_upload, block::end));
  finish({std::nullopt, *std::move(data)});
}

} // namespace voltaic::messages::canopen
