#include "actors/protection/protection_model.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <optional>
#include <utility>

#include "actors/protection/ladder_model.hpp"
#include "actors/protection/plausibility_model.hpp"
#include "messages/protection/condition.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::protection::level;

/// The chain hears the time at least this often; what waits for less than that until it is
/// due is charged now.
constexpr std::int32_t tick_us_max = 50'000;

bool is_followed(const input& from, const messages::protection::limit& limit) {
  const bool is_ratio =
      from.kind == input_kind::charge_ratio || from.kind == input_kind::discharge_ratio;
  return is_ratio && limit.set_ms * messages::us_per_ms < limit_follow_us;
}

/// Whether its value changes with the limits, too, and not only with what is measured.
bool follows_limits(input_kind kind) {
  return kind == input_kind::charge_ratio || kind == input_kind::discharge_ratio ||
         kind == input_kind::charge_ratio_followed ||
         kind == input_kind::discharge_ratio_followed || kind == input_kind::limit_ignored;
}

/// Whether its value changes with time alone.
bool is_timed(input_kind kind) {
  return kind == input_kind::silence || kind == input_kind::unusable_time ||
         kind == input_kind::cooling_missing || kind == input_kind::bus_offs ||
         kind == input_kind::bus_error_count;
}

input followed(const input& from) {
  return {from.kind == input_kind::charge_ratio ? input_kind::charge_ratio_followed
                                                : input_kind::discharge_ratio_followed,
          from.of};
}

/// A level's set value; nothing where the table does not have it.
std::optional<double> set_value(const messages::protection::table& table,
                                std::string_view candidate, level which) {
  const auto found =
      std::ranges::find(table.candidates, candidate, &messages::protection::candidate::name);
  if (found == table.candidates.end()) return std::nullopt;
  const auto limit = std::ranges::find(found->limits, which, &messages::protection::limit::level);
  return limit == found->limits.end() ? std::nullopt : std::optional(limit->set);
}

input_model::ratings ratings_of(const protection_options& options) {
  // Where a table does not say from where on a cell is low or hot, none is.
  constexpr double never = std::numeric_limits<double>::infinity();
  return {options.capacity_ah,
          options.charge_current_a,
          options.discharge_current_a,
          set_value(options.table, "cell_undervoltage", level::warning).value_or(never),
          set_value(options.table, "discharge_overtemperature", level::fault).value_or(never),
          options.bus};
}

protection_options with_losses(protection_options options) {
  for (std::size_t each = known_count; each < measured_count; ++each) {
    auto& point = options.points[each];
    if (point.count > 0) point.loss = loss_of_own(options.table, point.name);
  }
  return options;
}

} // namespace

protection_model::protection_model(protection_options options)
    : options_(with_losses(std::move(options))),
      inputs_(options_.points, ratings_of(options_)),
      limits_({options_.derating, options_.charge_current_a, options_.discharge_current_a,
               options_.cells().count, inputs_.is_bound(measured::cell_temperature),
               inputs_.is_bound(measured::soc), options_.former}) {
  assert(options_.validate().empty());
  for (const auto& watched : options_.table.candidates) {
    auto from = input_of(watched.name);
    if (!inputs_.is_bound(from)) {
      unbound_.push_back(watched.name);
      from.kind = input_kind::none;
    }
    add(watched, from);
  }
  for (std::size_t each = 0; each < measured_count; ++each) {
    const auto what = static_cast<measured>(each);
    if (!inputs_.is_bound(what)) continue;
    const auto& point = options_.points[each];
    const auto loss = is_own(what) ? point.loss : loss_of(what);
    add(sensor_invalid_candidate(what, point.count, loss), {input_kind::invalid_count, what});
    add(communication_loss_candidate(what, point.period_ms, loss), {input_kind::silence, what});
    if (what == measured::insulation_resistance)
      add(insulation_unknown_candidate(), {input_kind::unusable_time, what});
  }
  add_plausibility();
  lost_row_ = static_cast<std::uint16_t>(rows_.size());
  add(latch_store_lost_candidate(), {});
  std::size_t changes_max = 0;
  for (const auto& each : watches_) {
    changes_max = std::max(changes_max, each.levels.levels() * inputs_.count(each.from) * 2);
  }
  changes_.reserve(changes_max);
  implied_.reserve(changes_max);
  outputs_.reports.reserve(reports_per_step_max + 2 * rows_.size());
  outputs_.latches.reserve(rows_.size());
}

