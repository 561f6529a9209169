#include "actors/inverter_link/bus_current_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace voltaic::actors::inverter_link {

namespace {

/// Below this voltage nothing is known of a current by its power.
constexpr double voltage_v_min = 1;

std::vector<double> capacities_of(const model_options& options) {
  std::vector<double> all;
  for (const auto& each : options.racks) all.push_back(each.capacity_ah);
  return all;
}

std::int64_t age_us_max(std::int64_t period_us) {
  return std::max(value_age_us_min, period_us * 3 / 2);
}

} // namespace

bus_current_model::bus_current_model(const model_options& options)
    : measured_(options.measured),
      inverter_(options.name),
      shown_(options.racks.size()),
      judge_(capacities_of(options)) {
  if (is_idle()) return;
  if (!measured_.current.empty()) current_place_ = watch(measured_.current);
  if (!measured_.power.empty()) {
    power_place_ = watch(measured_.power);
    voltage_place_ = watch(measured_.voltage);
  }
  for (const auto& each : options.racks) {
    names_.push_back(each.name);
    rack_places_.push_back(watch(each.name + "/current"));
  }
}

std::size_t bus_current_model::watch(const std::string& point) {
  const auto place = points_.watch(point);
  news_.resize(std::max(news_.size(), place + 1));
  return place;
}

void bus_current_model::take(const messages::telemetry& said, std::int64_t now_us) {
  if (is_idle()) return;
  for (const auto place : points_.apply(said))
    static_cast<void>(news_[place].hear(points_.at(place).source_time_us, now_us));
}

void bus_current_model::take_measured(std::optional<double> current_a, std::int64_t now_us) {
  if (!measured_.in_frames) return;
  if (!current_a || !std::isfinite(*current_a)) return framed_.reset();
  frame_gap_us_ =
      framed_ ? std::min(now_us - framed_->heard_us, frame_gap_us_max) : std::int64_t{0};
  framed_ = {*current_a, now_us};
}

std::optional<heard_current> bus_current_model::heard(std::size_t place,
                                                      std::int64_t now_us) const {
  const auto& value = points_.at(place);
  const auto period_us = std::int64_t{value.period_ms} * messages::us_per_ms;
  if (value.quality > messages::quality::uncertain || !std::isfinite(value.number) ||
      !news_[place].is_fresh(now_us, age_us_max(period_us)))
    return std::nullopt;
  return heard_current{value.number, news_[place].at_us()};
}

std::optional<heard_current> bus_current_model::measure(std::int64_t now_us) const {
  if (measured_.in_frames) {
    const bool is_fresh = framed_ && now_us - framed_->heard_us <= age_us_max(frame_gap_us_);
    return is_fresh ? framed_ : std::nullopt;
  }
  if (!measured_.current.empty()) return heard(current_place_, now_us);
  const auto power = heard(power_place_, now_us);
  const auto voltage = heard(voltage_place_, now_us);
  if (!power || !voltage || voltage->value_a < voltage_v_min) return std::nullopt;
  return heard_current{power->value_a / voltage->value_a,
                       std::min(power->heard_us, voltage->heard_us)};
}

bool bus_current_model::step(std::span<const std::optional<messages::joining>> standing,
                             std::int64_t now_us) {
  if (is_idle()) return false;
  now_ = measure(now_us);
  for (std::size_t each = 0; each < shown_.size(); ++each)
    shown_[each] = {heard(rack_places_[each], now_us), standing[each] == messages::joining::apart};
  judge_.step(now_, shown_, now_us);
  return judge_.turned();
}

std::optional<double> bus_current_model::measured_a() const {
  return now_ ? std::optional(now_->value_a) : std::nullopt;
}

std::string bus_current_model::source() const {
  if (measured_.in_frames) return inverter_;
  if (!measured_.current.empty()) return measured_.current;
  return fmt::format("{} by {}", measured_.power, measured_.voltage);
}

std::string bus_current_model::words() const {
  auto text = now_ ? fmt::format("{} measures {:.1f} A", source(), now_->value_a)
                   : fmt::format("{} says no current now", source());
  std::size_t left = 0;
  std::size_t named = 0;
  for (std::size_t each = 0; each < shown_.size(); ++each) {
    if (shown_[each].is_apart) continue;
    if (named == named_racks_max) {
      ++left;
      continue;
    }
    ++named;
    text += shown_[each].current
                ? fmt::format(", {} shows {:.1f} A", names_[each], shown_[each].current->value_a)
                : fmt::format(", {} says none", names_[each]);
  }
  if (left > 0) text += fmt::format(", {} more", left);
  if (sum_a() && named > 1) text += fmt::format(", together {:.1f} A", *sum_a());
  return text;
}

} // namespace voltaic::actors::inverter_link
