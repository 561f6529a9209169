#include "actors/protection/protection_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voltaic::actors::protection {

namespace {

using messages::protection::latch;
using messages::protection::level;

constexpr const char* rack_scope = "rack";

// What cannot be read is taken for the strictest.
latch held_by(const stored_latch& stored) {
  return stored.latch == "user" ? latch::user : latch::lock;
}

} // namespace

void protection_model::load_latches(std::span<const stored_latch> latches, bool store_lost) {
  for (const auto& stored : latches) {
    const auto key =
        stored.key.empty() ? fmt::format("{}/{}", stored.candidate, stored.level) : stored.key;
    const auto known = std::ranges::find(rows_, key, &row::key);
    if (known == rows_.end()) {
      if (stored.latched) add_latch_only(stored);
      continue;
    }
    known->trips = stored.trips;
    if (!stored.latched) continue;
    // A table that is looser by now does not loosen what it finds latched.
    if (known->watch != row::no_watch && !std::exchange(known->doubted, true)) ++doubted_;
    known->latched = true;
    known->held = held_by(stored);
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
  limit.latch = held_by(stored);
  limit.actions = {{messages::protection::action_kind::open_ordered, 0}};
  auto made = make_row(former, 0, {});
  if (!options_.can_open) made.actions = actions_without_contactors(made.limit);
  if (!stored.key.empty()) made.key = stored.key;
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

void protection_model::watch_doubted() {
  for (auto& each : rows_) {
    if (!each.doubted) continue;
    if (!ready_ || !is_behind(each)) {
      each.behind_since_us.reset();
      continue;
    }
    if (!each.behind_since_us) each.behind_since_us = last_us_;
    if (last_us_ - *each.behind_since_us < watches_[each.watch].levels.clear_us(each.level))
      continue;
    each.doubted = false;
    --doubted_;
  }
}

bool protection_model::is_pending(const row& of) const {
  return of.watch != row::no_watch && watches_[of.watch].levels.is_pending(of.level);
}

bool protection_model::is_behind(const row& of) const {
  const auto& watched = watches_[of.watch];
  return inputs_.is_current(watched.from) &&
         watched.levels.is_behind(of.level, inputs_.values(watched.from));
}

refusals protection_model::reset(messages::lock_right locks, bool standby) {
  begin_telling();
  refusals refused;
  bool any = false;
  for (const auto& each : rows_) {
    if (!each.latched) continue;
    any = true;
    if (condition_active(each) || is_pending(each)) {
      refused.push_back(each.reason + ": the condition still holds");
    } else if (each.doubted) {
      refused.push_back(each.reason + ": not known to be over since protection started");
    }
    if (each.kept() == latch::lock && locks != messages::lock_right::given)
      refused.push_back(fmt::format("{}: {}", each.reason, messages::refusal_of(locks)));
  }
  if (any && !standby) refused.emplace_back("the contactors are not known to be open");
  if (!refused.empty()) return refused;
  for (std::size_t position = 0; position < rows_.size(); ++position) {
    auto& each = rows_[position];
    if (!each.latched) continue;
    each.let_go(locks == messages::lock_right::given);
    report told;
    told.row = static_cast<std::uint16_t>(position);
    told.edge = report::kind::reset;
    told.scope = std::exchange(each.scope, {});
    group(told);
    outputs_.reports.push_back(std::move(told));
    outputs_.latches.push_back({static_cast<std::uint16_t>(position), false});
    dirty_ = true;
  }
  return refused;
}

} // namespace voltaic::actors::protection
