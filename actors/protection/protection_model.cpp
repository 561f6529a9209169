#include "actors/protection/protection_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "messages/points/names.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::opening;
using messages::protection::latch;
using messages::protection::level;

constexpr std::uint32_t cells_max = 65'536;
constexpr const char* cell_scope = "cell_voltage";
constexpr const char* rack_scope = "rack";

double parts_of(input_kind input) {
  return input == input_kind::cell_voltage ? parts_per_unit : 1;
}

input_kind input_for(std::string_view candidate) {
  const auto* known = messages::protection::find_candidate(candidate);
  const bool by_cells = known != nullptr && known->point == cell_scope;
  return by_cells ? input_kind::cell_voltage : input_kind::none;
}

} // namespace

std::vector<std::string> protection_options::validate() const {
  std::vector<std::string> wrong;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(table.candidates, name, &messages::protection::candidate::name) !=
           table.candidates.end();
  };
  if (rack.empty()) wrong.push_back("protection needs the name of its rack");
  if (cell_count == 0 || cell_count > cells_max) {
    wrong.push_back(fmt::format("{}: cell_voltage must have 1 to {} elements", rack, cells_max));
  }
  if (cell_period_ms == 0) wrong.push_back(rack + ": cell_voltage needs a period");
  for (const double rated_a : {charge_current_a, discharge_current_a}) {
    if (!(rated_a > 0) || !std::isfinite(rated_a)) {
      wrong.push_back(rack + ": rated currents must be above zero");
    }
  }
  for (const auto* needed : {"cell_overvoltage", "cell_undervoltage"}) {
    if (!has(needed)) wrong.push_back(fmt::format("{}: protection has no {}", rack, needed));
  }
  for (const auto& name : disabled) {
    if (!has(name) && name != sensor_invalid && name != communication_loss) {
      wrong.push_back(fmt::format("{}: cannot disable unknown candidate '{}'", rack, name));
    }
  }
  return wrong;
}

protection_model::protection_model(protection_options options)
    : options_(std::move(options)),
      cells_(options_.cell_count,
             silence_after(options_.cell_period_ms).warning_ms * messages::us_per_ms),
      invalid_(1),
      silence_(1) {
  assert(options_.validate().empty());
  for (const auto& watched : options_.table.candidates) {
    const auto input = input_for(watched.name);
    if (input == input_kind::none) unbound_.push_back(watched.name);
    add(watched, input, options_.cell_count);
  }
  add(sensor_invalid_candidate(options_.cell_count), input_kind::invalid_count, 1);
  add(communication_loss_candidate(options_.cell_period_ms), input_kind::silence, 1);
  lost_row_ = static_cast<std::uint16_t>(rows_.size());
  add(latch_store_lost_candidate(), input_kind::none, 1);
  std::size_t changes_max = 0;
  for (const auto& each : watches_) {
    const auto elements = each.input == input_kind::cell_voltage ? options_.cell_count : 1;
    changes_max = std::max(changes_max, each.levels.levels() * elements * 2);
  }
  changes_.reserve(changes_max);
  outputs_.reports.reserve(reports_per_step_max + 2 * rows_.size());
  outputs_.latches.reserve(rows_.size());
}

bool protection_model::is_disabled(std::string_view name) const {
  return std::ranges::find(options_.disabled, name) != options_.disabled.end();
}

void protection_model::add(const messages::protection::candidate& watched, input_kind input,
                           std::size_t count) {
  const bool evaluated = input != input_kind::none && !is_disabled(watched.name);
  const auto position = evaluated ? static_cast<std::uint16_t>(watches_.size()) : row::no_watch;
  if (evaluated) {
    watches_.push_back({input, rows_.size(), make_levels(watched, parts_of(input), count)});
  }
  for (std::size_t each = 0; each < watched.limits.size(); ++each) {
    rows_.push_back(make_row(watched, each, input, position));
  }
}

void protection_model::load_latches(std::span<const stored_latch> latches, bool store_lost) {
  for (const auto& stored : latches) {
    const auto reason = fmt::format("{}/{}", stored.candidate, stored.level);
    const auto known = std::ranges::find(rows_, reason, &row::reason);
    if (known == rows_.end()) {
      add_latch_only(stored);
      continue;
    }
    known->latched = true;
    known->scope = stored.scope;
  }
  loaded_ = true;
  if (store_lost) lose_latch_store();
  dirty_ = true;
}

