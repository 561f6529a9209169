#include "actors/can_device/request_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/event_codes.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace codes = messages::event_codes;
namespace iso_tp = messages::iso_tp;
namespace uds = messages::uds;
using messages::us_per_ms;

iso_tp::link_options options_of(const messages::profiles::read_rule& rule) {
  iso_tp::link_options options;
  options.padding = rule.padding;
  options.block_size = rule.block_size;
  options.separation = rule.separation_ms; // up to 127 the byte is milliseconds
  return options;
}

// The next multiple of the period, without making up for what was missed.
std::int64_t next_due_us(std::int64_t due_us, std::int64_t period_us, std::int64_t now_us) {
  const auto next_us = due_us + period_us;
  return next_us > now_us ? next_us : now_us + period_us;
}

} // namespace

request_model::request_model(const messages::profiles::device_profile& profile,
                             std::uint32_t id_offset)
    : profile_(&profile) {
  for (const auto& request : profile.requests) {
    cyclic made;
    made.frame.id = request.id + id_offset;
    made.frame.extended = request.extended;
    made.frame.length = static_cast<std::uint8_t>(request.data.size());
    made.frame.fd = request.format != messages::profiles::frame_format::classic;
    made.frame.bit_rate_switch = request.format == messages::profiles::frame_format::fd_switched;
    std::ranges::copy(request.data, made.frame.data.begin());
    made.period_us = std::int64_t{request.period_ms} * us_per_ms;
    made.phase_us = std::int64_t{request.phase_ms} * us_per_ms;
    cyclic_.push_back(made);
  }
  for (std::size_t i = 0; i < profile.messages.size(); ++i)
    if (profile.messages[i].read)
      add(profile.messages[i], static_cast<std::uint16_t>(i), id_offset);
}

void request_model::add(const messages::profiles::message& message, std::uint16_t position,
                        std::uint32_t id_offset) {
  const auto& rule = *message.read;
  const place asked{rule.request_id + id_offset, rule.request_extended};
  const place answering{message.id + id_offset, message.extended};
  auto found = std::ranges::find_if(
      units_, [&](const unit& one) { return one.request == asked && one.response == answering; });
  if (found == units_.end()) {
    units_.emplace_back(asked, answering, options_of(rule));
    found = std::prev(units_.end());
  }
  read made;
  made.message = position;
  made.data_identifier = rule.data_identifier;
  made.period_us = std::int64_t{message.period_ms} * us_per_ms;
  made.times.p2_us = std::int64_t{rule.timeout_ms} * us_per_ms;
  made.times.p2_extended_us = std::int64_t{rule.pending_ms} * us_per_ms;
  found->reads.push_back(made);
}

bool request_model::take(const messages::can::frame& frame) {
  if (frame.remote || frame.error || frame.fd) return false;
  const place from{frame.id, frame.extended};
  const auto found = std::ranges::find(units_, from, &unit::response);
  if (found == units_.end()) return false;
  found->link.take(std::span(frame.data.data(), frame.length), frame.time_us);
  if (found->active && found->link.is_receiving())
    found->active->exchange.answer_begins(frame.time_us);
  for (const auto& message : found->link.take_messages()) hear(*found, message, frame.time_us);
  send(*found);
  return true;
}

// An answer counts whoever asked for it: another tester may, or a recording.
void request_model::hear(unit& one, const std::vector<std::uint8_t>& message, std::int64_t now_us) {
  const auto what = uds::decode_answer(message);
  if (!what) return;
  if (const auto* record = std::get_if<uds::data_record>(&*what)) {
    const auto of = std::ranges::find(one.reads, record->data_identifier, &read::data_identifier);
    if (of != one.reads.end()) answers_.push_back({of->message, record->data});
  }
  if (!one.active) return;
  switch (one.active->exchange.take(message, now_us)) {
    case uds::read_exchange::state::answered:
      succeed(one.reads[one.active->index]);
      one.active.reset();
      return;
    case uds::read_exchange::state::refused:
      return fail(one, "refused", uds::to_words(one.active->exchange.why()));
    case uds::read_exchange::state::waiting:
    case uds::read_exchange::state::timed_out:
      return;
  }
}

void request_model::step(std::int64_t now_us, std::int64_t /*utc_offset_us*/) {
  for (auto& one : cyclic_) step(one, now_us);
  for (auto& one : units_) step(one, now_us);
}

void request_model::step(cyclic& one, std::int64_t now_us) {
  if (!one.due_us) one.due_us = now_us + one.phase_us;
  if (now_us < *one.due_us) return;
  one.due_us = next_due_us(*one.due_us, one.period_us, now_us);
  frames_.push_back(one.frame);
}

void request_model::step(unit& one, std::int64_t now_us) {
  one.link.step(now_us);
  const auto failed = one.link.take_failures();
  if (one.active && !failed.empty())
    fail(one, "silent", std::string(iso_tp::to_words(failed.front())));
  if (one.active && one.active->exchange.step(now_us) == uds::read_exchange::state::timed_out)
    fail(one, "silent", "nothing came");
  if (!one.active) ask(one, now_us);
  send(one);
}

// The one that has waited longest.
void request_model::ask(unit& one, std::int64_t now_us) {
  for (auto& each : one.reads)
    if (!each.due_us) each.due_us = now_us;
  const auto next = std::ranges::min_element(
      one.reads, [](const read& a, const read& b) { return *a.due_us < *b.due_us; });
  if (next == one.reads.end() || now_us < *next->due_us) return;
  next->due_us = next_due_us(*next->due_us, next->period_us, now_us);
  if (!one.link.send(uds::encode_read(next->data_identifier), now_us)) return;
  one.active = active_read{static_cast<std::size_t>(next - one.reads.begin()),
                           uds::read_exchange(next->data_identifier, next->times)};
  one.active->exchange.asked(now_us);
}

void request_model::send(unit& one) {
  for (const auto& field : one.link.take_frames()) {
    messages::can::frame frame;
    frame.id = one.request.id;
    frame.extended = one.request.extended;
    frame.length = static_cast<std::uint8_t>(field.size());
    std::ranges::copy(field, frame.data.begin());
    frames_.push_back(frame);
  }
}

void request_model::fail(unit& one, const char* state, const std::string& why) {
  auto& of = one.reads[one.active->index];
  one.active.reset();
  if (++of.failures < failed_reads_told || std::exchange(of.told, true)) return;
  notices_.push_back({codes::no_answer, state, "warning", fmt::format("{}: {}", name_of(of), why)});
}

void request_model::succeed(read& of) {
  of.failures = 0;
  if (!std::exchange(of.told, false)) return;
  notices_.push_back({codes::no_answer, "answers", "", name_of(of)});
}

std::string request_model::name_of(const read& of) const {
  return fmt::format("{} 0x{:04X}", profile_->messages[of.message].name, of.data_identifier);
}

std::vector<messages::can::frame> request_model::take_frames() {
  return std::exchange(frames_, {});
}

std::vector<answer> request_model::take_answers() {
  return std::exchange(answers_, {});
}

std::vector<notice> request_model::take_notices() {
  return std::exchange(notices_, {});
}

} // namespace voltaic::actors::can_device
