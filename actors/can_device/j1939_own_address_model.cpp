#include "actors/can_device/j1939_own_address_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/event_codes.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"

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
  const bool has_our_name = is_claim && heard.length == j1939::name_bytes &&
                            j1939::name_of_bytes(heard.bytes) == role_.name;
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
  j1939::claim_output out;
  claim_.take(heard, now_us, out);
  heed(out, now_us);
  if (claim_.current() == state::cannot_claim)
    lose(fmt::format("NAME {:016X}, which is lower than ours, {:016X}, claims address {}",
                     j1939::name_of_bytes(heard.bytes), role_.name, role_.address));
}

void own_address::step(std::int64_t now_us) {
  if (!role_.sends) return;
  j1939::claim_output out;
  if (!std::exchange(began_, true)) {
    window_us_ = now_us;
    claim_.begin(now_us, out);
  }
  claim_.step(now_us, out);
  heed(out, now_us);
}

void own_address::heed(const j1939::claim_output& said, std::int64_t now_us) {
  if (!said.duplicates.empty() && !is_lost())
    lose(fmt::format("somebody else at address {} has our NAME {:016X}",
                     said.duplicates.front().address, role_.name));
  if (!role_.claims) return;
  if (now_us - window_us_ >= own_claims_window_us) {
    window_us_ = now_us;
    in_window_ = 0;
  }
  for (const auto& each : said.packets)
    if (++in_window_ <= own_claims_max) packets_.push_back(each);
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
