#include "actors/protection/limits_report_model.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace voltaic::actors::protection {
namespace {

constexpr std::string_view by_curve = "derating/";

double in_steps(double value, double step) {
  // By a whole number, so that 0.1 A is what people write as 0.1.
  const double per_unit = std::round(1 / step);
  return std::round(value * per_unit) / per_unit;
}

current_limits rounded(current_limits of) {
  of.charge_a = in_steps(of.charge_a, told_current_step_a);
  of.discharge_a = in_steps(of.discharge_a, told_current_step_a);
  if (of.charge_v) of.charge_v = in_steps(*of.charge_v, told_voltage_step_v);
  if (of.discharge_v) of.discharge_v = in_steps(*of.discharge_v, told_voltage_step_v);
  of.charge_w = std::round(of.charge_w);
  of.discharge_w = std::round(of.discharge_w);
  return of;
}

// Power follows from what is told, and from the cells all the time.
bool look_alike(const current_limits& one, const current_limits& other) {
  return one.charge_a == other.charge_a && one.discharge_a == other.discharge_a &&
         one.charge_v == other.charge_v && one.discharge_v == other.discharge_v &&
         one.reasons == other.reasons;
}

bool is_other_cause(const current_limits& one, const current_limits& other) {
  const auto causes = [](const current_limits& of) {
    auto all = of.reasons;
    std::erase_if(all, [](const auto& each) { return each.starts_with(by_curve); });
    return all;
  };
  return causes(one) != causes(other);
}

bool turns(double before_a, double after_a) {
  return (before_a > 0) != (after_a > 0);
}

} // namespace

limits_report_model::limits_report_model(double charge_current_a, double discharge_current_a)
    : charge_current_a_(charge_current_a), discharge_current_a_(discharge_current_a) {}

std::int64_t limits_report_model::period_us(const current_limits& now) const {
  const bool at_once =
      !any_ || turns(told_.charge_a, now.charge_a) || turns(told_.discharge_a, now.discharge_a) ||
      told_.charge_v.has_value() != now.charge_v.has_value() ||
      told_.discharge_v.has_value() != now.discharge_v.has_value() || is_other_cause(told_, now);
  if (at_once) return 0;
  const double moved =
      std::max(std::abs(now.charge_a - told_.charge_a) / charge_current_a_,
               std::abs(now.discharge_a - told_.discharge_a) / discharge_current_a_);
  return moved < told_large_share ? told_small_period_us : told_large_period_us;
}

std::optional<current_limits> limits_report_model::step(const current_limits& applied,
                                                        std::int64_t now_us) {
  auto now = rounded(applied);
  if (look_alike(now, told_) || (any_ && now_us - told_us_ < period_us(now))) return std::nullopt;
  told_ = now;
  told_us_ = now_us;
  any_ = true;
  return now;
}

} // namespace voltaic::actors::protection
