#include "messages/canopen/sdo_server.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::messages::canopen {
void sdo_server::end() {
  state_ = state::idle;
  data_.clear();
  restart();
}

void sdo_server::abort(abort_code why) {
  say(make_abort(of_, why));
  end();
}

void sdo_server::receive(std::span<const std::uint8_t> payload, std::int64_t now_us) {
  const auto said = heard(payload, now_us);
  if (!said) return;
  if ((*said)[0] != abort_specifier) return dispatch(*said);
  to_send_.reset();
  end();
}

void sdo_server::dispatch(const sdo_frame& said) {
  if (state_ == state::receiving_blocks) return take_block_segment(said);
  const bool begins_block = (said[0] & block::end) == 0;
  switch (specifier_of(said)) {
    case from_client::download:
      return on_download(said);
    case from_client::upload:
      end();
      of_ = address_of(said);
      return on_upload();
    case from_client::download_segment:
      return on_download_segment(said);
    case from_client::upload_segment:
      return on_upload_segment(said);
    case from_client::block_download:
      return begins_block ? on_block_download(said) : on_block_download_end(said);
    case from_client::block_upload:
      return on_block_upload(said);
    default:
      break;
  }
  of_ = address_of(said);
  abort(abort_code::specifier);
}

bool sdo_server::write(std::span<const std::uint8_t> data) {
  const auto refused = objects_.write(of_, data);
  if (refused) abort(*refused);
  return !refused;
}

std::optional<object_bytes> sdo_server::read() {
  auto got = objects_.read(of_);
  if (const auto* refused = std::get_if<abort_code>(&got)) {
    abort(*refused);
    return std::nullopt;
  }
  return std::get<object_bytes>(std::move(got));
}

void sdo_server::on_download(const sdo_frame& said) {
  end();
  of_ = address_of(said);
  const auto asked = initiate::read(said);
  if (asked.size.value_or(0) > sdo_data_bytes_max) return abort(abort_code::memory);
  if (const auto refused = objects_.refusal_to_write(of_, asked.size)) return abort(*refused);
  if (asked.is_expedited && !write(asked.data(said))) return;
  if (!asked.is_expedited) {
    size_ = asked.size;
    state_ = state::downloading_segments;
  }
  say(make_sdo(command_byte(from_server::download), of_, 0));
}

void sdo_server::on_download_segment(const sdo_frame& said) {
  if (state_ != state::downloading_segments) return abort(abort_code::specifier);
  const auto part = take_segment(said);
  if (!part) return;
  const auto answer = make_plain(from_server::download_segment, toggle_ ? toggle_bit : 0u);
  toggle_ = !toggle_;
  if (part->is_last) {
    if (!write(data_)) return;
    end();
  }
  say(answer);
}

void sdo_server::on_upload() {
  auto value = read();
  if (!value) return;
  data_ = *std::move(value);
  answer_upload();
}

void sdo_server::answer_upload() {
  say(make_initiate(from_server::upload, of_, data_, true));
  if (data_.empty() || data_.size() > expedited_bytes_max)
    state_ = state::uploading_segments;
  else
    end();
}

void sdo_server::on_upload_segment(const sdo_frame& said) {
  if (state_ != state::uploading_segments) return abort(abort_code::specifier);
  if (((said[0] & toggle_bit) != 0) != toggle_) return abort(abort_code::toggle);
  say(make_segment(data_, offset_, toggle_));
  offset_ += std::min(segment_bytes, data_.size() - offset_);
  toggle_ = !toggle_;
  if (offset_ == data_.size()) end();
}

} // namespace voltaic::messages::canopen
