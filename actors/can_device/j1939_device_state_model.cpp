#include <fmt/format.h>

#include <utility>

#include "actors/can_device/j1939_device_model.hpp"
#include "messages/event_codes.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/j1939/requests.hpp"
#include "messages/time.hpp"

// Who a device is and where, by what it and others claim.
namespace voltaic::actors::can_device {
namespace {

namespace codes = messages::event_codes;
namespace j1939 = messages::j1939;
namespace groups = messages::j1939::groups;
using messages::us_per_ms;

// Such addresses may be used with the claim (J1939-81 4.4.2): no silence tells that it is new.
bool may_talk_at_once(std::uint8_t address) {
  return address < j1939::chosen_address_first || address > j1939::chosen_address_last;
}

std::string words(std::uint64_t name) {
  const auto fields = j1939::split_name(name);
  return fmt::format("NAME {:016X} (manufacturer {}, function {}, identity {})", name,
                     fields.manufacturer_code, fields.function, fields.identity_number);
}

} // namespace

bool j1939_device::fits(std::uint64_t name) const {
  if (is_known()) return *name_ == name;
  return messages::profiles::fits(rule_.identity, name);
}

bool j1939_device::is_known() const {
  const bool waits = state_ == group_state::identifying && sure_us_ != never_us;
  return name_ && (waits || state_ == group_state::operational || state_ == group_state::doubled);
}

bool j1939_device::is_followed(std::uint64_t name) const {
  return rule_.identity.identity_number || (role_.is_alone && name_ == name);
}

bool j1939_device::is_to_be_found() const {
  if (name_) return j1939::is_arbitrary_address_capable(*name_) && is_followed(*name_);
  return rule_.identity.identity_number.has_value();
}

std::string j1939_device::place() const {
  return fmt::format("address {}", at_);
}

void j1939_device::hear_claim(std::uint8_t from, std::uint64_t name, std::int64_t now_us) {
  if (name == role_.name) return; // our own, by whoever claims it for us
  if (from > j1939::device_address_max) {
    if (name_ == name) on_address_lost(name, now_us);
    return;
  }
  if (from == former_ && name_ != name) former_.reset(); // somebody else's from now on
  if (fits(name)) return on_own_claim(from, name, now_us);
  if (from == at_) on_foreign_claim(name, now_us);
}

void j1939_device::on_own_claim(std::uint8_t from, std::uint64_t name, std::int64_t now_us) {
  if (from == at_) return on_same_place(name, now_us);
  // Several of one kind may be on a bus: only one that cannot be another is followed.
  if (!is_followed(name)) {
    if (name_ == name && is_known())
      lose(fmt::format("it claims address {}: with a j1939_identity_number it is followed", from));
    return;
  }
  const bool was_known = name_ == name;
  if (from == former_ && is_known()) {
    // It comes and goes between two addresses, or two claim each their own.
    const auto other = std::exchange(at_, from);
    former_ = other;
    moved_us_ = now_us;
    end_transfers();
    return see_double(fmt::format("addresses {} and {} have both {}", from, other, words(name)),
                      now_us);
  }
  move_to(from, now_us);
  if (was_known && state_ != group_state::lost && state_ != group_state::listening)
    begin_anew("moved", fmt::format("it claims address {}", from), now_us);
  verify(name, now_us);
}

void j1939_device::on_same_place(std::uint64_t name, std::int64_t now_us) {
  switch (state_) {
    case group_state::operational: {
      if (!name_) name_ = name; // believed without one until now
      if (may_talk_at_once(at_) || !talks_often_) {
        const bool is_asked = requested_us_ && now_us - *requested_us_ <= asked_claim_us;
        // Who begins anew was silent before.
        const bool talked = talks_often_ && now_us - talked_us_ <= claim_silence_us;
        if (is_asked || talked) return;
        begin_anew("reset", fmt::format("{} claims it by itself", place()), now_us);
        return verify(name, now_us);
      }
      if (!reset_due_us_) reset_due_us_ = now_us + claim_silence_us;
      return;
    }
    case group_state::doubled:
      return; // it defends its address; whether it is alone shows later
    case group_state::identifying:
      if (is_known()) return; // its wait goes on
      return verify(name, now_us);
    case group_state::waiting:
    case group_state::wrong_device:
    case group_state::no_address:
    case group_state::lost:
    case group_state::never_seen:
    case group_state::listening:
      return verify(name, now_us);
  }
}

void j1939_device::on_foreign_claim(std::uint64_t name, std::int64_t now_us) {
  if (is_known())
    return see_double(
        fmt::format("{} is claimed by {} and by {}", place(), words(*name_), words(name)), now_us);
  refuse(fmt::format("{} is claimed by {}", place(), words(name)));
}

void j1939_device::on_address_lost(std::uint64_t name, std::int64_t /*now_us*/) {
  if (state_ == group_state::no_address) return;
  lose(fmt::format("{} could claim no address", words(name)));
  state_ = group_state::no_address;
}

void j1939_device::hear_former(std::int64_t now_us) {
  if (now_us - moved_us_ <= former_address_us) return;
  // Only one of them talks: it went back, and its claim was not heard.
  const bool both_talk = heard_us_ && now_us - *heard_us_ <= asked_claim_us;
  const bool is_new = is_known() && state_ == group_state::identifying;
  if (!name_ || (!both_talk && !is_new)) return;
  see_double(fmt::format("addresses {} and {} have both {}", at_, *former_, words(*name_)), now_us);
}

void j1939_device::move_to(std::uint8_t address, std::int64_t now_us) {
  if (address == at_) return;
  if (heard_us_) former_ = at_;
  moved_us_ = now_us;
  at_ = address;
  end_transfers();
}

void j1939_device::end_transfers() {
  j1939::transport_settings settings;
  settings.own_address = role_.address;
  transport_ = j1939::transport(settings);
}

void j1939_device::verify(std::uint64_t name, std::int64_t now_us) {
  heard_us_ = now_us;
  reset_due_us_.reset();
  mute_us_.reset();
  name_ = name;
  if (state_ == group_state::listening) {
    wrong_.clear();
    return;
  }
  const bool is_contested = contested_us_ && now_us - *contested_us_ < contest_over_us;
  sure_us_ = now_us + (is_contested ? contested_wait_us : j1939::claim_wait_us);
  state_ = group_state::identifying;
}

// One that begins anew again and again is told seldom.
void j1939_device::begin_anew(const char* state, const std::string& why, std::int64_t now_us) {
  troubles_.reset();
  asking_.pause();
  state_ = group_state::identifying;
  if (reset_told_us_ && now_us - *reset_told_us_ < device_reset_told_us) {
    ++resets_untold_;
    return;
  }
  const auto untold = std::exchange(resets_untold_, 0);
  notices_.push_back(
      {codes::node_reset, state, "alarm",
       why + (untold == 0 ? "" : fmt::format("; {} more since it was told last", untold))});
  reset_told_us_ = now_us;
  reset_stands_ = true;
}

void j1939_device::become_operational() {
  state_ = group_state::operational;
  wrong_.clear();
  asked_ = 0;
  const auto over = [&](bool& told, const char* code, const char* state) {
    if (std::exchange(told, false)) notices_.push_back({code, state, "", place()});
  };
  over(never_seen_told_, codes::never_seen, "seen");
  over(lost_told_, codes::node_lost, "back");
  over(reset_stands_, codes::node_reset, "running");
  over(doubled_told_, codes::double_node, "single");
  over(wrong_told_, codes::wrong_device, "right");
}

void j1939_device::refuse(const std::string& why) {
  wrong_ = why;
  if (state_ != group_state::listening) state_ = group_state::wrong_device;
  if (!std::exchange(wrong_told_, true))
    notices_.push_back({codes::wrong_device, "wrong", "alarm", why});
}

void j1939_device::see_double(const std::string& why, std::int64_t now_us) {
  doubled_us_ = now_us;
  contested_us_ = now_us;
  reset_due_us_.reset();
  wrong_ = why;
  if (state_ != group_state::listening) state_ = group_state::doubled;
  if (!std::exchange(doubled_told_, true))
    notices_.push_back({codes::double_node, "doubled", "alarm", why});
}

void j1939_device::lose(const std::string& why) {
  state_ = group_state::lost;
  reset_due_us_.reset();
  troubles_.reset();
  if (!std::exchange(lost_told_, true))
    notices_.push_back({codes::node_lost, "lost", "alarm", why});
}

void j1939_device::step_state(std::int64_t now_us) {
  if (state_ == group_state::listening) return;
  if (!heard_us_ && !never_seen_told_ && now_us - *began_us_ > rule_.boot_timeout_ms * us_per_ms) {
    state_ = group_state::never_seen;
    never_seen_told_ = true;
    notices_.push_back(
        {codes::never_seen, "silent", "alarm",
         fmt::format("{} said nothing within {} ms", place(), rule_.boot_timeout_ms)});
  }
  if (reset_due_us_ && now_us >= *reset_due_us_) {
    begin_anew("reset", fmt::format("{} claims it and keeps silent", place()), now_us);
    verify(*name_, *reset_due_us_ - claim_silence_us);
  }
  switch (state_) {
    case group_state::operational:
      if (now_us - *heard_us_ > rule_.silence_timeout_ms * us_per_ms)
        lose(fmt::format("{} said nothing for {} ms", place(), rule_.silence_timeout_ms));
      return;
    case group_state::identifying:
      if (name_ && now_us >= sure_us_) return become_operational();
      if (heard_us_ && now_us - *heard_us_ > rule_.silence_timeout_ms * us_per_ms)
        lose(fmt::format("{} said nothing for {} ms", place(), rule_.silence_timeout_ms));
      break;
    case group_state::doubled:
      if (now_us - doubled_us_ < device_doubled_hold_us) return;
      state_ = group_state::identifying;
      sure_us_ = never_us; // until it has claimed once more
      break;
    case group_state::waiting:
      if (heard_us_) {
        state_ = group_state::identifying;
        sure_us_ = never_us;
      }
      break;
    case group_state::wrong_device:
    case group_state::no_address:
    case group_state::lost:
    case group_state::never_seen:
    case group_state::listening:
      break;
  }
  if (now_us >= ask_due_us_) ask_name(now_us);
}

void j1939_device::ask_name(std::int64_t now_us) {
  ask_due_us_ = now_us + ask_name_us;
  // Who has no address asks from that of nobody (J1939-81 4.2.1).
  const auto from = own_.may_send() ? role_.address : j1939::null_address;
  const bool of_all = is_to_be_found() && asked_ % ask_everybody_each == ask_everybody_each - 1;
  if (asked_ < ask_everybody_each) {
    ++asked_;
  } else {
    asked_ = 1;
  }
  say(j1939::request_for(groups::address_claimed, from, of_all ? j1939::global_address : at_));
  requested_us_ = now_us;
  const bool talks = heard_us_ && now_us - *heard_us_ <= ask_name_us;
  if (!talks || is_known() || wrong_told_) return mute_us_.reset();
  if (!mute_us_) mute_us_ = now_us;
  const bool is_mute = now_us - *mute_us_ > rule_.boot_timeout_ms * us_per_ms;
  if (!is_mute) return;
  // Where nothing is stated, nothing has to be said.
  if (!rule_.identity.is_stated()) return become_operational();
  refuse(fmt::format("{} says no NAME", place()));
}

bool j1939_device::is_trusted() const {
  return state_ == group_state::operational || (state_ == group_state::listening && wrong_.empty());
}

} // namespace voltaic::actors::can_device
