#include "actors/simulator/j1939_disturbance_model.hpp"

#include <utility>

#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/j1939/requests.hpp"

namespace voltaic::actors::simulator {

namespace j1939 = messages::j1939;

namespace {

constexpr std::uint8_t announcement = 0x20; // first byte of a BAM
constexpr std::size_t packets_at = 3;       // its number of packets

std::uint64_t stronger_than(std::uint64_t name) {
  auto fields = j1939::split_name(name);
  --fields.function; // of higher weight than what tells batteries apart
  return j1939::join_name(fields);
}

} // namespace

void j1939_broken_broadcasts::pass(const j1939::packet& said, std::vector<j1939::packet>& out) {
  const bool is_broadcast = said.id.destination == j1939::global_address;
  if (is_broadcast && said.id.pgn == j1939::groups::transfer_control &&
      said.bytes[0] == announcement) {
    packets_ = said.bytes[packets_at];
    held_.reset();
  }
  if (!is_broadcast || said.id.pgn != j1939::groups::transfer_data) {
    out.push_back(said);
    return;
  }
  const auto sequence = said.bytes[0];
  if (sequence == lost) return;
  if (sequence == swapped && sequence < packets_) {
    held_ = said;
    return;
  }
  out.push_back(said);
  if (sequence == doubled) out.push_back(said);
  if (const auto late = std::exchange(held_, std::nullopt)) out.push_back(*late);
}

j1939_rivals::j1939_rivals(std::uint64_t name, std::uint8_t second_address)
    : name_(name), rival_name_(stronger_than(name)), second_address_(second_address) {}

void j1939_rivals::place_second(bool is_there) {
  second_claims_ = is_there && !has_second_;
  has_second_ = is_there;
}

j1939::packet j1939_rivals::claim(std::uint64_t name, std::uint8_t address) const {
  j1939::packet made;
  made.id = {j1939::default_priority, j1939::groups::address_claimed, j1939::global_address,
             address};
  made.bytes = j1939::bytes_of_name(name);
  return made;
}

void j1939_rivals::step(std::int64_t now_us, std::optional<std::uint8_t> own_address,
                        std::vector<j1939::packet>& out) {
  if (std::exchange(second_claims_, false)) out.push_back(claim(name_, second_address_));
  if (strikes_left_ == 0 || !own_address || now_us < strike_due_us_) return;
  --strikes_left_;
  strike_due_us_ = now_us + strike_us;
  out.push_back(claim(rival_name_, *own_address));
}

void j1939_rivals::take(const j1939::packet& heard, std::vector<j1939::packet>& out) const {
  if (!has_second_ || j1939::requested_group(heard) != j1939::groups::address_claimed) return;
  const auto to = heard.id.destination;
  if (to == j1939::global_address || to == second_address_)
    out.push_back(claim(name_, second_address_));
}

void j1939_rivals::repeat(j1939::packet said, std::vector<j1939::packet>& out) const {
  if (!has_second_) return;
  said.id.source = second_address_;
  out.push_back(said);
}

} // namespace voltaic::actors::simulator
