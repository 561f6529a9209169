#include "actors/protection/limit_model.hpp"

#include <algorithm>
#include <cmath>

namespace voltaic::actors::protection {
namespace {

using messages::protection::curve;
using messages::protection::curve_pair;
using messages::protection::least_percent;
using messages::protection::percent_at;

constexpr double whole = 100;

const curve& curve_of(const curve_pair& of, bool charge) {
  return charge ? of.charge : of.discharge;
}

std::int64_t to_us(double seconds) {
  return static_cast<std::int64_t>(seconds * static_cast<double>(messages::us_per_s));
}

/// Written so that what is no number leaves nothing.
double at_least_zero(double value) {
  return value > 0 ? value : 0;
}

} // namespace

temperature_trend::temperature_trend(double window_s, double horizon_s)
    : window_us_(std::max(to_us(window_s), trend_window_us_min)), horizon_s_(horizon_s) {}

void temperature_trend::keep(double value_c, std::int64_t now_us) {
  if (count_ > 0) {
    const auto& last = nth(count_ - 1);
    if (std::abs(value_c - last.value_c) >= trend_step_k_max) {
      count_ = 0;
    } else if (now_us - last.time_us < trend_sample_us) {
      return;
    }
  }
  if (count_ == samples_max) {
    first_ = (first_ + 1) % samples_max;
    --count_;
  }
  samples_[(first_ + count_) % samples_max] = {now_us, value_c};
  ++count_;
  // The window is what is needed and no more.
  while (count_ > 2 && now_us - nth(1).time_us >= window_us_) {
    first_ = (first_ + 1) % samples_max;
    --count_;
  }
}

double temperature_trend::ahead(double now_c, std::int64_t now_us) {
  keep(now_c, now_us);
  const auto& oldest = nth(0);
  const auto span_us = now_us - oldest.time_us;
  if (span_us < trend_window_us_min) return now_c;
  const double per_s =
      (now_c - oldest.value_c) / (static_cast<double>(span_us) / messages::us_per_s);
  return now_c + std::max(per_s, 0.0) * horizon_s_;
}

slow_rise::slow_rise(double percent_per_s, double hysteresis_percent, double begin_percent)
    : percent_per_us_(percent_per_s / static_cast<double>(messages::us_per_s)),
      hysteresis_percent_(hysteresis_percent),
      begin_percent_(begin_percent) {}

double slow_rise::step(double allowed, bool may_rise, std::int64_t now_us) {
  if (!started_ || allowed <= held_) {
    held_ = started_ ? allowed : std::min(allowed, begin_percent_);
    since_us_ = now_us;
    started_ = started_ || may_rise;
    rising_ = false;
    return held_;
  }
  if (!may_rise) {
    since_us_ = now_us;
    rising_ = false;
    return held_;
  }
  if (!rising_) {
    rising_ = allowed >= held_ + hysteresis_percent_ || now_us - since_us_ >= rise_patience_us;
    raised_us_ = now_us;
    return held_;
  }
  const auto passed_us = now_us - raised_us_;
  if (passed_us < rise_step_us) return held_;
  raised_us_ = now_us;
  // A standstill is no reason to jump.
  const auto counted_us = std::min(passed_us, 2 * rise_step_us);
  held_ = std::min(allowed, held_ + percent_per_us_ * static_cast<double>(counted_us));
  if (held_ == allowed) {
    rising_ = false;
    since_us_ = now_us;
  }
  return held_;
}

limit_model::limit_model(limit_options options)
    : options_(std::move(options)),
      trend_(options_.derating.trend_window_s, options_.derating.trend_horizon_s),
      charge_{{options_.derating.recovery_percent_per_s, options_.derating.hysteresis_percent,
               options_.former.charge_percent}},
      discharge_{{options_.derating.recovery_percent_per_s, options_.derating.hysteresis_percent,
                  options_.former.discharge_percent}} {}

std::optional<held_shares> limit_model::held() const {
  if (!charge_.rise.is_started() || !discharge_.rise.is_started()) return std::nullopt;
  return held_shares{charge_.held, discharge_.held};
}

void limit_model::allowance::at_most(double other, limit_reason reason) {
  if (!(other < whole)) return;
  const double left = at_least_zero(other);
  if (left > percent) return;
  // What leaves more does not bind.
  reasons = static_cast<limit_reasons>((left < percent ? 0 : reasons) | bit_of(reason));
  percent = left;
}

limit_model::allowance limit_model::by_curves(bool charge, const limit_inputs& now,
                                              double ahead_c) const {
  allowance left;
  const auto& by_cell = curve_of(options_.derating.cell_voltage, charge);
  const double worst_cell_v = charge ? now.cell_v.maximum : now.cell_v.minimum;
  if (now.cell_v.known) {
    left.at_most(percent_at(by_cell, worst_cell_v), limit_reason::cell_voltage);
  } else {
    left.at_most(0, limit_reason::unknown_cells);
  }
  if (options_.has_temperature) {
    const auto& by_heat = curve_of(options_.derating.temperature, charge);
    const auto& heat = now.temperature_c;
    const double left_now =
        std::min(percent_at(by_heat, heat.minimum), percent_at(by_heat, heat.maximum));
    if (heat.known) {
      left.at_most(left_now, limit_reason::temperature);
    } else {
      left.at_most(least_percent(by_heat), limit_reason::unknown_temperature);
    }
    if (heat.known && now.heat_margin_k > 0) {
      left.at_most(percent_at(by_heat, heat.maximum + now.heat_margin_k), limit_reason::cooling);
    }
    if (heat.known && percent_at(by_heat, ahead_c) < left_now) {
      left.at_most(percent_at(by_heat, ahead_c), limit_reason::temperature_trend);
    }
  }
  const auto& rise = (charge ? charge_ : discharge_).rise;
  if (options_.has_soc && (!now.soc_is_doubted || !rise.is_started())) {
    const auto& by_soc = curve_of(options_.derating.soc, charge);
    if (now.soc_percent) {
      left.at_most(percent_at(by_soc, *now.soc_percent), limit_reason::soc);
    } else {
      left.at_most(least_percent(by_soc), limit_reason::unknown_soc);
    }
  }
  // What was held before is not known: no more than what soc_implausible is about to leave.
  if (options_.has_soc && now.soc_is_doubted && !rise.is_started())
    left.at_most(doubted_soc_percent, limit_reason::soc);
  return left;
}

double limit_model::settle(direction& of, const allowance& by_curve, double by_levels,
                           bool may_rise, std::int64_t now_us) {
  const double allowed = std::min(by_curve.percent, at_least_zero(by_levels));
  const double before = of.held;
  of.held = of.rise.step(allowed, may_rise, now_us);
  if (of.held == allowed) {
    of.reasons = by_curve.percent > allowed ? limit_reasons{0} : by_curve.reasons;
  } else if (of.held > before || of.reasons == 0) {
    of.reasons = bit_of(limit_reason::rise);
  }
  // Otherwise the curve that held it down a moment ago still does, whatever is allowed meanwhile.
  return of.held;
}

void limit_model::take_floor(const extremes& cells) {
  if (cells.complete) {
    floor_cell_v_ = at_least_zero(cells.minimum);
  } else {
    floor_cell_v_ = cells.known ? std::min(floor_cell_v_, at_least_zero(cells.minimum)) : 0;
  }
}

double limit_model::power(double current_a, double rated_a) const {
  const double series = options_.cells_in_series;
  const double step_w = rated_a * series * power_step_cell_v;
  if (!(step_w > 0)) return 0;
  // A whole number of steps is not one less for a rounding.
  constexpr double rounding = 1e-6;
  return std::floor(current_a * floor_cell_v_ * series / step_w + rounding) * step_w;
}

const rack_limits& limit_model::step(const limit_inputs& now, std::int64_t now_us) {
  double ahead_c = now.temperature_c.maximum;
  if (now.temperature_c.known) {
    ahead_c = trend_.ahead(now.temperature_c.maximum, now_us);
  } else {
    trend_.forget();
  }
  const bool may_rise =
      now.cell_v.complete && (!options_.has_temperature || now.temperature_c.complete) &&
      (!options_.has_soc || (now.soc_percent && !now.soc_is_late && !now.soc_is_doubted));
  const double charge_percent =
      settle(charge_, by_curves(true, now, ahead_c), now.charge_percent, may_rise, now_us);
  const double discharge_percent =
      settle(discharge_, by_curves(false, now, ahead_c), now.discharge_percent, may_rise, now_us);
  const auto capped = [](double current_a, double cap_a, limit_reasons& reasons, limit_reason why) {
    const double most_a = at_least_zero(cap_a);
    if (most_a >= current_a) return current_a;
    reasons = bit_of(why);
    return most_a;
  };
  limits_.charge_reasons = charge_.reasons;
  limits_.discharge_reasons = discharge_.reasons;
  limits_.charge_a = capped(options_.charge_current_a * charge_percent / whole, now.charge_cap_a,
                            limits_.charge_reasons, limit_reason::charge_cap);
  limits_.discharge_a =
      capped(options_.discharge_current_a * discharge_percent / whole, now.discharge_cap_a,
             limits_.discharge_reasons, limit_reason::discharge_cap);
  limits_.reasons = static_cast<limit_reasons>(limits_.charge_reasons | limits_.discharge_reasons);
  take_floor(now.cell_v);
  limits_.charge_w = power(limits_.charge_a, options_.charge_current_a);
  limits_.discharge_w = power(limits_.discharge_a, options_.discharge_current_a);
  const auto target = [&](double cell_v) {
    return cell_v > 0 ? std::optional(cell_v * options_.cells_in_series) : std::nullopt;
  };
  limits_.charge_v = target(options_.derating.charge_target_cell_v);
  limits_.discharge_v = target(options_.derating.discharge_target_cell_v);
  return limits_;
}

} // namespace voltaic::actors::protection
