#include <utility>

#include "messages/canopen/sdo_server.hpp"

/// The block transfers of a server (CiA 301, 7.2.4.3.8 to 7.2.4.3.15).
namespace voltaic::messages::canopen {
namespace {

constexpr std::size_t block_size_at = 4;
constexpr std::size_t threshold_at = 5;

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
  say(make_sdo(command_byte(from_server::block_download, block::crc_bit), of_,
               options_.block_size));
}

void sdo_server::on_block_download_end(const sdo_frame& said) {
  if (state_ != state::block_download_received) return abort(abort_code::specifier);
  const auto data = end_of_blocks(said);
  if (!data) return;
  if (!write(*data)) return;
  end();
  say(make_plain(from_server::block_download, block::end));
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
  say(make_sdo(command_byte(from_server::block_upload, block::crc_bit | block::size_bit), of_,
               size));
}

void sdo_server::on_block_acknowledged(const sdo_frame& said) {
  // A confirmation that came twice is none of the end.
  if (state_ == state::block_upload_sent) return;
  if (state_ != state::sending_blocks) return abort(abort_code::specifier);
  if (const auto wrong = sender_->acknowledge(said[1], said[2])) return abort(*wrong);
  if (!sender_->is_finished()) return;
  state_ = state::block_upload_sent;
  say(make_end_of_blocks(from_server::block_upload));
}

} // namespace voltaic::messages::canopen
