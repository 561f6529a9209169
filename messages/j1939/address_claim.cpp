#include "messages/j1939/address_claim.hpp"

#include <algorithm>

#include "messages/j1939/groups.hpp"
#include "messages/j1939/requests.hpp"

namespace voltaic::messages::j1939 {
namespace {

std::optional<std::uint64_t> name_at_begin(std::span<const std::uint8_t> payload) {
  if (payload.size() < name_bytes) return std::nullopt;
  return name_of_bytes(payload.first<name_bytes>());
}

} // namespace

address_claim::address_claim(const claim_settings& given) : given_(given) {}

packet address_claim::said() const {
  packet made;
  made.id = {default_priority, groups::address_claimed, global_address, address_};
  made.bytes = bytes_of_name(given_.name);
  return made;
}

void address_claim::claim(std::uint8_t address, std::int64_t now_us, claim_output& out) {
  address_ = address;
  state_ = state::claiming;
  due_us_ = now_us + claim_wait_us;
  out.packets.push_back(said());
}

void address_claim::begin(std::int64_t now_us, claim_output& out) {
  const auto holder = holders_[given_.preferred_address];
  if (holder && *holder < given_.name) {
    address_ = given_.preferred_address;
    lose(now_us, out);
  } else {
    claim(given_.preferred_address, now_us, out);
  }
}

void address_claim::give_up(std::int64_t now_us) {
  address_ = null_address;
  state_ = state::cannot_claim;
  due_us_ = now_us + given_.random * cannot_claim_step_us;
}

std::optional<std::uint8_t> address_claim::free_address_after(std::uint8_t lost) const {
  constexpr int count = chosen_address_last - chosen_address_first + 1;
  const int from = std::clamp<int>(lost + 1, chosen_address_first, chosen_address_last + 1);
  for (int i = 0; i < count; ++i) {
    const int address = chosen_address_first + (from - chosen_address_first + i) % count;
    if (!holders_[static_cast<std::size_t>(address)]) return static_cast<std::uint8_t>(address);
  }
  return std::nullopt;
}

void address_claim::lose(std::int64_t now_us, claim_output& out) {
  const auto other =
      is_arbitrary_address_capable(given_.name) ? free_address_after(address_) : std::nullopt;
  if (other) {
    claim(*other, now_us, out);
  } else {
    give_up(now_us);
  }
}

void address_claim::hear_claim(const packet& heard, std::int64_t now_us, claim_output& out) {
  const auto name = name_at_begin(heard.payload());
  if (!name) return;
  const auto from = heard.id.source;
  if (*name == given_.name) {
    if (state_ != state::idle && from <= device_address_max) out.duplicates.push_back({from});
    return;
  }
  for (auto& holder : holders_)
    if (holder == name) holder.reset();
  if (from > device_address_max) return;
  const bool is_ours = from == address_;
  if (is_ours && given_.name < *name) {
    out.packets.push_back(said());
    return;
  }
  holders_[from] = *name;
  if (is_ours) lose(now_us, out);
}

void address_claim::hear_request(const packet& heard, std::int64_t now_us, claim_output& out) {
  if (requested_group(heard) != groups::address_claimed || state_ == state::idle) return;
  const auto to = heard.id.destination;
  if (state_ == state::cannot_claim) {
    if (to == global_address && !due_us_) give_up(now_us);
  } else if (to == global_address || to == address_) {
    out.packets.push_back(said());
  }
}

void address_claim::take(const packet& heard, std::int64_t now_us, claim_output& out) {
  step(now_us, out);
  if (heard.id.pgn == groups::address_claimed) hear_claim(heard, now_us, out);
  if (heard.id.pgn == groups::request) hear_request(heard, now_us, out);
}

void address_claim::take(const message& heard, std::int64_t now_us, claim_output& out) {
  step(now_us, out);
  if (heard.pgn != groups::commanded_address || state_ == state::idle) return;
  const auto name = name_at_begin(heard.payload);
  if (name != given_.name || heard.payload.size() <= name_bytes) return;
  const auto address = heard.payload[name_bytes];
  if (address > device_address_max || address == address_) return;
  const auto holder = holders_[address];
  if (holder && *holder < given_.name) return;
  claim(address, now_us, out);
}

void address_claim::step(std::int64_t now_us, claim_output& out) {
  if (!due_us_ || now_us < *due_us_) return;
  due_us_.reset();
  if (state_ == state::claiming) {
    state_ = state::normal;
  } else {
    out.packets.push_back(said());
  }
}

const char* to_string(address_claim::state of) {
  switch (of) {
    case address_claim::state::idle:
      return "idle";
    case address_claim::state::claiming:
      return "claiming";
    case address_claim::state::normal:
      return "normal";
    case address_claim::state::cannot_claim:
      return "cannot claim";
  }
  return "";
}

} // namespace voltaic::messages::j1939
