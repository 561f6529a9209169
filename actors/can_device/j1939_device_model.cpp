#include "actors/can_device/j1939_device_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/event_codes.hpp"
#include "messages/j1939/battery_groups.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/j1939/requests.hpp"
#include "messages/time.hpp"

// Frames of the bus, and what is sent on it; j1939_device_state_model.cpp has what follows from
// claims.
namespace voltaic::actors::can_device {
namespace {

namespace j1939 = messages::j1939;
namespace groups = messages::j1939::groups;
namespace profiles = messages::profiles;

// A signal's point says its name, else the table of what is public does.
std::string name_of_parameter(const profiles::device_profile& profile, std::uint32_t spn) {
  for (const auto& message : profile.messages)
    for (const auto& signal : message.signals)
      if (signal.spn == spn) return profile.points[signal.point].name;
  for (const auto& known : j1939::battery_signals())
    if (known.spn == spn) return std::string(known.name);
  return {};
}

profiles::j1939_rule rule_of(const profiles::device_profile& profile, const j1939_role& role) {
  auto rule = *profile.j1939;
  if (role.identity_number) rule.identity.identity_number = role.identity_number;
  return rule;
}

j1939::transport_settings settings_of(const j1939_role& role) {
  j1939::transport_settings settings;
  settings.own_address = role.address;
  return settings;
}

} // namespace

j1939_device::j1939_device(const profiles::device_profile& profile, std::uint32_t id_offset,
                           const j1939_role& role)
    : profile_(profile),
      rule_(rule_of(profile, role)),
      role_(role),
      own_(role),
      transport_(settings_of(role)),
      asking_(profile),
      troubles_([&profile](std::uint32_t spn) { return name_of_parameter(profile, spn); }),
      indicators_(profile),
      state_(role.sends ? group_state::waiting : group_state::listening),
      preferred_(*profiles::address_of(rule_, id_offset)),
      at_(preferred_) {
  for (std::size_t i = 0; i < profile.messages.size(); ++i) {
    const auto& message = profile.messages[i];
    if (message.group) messages_.emplace(*message.group, static_cast<std::uint16_t>(i));
    const bool is_often =
        message.period_ms > 0 && message.period_ms * messages::us_per_ms <= often_us_max;
    talks_often_ = talks_often_ || (message.group && is_often);
  }
}

bool j1939_device::take(const messages::can::frame& frame) {
  const auto heard = j1939::packet_of(frame);
  if (!heard) return false;
  const auto now_us = frame.time_us;
  own_.take(*heard, now_us);
  const auto from = heard->id.source;
  if (heard->id.pgn == groups::address_claimed) {
    if (heard->length == j1939::name_bytes)
      hear_claim(from, j1939::name_of_bytes(heard->bytes), now_us);
    return true;
  }
  if (heard->id.pgn == groups::request) hear_request(*heard, now_us);
  if (from == at_)
    hear_own(*heard, now_us);
  else if (from == former_)
    hear_former(now_us);
  return true;
}

void j1939_device::hear_request(const j1939::packet& heard, std::int64_t now_us) {
  const auto to = heard.id.destination;
  const bool is_asked = to == j1939::global_address || to == at_;
  if (is_asked && j1939::requested_group(heard) == groups::address_claimed) requested_us_ = now_us;
}

void j1939_device::hear_own(const j1939::packet& heard, std::int64_t now_us) {
  heard_us_ = talked_us_ = now_us;
  reset_due_us_.reset();
  const auto to = heard.id.destination;
  const bool is_to_us = to == role_.address && own_.may_send();
  if (to != j1939::global_address && !is_to_us) return;
  if (heard.id.pgn == groups::acknowledgement) {
    if (j1939::acknowledges(heard, role_.address)) asking_.take_acknowledgement(heard);
    return;
  }
  if (heard.id.pgn == groups::transfer_control) {
    const auto said = j1939::read_control(heard);
    const bool opens = said && (said->kind == j1939::control_kind::broadcast ||
                                said->kind == j1939::control_kind::request_to_send);
    if (opens) asking_.answer_begins(said->pgn, now_us);
  }
  j1939::transport_output out;
  transport_.take(heard, now_us, out);
  heed(std::move(out), now_us);
}

void j1939_device::heed(j1939::transport_output&& said, std::int64_t now_us) {
  for (const auto& each : said.packets) say(each);
  for (const auto& each : said.messages) hear(each, now_us);
  for (const auto& each : said.ends) failed_transfers_ += each.reason ? 1 : 0;
}

void j1939_device::hear(const j1939::message& heard, std::int64_t now_us) {
  asking_.answered(heard.pgn);
  if (heard.pgn == groups::active_faults) return troubles_.take_active(heard.payload, now_us);
  if (heard.pgn == groups::previous_faults) return troubles_.take_previous(heard.payload);
  const auto of = messages_.find(heard.pgn);
  if (of == messages_.end()) return;
  const auto& message = profile_.messages[of->second];
  indicators_.take(of->second, heard.payload);
  if (message.is_transported()) return answers_.push_back({of->second, heard.payload});
  // As the plan knows it: from the address of the profile, whatever priority it came with.
  messages::can::frame frame;
  frame.id = profiles::known_id(heard.pgn, preferred_);
  frame.extended = true;
  frame.time_us = now_us;
  frame.length = static_cast<std::uint8_t>(std::min(heard.payload.size(), frame.data.size()));
  std::copy_n(heard.payload.begin(), frame.length, frame.data.begin());
  known_.push_back(frame);
}

void j1939_device::say(const j1939::packet& one) {
  if (role_.sends) frames_.push_back(j1939::frame_of(one));
}

bool j1939_device::prepare(std::vector<messages::can::frame>& frames, std::int64_t now_us) {
  // Of two at one address both may heed it: better than that none opens. Anybody else, or nobody,
  // is told nothing.
  const bool is_its_own = state_ == group_state::operational || state_ == group_state::doubled;
  if (!own_.may_send() || !is_its_own) return false;
  std::vector<messages::can::frame> made;
  for (const auto& each : frames) {
    const auto meant = j1939::split(each.id);
    const auto of = std::ranges::find_if(profile_.commands, [&](const profiles::command& one) {
      return one.group && *one.group == meant.pgn;
    });
    if (of == profile_.commands.end()) return false;
    j1939::message what{meant.pgn, of->priority, role_.address, at_, {}};
    what.payload.assign(each.data.begin(), each.data.begin() + each.length);
    j1939::transport_output out;
    // One that is too long for a frame waits until the one before has arrived.
    if (!transport_.send(std::move(what), now_us, out)) return false;
    for (const auto& packet : out.packets) made.push_back(j1939::frame_of(packet));
  }
  frames = std::move(made);
  return true;
}

void j1939_device::step(std::int64_t now_us, std::int64_t /*utc_offset_us*/) {
  own_.step(now_us);
  if (!began_us_) began_us_ = ask_due_us_ = now_us;
  j1939::transport_output out;
  transport_.step(now_us, out);
  heed(std::move(out), now_us);
  troubles_.step(now_us);
  step_state(now_us);
  if (state_ != group_state::operational || !own_.may_send()) return asking_.pause();
  for (const auto pgn : asking_.step(now_us)) say(j1939::request_for(pgn, role_.address, at_));
}

std::vector<messages::can::frame> j1939_device::take_frames() {
  auto said = std::exchange(frames_, {});
  for (const auto& each : own_.take_packets()) said.push_back(j1939::frame_of(each));
  return said;
}

std::vector<messages::can::frame> j1939_device::take_known() {
  return std::exchange(known_, {});
}

std::vector<answer> j1939_device::take_answers() {
  return std::exchange(answers_, {});
}

std::vector<notice> j1939_device::take_notices() {
  auto told = std::exchange(notices_, {});
  for (auto& each : own_.take_notices()) told.push_back(std::move(each));
  for (auto& each : asking_.take_notices()) told.push_back(std::move(each));
  for (auto& each : troubles_.take_notices()) told.push_back(std::move(each));
  return told;
}

} // namespace voltaic::actors::can_device