void protection_model::add_plausibility() {
  constexpr input frozen{input_kind::frozen, measured::cell_voltage};
  if (inputs_.is_bound(frozen)) {
    add(sensor_frozen_candidate(), frozen);
    add(all_frozen_candidate(), {input_kind::frozen_all, measured::cell_voltage});
  }
  for (const auto& each : plausibility_candidates()) {
    const auto from = input_for(each.name);
    if (!inputs_.is_bound(from)) continue;
    if (from.kind == input_kind::cooling_missing) cooling_row_ = rows_.size();
    add(each, from);
  }
  for (const auto& each : link_candidates()) {
    const auto from = input_for(each.name);
    if (inputs_.is_bound(from)) add(each, from);
  }
}

input protection_model::input_of(std::string_view candidate) const {
  const auto own = messages::protection::parse_own(candidate);
  if (!own) return input_for(candidate);
  for (std::size_t each = known_count; each < measured_count; ++each) {
    if (options_.points[each].count > 0 && options_.points[each].name == own->point)
      return {input_kind::measured, static_cast<measured>(each)};
  }
  return {};
}

bool protection_model::is_disabled(std::string_view name) const {
  return std::ranges::find(options_.disabled, name) != options_.disabled.end();
}

void protection_model::add(const messages::protection::candidate& watched, const input& from) {
  const auto first = rows_.size();
  std::vector<std::size_t> levels;
  std::vector<std::size_t> quick;
  for (std::size_t each = 0; each < watched.limits.size(); ++each) {
    rows_.push_back(make_row(watched, each, from));
    if (!options_.can_open) rows_.back().actions = actions_without_contactors(rows_.back().limit);
    if (is_ladder(from.kind) && is_own(from.of))
      rows_.back().key += "/" + options_.points[position_of(from.of)].name;
    (is_followed(from, watched.limits[each]) ? quick : levels).push_back(each);
  }
  if (from.kind == input_kind::none || is_disabled(watched.name)) return;
  if (!levels.empty()) add_watch(watched, from, levels, first);
  if (!quick.empty()) add_watch(watched, followed(from), quick, first);
}

void protection_model::add_watch(const messages::protection::candidate& watched, const input& from,
                                 std::span<const std::size_t> levels, std::size_t first_row) {
  watch made{from,
             {},
             make_levels(watched, levels, inputs_.parts_of(from), inputs_.count(from)),
             {},
             input_model::needs(from),
             input_model::needs(from)};
  made.period_us =
      std::max(static_cast<std::int32_t>(watched.period_ms * messages::us_per_ms) - tick_us_max, 0);
  made.depends |= input_model::regards(from);
  bool any_condition = false;
  for (std::size_t each = 0; each < levels.size(); ++each) {
    const auto position = first_row + levels[each];
    made.rows.push_back(static_cast<std::uint16_t>(position));
    rows_[position].watch = static_cast<std::uint16_t>(watches_.size());
    rows_[position].level = static_cast<std::uint8_t>(each);
    const auto& text = watched.limits[levels[each]].condition;
    any_condition = any_condition || !text.empty();
    made.conditions.emplace_back(
        messages::protection::parse_condition(text).value_or(messages::protection::condition{}),
        watched, options_.table, options_.capacity_ah);
  }
  if (any_condition) {
    made.depends |= bit(measured::current) | bit(measured::soc);
  } else {
    made.conditions.clear();
  }
  // They change while nothing comes.
  if (is_timed(from.kind)) silences_.push_back(watches_.size());
  watches_.push_back(std::move(made));
}

