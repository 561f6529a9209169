#include "actors/can_device/canopen_node_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/synchronisation.hpp"
#include "messages/event_codes.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace canopen = messages::canopen;
namespace codes = messages::event_codes;
using canopen::nmt_state;
using messages::us_per_ms;

// The next multiple of the period, without making up for what was missed.
std::int64_t next_due_us(std::int64_t due_us, std::int64_t period_us, std::int64_t now_us) {
  const auto next_us = due_us + period_us;
  return next_us > now_us ? next_us : now_us + period_us;
}

} // namespace

canopen_node::canopen_node(const messages::profiles::device_profile& profile,
                           std::uint32_t id_offset, const master_role& role)
    : profile_(profile),
      rule_(*profile.canopen),
      node_(*messages::profiles::node_of(rule_, id_offset)),
      role_(role),
      access_(node_, rule_.sdo_timeout_ms * us_per_ms),
      boot_(rule_, node_),
      supervision_(rule_, node_),
      state_(role.sends ? node_state::waiting : node_state::listening) {
  for (std::size_t i = 0; i < profile.messages.size(); ++i)
    if (const auto& message = profile.messages[i]; message.object)
      readings_.push_back({static_cast<std::uint16_t>(i), *message.object,
                           message.period_ms * us_per_ms, 0, false});
}

bool canopen_node::take(const messages::can::frame& frame) {
  if (frame.extended || frame.remote || frame.error || frame.fd) return false;
  const auto now_us = frame.time_us;
  const auto payload = std::span(frame.data).first(std::min<std::size_t>(frame.length, 8));
  const auto is = [&](canopen::service what) { return frame.id == canopen::cob_id({what, node_}); };
  if (is(canopen::service::error_control)) {
    if (const auto said = canopen::read_error_control(payload)) hear(*said, now_us);
    return true;
  }
  if (is(canopen::service::emergency)) {
    const auto said = canopen::read_emergency(payload);
    if (!said) return true;
    heard_ = true;
    emergencies_.take(*said, now_us);
    constexpr std::uint16_t identifier_collision = 0x8150;
    if (said->code == identifier_collision) see_double("it says so itself (8150)", now_us);
    return true;
  }
  if (!is(canopen::service::sdo_response)) return arrange(frame);
  if (!role_.sends) return true; // answers to another master
  heard_ = true;
  access_.receive(payload, now_us);
  if (const auto why = access_.take_second_node()) see_double(*why, now_us);
  go_on(now_us);
  return true;
}

bool canopen_node::arrange(const messages::can::frame& frame) {
  const auto& all = boot_.mappings();
  const auto found = std::ranges::find(all, frame.id, &read_mapping::cob_id);
  if (found == all.end()) return false;
  if (const auto made = found->arranged(frame)) known_.push_back(*made);
  return true;
}

void canopen_node::hear(const canopen::error_control& said, std::int64_t now_us) {
  heard_ = true;
  if (said.state == nmt_state::boot_up && !said.toggle) return on_boot_up(now_us);
  said_ = said.state;
  supervision_.take(said, now_us);
  const bool is_judged = state_ == node_state::operational || state_ == node_state::doubled;
  if (is_judged && !supervision_.doubled().empty()) see_double(supervision_.doubled(), now_us);
  on_state_said(now_us);
}

void canopen_node::on_state_said(std::int64_t now_us) {
  const bool runs = said_ == nmt_state::operational;
  switch (state_) {
    case node_state::waiting:
    case node_state::never_seen:
    case node_state::lost:
      if (!booting_ && !resetting_) begin_boot(now_us);
      return;
    case node_state::starting:
      if (runs) become_operational(now_us);
      return;
    case node_state::operational:
      if (runs) return;
      tell_reset("left",
                 fmt::format("node {} says {} by itself", node_, canopen::to_string(*said_)),
                 now_us);
      return begin_boot(now_us);
    case node_state::identifying:
    case node_state::configuring:
    case node_state::failed:
    case node_state::doubled:
    case node_state::listening:
      return;
  }
}

