#include "actors/can_device/j1939_own_address_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/event_codes.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/j1939/requests.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace codes = messages::event_codes;
namespace j1939 = messages::j1939;
using state = j1939::address_claim::state;

// The wait before "cannot claim" spreads devices that lose at one time: by their NAMEs here, so
// that what is said follows from what was heard.
j1939::claim_settings settings_of(const j1939_role& role) {
  return {role.name, role.address, static_cast<std::uint8_t>(role.name)};
}

} // namespace

own_address::own_address(const j1939_role& role) : role_(role), claim_(settings_of(role)) {}

void own_address::take(const j1939::packet& heard, std::int64_t now_us) {
  if (!role_.sends || !began_) return;
  const bool is_claim = heard.id.pgn == j1939::groups::address_claimed;
  const bool names_somebody = is_claim && heard.length == j1939::name_bytes;
  const bool has_our_name = names_somebody && j1939::name_of_bytes(heard.bytes) == role_.name;
  if (has_our_name && !role_.claims && heard.id.source == role_.address) {
    // The one that claims for all of us begins anew: so does the wait.
    if (claim_.current() != state::normal) {
      claim_ = j1939::address_claim(settings_of(role_));
      why_lost_.clear();
      j1939::claim_output unsaid;
      claim_.begin(now_us, unsaid);
    }
    return;
  }
  if (is_lost()) return;
  open_window(now_us);
  const bool is_contest = names_somebody && heard.id.source == role_.address;
  if (is_contest && ++defenses_ > own_defenses_max)
    return lose(
        fmt::format("address {} is claimed again and again by NAME {:016X}, though ours, "
                    "{:016X}, is lower",
                    role_.address, j1939::name_of_bytes(heard.bytes), role_.name));
  if (heard.id.pgn == j1939::groups::request && is_to_us(heard)) {
    if (++answers_ > own_answers_max) return;
    if (j1939::requested_group(heard) != j1939::groups::address_claimed) return refuse(heard);
  }
  j1939::claim_output out;
  claim_.take(heard, now_us, out);
  heed(out);
  if (claim_.current() == state::cannot_claim)
    lose(fmt::format("NAME {:016X}, which is lower than ours, {:016X}, claims address {}",
                     j1939::name_of_bytes(heard.bytes), role_.name, role_.address));
}

void own_address::step(std::int64_t now_us) {
  if (!role_.sends || now_us < begin_due_us_) return;
  j1939::claim_output out;
  if (!std::exchange(began_, true)) {
    window_us_ = now_us;
    claim_.begin(now_us, out);
  }
  claim_.step(now_us, out);
  heed(out);
}

void own_address::unsent(std::int64_t now_us) {
  if (!role_.sends || !role_.claims || !began_ || is_lost()) return;
  claim_ = j1939::address_claim(settings_of(role_));
  began_ = false;
  begin_due_us_ = now_us + j1939::claim_wait_us;
}

bool own_address::is_to_us(const j1939::packet& heard) const {
  const auto to = heard.id.destination;
  if (to == role_.address) return true;
  return to == j1939::global_address &&
         j1939::requested_group(heard) == j1939::groups::address_claimed;
}

void own_address::refuse(const j1939::packet& heard) {
  const auto asked = j1939::requested_group(heard);
  if (!asked || !role_.claims || !may_send()) return;
  packets_.push_back(j1939::refusal_of(*asked, role_.address, heard.id.source));
}

void own_address::open_window(std::int64_t now_us) {
  if (now_us - window_us_ < own_claims_window_us) return;
  window_us_ = now_us;
  defenses_ = answers_ = 0;
}

void own_address::heed(const j1939::claim_output& said) {
  if (!said.duplicates.empty() && !is_lost())
    lose(fmt::format("somebody else at address {} has our NAME {:016X}",
                     said.duplicates.front().address, role_.name));
  if (role_.claims) packets_.insert(packets_.end(), said.packets.begin(), said.packets.end());
}

void own_address::lose(std::string why) {
  why_lost_ = std::move(why);
  notices_.push_back({codes::address_lost, "lost", "alarm", why_lost_});
}

bool own_address::may_send() const {
  return role_.sends && !is_lost() && claim_.current() == state::normal;
}

std::vector<j1939::packet> own_address::take_packets() {
  return std::exchange(packets_, {});
}

std::vector<notice> own_address::take_notices() {
  return std::exchange(notices_, {});
}

std::string own_address::text() const {
  if (!role_.sends) return "listening";
  if (is_lost()) return "lost: " + why_lost_;
  return may_send() ? fmt::format("address {}", role_.address) : "claiming";
}

} // namespace voltaic::actors::can_device
