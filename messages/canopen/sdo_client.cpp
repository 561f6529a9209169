#include "messages/canopen/sdo_client.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::messages::canopen {
void sdo_client::begin(const object_address& of, state next, const sdo_frame& first,
                       std::int64_t now_us) {
  of_ = of;
  state_ = next;
  restart();
  outcome_.reset();
  last_us_ = now_us;
  say(first);
}

void sdo_client::download(const object_address& to, object_bytes data, sdo_way way,
                          std::int64_t now_us) {
  data_ = std::move(data);
  if (way == sdo_way::blocks) {
    const auto byte0 = command_byte(from_client::block_download, block::crc_bit | block::size_bit);
    begin(to, state::block_download_begun,
          make_sdo(byte0, to, static_cast<std::uint32_t>(data_.size())), now_us);
    return;
  }
  begin(to, state::download_begun,
        make_initiate(from_client::download, to, data_, options_.tells_size), now_us);
}

void sdo_client::upload(const object_address& from, sdo_way way, std::int64_t now_us) {
  data_.clear();
  if (way == sdo_way::segments) {
    begin(from, state::upload_begun, make_sdo(command_byte(from_client::upload), from, 0), now_us);
    return;
  }
  constexpr unsigned threshold_shift = 8;
  const auto byte0 = command_byte(from_client::block_upload, block::crc_bit);
  begin(from, state::block_upload_begun,
        make_sdo(byte0, from,
                 options_.block_size | static_cast<unsigned>(options_.protocol_switch_threshold)
                                           << threshold_shift),
        now_us);
}

void sdo_client::finish(sdo_outcome how) {
  state_ = state::idle;
  outcome_ = std::move(how);
  data_.clear();
}

void sdo_client::abort(abort_code why) {
  say(make_abort(of_, why));
  finish({why, {}});
}

void sdo_client::receive(std::span<const std::uint8_t> payload, std::int64_t now_us) {
  if (!is_busy()) return;
  const auto said = heard(payload, now_us);
  if (!said) return;
  if ((*said)[0] != abort_specifier) return dispatch(*said);
  if (address_of(*said) != of_) return;
  to_send_.reset();
  finish({static_cast<abort_code>(number_of(*said)), {}});
}

void sdo_client::dispatch(const sdo_frame& said) {
  switch (state_) {
    case state::idle:
      return;
    case state::download_begun:
      return on_download_begun(said);
    case state::downloading_segments:
      return on_download_segment(said);
    case state::upload_begun:
      return on_upload_begun(said);
    case state::uploading_segments:
      return on_upload_segment(said);
    case state::block_download_begun:
      return on_block_download_begun(said);
    case state::sending_blocks:
      return on_block_acknowledged(said);
    case state::block_download_ended:
      return on_block_download_ended(said);
    case state::block_upload_begun:
      return on_block_upload_begun(said);
    case state::receiving_blocks:
      return take_block_segment(said);
    case state::block_upload_ended:
      return on_block_upload_ended(said);
  }
}

bool sdo_client::is_of_this(const sdo_frame& said) {
  if (address_of(said) == of_) return true;
  abort(abort_code::incompatible_parameter);
  return false;
}

void sdo_client::on_download_begun(const sdo_frame& said) {
  if (specifier_of(said) != from_server::download) return abort(abort_code::specifier);
  if (!is_of_this(said)) return;
  if (!data_.empty() && data_.size() <= expedited_bytes_max) return finish({});
  state_ = state::downloading_segments;
  send_segment();
}

void sdo_client::send_segment() {
  say(make_segment(data_, offset_, toggle_));
}

void sdo_client::on_download_segment(const sdo_frame& said) {
  if (specifier_of(said) != from_server::download_segment) return abort(abort_code::specifier);
  if (((said[0] & toggle_bit) != 0) != toggle_) return abort(abort_code::toggle);
  offset_ += std::min(segment_bytes, data_.size() - offset_);
  if (offset_ == data_.size()) return finish({});
  toggle_ = !toggle_;
  send_segment();
}

void sdo_client::on_upload_begun(const sdo_frame& said) {
  if (specifier_of(said) != from_server::upload) return abort(abort_code::specifier);
  if (!is_of_this(said)) return;
  const auto answer = initiate::read(said);
  if (answer.is_expedited) return finish({std::nullopt, answer.data(said)});
  if (answer.size.value_or(0) > sdo_data_bytes_max) return abort(abort_code::memory);
  size_ = answer.size;
  state_ = state::uploading_segments;
  ask_segment();
}

void sdo_client::ask_segment() {
  say(make_plain(from_client::upload_segment, toggle_ ? toggle_bit : 0u));
}

void sdo_client::on_upload_segment(const sdo_frame& said) {
  if (specifier_of(said) != from_server::upload_segment) return abort(abort_code::specifier);
  const auto part = take_segment(said);
  if (!part) return;
  if (part->is_last) return finish({std::nullopt, std::exchange(data_, {})});
  toggle_ = !toggle_;
  ask_segment();
}

} // namespace voltaic::messages::canopen
