#include "messages/canopen/sdo_client.hpp"

#include <algorithm>

#include "messages/canopen/crc16.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr unsigned specifier_shift = 5;
constexpr unsigned toggle_bit = 0x10;

constexpr unsigned specifier(std::uint8_t of) {
  return static_cast<unsigned>(of) << specifier_shift;
}

} // namespace

void sdo_client::begin(const object_address& of, state next, const sdo_frame& first,
                       std::int64_t now_us) {
  of_ = of;
  state_ = next;
  offset_ = 0;
  toggle_ = false;
  size_.reset();
  sender_.reset();
  receiver_.reset();
  outcome_.reset();
  last_us_ = now_us;
  say(first);
}

void sdo_client::download(const object_address& to, object_bytes data, sdo_way way,
                          std::int64_t now_us) {
  data_ = std::move(data);
  if (way == sdo_way::blocks) {
    const auto byte0 = specifier(from_client::block_download) | block::crc_bit | block::size_bit;
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
    begin(from, state::upload_begun, make_sdo(specifier(from_client::upload), from, 0), now_us);
    return;
  }
  constexpr unsigned threshold_shift = 8;
  const auto byte0 = specifier(from_client::block_upload) | block::crc_bit;
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

void sdo_client::tick(std::int64_t now_us) {
  if (!is_busy()) return;
  const auto silence_us = now_us - last_us_;
  if (silence_us >= options_.timeout_us) {
    abort(abort_code::timeout);
  } else if (state_ == state::receiving_blocks && silence_us >= options_.segment_timeout_us &&
             receiver_->has_begun()) {
    last_us_ = now_us;
    acknowledge_block();
  }
}

std::optional<sdo_frame> sdo_client::next_frame(std::int64_t now_us) {
  if (to_send_) {
    last_us_ = now_us;
    return std::exchange(to_send_, std::nullopt);
  }
  if (state_ != state::sending_blocks) return std::nullopt;
  auto next = sender_->next_segment();
  if (next) last_us_ = now_us;
  return next;
}

void sdo_client::receive(std::span<const std::uint8_t> payload, std::int64_t now_us) {
  if (!is_busy() || payload.empty() || payload.size() > sdo_bytes) return;
  // Some servers leave out bytes that they do not use.
  sdo_frame said{};
  std::ranges::copy(payload, said.begin());
  last_us_ = now_us;
  if (said[0] == abort_specifier) {
    if (address_of(said) != of_) return;
    to_send_.reset();
    finish({static_cast<abort_code>(number_of(said)), {}});
    return;
  }
  dispatch(said);
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
      return on_block_segment(said);
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
  sdo_frame asked{};
  asked[0] = static_cast<std::uint8_t>(specifier(from_client::upload_segment) |
                                       (toggle_ ? toggle_bit : 0));
  say(asked);
}

void sdo_client::on_upload_segment(const sdo_frame& said) {
  if (specifier_of(said) != from_server::upload_segment) return abort(abort_code::specifier);
  const auto part = segment::read(said);
  if (part.toggle != toggle_) return abort(abort_code::toggle);
  data_.insert(data_.end(), part.data.begin(), part.data.end());
  if (data_.size() > size_.value_or(sdo_data_bytes_max)) return abort(abort_code::too_long);
  if (part.is_last) {
    if (size_ && data_.size() != *size_) return abort(abort_code::too_short);
    return finish({std::nullopt, std::exchange(data_, {})});
  }
  toggle_ = !toggle_;
  ask_segment();
}

} // namespace voltaic::messages::canopen