void protection_model::add_latch_only(const stored_latch& stored) {
  // The table no longer has the level. A looser table does not clear a latch.
  messages::protection::candidate former;
  former.name = stored.candidate;
  former.limits.resize(1);
  auto& limit = former.limits.front();
  limit.level = stored.level == "hard" ? level::hard : level::fault;
  limit.latch = stored.latch == "user" ? latch::user : latch::lock;
  limit.actions = {{messages::protection::action_kind::open_ordered, 0}};
  auto made = make_row(former, 0, input_kind::none, row::no_watch);
  made.latched = true;
  made.scope = stored.scope;
  rows_.push_back(std::move(made));
}

void protection_model::lose_latch_store() {
  auto& lost = rows_[lost_row_];
  lost.latched = true;
  lost.scope = rack_scope;
  dirty_ = true;
}

const outputs& protection_model::step(const inputs& news, messages::instant now) {
  outputs_.reports.clear();
  outputs_.latches.clear();
  outputs_.limits_changed = false;
  const auto now_us = started_ ? std::max(now.monotonic_us, last_us_) : now.monotonic_us;
  if (!started_) last_us_ = now_us;
  started_ = true;
  group_continues_ = serious_active() || (group_known_ && condition_active(rows_[group_row_]));
  const auto charge = cells_.charge_us(last_us_, now_us);
  const auto elapsed =
      static_cast<std::int32_t>(std::min<std::int64_t>(now_us - last_us_, charge_us_max));
  last_us_ = now_us;
  run(input_kind::cell_voltage, charge);
  run(input_kind::invalid_count, elapsed);
  update_silence(now_us);
  run(input_kind::silence, elapsed);
  if (!news.cells.empty()) {
    for (const auto& block : news.cells) cells_.apply(block, now_us);
    update_invalid();
    update_silence(now_us);
    for (const auto input :
         {input_kind::cell_voltage, input_kind::invalid_count, input_kind::silence}) {
      run(input, 0);
    }
  }
  if (!ready_ && cells_.scans() >= scans_for_ready) ready_ = dirty_ = true;
  take_limits(news);
  update_caps();
  if (dirty_) conclude();
  return outputs_;
}

const element_values& protection_model::input_of(input_kind input) const {
  if (input == input_kind::cell_voltage) return cells_.values();
  return input == input_kind::silence ? silence_ : invalid_;
}

void protection_model::run(input_kind input, std::int32_t charge_us) {
  for (auto& each : watches_) {
    if (each.input != input) continue;
    changes_.clear();
    each.levels.step(input_of(input), charge_us, changes_);
    if (!changes_.empty()) tell(each);
  }
}

void protection_model::update_silence(std::int64_t now_us) {
  if (!cells_.all_received()) return;
  const auto age_ms = std::min<std::int64_t>(cells_.oldest_age_us(now_us) / messages::us_per_ms,
                                             std::numeric_limits<std::int32_t>::max());
  auto shown_ms = static_cast<std::int32_t>(age_ms);
  const auto warning_ms = silence_after(options_.cell_period_ms).warning_ms;
  // After a silence only whole scans in a row count as speech.
  if (silence_.value[0] < warning_ms && shown_ms >= warning_ms) cells_.restart_scans();
  if (silence_.value[0] >= warning_ms && cells_.scans() < scans_for_ready) {
    shown_ms = std::max(shown_ms, warning_ms);
  }
  silence_.value[0] = shown_ms;
  silence_.valid[0] = -1;
  silence_.summarise();
}

void protection_model::update_invalid() {
  invalid_.value[0] = static_cast<std::int32_t>(cells_.invalid_count());
  invalid_.valid[0] = -1;
  invalid_.summarise();
}

bool protection_model::condition_active(const row& of) const {
  return of.watch != row::no_watch && watches_[of.watch].levels.active_count(of.level) > 0;
}

bool protection_model::serious_active() const {
  return std::ranges::any_of(rows_, [this](const row& each) {
    return each.limit.level >= level::alarm && condition_active(each);
  });
}

std::string protection_model::scope_of(const row& of, std::uint32_t element) const {
  const auto cell = [this](std::uint32_t index) {
    return messages::points::scope_of(index, options_.cell_group_size);
  };
  switch (of.input) {
    case input_kind::cell_voltage:
      return cell(element);
    case input_kind::invalid_count:
      return cells_.invalid_count() == 1 ? cell(cells_.first_invalid()) : cell_scope;
    case input_kind::silence:
      return cell_scope;
    case input_kind::none:
      break;
  }
  return rack_scope;
}

