#include "actors/inverter_link/current_witness_model.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace voltaic::actors::inverter_link {

using messages::current_agreement;

namespace {

bool is_zero(const heard_current& shown) {
  return std::abs(shown.value_a) <= exact_zero_a;
}

// Whether a wrong sensor turns one into the other: wrong sign, factor, or nothing.
bool contradict(double shown_a, double true_a) {
  const double less = std::min(std::abs(shown_a), std::abs(true_a));
  const double more = std::max(std::abs(shown_a), std::abs(true_a));
  return shown_a * true_a <= 0 || more >= wrong_factor_min * less;
}

} // namespace

current_witness_model::current_witness_model(const std::vector<double>& capacities_ah) {
  for (const double each : capacities_ah) racks_.push_back({each, {}, {}, {}});
}

void current_witness_model::step(const std::optional<heard_current>& measured,
                                 std::span<const shown_current> racks, std::int64_t now_us) {
  assert(racks.size() == racks_.size());
  turned_ = false;
  sum_a_.reset();
  double sum_a = 0;
  double capacity_ah = 0;
  bool any_joined = false;
  bool all_known = true;
  for (std::size_t each = 0; each < racks_.size(); ++each) {
    if (racks[each].is_apart) continue;
    any_joined = true;
    all_known = all_known && racks[each].current.has_value();
    if (racks[each].current) sum_a += racks[each].current->value_a;
    capacity_ah += racks_[each].capacity_ah;
  }
  if (any_joined && all_known) sum_a_ = sum_a;
  if (!measured || !sum_a_) return say_of_all(current_agreement::unclaimed, racks);
  note_falling(*measured);
  const double largest_a = std::max(std::abs(measured->value_a), std::abs(sum_a));
  const double band_a = std::max({band_a_min, band_c * capacity_ah, band_share * largest_a});
  const double missing_a = measured->value_a - sum_a;
  if (std::abs(missing_a) <= band_a)
    return say_of_all(largest_a > band_a ? current_agreement::agrees : current_agreement::unclaimed,
                      racks);
  const auto explains = [&](const shown_current& one) {
    return !one.is_apart && contradict(one.current->value_a, one.current->value_a + missing_a);
  };
  const bool any_dead = std::ranges::any_of(
      racks, [&](const shown_current& one) { return explains(one) && is_zero(*one.current); });
  for (std::size_t each = 0; each < racks_.size(); ++each) {
    const bool is_meant = explains(racks[each]) && (!any_dead || is_zero(*racks[each].current));
    judge(racks_[each], racks[each].current.value_or(heard_current()), *measured, is_meant, now_us);
  }
}

void current_witness_model::judge(rack& of, const heard_current& shown,
                                  const heard_current& measured, bool is_meant,
                                  std::int64_t now_us) {
  const auto say = [&](current_agreement word) {
    turned_ = std::exchange(of.word, word) != word || turned_;
  };
  if (!is_meant) {
    of.meant_us.reset();
    of.zero_us.reset();
    return say(current_agreement::unclaimed);
  }
  if (!of.meant_us) of.meant_us = now_us;
  if (!is_zero(shown))
    of.zero_us.reset();
  else if (!of.zero_us || is_falling_)
    of.zero_us = now_us;
  // A value that is only kept says nothing of what came after it.
  const auto seen_us = std::min(shown.heard_us, measured.heard_us);
  const bool is_dead = of.zero_us && seen_us - *of.zero_us >= dead_zero_us;
  if (is_dead || seen_us - *of.meant_us >= contradiction_us)
    say(current_agreement::contradicts);
  else if (of.word == current_agreement::agrees)
    say(current_agreement::unclaimed);
}

void current_witness_model::note_falling(const heard_current& measured) {
  if (measured_ && measured_->heard_us == measured.heard_us) return;
  is_falling_ =
      measured_ && std::abs(measured.value_a) < falling_share * std::abs(measured_->value_a);
  measured_ = measured;
}

void current_witness_model::say_of_all(current_agreement word,
                                       std::span<const shown_current> racks) {
  for (std::size_t each = 0; each < racks_.size(); ++each) {
    auto& one = racks_[each];
    one.meant_us.reset();
    one.zero_us.reset();
    const auto said = racks[each].is_apart ? current_agreement::unclaimed : word;
    turned_ = std::exchange(one.word, said) != said || turned_;
  }
}

} // namespace voltaic::actors::inverter_link
