#include "actors/protection/protection_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "actors/protection/ladder_model.hpp"

namespace voltaic::actors::protection {

using messages::opening;
using messages::protection::latch;

void protection_model::take_limits(const inputs& news) {
  const auto take = [this](const std::optional<reported_limit>& fresh, cap& of) {
    if (!fresh) return;
    // Written so that no not-a-number passes as good.
    of.good = fresh->quality <= quality::uncertain && fresh->value_a >= 0 &&
              std::isfinite(fresh->value_a);
    if (!of.good) return;
    of.held_a = fresh->value_a;
    of.good_us = last_us_;
    of.known = true;
  };
  take(news.charge_limit, charge_cap_);
  take(news.discharge_limit, discharge_cap_);
}

void protection_model::update_caps() {
  const auto patience_us =
      silence_after(options_.reported_period_ms).alarm_ms * messages::us_per_ms;
  const auto update = [&](cap& of, bool expected) {
    // A limit that went silent is kept for a while, never raised, then zero.
    const bool trusted = of.known && last_us_ - of.good_us < patience_us;
    const double in_force_a = !expected ? std::numeric_limits<double>::infinity()
                              : trusted ? of.held_a
                                        : 0.0;
    if (in_force_a != of.in_force_a) dirty_ = true;
    of.in_force_a = in_force_a;
  };
  update(charge_cap_, options_.reports_charge_limit);
  update(discharge_cap_, options_.reports_discharge_limit);
}

void protection_model::conclude() {
  dirty_ = false;
  consequence all;
  auto& word = outputs_.verdict;
  word.reasons.clear();
  word.locked = false;
  outputs_.level.reset();
  bool silent = false;
  serious_ = false;
  for (const auto& each : rows_) {
    if (!counts(each)) continue;
    const bool is_serious = each.limit.level >= messages::protection::level::alarm;
    serious_ = serious_ || (is_serious && condition_active(each));
    all.add(each.consequence);
    if (each.shelved_until_us == 0)
      outputs_.level = std::max(outputs_.level, std::optional(each.limit.level));
    word.locked = word.locked || (each.latched && each.limit.latch == latch::lock);
    const bool silences =
        each.from.kind == input_kind::silence && describe(each.from.of).needed_to_close;
    silent = silent || silences;
    if (each.consequence.inhibits_close || silences) {
      word.reasons.push_back(each.reason + " " + each.scope);
    }
  }
  if (!loaded_) word.reasons.emplace_back("latches_not_loaded");
  if (!ready_) word.reasons.emplace_back("not_ready");
  word.opening = all.opening;
  outputs_.requests = all.requests;
  word.granted = ready_ && loaded_ && all.opening == opening::none;
  word.close_allowed = word.granted && !all.inhibits_close && !silent && !word.locked;
  conclude_limits(all);
}

void protection_model::conclude_limits(const consequence& all) {
  current_limits fresh;
  if (!ready_) {
    fresh.reasons.emplace_back("not_ready");
  } else {
    const double charge_a = options_.charge_current_a * all.charge_percent / 100;
    const double discharge_a = options_.discharge_current_a * all.discharge_percent / 100;
    fresh.charge_a = std::min(charge_a, charge_cap_.in_force_a);
    fresh.discharge_a = std::min(discharge_a, discharge_cap_.in_force_a);
    for (const auto& each : rows_) {
      const auto& done = each.consequence;
      if ((done.charge_percent < 100 || done.discharge_percent < 100) && counts(each)) {
        fresh.reasons.push_back(each.reason);
      }
    }
    if (fresh.charge_a < charge_a) fresh.reasons.emplace_back("reported_charge_current_limit");
    if (fresh.discharge_a < discharge_a) {
      fresh.reasons.emplace_back("reported_discharge_current_limit");
    }
  }
  if (fresh == outputs_.limits) return;
  outputs_.limits = std::move(fresh);
  outputs_.limits_changed = true;
}

} // namespace voltaic::actors::protection
