#include "actors/protection/protection_points.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::block;
using messages::points::computed_point;

// In the order in which they are said.
constexpr std::array<computed_point, 11> described_points = {{
    {"charge_current_limit", "ChargeCurrentLimit", "A", 1},
    {"discharge_current_limit", "DischargeCurrentLimit", "A", 1},
    {"protection_level", "ProtectionLevel", "", 0, "text"},
    {"fan_request", "FanRequest", "", 0, "u16"},
    {"heater_request", "HeaterRequest", "", 0, "u16"},
    {"balance_request", "BalanceRequest", "", 0, "u16"},
    {"charge_voltage_limit", "ChargeVoltageLimit", "V", 1},
    {"discharge_voltage_limit", "DischargeVoltageLimit", "V", 1},
    {"charge_power_limit", "ChargePowerLimit", "W", 0},
    {"discharge_power_limit", "DischargePowerLimit", "W", 0},
    {"configuration", "Configuration", "", 0, "text"},
}};

// The last of whoever has it.
constexpr computed_point identity_point = {"identity", "Identity", "", 0, "text"};
constexpr computed_point permit_point = {"permit", "Permit", "", 0, "text"};

// Where they stand in the list.
constexpr std::uint16_t fan_position = 3;
constexpr std::uint16_t heater_position = 4;
constexpr std::uint16_t balance_position = 5;

std::vector<messages::point_description> described(const std::string& prefix) {
  std::vector<messages::point_description> points;
  for (const auto& each : described_points)
    points.push_back(messages::points::describe(prefix, each, limits_period_us));
  return points;
}

std::string level_text(const std::optional<messages::protection::level>& level) {
  return level ? std::string(to_string(*level)) : "none";
}

block good_block(std::uint16_t position, decltype(block::values) values, messages::instant now) {
  block made;
  made.point = position;
  made.source_time_us = now.monotonic_us;
  made.quality = quality::good;
  made.values = std::move(values);
  return made;
}

// Without a value where it is not told.
block told_block(std::uint16_t position, const std::optional<double>& value,
                 messages::instant now) {
  auto made = good_block(position, block::reals{value.value_or(0)}, now);
  if (!value) made.quality = quality::never;
  return made;
}

} // namespace

messages::catalogue catalogue_of(const std::string& rack, const std::string& owner,
                                 bool has_identity) {
  auto points = described(rack);
  if (has_identity)
    points.push_back(messages::points::describe(rack, identity_point, limits_period_us));
  return messages::points::make_catalogue(owner, std::move(points));
}

messages::catalogue second_catalogue_of(const std::string& owner) {
  auto points = described(owner);
  points.push_back(messages::points::describe(owner, permit_point, limits_period_us));
  return messages::points::make_catalogue(owner, std::move(points));
}

std::vector<messages::payload> words_of(const std::string& rack, const messages::catalogue& by,
                                        const told_state& told, messages::instant now) {
  const auto flag = [](bool on) { return block::words{on ? std::uint16_t{1} : std::uint16_t{0}}; };
  const auto& applied = told.limits;
  messages::telemetry said;
  said.owner = by.owner;
  said.fingerprint = by.fingerprint;
  said.blocks = {good_block(0, block::reals{applied.charge_a}, now),
                 good_block(1, block::reals{applied.discharge_a}, now),
                 good_block(2, level_text(told.level), now),
                 good_block(fan_position, flag(told.requests.fan), now),
                 good_block(heater_position, flag(told.requests.heater), now),
                 good_block(balance_position, flag(told.requests.balance), now),
                 told_block(6, applied.charge_v, now),
                 told_block(7, applied.discharge_v, now),
                 good_block(8, block::reals{applied.charge_w}, now),
                 good_block(9, block::reals{applied.discharge_w}, now),
                 good_block(10, told.configuration, now)};
  constexpr auto last = static_cast<std::uint16_t>(described_points.size());
  if (told.identity) said.blocks.push_back(good_block(last, *told.identity, now));
  if (told.permit) said.blocks.push_back(good_block(last, *told.permit, now));
  return {messages::limits{rack, applied.charge_a, applied.discharge_a, applied.reasons,
                           applied.charge_v, applied.discharge_v, applied.charge_w,
                           applied.discharge_w, applied.charge_reasons, applied.discharge_reasons},
          std::move(said)};
}

requests requests_in(const messages::telemetry& said) {
  const auto is_on = [&](std::uint16_t position) {
    const auto found = std::ranges::find(said.blocks, position, &block::point);
    if (found == said.blocks.end()) return false;
    const auto* words = std::get_if<block::words>(&found->values);
    return words != nullptr && !words->empty() && words->front() != 0;
  };
  return {is_on(fan_position), is_on(heater_position), is_on(balance_position)};
}

} // namespace voltaic::actors::protection
