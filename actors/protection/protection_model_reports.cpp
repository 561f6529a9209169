#include "actors/protection/protection_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace voltaic::actors::protection {

using messages::protection::latch;

void protection_model::imply_lower(const watch& of) {
  const auto own = changes_.size();
  for (std::size_t each = 0; each < own; ++each) {
    if (changes_[each].edge == edge::set) imply_lower(of, transition(changes_[each]));
  }
  if (changes_.size() == own) return;
  std::ranges::sort(changes_, {}, [](const transition& one) {
    return std::tuple(one.level, one.edge, one.element);
  });
}

void protection_model::imply_lower(const watch& of, const transition& change) {
  const auto& higher = rows_[of.rows[change.level]];
  implied_.clear();
  std::uint16_t other = row::no_watch;
  // Levels of a candidate stand together, lowest first.
  for (auto lower = rows_.begin() + of.rows[change.level]; lower != rows_.begin();) {
    --lower;
    if (lower->candidate != higher.candidate || lower->from != higher.from) break;
    if (lower->watch == row::no_watch) continue;
    auto& watch = watches_[lower->watch];
    if (!watch.levels.imply(lower->level, change.element)) continue;
    const transition implied{change.element, change.value, lower->level, edge::set};
    if (&watch == &of) {
      changes_.push_back(implied);
    } else {
      implied_.insert(implied_.begin(), implied);
      other = lower->watch;
    }
  }
  if (implied_.empty()) return;
  std::swap(changes_, implied_);
  tell(watches_[other]);
  std::swap(changes_, implied_);
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
  const auto position = watched.rows[change.level];
  auto& changed = rows_[position];
  const bool single_input = inputs_.count(watched.from) == 1;
  report told;
  told.row = position;
  told.others = others;
  told.has_value = true;
  told.value = change.value / inputs_.parts_of(watched.from);
  if (change.edge == edge::set) {
    told.scope = inputs_.scope_of(watched.from, change.element);
    if (changed.scope.empty()) changed.scope = told.scope;
    const bool is_first = watched.levels.active_count(change.level) == 1;
    const bool latches = changed.limit.latch != latch::none ||
                         (is_first && !inputs_.is_hearsay(watched.from) && changed.flaps(last_us_));
    if (latches && !changed.latched) {
      changed.trip();
      outputs_.latches.push_back({told.row, true});
    }
  } else {
    told.edge = changed.latched ? report::kind::latch : report::kind::clear;
    // What is watched as a whole keeps the place at which it began.
    told.scope = single_input ? changed.scope : inputs_.scope_of(watched.from, change.element);
    if (!changed.latched && !condition_active(changed)) changed.scope.clear();
  }
  group(told);
  outputs_.reports.push_back(std::move(told));
}

std::string protection_model::misfit_words() const {
  return fmt::format("profile {} does not fit: {}", options_.profile, inputs_.misfit_words());
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

} // namespace voltaic::actors::protection
