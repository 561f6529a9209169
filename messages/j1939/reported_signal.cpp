#include "messages/j1939/reported_signal.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/dbc/message_codec.hpp"
#include "messages/j1939/battery_groups.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/points/catalogue.hpp"

namespace voltaic::messages::j1939 {
namespace {

/// Of four bits as well all values may count: only the table's four bits are known to be a state.
value_state state_by_dbc(const dbc::signal& one, std::uint64_t bits) {
  constexpr std::uint32_t counter_bits = 4;
  if (one.type != profiles::signal_type::unsigned_integer || one.length == counter_bits)
    return value_state::valid;
  return state_of(bits, one.length);
}

std::optional<std::uint32_t> spn_of(const dbc::signal& one) {
  constexpr double spn_max = 0x7'FFFF;
  const auto said = one.said.find("SPN");
  if (said == one.said.end()) return std::nullopt;
  const auto* number = std::get_if<double>(&said->second);
  if (number == nullptr || !(*number >= 1 && *number <= spn_max)) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

reported_signal report(const dbc::signal& one, const dbc::reading& read) {
  reported_signal made;
  made.name = one.name;
  made.unit = one.unit;
  made.raw_json = dbc::raw_json(one, read.bits);
  made.label = dbc::text_of(one, read.bits);
  made.state = state_by_dbc(one, read.bits);
  made.value_json = made.state == value_state::valid ? dbc::value_json(one, read) : "null";
  made.spn = spn_of(one);
  return made;
}

reported_signal report(const battery_reading& read) {
  const auto& one = *read.signal;
  reported_signal made;
  made.name = one.name;
  made.unit = one.slot.unit;
  made.raw_json = fmt::to_string(read.raw);
  made.state = state_of(read.raw, one.bits);
  made.value_json = made.state == value_state::valid
                        ? points::number_text(one.slot.value_of(read.raw), one.slot.decimals)
                        : "null";
  if (one.spn != 0) made.spn = one.spn;
  return made;
}

} // namespace

signal_source::signal_source(dbc::database by) : by_(std::move(by)) {
  for (std::size_t i = 0; i < by_.messages.size(); ++i)
    if (by_.messages[i].extended) by_group_[split(by_.messages[i].id).pgn].push_back(i);
}

const dbc::message* signal_source::find(const message& one) const {
  const auto group = by_group_.find(one.pgn);
  if (group == by_group_.end()) return nullptr;
  const dbc::message* of_nobody = nullptr;
  for (const auto i : group->second) {
    const auto source = split(by_.messages[i].id).source;
    if (source == one.source) return &by_.messages[i];
    if (source == null_address && of_nobody == nullptr) of_nobody = &by_.messages[i];
  }
  return of_nobody != nullptr ? of_nobody : &by_.messages[group->second.front()];
}

std::string signal_source::name_of(const message& one) const {
  if (const auto* known = find(one)) return known->name;
  if (one.pgn == groups::active_faults) return "DM1";
  if (one.pgn == groups::previous_faults) return "DM2";
  return std::string(battery_group_name(one.pgn));
}

expected<std::vector<reported_signal>> signal_source::read(const message& one) const {
  std::vector<reported_signal> all;
  if (const auto* known = find(one)) {
    const auto read = dbc::decode(*known, one.payload);
    if (!read) return read.error();
    for (const auto& each : *read) all.push_back(report(known->signals[each.signal], each));
    return all;
  }
  for (const auto& each : read_battery_group(one.pgn, one.payload)) all.push_back(report(each));
  return all;
}

} // namespace voltaic::messages::j1939