const outputs& protection_model::step(const inputs& news, messages::instant now) {
  begin_telling();
  const auto now_us = started_ ? std::max(now.monotonic_us, last_us_) : now.monotonic_us;
  if (!started_) last_us_ = now_us;
  started_ = true;
  group_continues_ = serious_ || (group_known_ && condition_active(rows_[group_row_]));
  std::uint32_t touched = 0;
  for (const auto& block : news.blocks) touched |= bit(block.of);
  const auto expired = inputs_.expiring(now_us);
  charge(std::exchange(last_us_, now_us), touched | expired);
  if (shelved_ > 0) end_shelving();
  if (news.link) inputs_.hear_link(*news.link, now_us);
  inputs_.pass(now_us);
  look(0);
  if (news.witness) inputs_.hear_witness(*news.witness, now_us);
  if (expired != 0) expire(expired);
  if (doubted_ > 0) watch_doubted();
  if (touched != 0) {
    touched = inputs_.take(news.blocks, now_us);
    inputs_.pass(now_us, touched);
    look(touched);
    if (doubted_ > 0) watch_doubted();
  }
  watch_rest();
  if (!ready_ && inputs_.scan(measured::cell_voltage).scans() >= scans_for_ready &&
      inputs_.heard_all()) {
    ready_ = dirty_ = true;
  }
  take_limits(news);
  update_caps();
  if (dirty_) {
    conclude();
  } else if (ready_ && (touched != 0 || last_us_ - limits_us_ >= limits_look_us)) {
    renew_limits(false);
  }
  inputs_.demand_cooling(outputs_.requests.fan);
  // Before anything is applied, nobody could have kept to it.
  inputs_.follow(ready_ ? outputs_.limits.charge_a : options_.charge_current_a,
                 ready_ ? outputs_.limits.discharge_a : options_.discharge_current_a, now_us);
  return outputs_;
}

void protection_model::charge(std::int64_t from_us, std::uint32_t touched) {
  const auto held = inputs_.charges_us(from_us, last_us_);
  const auto passed =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(last_us_ - from_us, 0, charge_us_max));
  for (auto& each : watches_) {
    // What is at rest stays so however long the values hold by which it is.
    if (each.levels.quiet() && !follows_limits(each.from.kind)) {
      each.owed_us = 0;
      continue;
    }
    auto charge_us = passed;
    for (auto bits = is_ladder(each.from.kind) ? 0U : each.needs; bits != 0; bits &= bits - 1) {
      charge_us = std::min(charge_us, held[static_cast<std::size_t>(std::countr_zero(bits))]);
    }
    const auto owed = std::int64_t{each.owed_us} + charge_us;
    each.owed_us = static_cast<std::int32_t>(std::min<std::int64_t>(owed, charge_us_max));
    const bool waits = each.owed_us == 0 || each.owed_us < each.period_us;
    const bool is_touched = (each.depends & touched) != 0;
    if (waits && !is_touched) continue;
    run(each, std::exchange(each.owed_us, 0));
  }
}

void protection_model::look(std::uint32_t touched) {
  for (const auto position : silences_) run(watches_[position], 0);
  if (touched == 0) return;
  for (auto& each : watches_) {
    if (!is_timed(each.from.kind) && (each.depends & touched) != 0) run(each, 0);
  }
}

void protection_model::run(watch& each, std::int32_t charge_us) {
  if (!each.conditions.empty() && charge_us == 0) judge_conditions(each);
  changes_.clear();
  each.levels.step(inputs_.values(each.from), charge_us, changes_);
  if (changes_.empty()) return;
  imply_lower(each);
  tell(each);
}

void protection_model::expire(std::uint32_t points) {
  inputs_.expire(points, last_us_);
  for (auto& each : watches_) {
    if ((each.needs & points) == 0 || each.levels.quiet()) continue;
    // What follows from several values is as old as the oldest of them.
    if (each.from.kind != input_kind::measured) each.levels.restart_clearing();
    run(each, 0);
  }
}

void protection_model::judge_conditions(watch& each) {
  const auto known = inputs_.for_conditions();
  const auto& values = inputs_.values(each.from);
  std::optional<double> worst;
  if (values.any_valid) {
    const auto most = each.levels.is_high() ? values.maximum : values.minimum;
    worst = most / inputs_.parts_of(each.from);
  }
  for (std::size_t position = 0; position < each.conditions.size(); ++position) {
    each.levels.count_level(position, each.conditions[position].holds(known, worst));
  }
}

bool protection_model::condition_active(const row& of) const {
  return of.watch != row::no_watch && watches_[of.watch].levels.active_count(of.level) > 0;
}

} // namespace voltaic::actors::protection
