#include "messages/canopen/sdo_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/canopen/crc16.hpp"
#include "messages/little_endian.hpp"

namespace voltaic::messages::canopen {

std::optional<sdo_record> sdo_trace::take(bool from_client_side,
                                          std::span<const std::uint8_t> payload) {
  if (payload.empty() || payload.size() > sdo_bytes) return std::nullopt;
  sdo_frame said{};
  std::ranges::copy(payload, said.begin());
  if (said[0] == abort_specifier) return on_abort(from_client_side, said);
  return from_client_side ? from_client(said) : from_server(said);
}

std::optional<sdo_record> sdo_trace::begin(const sdo_frame& said, bool is_download, bool is_block) {
  sdo_record next;
  next.of = address_of(said);
  next.is_download = is_download;
  next.is_block = is_block;
  auto before = std::exchange(open_, std::move(next));
  size_.reset();
  is_expedited_ = toggle_ = has_last_ = server_has_crc_ = client_has_crc_ = false;
  blocks_ = data_from::nobody;
  sub_block_.clear();
  if (!before) return std::nullopt;
  before->defect = "did not end: the client began anew";
  return before;
}

std::optional<sdo_record> sdo_trace::end() {
  auto ended = std::exchange(open_, std::nullopt);
  blocks_ = data_from::nobody;
  if (ended && ended->defect.empty() && size_ && ended->data.size() != *size_)
    ended->defect =
        fmt::format("has {} bytes instead of the {} that were told", ended->data.size(), *size_);
  return ended;
}

std::optional<sdo_record> sdo_trace::on_abort(bool by_client, const sdo_frame& said) {
  auto ended = std::exchange(open_, std::nullopt).value_or(sdo_record{});
  blocks_ = data_from::nobody;
  ended.of = address_of(said);
  ended.data.clear();
  ended.aborted = static_cast<abort_code>(number_of(said));
  ended.aborted_by_client = by_client;
  return ended;
}

void sdo_trace::add(std::span<const std::uint8_t> data) {
  if (open_->data.size() + data.size() > sdo_data_bytes_max) {
    open_->defect = "is longer than what is read";
    return;
  }
  open_->data.insert(open_->data.end(), data.begin(), data.end());
}

void sdo_trace::take_segment(const sdo_frame& said) {
  const auto part = segment::read(said);
  if (part.toggle != toggle_ || has_last_) return; // sent again
  add(part.data);
  toggle_ = !toggle_;
  has_last_ = part.is_last;
}

void sdo_trace::take_block_segment(const sdo_frame& said) {
  const std::size_t number = said[0] & ~block::last_bit;
  if (number == 0) return;
  sub_block_.resize(std::max(sub_block_.size(), number));
  auto& place = sub_block_[number - 1];
  place.is_there = true;
  place.is_last = (said[0] & block::last_bit) != 0;
  std::copy(said.begin() + 1, said.end(), place.data.begin());
}

void sdo_trace::acknowledge(std::uint8_t last) {
  for (std::size_t i = 0; i < last; ++i) {
    if (i >= sub_block_.size() || !sub_block_[i].is_there) {
      open_->defect = "segments are missing in what was heard";
      break;
    }
    add(sub_block_[i].data);
    has_last_ = sub_block_[i].is_last;
  }
  sub_block_.clear();
  if (has_last_) blocks_ = data_from::nobody;
}

void sdo_trace::finish_block(const sdo_frame& said) {
  auto& data = open_->data;
  const std::size_t unused = said[0] >> block::unused_shift & block::unused_mask;
  data.erase(data.end() - static_cast<std::ptrdiff_t>(std::min(unused, data.size())), data.end());
  const bool is_checked = server_has_crc_ && client_has_crc_;
  if (open_->defect.empty() && is_checked &&
      crc16(data) != get_number(std::span(said).subspan(1, 2)))
    open_->defect = "does not agree with its CRC";
}

std::optional<sdo_record> sdo_trace::from_client(const sdo_frame& said) {
  if (open_ && blocks_ == data_from::client) {
    take_block_segment(said);
    return std::nullopt;
  }
  const auto kind = said[0] & block::kind_mask;
  switch (specifier_of(said)) {
    case from_client::download: {
      auto before = begin(said, true, false);
      const auto asked = initiate::read(said);
      is_expedited_ = asked.is_expedited;
      if (asked.is_expedited) add(asked.data(said));
      size_ = asked.size;
      return before;
    }
    case from_client::upload:
      return begin(said, false, false);
    case from_client::download_segment:
      if (open_ && open_->is_download && !is_expedited_) take_segment(said);
      return std::nullopt;
    case from_client::block_download: {
      if ((kind & block::end) != 0) {
        if (open_) finish_block(said);
        return std::nullopt;
      }
      auto before = begin(said, true, true);
      client_has_crc_ = (said[0] & block::crc_bit) != 0;
      if ((said[0] & block::size_bit) != 0) size_ = number_of(said);
      return before;
    }
    case from_client::block_upload: {
      if (kind != block::begin) return open_ ? on_block_upload(said) : std::nullopt;
      auto before = begin(said, false, true);
      client_has_crc_ = (said[0] & block::crc_bit) != 0;
      return before;
    }
    default:
      return std::nullopt;
  }
}

std::optional<sdo_record> sdo_trace::on_block_upload(const sdo_frame& said) {
  switch (said[0] & block::kind_mask) {
    case block::go:
      blocks_ = data_from::server;
      return std::nullopt;
    case block::acknowledge:
      acknowledge(said[1]);
      return std::nullopt;
    default:
      return end();
  }
}

std::optional<sdo_record> sdo_trace::on_upload_answer(const sdo_frame& said) {
  if (open_->is_download) return std::nullopt;
  const auto answer = initiate::read(said);
  open_->is_block = false;
  size_ = answer.size;
  if (!answer.is_expedited) return std::nullopt;
  add(answer.data(said));
  return end();
}

std::optional<sdo_record> sdo_trace::from_server(const sdo_frame& said) {
  if (!open_) return std::nullopt;
  if (blocks_ == data_from::server) {
    take_block_segment(said);
    return std::nullopt;
  }
  switch (specifier_of(said)) {
    case from_server::download:
      return is_expedited_ ? end() : std::nullopt;
    case from_server::download_segment:
      return open_->is_download && has_last_ ? end() : std::nullopt;
    case from_server::upload:
      return on_upload_answer(said);
    case from_server::upload_segment:
      if (open_->is_download) return std::nullopt;
      take_segment(said);
      return has_last_ ? end() : std::nullopt;
    case from_server::block_download:
      return on_block_download(said);
    case from_server::block_upload:
      if ((said[0] & block::end) != 0) {
        finish_block(said);
        return std::nullopt;
      }
      server_has_crc_ = (said[0] & block::crc_bit) != 0;
      if ((said[0] & block::size_bit) != 0) size_ = number_of(said);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<sdo_record> sdo_trace::on_block_download(const sdo_frame& said) {
  switch (said[0] & block::kind_mask) {
    case block::begin:
      blocks_ = data_from::client;
      server_has_crc_ = (said[0] & block::crc_bit) != 0;
      return std::nullopt;
    case block::acknowledge:
      acknowledge(said[1]);
      return std::nullopt;
    case block::end:
      return end();
    default:
      return std::nullopt;
  }
}

} // namespace voltaic::messages::canopen
