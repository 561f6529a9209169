#include "scenarios/property/plant.hpp"

#include <algorithm>
#include <utility>

#include "messages/time.hpp"
#include "scenarios/property/site_plan.hpp"

namespace voltaic::tests::property {

using messages::us_per_ms;

plant::plant(const schedule& what, const nodes::site::plan& plan,
             std::function<void(const fact&)> tell, hit_counters& hits)
    : what_(what), tell_(std::move(tell)), hits_(hits) {
  for (int i = 0; i < what.racks; ++i) {
    wires_.emplace_back(
        i, wire_options{is_watched(what, i), has(what.has.nmc, i), has(what.has.emptier, i)}, tell_,
        hits_);
    hits_["rack without orders"] += is_watched(what, i) ? 1 : 0;
    hits_["rack of NMC"] += has(what.has.nmc, i) ? 1 : 0;
    hits_["rack with two evaluators"] += has(what.has.doubled, i) ? 1 : 0;
    hits_["rack with inputs"] += has(what.has.guarded, i) ? 1 : 0;
    if (what.has.shares_bus) places_.push_back(dc_bus_.add_rack());
  }
  if (!plan.inverters.empty())
    inverter_.emplace(plan.inverters.front(), what.has.inverter, tell_, hits_);
}

void plant::happen(const deed& one, std::int64_t now_us) {
  const auto until_us = now_us + one.duration_ms * us_per_ms;
  auto& rack = wires_.at(static_cast<std::size_t>(one.rack));
  switch (one.kind) {
    case deed_kind::lose_in:
    case deed_kind::lose_all_in:
    case deed_kind::wrong_length:
    case deed_kind::lose_out:
    case deed_kind::corrupt_out:
    case deed_kind::replay:
      return rack.begin(one, now_us);
    case deed_kind::harm:
      return rack.harm(one, now_us);
    case deed_kind::input:
      return press(one, now_us);
    case deed_kind::inverter_silent:
      if (inverter_) inverter_->silence(until_us);
      return;
    default:
      return rack.lay(one);
  }
}

void plant::press(const deed& one, std::int64_t now_us) {
  const auto role = std::ranges::find(input_roles, one.text) - input_roles.begin();
  ++hits_[one.text == reset_key ? "key turned" : "input active"];
  auto& line = inputs_.at(static_cast<std::size_t>(one.rack)).at(static_cast<std::size_t>(role));
  line.active_until_us = now_us + one.duration_ms * us_per_ms;
}

void plant::send(const std::string& bus, const messages::can::frame& sent, std::int64_t now_us) {
  if (bus == inverter_bus) return inverter_->send(sent, now_us);
  wires_.at((sent.id - first_rack_id) / rack_ids).send(sent, now_us);
}

void plant::tell_inputs(std::int64_t now_us) {
  for (int rack = 0; rack < what_.racks; ++rack) {
    for (std::size_t role = 0; role < input_roles.size(); ++role) {
      auto& line = inputs_.at(static_cast<std::size_t>(rack)).at(role);
      const bool is_active = now_us < line.active_until_us;
      if (std::exchange(line.is_active, is_active) != is_active)
        tell_({now_us, rack, input_is{input_roles.at(role), is_active}});
    }
    auto& key = inputs_.at(static_cast<std::size_t>(rack)).back();
    key.is_active = now_us < key.active_until_us;
  }
}

void plant::step(std::int64_t now_us, std::int64_t clock_us) {
  from_racks_.clear();
  from_inverter_.clear();
  tell_inputs(now_us);
  for (std::size_t i = 0; i < wires_.size(); ++i) {
    if (!places_.empty()) wires_[i].share(dc_bus_.without(places_[i]));
    auto frames = wires_[i].step(now_us, clock_us);
    if (!places_.empty()) dc_bus_.set(places_[i], wires_[i].joined_v());
    from_racks_.insert(from_racks_.end(), frames.begin(), frames.end());
  }
  if (inverter_) from_inverter_ = inverter_->step(now_us, clock_us);
}

void plant::heard_by(int rack, std::span<const messages::can::frame> frames,
                     std::int64_t now_us) const {
  const auto number = static_cast<std::size_t>(rack);
  for (const auto& frame : frames)
    if (frame.id / rack_ids >= number) wires_.at(number).heard(frame, now_us);
}

void plant::heard_by_link(std::span<const messages::can::frame> frames, std::int64_t now_us) const {
  for (const auto& frame : frames) inverter_->heard(frame, now_us);
}

// Normally closed, all but the key: what is active, or whose wire is broken, lets no current
// through.
bus::digital::sample plant::sample(int rack, std::int64_t clock_us,
                                   std::int64_t utc_offset_us) const {
  bus::digital::sample said;
  said.now_us = clock_us;
  said.utc_offset_us = utc_offset_us;
  for (const auto& line : inputs_.at(static_cast<std::size_t>(rack)))
    said.levels.push_back(!line.is_active);
  said.levels.back() = !said.levels.back();
  return said;
}

} // namespace voltaic::tests::property
