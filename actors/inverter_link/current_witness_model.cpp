#include "actors/inverter_link/current_witness_model.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace voltaic::actors::inverter_link {

using messages::current_agreement;

namespace {

// Whether a wrong sensor turns one into the other: wrong sign, factor, or nothing.
bool contradict(double shown_a, double true_a) {
  const double less = std::min(std::abs(shown_a), std::abs(true_a));
  const double more = std::max(std::abs(shown_a), std::abs(true_a));
  return shown_a * true_a <= 0 || more >= wrong_factor_min * less;
}

// What is noise of one rack.
double noise_a(double capacity_ah) {
  return std::max(band_a_min, band_c * capacity_ah);
}

} // namespace

void lasting_time::see(std::int64_t seen_us, std::int64_t now_us) {
  // What came before it was so says nothing of it.
  if (!seen_us_) seen_us_ = now_us;
  for_us_ += std::max<std::int64_t>(seen_us - *seen_us_, 0);
  seen_us_ = std::max(*seen_us_, seen_us);
}

current_witness_model::current_witness_model(const std::vector<double>& capacities_ah) {
  for (const double each : capacities_ah) racks_.emplace_back().capacity_ah = each;
}

void current_witness_model::step(const std::optional<heard_current>& measured,
                                 std::span<const shown_current> racks, std::int64_t now_us) {
  assert(racks.size() == racks_.size());
  turned_ = false;
  const auto known = compare(measured, racks);
  for (std::size_t each = 0; each < racks_.size(); ++each) {
    auto& one = racks_[each];
    if (known && !racks[each].is_apart) {
      judge(one, racks[each].current->value_a, *known, now_us);
      continue;
    }
    one.jump.forget();
    one.agreed.hold();
    one.meant.hold();
    if (racks[each].is_apart) {
      one.meant.reset();
      one.begun_a = 0;
    }
    say(one, current_agreement::unclaimed);
  }
}

std::optional<current_witness_model::comparison> current_witness_model::compare(
    const std::optional<heard_current>& measured, std::span<const shown_current> racks) {
  sum_a_.reset();
  double sum_a = 0;
  double band_a = 0;
  std::optional<std::int64_t> seen_us;
  for (std::size_t each = 0; each < racks_.size(); ++each) {
    if (racks[each].is_apart) continue;
    const auto& current = racks[each].current;
    if (!current) return std::nullopt;
    sum_a += current->value_a;
    band_a += (is_exact_zero(current->value_a) ? dead_band_c : band_c) * racks_[each].capacity_ah;
    seen_us = std::min(seen_us.value_or(current->heard_us), current->heard_us);
  }
  if (!seen_us) return std::nullopt;
  sum_a_ = sum_a;
  if (!measured) return std::nullopt;
  const double largest_a = std::max(std::abs(measured->value_a), std::abs(sum_a));
  band_a = std::max({band_a_min, band_a, band_share * largest_a});
  return comparison{*measured, measured->value_a - sum_a, band_a, largest_a > band_a,
                    std::min(*seen_us, measured->heard_us)};
}

void current_witness_model::judge(rack& of, double shown_a, const comparison& by,
                                  std::int64_t now_us) {
  const bool differs = std::abs(by.missing_a) > by.band_a;
  const bool explains = contradict(shown_a, shown_a + by.missing_a);
  of.jump.step({shown_a, by.measured, by.missing_a, by.seen_us, differs && explains},
               noise_a(of.capacity_ah), now_us);
  if (differs && explains) {
    of.agreed.reset();
    const double missing_a = std::abs(by.missing_a);
    if (of.begun_a <= 0) of.begun_a = missing_a;
    of.meant.see(by.seen_us, now_us);
    if (of.meant.is_over() && missing_a < fading_share * of.begun_a) {
      of.meant.reset();
      of.begun_a = missing_a;
    }
    const bool is_wrong = of.jump.is_dead() || of.meant.is_over();
    return say(of, is_wrong ? current_agreement::contradicts : current_agreement::unclaimed);
  }
  of.meant.reset();
  of.begun_a = 0;
  const bool tells = by.flows && std::abs(shown_a) > noise_a(of.capacity_ah);
  if (differs || explains || !tells) {
    of.agreed.hold();
    return say(of, current_agreement::unclaimed);
  }
  of.agreed.see(by.seen_us, now_us);
  say(of, of.agreed.is_over() ? current_agreement::agrees : current_agreement::unclaimed);
}

void current_witness_model::say(rack& of, current_agreement word) {
  // Only agreement ends a doubt: a dead sensor shows a current of zero as well as a sound one.
  if (of.word == current_agreement::contradicts && word == current_agreement::unclaimed) return;
  turned_ = std::exchange(of.word, word) != word || turned_;
}

} // namespace voltaic::actors::inverter_link
