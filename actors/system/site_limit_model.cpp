#include "actors/system/site_limit_model.hpp"

#include <algorithm>
#include <cassert>

namespace voltaic::actors::system {
namespace {

using messages::joining;
using messages::quality;

constexpr bool usable(quality of) {
  return of <= quality::uncertain;
}

bool is_heard(const limit_part& rack) {
  return usable(rack.quality) && rack.standing.has_value();
}

} // namespace

site_limit_model::site_limit_model(kind of, limit_rules rules, std::size_t racks)
    : kind_(of), rules_(rules), held_(racks) {}

site_limit site_limit_model::step(std::span<const limit_part> racks, std::int64_t now_us) {
  assert(racks.size() == held_.size());
  site_limit found;
  tally all;
  for (std::size_t each = 0; each < racks.size(); ++each) {
    const auto& rack = racks[each];
    auto& known = held_[each];
    if (!is_heard(rack)) {
      found.missing.push_back(each);
      const auto silent = rack.standing ? quality::good : rack.contactor;
      found.worst = messages::worst(found.worst, messages::worst(rack.quality, silent));
      if (!add_lost(rack, known, all, now_us)) found.stopping.push_back(each);
      continue;
    }
    const bool binds = *rack.standing != joining::apart;
    known = {binds ? std::optional(most_of(rack)) : std::nullopt, now_us};
    if (binds) add_heard(rack, known, all);
  }
  if (kind_ != kind::flow) return voltage(racks, std::move(found));
  found.usable = true;
  found.value = found.stopping.empty() ? flow_of(all) : 0;
  return found;
}

// What is about to leave its bus carries its part of the current until it is open, and nobody can
// take that part alone to zero. Nor is it known to be open when it is not heard any more.
double site_limit_model::most_of(const limit_part& rack) const {
  return kind_ == kind::flow && *rack.standing == joining::departing ? 0 : rack.value;
}

void site_limit_model::add_heard(const limit_part& rack, const held& known, tally& all) {
  const bool shares = *rack.standing == joining::joined;
  all.active += shares ? 1 : 0;
  all.sum += shares ? *known.value : 0;
  all.smallest = std::min(all.smallest.value_or(*known.value), *known.value);
}

// It takes no current any more: its contactor opens soon after its chain is gone.
bool site_limit_model::add_lost(const limit_part& rack, held& known, tally& all,
                                std::int64_t now_us) const {
  const bool is_invalid = rack.quality == quality::invalid || rack.contactor == quality::invalid;
  const auto answer = is_invalid ? rules_.lost.invalid : rules_.lost.silent;
  if (answer == lost_answer::exclude) {
    known = {std::nullopt, 0};
    return true;
  }
  const auto hold_us = std::min(rules_.lost.hold_us, lost_rack_hold_us_max);
  const bool holds =
      answer == lost_answer::hold && known.heard_us != 0 && now_us - known.heard_us <= hold_us;
  if (!holds) {
    // What is over does not come back before the rack is heard.
    known = {std::nullopt, 0};
  } else if (known.value) {
    all.smallest = std::min(all.smallest.value_or(*known.value), *known.value);
  }
  return holds;
}

double site_limit_model::flow_of(const tally& all) const {
  if (all.active == 0) return 0;
  return rules_.policy == limit_policy::sum ? all.sum : all.smallest.value_or(0) * all.active;
}

// Of the racks on the common bus, or of all that are heard while none is. A voltage
// that some rack may not have is no less true when that rack falls silent.
site_limit site_limit_model::voltage(std::span<const limit_part> racks, site_limit found) const {
  const bool any_active =
      std::ranges::any_of(held_, [](const held& each) { return each.value.has_value(); });
  const auto add = [&](double value) {
    const bool tighter = kind_ == kind::ceiling ? value < found.value : value > found.value;
    if (!found.usable || tighter) found.value = value;
    found.usable = true;
  };
  for (std::size_t each = 0; each < racks.size(); ++each) {
    if (any_active) {
      if (held_[each].value) add(*held_[each].value);
    } else if (is_heard(racks[each])) {
      add(racks[each].value);
    }
  }
  return found;
}

} // namespace voltaic::actors::system