void canopen_node::on_boot_up(std::int64_t now_us) {
  const bool is_ours = std::exchange(resetting_, false);
  said_ = nmt_state::pre_operational; // follows by itself
  supervision_.arm(now_us);
  emergencies_.reset();
  if (state_ == node_state::listening || state_ == node_state::doubled) return;
  const bool is_new = state_ == node_state::waiting || state_ == node_state::never_seen;
  if (!is_ours && !is_new)
    tell_reset("reset", fmt::format("node {} was {}", node_, to_words(state_)), now_us);
  boot_now(now_us);
}

// One that begins anew again and again is told seldom.
void canopen_node::tell_reset(const char* state, const std::string& reason, std::int64_t now_us) {
  if (reset_told_us_ && now_us - *reset_told_us_ < reset_told_us) {
    ++resets_untold_;
    return;
  }
  const auto untold = std::exchange(resets_untold_, 0);
  notices_.push_back(
      {codes::node_reset, state, "alarm",
       reason + (untold == 0 ? "" : fmt::format("; {} more since it was told last", untold))});
  reset_told_us_ = now_us;
  reset_stands_ = true;
}

void canopen_node::begin_boot(std::int64_t now_us) {
  if (!rule_.reset_communication) return boot_now(now_us);
  access_.reset();
  active_reading_.reset();
  booting_ = false; // until it says boot-up
  resetting_ = true;
  show_begun();
  again_us_ = now_us + rule_.boot_timeout_ms * us_per_ms;
  order(canopen::nmt_command::reset_communication);
}

void canopen_node::boot_now(std::int64_t now_us) {
  access_.reset();
  active_reading_.reset();
  starts_ = 0;
  boot_.begin();
  booting_ = true;
  show_begun();
  go_on(now_us);
}

// A node that was not there stays so until it answers.
void canopen_node::show_begun() {
  if (heard_ && state_ != node_state::lost && state_ != node_state::never_seen)
    state_ = node_state::identifying;
}

void canopen_node::go_on(std::int64_t now_us) {
  do {
    if (const auto done = access_.take_result()) settle(*done);
    if (access_.is_busy()) break;
    do_next(now_us);
  } while (!access_.is_busy() && booting_);
  for (const auto& each : access_.take_frames(now_us)) frames_.push_back(each);
}

void canopen_node::settle(const access_result& done) {
  if (booting_) {
    if (done.aborted && heard_) tell_abort(done, "configuration is unknown");
    boot_.take(done);
    if (!done.aborted) heard_ = true;
    if (heard_ && !boot_.error())
      state_ = boot_.is_identified() ? node_state::configuring : node_state::identifying;
    return;
  }
  if (!active_reading_) return;
  auto& of = readings_[*std::exchange(active_reading_, std::nullopt)];
  if (!done.aborted) {
    of.told = false;
    if (abort_told_ && std::ranges::none_of(readings_, &reading::told)) {
      abort_told_ = false;
      notices_.push_back({codes::sdo_abort, "good", "", fmt::format("node {}", node_)});
    }
    return answers_.push_back({of.message, done.data});
  }
  if (!std::exchange(of.told, true)) {
    abort_told_ = false;
    tell_abort(done, "its point ages");
  }
}

void canopen_node::do_next(std::int64_t now_us) {
  if (booting_) {
    const auto next = boot_.next();
    if (!next) {
      booting_ = false;
      return boot_.error() ? fail(*boot_.error(), now_us) : start(now_us);
    }
    if (!next->to_write) return access_.upload(next->of, now_us);
    // Many objects may be written only then; it may run without having said so yet.
    if (said_ != nmt_state::pre_operational) {
      order(canopen::nmt_command::enter_pre_operational);
      said_ = nmt_state::pre_operational;
    }
    return access_.download(next->of, *next->to_write, now_us);
  }
  if (state_ != node_state::operational || readings_.empty()) return;
  const auto next = std::ranges::min_element(readings_, {}, &reading::due_us);
  if (now_us < next->due_us) return;
  next->due_us = next_due_us(next->due_us, next->period_us, now_us);
  active_reading_ = static_cast<std::size_t>(next - readings_.begin());
  access_.upload(next->of, now_us);
}

