#include "actors/simulator/can_inverter_model.hpp"

#include <algorithm>

#include "messages/inverter/codec.hpp"

namespace voltaic::actors::simulator {

namespace wires = messages::inverter;

namespace {

messages::can::frame empty_frame(const wires::identifier& id) {
  messages::can::frame made;
  made.id = id.id;
  made.extended = id.extended;
  made.length = 8;
  return made;
}

// What it measures is what it is told that the battery has, where nobody knows better.
wires::payload measured(const wires::payload& told, const std::optional<double>& carried_a) {
  using wires::item_of;
  wires::payload values;
  values.set(item_of("inverter_voltage"), told.at(item_of("voltage")));
  values.set(item_of("inverter_current"),
             carried_a ? wires::item_value(*carried_a) : told.at(item_of("current")));
  values.set(item_of("inverter_temperature"), told.at(item_of("temperature")));
  values.set(item_of("inverter_soc"), told.at(item_of("soc")));
  values.set(item_of("inverter_charge_voltage"), told.at(item_of("charge_voltage_limit")));
  return values;
}

} // namespace

void can_inverter_model::listen(const messages::can::frame& frame) {
  if (wires::decode(profile_->frames, wire_, frame, told_)) frames_[frame.id] = frame;
}

void can_inverter_model::beat(std::vector<messages::can::frame>& out) {
  if (effect_ != inverter_effect::freeze) ++counter_;
  const auto values = measured(told_, carried_a_);
  for (const auto& layout : profile_->received)
    if (const auto made = wires::encode(layout, {}, values)) out.push_back(*made);
  for (const auto& each : profile_->requests) {
    auto asked = empty_frame(each.id);
    asked.data[each.byte] = each.value;
    out.push_back(asked);
  }
  const auto& alive = profile_->keep_alive;
  if (!alive) return;
  const bool is_sent = std::ranges::any_of(out, [&](const messages::can::frame& each) {
    return wires::identifier{each.id, each.extended} == alive->id;
  });
  if (!is_sent) out.push_back(empty_frame(alive->id));
  if (!alive->counter_byte) return;
  for (auto& each : out)
    if (wires::identifier{each.id, each.extended} == alive->id)
      each.data[*alive->counter_byte] = counter_;
}

std::vector<messages::can::frame> can_inverter_model::step(
    std::int64_t now_us, std::span<const messages::can::frame> received) {
  for (const auto& each : received) listen(each);
  std::vector<messages::can::frame> out;
  if (!due_us_) due_us_ = now_us;
  if (now_us < *due_us_) return out;
  *due_us_ += (1 + (now_us - *due_us_) / period_us) * period_us;
  if (effect_ != inverter_effect::silent) beat(out);
  return out;
}

} // namespace voltaic::actors::simulator
