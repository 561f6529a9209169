#include "messages/iso_tp/link.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::messages::iso_tp {
namespace {

constexpr std::uint8_t number_mask = 0x0F;

std::uint8_t after(std::uint8_t number) {
  return static_cast<std::uint8_t>((number + 1) & number_mask);
}

} // namespace

std::string_view to_words(failure what) {
  switch (what) {
    case failure::timeout_a:
      return "N_As: the bus took no frame";
    case failure::timeout_bs:
      return "N_Bs: no flow control came";
    case failure::timeout_cr:
      return "N_Cr: no consecutive frame came";
    case failure::wrong_sequence:
      return "a consecutive frame is missing or doubled";
    case failure::unexpected:
      return "a new message began before the last one was whole";
    case failure::overflow:
      return "the message is too long for its receiver";
    case failure::wait_overrun:
      return "the receiver asked to wait too often";
  }
  return "";
}

bool tp_link::send(std::vector<std::uint8_t> message, std::int64_t now_us) {
  if (sending_ || message.empty() || message.size() > message_bytes_max) return false;
  const bool extended = options_.send_address.has_value();
  if (message.size() <= single_bytes(extended)) {
    say(single_frame{std::move(message)});
    return true;
  }
  const auto first = static_cast<std::ptrdiff_t>(first_bytes(extended));
  first_frame begin{static_cast<std::uint32_t>(message.size()),
                    {message.begin(), message.begin() + first}};
  say(begin);
  outgoing next;
  next.sent = static_cast<std::size_t>(first);
  next.message = std::move(message);
  next.awaits_control = true;
  next.due_us = now_us + options_.n_bs_us;
  sending_ = std::move(next);
  return true;
}

void tp_link::take(std::span<const std::uint8_t> bytes, std::int64_t now_us) {
  const bool extended = options_.receive_address.has_value();
  if (extended && (bytes.empty() || bytes[0] != *options_.receive_address)) return;
  const auto what = decode(bytes, extended);
  if (!what) return;
  if (const auto* single = std::get_if<single_frame>(&*what)) hear(*single);
  if (const auto* first = std::get_if<first_frame>(&*what)) hear(*first, now_us);
  if (const auto* next = std::get_if<consecutive_frame>(&*what)) hear(*next, now_us);
  if (const auto* control = std::get_if<flow_control>(&*what)) hear(*control, now_us);
}

void tp_link::hear(const single_frame& what) {
  // The newer message counts.
  if (receiving_) end_reception(failure::unexpected);
  if (what.data.size() > options_.receive_bytes_max) return failures_.push_back(failure::overflow);
  messages_.push_back(what.data);
}

void tp_link::hear(const first_frame& what, std::int64_t now_us) {
  if (receiving_) end_reception(failure::unexpected);
  if (what.length > options_.receive_bytes_max) {
    failures_.push_back(failure::overflow);
    say(flow_control{flow::overflow, 0, 0});
    return;
  }
  incoming next;
  next.length = what.length;
  next.message.reserve(what.length);
  next.message = what.data;
  next.left = options_.block_size;
  next.due_us = now_us + options_.n_cr_us;
  receiving_ = std::move(next);
  say(flow_control{flow::go_on, options_.block_size, options_.separation});
}

void tp_link::hear(const consecutive_frame& what, std::int64_t now_us) {
  if (!receiving_) return;
  auto& known = *receiving_;
  if (what.number != known.number) return end_reception(failure::wrong_sequence);
  known.number = after(known.number);
  const auto missing = known.length - known.message.size();
  const auto full = consecutive_bytes(options_.receive_address.has_value());
  // Only the last one may be shorter than its frame.
  if (what.data.size() < std::min(missing, full)) return end_reception(failure::wrong_sequence);
  const auto taken = static_cast<std::ptrdiff_t>(std::min(missing, what.data.size()));
  known.message.insert(known.message.end(), what.data.begin(), what.data.begin() + taken);
  known.due_us = now_us + options_.n_cr_us;
  if (known.message.size() == known.length) {
    messages_.push_back(std::move(known.message));
    receiving_.reset();
    return;
  }
  if (options_.block_size == 0 || --known.left != 0) return;
  known.left = options_.block_size;
  say(flow_control{flow::go_on, options_.block_size, options_.separation});
}