void canopen_node::start(std::int64_t now_us) {
  supervision_.arm(now_us);
  // What was made pre-operational may have said operational a moment before.
  if (said_ == nmt_state::operational && !boot_.has_written()) return become_operational(now_us);
  order(canopen::nmt_command::start);
  if (!supervision_.is_watched()) return become_operational(now_us);
  ++starts_;
  state_ = node_state::starting;
  again_us_ = now_us + start_again_us;
}

void canopen_node::become_operational(std::int64_t now_us) {
  supervision_.arm(now_us);
  state_ = node_state::operational;
  const auto over = [&](bool& told, const char* code, const char* state) {
    if (std::exchange(told, false))
      notices_.push_back({code, state, "", fmt::format("node {}", node_)});
  };
  over(never_seen_told_, codes::never_seen, "seen");
  over(lost_told_, codes::node_lost, "back");
  over(reset_stands_, codes::node_reset, "running");
  over(doubled_told_, codes::double_node, "single");
  over(abort_told_, codes::sdo_abort, "good");
  if (std::exchange(error_, std::nullopt))
    notices_.push_back({codes::boot_error, "operational", "", fmt::format("node {}", node_)});
  for (auto& each : readings_) each.due_us = now_us;
  go_on(now_us);
}

void canopen_node::fail(const boot_error& why, std::int64_t now_us) {
  if (!heard_ || state_ == node_state::lost || state_ == node_state::never_seen) {
    again_us_ = now_us + ask_again_us; // which was told, or will be
    return;
  }
  state_ = node_state::failed;
  again_us_ = now_us + boot_again_us;
  if (error_ != why)
    notices_.push_back({codes::boot_error, "failed", "alarm",
                        fmt::format("node {}: {} ({}): {}", node_, why.letter,
                                    boot_letter_text(why.letter), why.text)});
  error_ = why;
}

void canopen_node::lose(std::int64_t now_us) {
  state_ = node_state::lost;
  access_.reset();
  active_reading_.reset();
  booting_ = false;
  again_us_ = now_us + ask_again_us;
  if (!std::exchange(lost_told_, true))
    notices_.push_back({codes::node_lost, "lost", "alarm",
                        fmt::format("node {}: no {}", node_,
                                    rule_.guard_ms != 0 ? "answer to guarding" : "heartbeat")});
}

void canopen_node::see_double(const std::string& why, std::int64_t now_us) {
  if (state_ == node_state::listening) return;
  doubled_us_ = now_us;
  state_ = node_state::doubled;
  access_.reset();
  active_reading_.reset();
  booting_ = false;
  if (!std::exchange(doubled_told_, true))
    notices_.push_back(
        {codes::double_node, "doubled", "alarm", fmt::format("node {}: {}", node_, why)});
}

void canopen_node::tell_abort(const access_result& done, const std::string& what) {
  if (std::exchange(abort_told_, true)) return;
  notices_.push_back(
      {codes::sdo_abort, "failed", "alarm",
       fmt::format("node {}: {} {} failed {} times: {:08X} {}; {}", node_,
                   done.is_write ? "writing" : "reading", canopen::to_string(done.of), object_tries,
                   static_cast<std::uint32_t>(*done.aborted), canopen::to_string(*done.aborted),
                   what)});
}

void canopen_node::order(canopen::nmt_command command) {
  frames_.push_back(canopen::make_nmt({command, node_}));
}

