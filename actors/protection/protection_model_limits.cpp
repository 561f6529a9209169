#include "actors/protection/protection_model.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

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
  std::vector<const row*> barring;
  serious_ = false;
  for (const auto& each : rows_) {
    if (!counts(each)) continue;
    const bool is_serious = each.limit.level >= messages::protection::level::alarm;
    serious_ = serious_ || (is_serious && condition_active(each));
    all.add(each.consequence);
    if (each.shelved_until_us == 0)
      outputs_.level = std::max(outputs_.level, std::optional(each.limit.level));
    word.locked = word.locked || (each.latched && each.kept() == latch::lock);
    const bool silences =
        each.from.kind == input_kind::silence && inputs_.is_needed_to_close(each.from.of);
    silent = silent || silences;
    if (each.consequence.inhibits_close || silences) barring.push_back(&each);
  }
  // The first is told as what opened the rack: what asks for that, then the worst level.
  std::ranges::stable_sort(barring, std::ranges::greater(), [](const row* each) {
    return std::pair(each->consequence.opening, each->limit.level);
  });
  for (const auto* each : barring) {
    const bool is_latch_alone = each->latched && !condition_active(*each);
    word.reasons.push_back(each->reason + " " + each->scope +
                           (is_latch_alone ? " is latched: reset first" : ""));
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
  charge_percent_ = all.charge_percent;
  discharge_percent_ = all.discharge_percent;
  renew_limits(true);
}

// What is late lets nothing rise; how long it may hold its silence tells.
extremes protection_model::extremes_of(measured what) {
  if (!inputs_.is_bound(what)) return {};
  const auto& values = inputs_.values({input_kind::measured, what});
  const auto& silence = inputs_.values({input_kind::silence, what});
  const auto& scan = inputs_.scan(what);
  auto& lost = unusable_[position_of(what)];
  if (lost.count != scan.invalid_count()) lost = {scan.invalid_count(), last_us_};
  const bool is_settled = lost.count == 0 || last_us_ - lost.since_us >= unusable_patience_us;
  const auto period_ms = options_.points[position_of(what)].period_ms;
  const auto silent = silence_after(period_ms);
  auto how = heard::whole;
  if (!scan.all_received() || scan.is_any_stale() || silence.maximum >= silent.warning_ms)
    how = silence.maximum < silent.alarm_ms ? heard::late : heard::lost;
  const double parts = describe(what).parts;
  return held_[position_of(what)].step({values.minimum / parts, values.maximum / parts,
                                        values.any_valid, values.any_valid && is_settled},
                                       how, last_us_, held_us_max(period_ms));
}

bool protection_model::is_soc_doubted(const limit_inputs& now) const {
  const auto& contradicted = inputs_.values({input_kind::soc_contradiction, measured::soc});
  const auto& cells = inputs_.values({input_kind::measured, measured::cell_voltage});
  const bool is_late =
      (now.soc_percent && !contradicted.any_valid) || (now.cell_v.known && !cells.any_valid);
  return is_late ? soc_was_doubted_ : contradicted.any_valid && contradicted.maximum > 0;
}

bool protection_model::is_at_rest() const {
  return rests_since_us_ && last_us_ - *rests_since_us_ >= rest_us;
}

void protection_model::watch_rest() {
  if (!carries_nothing()) {
    rests_since_us_.reset();
  } else if (!rests_since_us_) {
    rests_since_us_ = last_us_;
  }
}

bool protection_model::carries_nothing() const {
  if (!inputs_.is_bound(measured::current)) return false;
  const auto current_a = inputs_.value_of(measured::current);
  const auto period_ms = options_.points[position_of(measured::current)].period_ms;
  const auto& silence = inputs_.values({input_kind::silence, measured::current});
  return current_a && silence.maximum < silence_after(period_ms).warning_ms &&
         std::abs(*current_a) <= rest_current_a;
}

limit_inputs protection_model::inputs_of_limits() {
  limit_inputs now;
  now.cell_v = extremes_of(measured::cell_voltage);
  now.temperature_c = extremes_of(measured::cell_temperature);
  if (inputs_.is_bound(measured::soc)) {
    const auto soc = extremes_of(measured::soc);
    // It is one value: what is said of it now is newer than what is held, whichever is worse for
    // either direction. Nothing rises by it before it is complete.
    if (soc.known) now.soc_percent = inputs_.value_of(measured::soc).value_or(soc.maximum);
    now.soc_is_late = !soc.complete;
    now.soc_is_doubted = soc_was_doubted_ = is_soc_doubted(now);
  }
  if (cooling_row_ && counts(rows_[*cooling_row_])) now.heat_margin_k = cooling_margin_k;
  now.charge_percent = charge_percent_;
  now.discharge_percent = discharge_percent_;
  now.charge_cap_a = charge_cap_.in_force_a;
  now.discharge_cap_a = discharge_cap_.in_force_a;
  return now;
}

void current_limits::add_reason(std::string_view reason, bool of_charge, bool of_discharge) {
  // Rows of several points have one reason.
  const auto add = [reason](std::vector<std::string>& to) {
    if (std::ranges::find(to, reason) == to.end()) to.emplace_back(reason);
  };
  add(reasons);
  if (of_charge) add(charge_reasons);
  if (of_discharge) add(discharge_reasons);
}

current_limits protection_model::limits_of(const rack_limits& left) const {
  constexpr double whole = 100;
  current_limits fresh{left.charge_a,
                       left.discharge_a,
                       {},
                       left.charge_v,
                       left.discharge_v,
                       left.charge_w,
                       left.discharge_w,
                       {},
                       {}};
  if (!options_.can_open && outputs_.verdict.opening != opening::none)
    fresh.add_reason(cannot_open, true, true);
  for (const auto& each : rows_) {
    const bool of_charge = each.consequence.charge_percent < whole;
    const bool of_discharge = each.consequence.discharge_percent < whole;
    if ((of_charge || of_discharge) && counts(each))
      fresh.add_reason(each.reason, of_charge, of_discharge);
  }
  const auto has = [](limit_reasons of, std::size_t bit) { return (of >> bit & 1U) != 0; };
  for (std::size_t bit = 0; bit < limit_reason_texts.size(); ++bit) {
    if (has(left.reasons, bit))
      fresh.add_reason(limit_reason_texts[bit], has(left.charge_reasons, bit),
                       has(left.discharge_reasons, bit));
  }
  return fresh;
}

void protection_model::renew_limits(bool caused) {
  current_limits fresh;
  if (!ready_) {
    fresh.add_reason("not_ready", true, true);
  } else {
    const auto before = limits_.limits();
    const auto& left = limits_.step(inputs_of_limits(), last_us_);
    limits_us_ = last_us_;
    if (!caused && left == before) return;
    fresh = limits_of(left);
  }
  if (fresh == outputs_.limits) return;
  outputs_.limits = std::move(fresh);
  outputs_.limits_changed = true;
}

} // namespace voltaic::actors::protection
