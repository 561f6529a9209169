#include "messages/configuration/compare_limits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "messages/protection/level_rules.hpp"

namespace voltaic::messages::configuration {
namespace {

using protection::action;
using protection::action_kind;
using protection::candidate;
using protection::limit;
using protection::table;

bool is_weaker(const action& now, const action& before) {
  return now.kind != before.kind || now.percent > before.percent;
}

/// A strong action does what a weaker one does.
bool covers(const std::vector<action>& all, const action& wanted) {
  return std::ranges::any_of(all, [&](const action& each) {
    const bool stops_charge =
        each.kind == action_kind::stop_charge && wanted.kind == action_kind::derate_charge;
    const bool stops_discharge =
        each.kind == action_kind::stop_discharge && wanted.kind == action_kind::derate_discharge;
    const bool opens_at_once =
        each.kind == action_kind::open_immediate && wanted.kind == action_kind::open_ordered;
    return stops_charge || stops_discharge || opens_at_once || !is_weaker(each, wanted);
  });
}

std::string actions_text(const limit& of) {
  std::vector<std::string> words;
  for (const auto& each : of.actions) words.push_back(to_string(each));
  return fmt::format("{}", fmt::join(words, " "));
}

/// One part of a limit: its text, and whether another one protects less. `outward`: 1 where a
/// value farther out is higher, else -1.
struct part {
  std::string_view name;
  std::string (*text)(const limit&);
  bool (*loosens)(const limit& before, const limit& after, double outward);
};

constexpr std::array<part, 8> parts{{
    {"set", [](const limit& of) { return fmt::to_string(of.set); },
     [](const limit& before, const limit& after, double outward) {
       return (after.set - before.set) * outward > 0;
     }},
    {"clear", [](const limit& of) { return fmt::to_string(of.clear); },
     [](const limit& before, const limit& after, double outward) {
       return (after.clear - before.clear) * outward > 0;
     }},
    {"set_ms", [](const limit& of) { return fmt::to_string(of.set_ms); },
     [](const limit& before, const limit& after, double) { return after.set_ms > before.set_ms; }},
    {"clear_ms", [](const limit& of) { return fmt::to_string(of.clear_ms); },
     [](const limit& before, const limit& after, double) {
       return after.clear_ms < before.clear_ms;
     }},
    {"latch", [](const limit& of) { return std::string(to_string(of.latch)); },
     [](const limit& before, const limit& after, double) { return after.latch < before.latch; }},
    {"actions", actions_text,
     [](const limit& before, const limit& after, double) {
       return !std::ranges::all_of(before.actions,
                                   [&](const action& each) { return covers(after.actions, each); });
     }},
    {"condition", [](const limit& of) { return of.condition; },
     [](const limit&, const limit& after, double) { return !after.condition.empty(); }},
    {"reason", [](const limit& of) { return of.reason; },
     [](const limit&, const limit&, double) { return false; }},
}};

/// Compares the levels of one candidate that both tables have.
class candidate_walk {
 public:
  candidate_walk(const candidate& before, const candidate& after, std::vector<change>& changes)
      : before_(before), kept_(after), changes_(changes) {}

  candidate tighter() {
    say("period_ms", before_.period_ms, kept_.period_ms, kept_.period_ms > before_.period_ms);
    kept_.period_ms = std::min(kept_.period_ms, before_.period_ms);
    const auto envelope = [](const candidate& of) {
      return fmt::format("{} to {}", of.minimum, of.maximum);
    };
    const bool is_wider = kept_.minimum < before_.minimum || kept_.maximum > before_.maximum;
    say("envelope", envelope(before_), envelope(kept_), is_wider);
    kept_.minimum = std::max(kept_.minimum, before_.minimum);
    kept_.maximum = std::min(kept_.maximum, before_.maximum);
    say("cascade", before_.cascade, kept_.cascade, kept_.cascade);
    kept_.cascade = kept_.cascade && before_.cascade;
    for (auto& is : kept_.limits) level(is);
    for (const auto& was : before_.limits)
      if (std::ranges::find(kept_.limits, was.level, &limit::level) == kept_.limits.end())
        keep_gone(was);
    // Rows of two tables may contradict each other; those that hold together were approved.
    if (mistakes_of(kept_).empty()) return std::move(kept_);
    return before_;
  }

 private:
  template <class Value>
  void say(std::string_view what, const Value& before, const Value& after, bool is_looser) {
    if (before == after) return;
    changes_.push_back({fmt::format("{}/{}", before_.name, what), fmt::format("{}", before),
                        fmt::format("{}", after), is_looser ? effect::loosens : effect::harmless});
  }

  void level(limit& is) {
    const auto name = std::string(to_string(is.level));
    const auto was = std::ranges::find(before_.limits, is.level, &limit::level);
    if (was == before_.limits.end()) {
      return say(name, std::string(), fmt::to_string(is.set), false);
    }
    const double outward = before_.direction == protection::direction::high ? 1 : -1;
    bool any_looser = false;
    for (const auto& [what, text, loosens] : parts) {
      const bool differs = text(*was) != text(is);
      const bool is_looser = differs && loosens(*was, is, outward);
      any_looser = any_looser || is_looser;
      say(fmt::format("{}/{}", name, what), text(*was), text(is), is_looser);
    }
    if (any_looser) is = *was;
  }

  void keep_gone(const limit& was) {
    say(to_string(was.level), fmt::to_string(was.set), std::string(), true);
    const auto behind = std::ranges::find_if(
        kept_.limits, [&](const limit& other) { return other.level > was.level; });
    kept_.limits.insert(behind, was);
  }

  const candidate& before_;
  candidate kept_;
  std::vector<change>& changes_;
};

std::string levels_of(const candidate& of) {
  return fmt::format("{} levels", of.limits.size());
}

} // namespace

table compare_limits(const table& before, const table& after, std::vector<change>& changes) {
  auto kept = after;
  for (const auto& [name, was, is] :
       {std::tuple{"protection/name", before.name, after.name},
        std::tuple{"protection/chemistry", before.chemistry, after.chemistry}})
    if (was != is) changes.push_back({name, was, is, effect::harmless});
  for (auto& is : kept.candidates) {
    const auto was = std::ranges::find(before.candidates, is.name, &candidate::name);
    if (was != before.candidates.end()) {
      is = candidate_walk(*was, is, changes).tighter();
    } else {
      changes.push_back({is.name, {}, levels_of(is), effect::harmless});
    }
  }
  for (const auto& was : before.candidates) {
    if (std::ranges::find(after.candidates, was.name, &candidate::name) != after.candidates.end())
      continue;
    changes.push_back({was.name, levels_of(was), {}, effect::loosens});
    kept.candidates.push_back(was);
  }
  return kept;
}

} // namespace voltaic::messages::configuration
