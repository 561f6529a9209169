#include "actors/simulator/j1939_battery_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "actors/simulator/checksum.hpp"
#include "messages/j1939/group_field.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"

namespace voltaic::actors::simulator {

namespace j1939 = messages::j1939;

namespace {

constexpr std::uint32_t power_group = 0xF090;
constexpr std::uint32_t charge_group = 0xF091;
constexpr std::uint32_t warmth_group = 0xF092;
constexpr std::uint32_t limit_group = 0xF094;
constexpr std::uint32_t bus_group = 0xF095;
constexpr std::uint32_t status_group = 0xF096;
constexpr std::uint32_t cell_group = 0xFF10;
constexpr std::uint32_t temperature_group = 0xFF11;
constexpr std::uint32_t history_group = 0xFC5E;
constexpr std::uint32_t active_trouble = 0xFECA;   // DM1
constexpr std::uint32_t previous_trouble = 0xFECB; // DM2
constexpr std::uint32_t clear_previous = 0xFECC;   // DM3
constexpr std::uint32_t clear_active = 0xFED3;     // DM11
constexpr std::uint32_t order_group = 0x1B00;      // HVESSC1
constexpr std::uint32_t limits_wanted = 0xFF20;
constexpr std::uint32_t acknowledgement = 0xE800;

constexpr std::uint8_t positive = 0; // an acknowledgement's first byte
constexpr std::uint8_t negative = 1;
constexpr std::uint8_t busy = 3;
constexpr std::uint8_t unused = 0xFF;
constexpr std::size_t frame_bytes = 8;
constexpr std::uint8_t control_priority = 3;
constexpr std::uint8_t function_not_available = 255;

struct cyclic {
  std::uint32_t pgn;
  std::int64_t period_us;
  std::uint8_t priority;
};
constexpr std::array cyclics = {cyclic{power_group, 20'000, control_priority},
                                cyclic{charge_group, 20'000, control_priority},
                                cyclic{warmth_group, 100'000, j1939::default_priority},
                                cyclic{limit_group, 100'000, j1939::default_priority},
                                cyclic{bus_group, 100'000, j1939::default_priority},
                                cyclic{status_group, 100'000, j1939::default_priority},
                                cyclic{cell_group, 1'000'000, j1939::default_priority},
                                cyclic{temperature_group, 1'000'000, j1939::default_priority},
                                cyclic{active_trouble, 1'000'000, j1939::default_priority}};
// Those that may need a transfer.
constexpr std::array longs = {active_trouble, previous_trouble, cell_group, temperature_group,
                              history_group};

// HVESSC1.
constexpr std::size_t counter_at = 6;
constexpr std::size_t checksum_at = 7;
constexpr std::uint8_t counter_mask = 0x0F;
/// An order may be so much newer than the last one; more is an older one.
constexpr unsigned counter_ahead_max = 8;
/// After so long any counter begins anew: the lease has lapsed, and closing takes all its steps.
constexpr std::int64_t order_memory_us = 500'000;

constexpr std::uint16_t word_max = 0xFAFF; // beyond it are values that are none
constexpr double tenths = 10;

std::uint8_t second_address_of(std::uint32_t id_offset) {
  constexpr std::uint32_t first = 200; // where nobody moves to who lost its address
  return static_cast<std::uint8_t>(first + id_offset);
}

j1939::claim_settings identity_of(std::uint32_t id_offset) {
  j1939::claim_settings made;
  made.name = j1939_battery_name(id_offset);
  made.preferred_address = static_cast<std::uint8_t>(j1939_battery_address + id_offset);
  made.random = static_cast<std::uint8_t>(j1939_battery_identity + id_offset);
  return made;
}

std::optional<double> wanted_a(std::span<const std::uint8_t> payload, std::size_t at) {
  const unsigned raw = payload[at] | static_cast<unsigned>(payload[at + 1]) << 8;
  if (raw > word_max) return std::nullopt;
  return raw / tenths;
}

std::uint8_t priority_of(std::uint32_t pgn) {
  const auto* const found = std::ranges::find(cyclics, pgn, &cyclic::pgn);
  return found == cyclics.end() ? j1939::default_priority : found->priority;
}

} // namespace

std::uint64_t j1939_battery_name(std::uint32_t id_offset) {
  j1939::name_fields fields;
  fields.arbitrary_address_capable = true;
  fields.function = function_not_available;
  fields.manufacturer_code = j1939_battery_manufacturer;
  fields.identity_number = j1939_battery_identity + id_offset;
  return j1939::join_name(fields);
}

j1939_battery_model::j1939_battery_model(std::uint32_t id_offset)
    : identity_(identity_of(id_offset)),
      claim_(identity_),
      rivals_(identity_.name, second_address_of(id_offset)) {
  static_assert(cyclics.size() == cyclic_groups && longs.size() == long_groups);
}

void j1939_battery_model::begin_anew() {
  claim_ = j1939::address_claim(identity_);
  transport_address_ = j1939::null_address;
  transport_ = j1939::transport({});
  controller_ = rack_controller_model({});
  values_.forget_limits();
  last_order_.reset();
  is_waiting_.fill(false);
}

bool j1939_battery_model::is_normal() const {
  return claim_.current() == j1939::address_claim::state::normal;
}

std::vector<messages::can::frame> j1939_battery_model::step(
    std::int64_t now_us, std::span<const messages::can::frame> received) {
  if (std::exchange(reset_wanted_, false)) begin_anew();
  out_.clear();
  j1939::claim_output claimed;
  if (claim_.current() == j1939::address_claim::state::idle) claim_.begin(now_us, claimed);
  claim_.step(now_us, claimed);
  claim_on(claimed, now_us);
  for (const auto& frame : received)
    if (const auto heard = j1939::packet_of(frame); heard && !is_silent_) hear(*heard, now_us);
  fight(now_us);
  if (values_.is_interlock_open())
    controller_.take(rack_controller_model::command::open, false, now_us);
  controller_.step(now_us, values_.voltage_v());
  values_.step(now_us);
  if (is_normal()) say_cyclic(now_us);
  if (is_normal()) say_long(now_us);
  j1939::transport_output sent;
  transport_.step(now_us, sent);
  pass_on(std::move(sent));
  std::vector<messages::can::frame> frames;
  if (is_silent_) return frames;
  frames.reserve(out_.size());
  for (const auto& one : out_) frames.push_back(j1939::frame_of(one));
  return frames;
}

void j1939_battery_model::claim_on(const j1939::claim_output& said, std::int64_t now_us) {
  out_.insert(out_.end(), said.packets.begin(), said.packets.end());
  follow_address(now_us);
}

// A transfer belongs to an address; those of the one before are gone with it.
void j1939_battery_model::follow_address(std::int64_t now_us) {
  const auto address = is_normal() ? claim_.address() : j1939::null_address;
  if (address == transport_address_) return;
  transport_address_ = address;
  j1939::transport_settings settings;
  settings.own_address = address;
  transport_ = j1939::transport(settings);
  due_us_.fill(now_us);
}

void j1939_battery_model::fight(std::int64_t now_us) {
  std::vector<j1939::packet> others;
  rivals_.step(now_us, is_normal() ? std::optional(claim_.address()) : std::nullopt, others);
  for (const auto& one : others) {
    out_.push_back(one);
    j1939::claim_output claimed;
    claim_.take(one, now_us, claimed);
    claim_on(claimed, now_us);
  }
}

void j1939_battery_model::hear(const j1939::packet& heard, std::int64_t now_us) {
  j1939::claim_output claimed;
  claim_.take(heard, now_us, claimed);
  claim_on(claimed, now_us);
  rivals_.take(heard, out_);
  // Who has no address is sent nothing, and hears only what is for everybody.
  if (!is_normal() && heard.id.destination != j1939::global_address) return;
  j1939::transport_output received;
  transport_.take(heard, now_us, received);
  const auto messages = std::exchange(received.messages, {});
  pass_on(std::move(received));
  for (const auto& one : messages) take(one, now_us);
}

void j1939_battery_model::take(const j1939::message& heard, std::int64_t now_us) {
  if (heard.pgn == j1939::groups::commanded_address) {
    j1939::claim_output claimed;
    claim_.take(heard, now_us, claimed);
    return claim_on(claimed, now_us);
  }
  if (!is_normal() || heard.source > j1939::device_address_max) return;
  if (heard.pgn == j1939::groups::request) return take_request(heard, now_us);
  if (heard.pgn == order_group && heard.destination == claim_.address())
    return take_order(heard, now_us);
  if (heard.pgn == limits_wanted) take_limits(heard);
}

void j1939_battery_model::take_order(const j1939::message& heard, std::int64_t now_us) {
  using command = rack_controller_model::command;
  constexpr std::array commands{command::open, command::close, command::precharge};
  constexpr std::uint8_t command_mask = 0x03;
  const auto& bytes = heard.payload;
  const auto is_unused = [](std::uint8_t byte) { return byte == unused; };
  const bool is_sound = bytes.size() == frame_bytes &&
                        bytes[checksum_at] == crc8(std::span(bytes).first(checksum_at)) &&
                        is_unused(bytes[0] | command_mask) &&
                        is_unused(bytes[counter_at] | counter_mask) &&
                        std::all_of(bytes.begin() + 1, bytes.begin() + counter_at, is_unused) &&
                        (bytes[0] & command_mask) < commands.size();
  if (!is_sound) {
    ++refused_;
    return;
  }
  const std::uint8_t counter = bytes[counter_at] & counter_mask;
  if (last_order_ && now_us - last_order_->time_us < order_memory_us) {
    const unsigned ahead = static_cast<unsigned>(counter - last_order_->counter) & counter_mask;
    if (ahead == 0 || ahead > counter_ahead_max) {
      ++refused_;
      return;
    }
  }
  last_order_ = order{counter, now_us};
  const auto what = commands[bytes[0] & command_mask];
  if (values_.is_interlock_open() && what != command::open) return;
  controller_.take(what, what != command::open, now_us);
}

void j1939_battery_model::take_limits(const j1939::message& heard) {
  constexpr std::size_t discharge_at = 2;
  constexpr std::size_t address_at = 7;
  const auto& bytes = heard.payload;
  if (bytes.size() != frame_bytes || bytes[address_at] != claim_.address()) return;
  values_.limit(wanted_a(bytes, 0), wanted_a(bytes, discharge_at));
}

void j1939_battery_model::take_request(const j1939::message& heard, std::int64_t now_us) {
  if (heard.payload.size() < j1939::group_bytes || heard.payload.size() > frame_bytes) return;
  const auto asked = j1939::take_group(heard.payload, 0);
  if (asked == j1939::groups::address_claimed) return; // was answered
  if (asked != clear_active && asked != clear_previous) return answer(heard, asked, now_us);
  if (asked == clear_active) {
    trouble_.clear_active();
  } else {
    trouble_.clear_previous();
  }
  acknowledge(heard, asked, positive);
}

void j1939_battery_model::answer(const j1939::message& to, std::uint32_t pgn, std::int64_t now_us) {
  auto payload = payload_of(pgn);
  if (!payload) return acknowledge(to, pgn, negative);
  const bool is_global = to.destination == j1939::global_address;
  if (is_global && payload->size() > frame_bytes) {
    const auto* const which = std::ranges::find(longs, pgn);
    is_waiting_[static_cast<std::size_t>(which - longs.begin())] = true;
    return;
  }
  j1939::message said{pgn, priority_of(pgn), claim_.address(),
                      is_global ? j1939::global_address : to.source, *std::move(payload)};
  j1939::transport_output out;
  if (!transport_.send(std::move(said), now_us, out)) return acknowledge(to, pgn, busy);
  pass_on(std::move(out));
}

// J1939-21 5.4.4: for everybody to see, and byte 4 says to whom. What everybody was asked is
// never acknowledged.
void j1939_battery_model::acknowledge(const j1939::message& to, std::uint32_t pgn,
                                      std::uint8_t control) {
  if (to.destination == j1939::global_address) return;
  constexpr std::size_t address_at = 4;
  constexpr std::size_t group_at = 5;
  j1939::packet said;
  said.id = {j1939::default_priority, acknowledgement, j1939::global_address, claim_.address()};
  said.bytes.fill(unused);
  said.bytes[0] = control;
  said.bytes[address_at] = to.source;
  j1939::put_group(said.bytes, group_at, pgn);
  out_.push_back(said);
}

bus_connection j1939_battery_model::connection() const {
  const auto state = controller_.state();
  if (state == contactor_state::fault) return bus_connection::error;
  if (controller_.conducting()) return bus_connection::closed;
  return state == contactor_state::open ? bus_connection::open : bus_connection::precharging;
}

std::optional<std::vector<std::uint8_t>> j1939_battery_model::payload_of(std::uint32_t pgn) const {
  if (pgn == active_trouble) return trouble_.active_payload();
  if (pgn == previous_trouble) return trouble_.previous_payload();
  j1939_battery_values::status now;
  now.connection = connection();
  now.is_faulty = values_.is_interlock_open() || trouble_.is_severe() ||
                  now.connection == bus_connection::error;
  now.bus_v = controller_.bus_v();
  return values_.payload(pgn, now);
}

void j1939_battery_model::say_cyclic(std::int64_t now_us) {
  const bool has_changed = trouble_.active_payload() != said_trouble_;
  for (std::size_t i = 0; i < cyclics.size(); ++i) {
    const auto& [pgn, period_us, priority] = cyclics[i];
    const bool is_news = pgn == active_trouble && has_changed;
    if (now_us < due_us_[i] && !is_news) continue;
    due_us_[i] = is_news ? now_us + period_us : std::max(due_us_[i] + period_us, now_us);
    const auto payload = *payload_of(pgn);
    if (pgn == active_trouble) said_trouble_ = payload;
    if (payload.size() > frame_bytes) {
      is_waiting_[static_cast<std::size_t>(std::ranges::find(longs, pgn) - longs.begin())] = true;
      continue;
    }
    const auto said = j1939::packet_of(
        j1939::message{pgn, priority, claim_.address(), j1939::global_address, payload});
    out_.push_back(said);
    rivals_.repeat(said, out_);
  }
}

// One broadcast at a time: what waits says what is so when its turn comes.
void j1939_battery_model::say_long(std::int64_t now_us) {
  for (std::size_t tried = 0; tried < longs.size(); ++tried) {
    const auto which = (next_long_ + tried) % longs.size();
    if (!is_waiting_[which]) continue;
    j1939::message said{longs[which], j1939::default_priority, claim_.address(),
                        j1939::global_address, *payload_of(longs[which])};
    j1939::transport_output out;
    if (!transport_.send(std::move(said), now_us, out)) return;
    pass_on(std::move(out));
    is_waiting_[which] = false;
    next_long_ = which + 1;
  }
}

void j1939_battery_model::pass_on(j1939::transport_output&& said) {
  for (const auto& one : said.packets) broken_.pass(one, out_);
}

bool j1939_battery_model::set(std::string_view point, std::optional<std::uint32_t> index,
                              equipment_effect effect, double value) {
  const bool is_released = effect == equipment_effect::release;
  if (point.empty()) {
    if (effect != equipment_effect::silent && !is_released) return false;
    is_silent_ = !is_released;
    return true;
  }
  if (values_.set(point, index, effect, value)) return true;
  if (effect != equipment_effect::value && !is_released) return false;
  return set_fault(point, index, is_released, is_released ? 0 : value);
}

bool j1939_battery_model::set_fault(std::string_view point, std::optional<std::uint32_t> index,
                                    bool is_released, double value) {
  if (!std::isfinite(value) || value != std::floor(value) || value < 0) return false;
  if (point == "trouble_code" || point == "latched_code") {
    if (is_released) {
      trouble_.end(index);
      return true;
    }
    if (!index || value > j1939_trouble_codes::fmi_max) return false;
    return trouble_.begin(*index, static_cast<std::uint8_t>(value), point == "latched_code");
  }
  if (index) return false;
  if (point == "claim_battle") {
    if (value > j1939_rivals::strikes_max) return false;
    rivals_.begin_battle(static_cast<std::uint32_t>(value));
    return true;
  }
  for (const auto& [name, which] :
       {std::pair("lost_packet", &j1939_broken_broadcasts::lost),
        std::pair("doubled_packet", &j1939_broken_broadcasts::doubled),
        std::pair("swapped_packet", &j1939_broken_broadcasts::swapped)}) {
    if (point != name) continue;
    if (value > UINT8_MAX) return false;
    broken_.*which = static_cast<std::uint8_t>(value);
    return true;
  }
  if (value > 1) return false;
  if (point == "second_battery") {
    rivals_.place_second(value != 0);
    return true;
  }
  if (point != "reset") return false;
  reset_wanted_ = value != 0;
  return true;
}

} // namespace voltaic::actors::simulator