void tp_link::hear(const flow_control& what, std::int64_t now_us) {
  if (!sending_ || !sending_->awaits_control) return;
  auto& known = *sending_;
  if (what.flow == flow::overflow) return end_sending(failure::overflow);
  if (what.flow == flow::wait) {
    if (++known.waits > options_.waits_max) return end_sending(failure::wait_overrun);
    known.due_us = now_us + options_.n_bs_us;
    return;
  }
  known.waits = 0;
  known.awaits_control = false;
  known.limited = what.block_size != 0;
  known.left = what.block_size;
  known.separation_us = separation_us(what.separation);
  known.due_us = now_us;
  step(now_us);
}

void tp_link::step(std::int64_t now_us) {
  if (refused_us_ && now_us - *refused_us_ > options_.n_as_us) {
    refused_us_.reset();
    frames_.clear();
    failures_.push_back(failure::timeout_a);
    sending_.reset();
    receiving_.reset();
    return;
  }
  if (receiving_ && now_us > receiving_->due_us) end_reception(failure::timeout_cr);
  while (sending_ && !sending_->awaits_control && now_us >= sending_->due_us) {
    say_next(now_us);
    if (sending_ && sending_->separation_us > 0) break;
  }
  if (sending_ && sending_->awaits_control && now_us > sending_->due_us)
    end_sending(failure::timeout_bs);
}

void tp_link::say_next(std::int64_t now_us) {
  auto& known = *sending_;
  const auto room = consecutive_bytes(options_.send_address.has_value());
  const auto count = std::min(room, known.message.size() - known.sent);
  const auto first = known.message.begin() + static_cast<std::ptrdiff_t>(known.sent);
  say(consecutive_frame{known.number, {first, first + static_cast<std::ptrdiff_t>(count)}});
  known.number = after(known.number);
  known.sent += count;
  known.due_us = now_us + known.separation_us;
  if (known.sent == known.message.size()) {
    sending_.reset();
    return;
  }
  if (!known.limited || --known.left != 0) return;
  known.awaits_control = true;
  known.due_us = now_us + options_.n_bs_us;
}

std::optional<std::int64_t> tp_link::due_us() const {
  std::optional<std::int64_t> due;
  const auto no_later = [&](std::int64_t time_us) {
    due = std::min(due.value_or(time_us), time_us);
  };
  if (sending_) no_later(sending_->due_us);
  if (receiving_) no_later(receiving_->due_us);
  if (refused_us_) no_later(*refused_us_ + options_.n_as_us);
  return due;
}

void tp_link::say(const frame& what) {
  frames_.push_back(encode(what, options_.send_address, options_.padding));
}

std::vector<std::vector<std::uint8_t>> tp_link::take_frames() {
  return std::exchange(frames_, {});
}

void tp_link::put_back(std::vector<std::vector<std::uint8_t>> frames, std::int64_t now_us) {
  if (frames.empty()) {
    refused_us_.reset();
    return;
  }
  if (!refused_us_) refused_us_ = now_us;
  frames.insert(frames.end(), frames_.begin(), frames_.end());
  frames_ = std::move(frames);
}

std::vector<std::vector<std::uint8_t>> tp_link::take_messages() {
  return std::exchange(messages_, {});
}

std::vector<failure> tp_link::take_failures() {
  return std::exchange(failures_, {});
}

void tp_link::end_reception(failure why) {
  failures_.push_back(why);
  receiving_.reset();
}

void tp_link::end_sending(failure why) {
  failures_.push_back(why);
  sending_.reset();
}

} // namespace voltaic::messages::iso_tp