void canopen_node::step(std::int64_t now_us, std::int64_t utc_offset_us) {
  emergencies_.step(now_us);
  if (!began_us_) {
    began_us_ = now_us;
    supervision_.arm(now_us);
    if (role_.sends) begin_boot(now_us);
  }
  if (!role_.sends) {
    if (supervision_.is_lost(now_us)) said_.reset();
    return;
  }
  access_.step(now_us);
  go_on(now_us);
  step_boot(now_us);
  produce(now_us, utc_offset_us);
}

void canopen_node::step_boot(std::int64_t now_us) {
  if (!heard_ && !never_seen_told_ && now_us - *began_us_ > rule_.boot_timeout_ms * us_per_ms) {
    state_ = node_state::never_seen;
    never_seen_told_ = true;
    notices_.push_back(
        {codes::never_seen, "silent", "alarm",
         fmt::format("node {} said nothing within {} ms", node_, rule_.boot_timeout_ms)});
  }
  const bool is_awaited = state_ == node_state::operational || state_ == node_state::starting;
  if (is_awaited && supervision_.is_lost(now_us)) {
    if (state_ == node_state::operational) return lose(now_us);
    return fail({rule_.guard_ms != 0 ? 'F' : 'E', "it was told to start and says nothing"}, now_us);
  }
  if (state_ == node_state::doubled) {
    if (now_us - doubled_us_ >= node_doubled_hold_us) begin_boot(now_us);
    return;
  }
  if (state_ == node_state::operational || booting_ || now_us < again_us_) return;
  if (std::exchange(resetting_, false) && heard_)
    return fail({'B', "told to reset its communication it says no boot-up"}, now_us);
  if (state_ != node_state::starting) return begin_boot(now_us);
  if (starts_ == starts_max)
    return fail({'K', fmt::format("told to start {} times, it is {}", starts_max,
                                  said_ ? canopen::to_string(*said_) : "silent")},
                now_us);
  start(now_us);
}

void canopen_node::produce(std::int64_t now_us, std::int64_t utc_offset_us) {
  const auto is_due = [now_us](std::optional<std::int64_t>& due_us, std::uint32_t period_ms) {
    if (period_ms == 0 || (due_us && now_us < *due_us)) return false;
    due_us = next_due_us(due_us.value_or(now_us), period_ms * us_per_ms, now_us);
    return true;
  };
  if (role_.produces_sync && is_due(sync_due_us_, rule_.sync_ms))
    frames_.push_back(canopen::make_sync(std::nullopt));
  if (role_.produces_time && is_due(time_due_us_, rule_.time_ms))
    if (const auto frame = canopen::make_time(now_us + utc_offset_us)) frames_.push_back(*frame);
  // On a node that boots nobody waits for an answer of guarding.
  const bool is_guarded = state_ == node_state::operational || state_ == node_state::starting;
  if (!is_guarded) return;
  if (const auto asking = supervision_.step(now_us)) frames_.push_back(*asking);
}

bool canopen_node::is_trusted() const {
  if (state_ != node_state::listening) return state_ == node_state::operational;
  return !supervision_.is_watched() || said_ == nmt_state::operational;
}

bool canopen_node::prepare(std::vector<messages::can::frame>& /*frames*/, std::int64_t /*now_us*/) {
  return !role_.sends || state_ == node_state::operational || state_ == node_state::doubled;
}

std::vector<messages::can::frame> canopen_node::take_frames() {
  return std::exchange(frames_, {});
}

std::vector<answer> canopen_node::take_answers() {
  return std::exchange(answers_, {});
}

std::vector<messages::can::frame> canopen_node::take_known() {
  return std::exchange(known_, {});
}

std::vector<notice> canopen_node::take_notices() {
  auto told = std::exchange(notices_, {});
  for (auto& each : emergencies_.take_notices()) {
    each.reason = fmt::format("node {}: {}", node_, each.reason);
    told.push_back(std::move(each));
  }
  return told;
}

} // namespace voltaic::actors::can_device
