#include "scenarios/property/play.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "messages/time.hpp"

namespace voltaic::tests::property {
namespace {

constexpr int shorten_plays_max = 60;
constexpr std::int64_t bus_ends_ms = 20'000;
/// Nothing that was asked for is on its way any more when the bus ends.
constexpr std::int64_t last_command_ms = 9'900;

/// What a person wants to see of a scenario.
void trace(const fact& next) {
  const auto show = [&](const std::string& text) {
    fmt::print("{:>8} ms {}\n", next.time_us / messages::us_per_ms, text);
  };
  if (const auto* said = std::get_if<event_said>(&next.what)) {
    const auto& event = said->event;
    show(fmt::format("{} says {}: {} {} {} {} {} {} {} {}", said->node, event.sequence, event.kind,
                     event.subject, event.candidate, event.level, event.edge, event.state,
                     event.reason, fmt::join(event.reasons, ", ")));
  } else if (const auto* is = std::get_if<contactors>(&next.what)) {
    show(fmt::format("rack_{} {}{}{}", next.rack, is->energised ? "energised" : "released",
                     is->conducting ? ", conducting" : "", is->welded ? ", welded" : ""));
  } else if (const auto* ended = std::get_if<chain_ended>(&next.what)) {
    show(fmt::format("rack_{}: {}", next.rack, ended->what));
  } else if (const auto* told = std::get_if<limits_told>(&next.what)) {
    show(fmt::format("the inverter is told {} A and {} A", told->charge_a, told->discharge_a));
  } else if (const auto* set = std::get_if<value_sent>(&next.what)) {
    show(fmt::format("rack_{}: {} is set to {} A", next.rack, set->charge ? "charge" : "discharge",
                     set->value_a));
  } else if (const auto* line = std::get_if<input_is>(&next.what)) {
    show(fmt::format("rack_{}: {} is {}", next.rack, line->role, line->active ? "active" : "over"));
  } else if (const auto* came = std::get_if<command_arrived>(&next.what)) {
    show(fmt::format("rack_{} gets {} of {} until {} ms", next.rack, came->what.operation,
                     came->what.key, came->what.deadline_us / messages::us_per_ms));
  }
}

} // namespace

std::vector<violation> play(const schedule& what, hit_counters& hits) {
  const auto rules = make_rules();
  const bool traced = std::getenv("VOLTAIC_PROPERTY_TRACE") != nullptr;
  world site(what, {}, [&](const fact& next) {
    if (traced) trace(next);
    for (const auto& rule : rules) rule->take(next);
  });
  site.run();
  for (const auto& [name, count] : site.hits()) hits[name] += count;
  std::vector<violation> broken;
  for (const auto& rule : rules) {
    broken.insert(broken.end(), rule->violations().begin(), rule->violations().end());
  }
  return broken;
}

std::vector<violation> play_without_bus(const schedule& what, hit_counters& hits) {
  auto both = what;
  both.duration_ms = std::min<std::int64_t>(what.duration_ms, 2 * bus_ends_ms);
  std::erase_if(both.deeds, [](const deed& one) {
    const bool is_asked = one.kind == deed_kind::command || one.kind == deed_kind::switch_on;
    return is_asked && one.t_ms + one.delay_ms > last_command_ms;
  });
  // So does an input that another node reads.
  both.has.far_away = 0;
  const auto record = [&](world::options options) {
    std::vector<fact> orders;
    world site(both, options, [&](const fact& next) {
      if (std::holds_alternative<order_sent>(next.what)) orders.push_back(next);
    });
    site.run();
    return orders;
  };
  const auto with = record({});
  const auto without = record({.bus_ends_ms = bus_ends_ms});
  hits["orders compared without the bus"] += without.size();
  return judge_rule_1(with, without);
}

schedule shorten(const schedule& what, int rule, player with) {
  auto best = what;
  int plays = 0;
  hit_counters unused;
  const auto still_broken = [&](const schedule& one) {
    ++plays;
    return std::ranges::any_of(with(one, unused),
                               [&](const violation& found) { return found.rule == rule; });
  };
  for (auto piece = best.deeds.size() / 2; piece > 0; piece /= 2) {
    for (std::size_t first = 0; first < best.deeds.size() && plays < shorten_plays_max;) {
      auto less = best;
      const auto begin = less.deeds.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = less.deeds.begin() +
                       static_cast<std::ptrdiff_t>(std::min(first + piece, less.deeds.size()));
      less.deeds.erase(begin, end);
      if (still_broken(less)) {
        best = std::move(less);
      } else {
        first += piece;
      }
    }
  }
  return best;
}

std::string describe(const schedule& what, const std::vector<violation>& broken, player with) {
  std::string text;
  for (const auto& one : broken) {
    text += fmt::format("{} at {} ms: {}\n", name_of_rule(one.rule),
                        one.time_us / messages::us_per_ms, one.text);
  }
  text +=
      fmt::format("play it again: VOLTAIC_PROPERTY_SEED={} ./dev test -R property\n", what.seed);
  return text + "what it takes: " + to_string(shorten(what, broken.front().rule, with));
}

} // namespace voltaic::tests::property