void protection_model::tell(const watch& watched) {
  dirty_ = true;
  for (std::size_t first = 0; first < changes_.size();) {
    const auto same = [&](const transition& other) {
      return other.level == changes_[first].level && other.edge == changes_[first].edge;
    };
    std::size_t end = first;
    while (end < changes_.size() && same(changes_[end])) ++end;
    const std::size_t room =
        reports_per_step_max - std::min(outputs_.reports.size(), reports_per_step_max);
    // The first of a level is always told: it is the one that latches.
    const std::size_t single = std::min(end - first, std::max<std::size_t>(room, 1));
    for (std::size_t each = first; each < first + single; ++each) {
      tell_one(watched, changes_[each], 0);
    }
    if (first + single < end) {
      tell_one(watched, changes_[first + single],
               static_cast<std::uint32_t>(end - first - single - 1));
    }
    first = end;
  }
}

void protection_model::tell_one(const watch& watched, const transition& change,
                                std::uint32_t others) {
  const auto position = watched.first_row + change.level;
  auto& changed = rows_[position];
  const bool single_input = changed.input != input_kind::cell_voltage;
  report told;
  told.row = static_cast<std::uint16_t>(position);
  told.others = others;
  told.has_value = true;
  told.value = change.value / parts_of(changed.input);
  if (change.edge == edge::set) {
    told.scope = scope_of(changed, change.element);
    if (changed.scope.empty()) changed.scope = told.scope;
    if (changed.limit.latch != latch::none && !changed.latched) {
      changed.latched = true;
      outputs_.latches.push_back({told.row, true});
    }
  } else {
    told.edge = changed.latched ? report::kind::latch : report::kind::clear;
    // What is watched as a whole keeps the place at which it began.
    told.scope = single_input ? changed.scope : scope_of(changed, change.element);
    if (!changed.latched && !condition_active(changed)) changed.scope.clear();
  }
  group(told);
  outputs_.reports.push_back(std::move(told));
}

void protection_model::group(report& told) {
  if (told.edge != report::kind::set) {
    told.in_group = group_known_;
    return;
  }
  const bool open = group_known_ && (group_continues_ || last_us_ - group_us_ <= first_out_us);
  if (open) {
    told.in_group = true;
    return;
  }
  told.opens_group = true;
  group_known_ = true;
  group_us_ = last_us_;
  group_row_ = told.row;
}

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
  for (const auto& each : rows_) {
    if (!counts(each)) continue;
    all.add(each.consequence);
    outputs_.level = std::max(outputs_.level, std::optional(each.limit.level));
    word.locked = word.locked || (each.latched && each.limit.latch == latch::lock);
    silent = silent || each.input == input_kind::silence;
    if (each.consequence.inhibits_close || each.input == input_kind::silence) {
      word.reasons.push_back(each.reason + " " + each.scope);
    }
  }
  if (!loaded_) word.reasons.emplace_back("latches_not_loaded");
  if (!ready_) word.reasons.emplace_back("not_ready");
  word.opening = all.opening;
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

refusals protection_model::reset(bool service, bool standby) {
  outputs_.reports.clear();
  outputs_.latches.clear();
  outputs_.limits_changed = false;
  refusals refused;
  bool any = false;
  for (const auto& each : rows_) {
    if (!each.latched) continue;
    any = true;
    if (condition_active(each)) refused.push_back(each.reason + ": the condition still holds");
    if (each.limit.latch == latch::lock && !service) {
      refused.push_back(each.reason + ": needs role service");
    }
  }
  if (any && !standby) refused.emplace_back("the contactors are not known to be open");
  if (!refused.empty()) return refused;
  for (std::size_t position = 0; position < rows_.size(); ++position) {
    auto& each = rows_[position];
    if (!each.latched) continue;
    each.latched = false;
    report told;
    told.row = static_cast<std::uint16_t>(position);
    told.edge = report::kind::reset;
    told.scope = std::move(each.scope);
    each.scope.clear();
    group(told);
    outputs_.reports.push_back(std::move(told));
    outputs_.latches.push_back({static_cast<std::uint16_t>(position), false});
    dirty_ = true;
  }
  return refused;
}

} // namespace voltaic::actors::protection
