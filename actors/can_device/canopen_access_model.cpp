#include "actors/can_device/canopen_access_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/sdo_frame.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace canopen = messages::canopen;

canopen::sdo_options options_of(std::int64_t timeout_us) {
  canopen::sdo_options options;
  options.timeout_us = timeout_us;
  return options;
}

// Of an answer that begins or is a transfer; segments carry no index, and an abort ends what it
// names.
bool has_address(const canopen::sdo_frame& said) {
  const auto specifier = canopen::specifier_of(said);
  return specifier == canopen::from_server::upload || specifier == canopen::from_server::download;
}

} // namespace

object_access::object_access(std::uint8_t node, std::int64_t timeout_us)
    : node_(node), client_(options_of(timeout_us)) {}

void object_access::upload(const canopen::object_address& from, std::int64_t now_us) {
  active_ = active{from, {}, 0};
  begin(now_us);
}

void object_access::download(const canopen::object_address& to, canopen::object_bytes data,
                             std::int64_t now_us) {
  active_ = active{to, std::move(data), 0};
  begin(now_us);
}

void object_access::begin(std::int64_t now_us) {
  ++active_->tries;
  if (active_->to_write)
    client_.download(active_->of, *active_->to_write, canopen::sdo_way::segments, now_us);
  else
    client_.upload(active_->of, canopen::sdo_way::segments, now_us);
}

void object_access::reset() {
  active_.reset();
  result_.reset();
  answered_.reset();
  seen_twice_ = false;
  second_answers_ = 0;
}

bool object_access::is_stray(const canopen::sdo_frame& said) const {
  if (!has_address(said)) return false;
  if (!active_ || canopen::address_of(said) != active_->of) return true;
  const bool is_of_write = canopen::specifier_of(said) == canopen::from_server::download;
  return is_of_write != active_->to_write.has_value();
}

void object_access::note_stray(const canopen::sdo_frame& said) {
  // Of what was asked for twice, both answers may come.
  if (!answered_ || !answered_at_once_ || seen_twice_) return;
  const auto of = canopen::address_of(*answered_);
  if (canopen::address_of(said) != of) return;
  seen_twice_ = true;
  if (++second_answers_ == second_answers_max)
    second_node_ = fmt::format("{} is answered twice, by {:08X} and {:08X}", canopen::to_string(of),
                               canopen::number_of(*answered_), canopen::number_of(said));
}

void object_access::receive(std::span<const std::uint8_t> payload, std::int64_t now_us) {
  // Some devices leave out bytes that they do not use.
  canopen::sdo_frame said{};
  std::ranges::copy(payload.first(std::min(payload.size(), said.size())), said.begin());
  if (is_stray(said)) return note_stray(said);
  if (!active_) return;
  client_.receive(payload, now_us);
  if (!client_.is_busy() && client_.outcome() && !client_.outcome()->aborted) note_answer(said);
  settle(now_us);
}

void object_access::note_answer(const canopen::sdo_frame& said) {
  if (!seen_twice_) second_answers_ = 0;
  seen_twice_ = false;
  answered_.reset();
  if (!has_address(said)) return;
  answered_ = said;
  answered_at_once_ = active_->tries == 1;
}

void object_access::step(std::int64_t now_us) {
  if (!active_) return;
  client_.tick(now_us);
  settle(now_us);
}

void object_access::settle(std::int64_t now_us) {
  if (!active_ || client_.is_busy() || !client_.outcome()) return;
  const auto outcome = *client_.outcome();
  if (outcome.aborted && active_->tries < object_tries) return begin(now_us);
  result_ =
      access_result{active_->of, active_->to_write.has_value(), outcome.aborted, outcome.data};
  active_.reset();
}

std::vector<messages::can::frame> object_access::take_frames(std::int64_t now_us) {
  std::vector<messages::can::frame> frames;
  while (const auto said = client_.next_frame(now_us)) {
    messages::can::frame frame;
    frame.id = canopen::cob_id({canopen::service::sdo_request, node_});
    frame.length = canopen::sdo_bytes;
    std::ranges::copy(*said, frame.data.begin());
    frames.push_back(frame);
  }
  return frames;
}

} // namespace voltaic::actors::can_device
