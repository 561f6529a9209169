#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

constexpr std::uint16_t valid_min_mv = 500;
constexpr std::uint16_t valid_max_mv = 5'000;
/// A cell that was silent this long must come three times before it counts.
constexpr std::int64_t silence_us = 300 * us_per_ms;
constexpr std::int64_t recovery_us = 800 * us_per_ms;
/// From a value on the wire to what is made of it: one data period, one
/// evaluation, a scan that another cell's lost frame holds up, and margin.
constexpr std::int64_t reaction_us = 800 * us_per_ms;
/// An ordered opening waits at most 3 s for the current, then feedback follows.
constexpr std::int64_t opening_us = 3'600 * us_per_ms;
constexpr std::int64_t reported_silence_us = 1'000 * us_per_ms;
constexpr std::int64_t cells_alarm_us = 1'000 * us_per_ms;
constexpr std::int64_t cells_fault_us = 5'000 * us_per_ms;
constexpr std::int64_t current_fault_us = 500 * us_per_ms;
constexpr std::int64_t all_invalid_us = 1'000 * us_per_ms;
constexpr double resolution_a = 0.05;

constexpr bool is_valid(std::uint16_t millivolts) {
  return millivolts >= valid_min_mv && millivolts <= valid_max_mv;
}

/// A level of a cell's voltage and the share of the rated current it leaves.
struct level {
  std::uint16_t millivolts;
  bool high;
  std::int64_t set_us;
  double share;
};
constexpr std::array lfp_levels{
    level{3'550, true, 3'000 * us_per_ms, 0.5},  level{3'600, true, 2'000 * us_per_ms, 0},
    level{3'650, true, 1'000 * us_per_ms, 0},    level{3'750, true, 200 * us_per_ms, 0},
    level{3'000, false, 3'000 * us_per_ms, 0.5}, level{2'800, false, 2'000 * us_per_ms, 0},
    level{2'500, false, 1'000 * us_per_ms, 0},   level{2'000, false, 1'000 * us_per_ms, 0}};
constexpr std::array nmc_levels{
    level{4'150, true, 3'000 * us_per_ms, 0.5},  level{4'200, true, 2'000 * us_per_ms, 0},
    level{4'250, true, 1'000 * us_per_ms, 0},    level{4'300, true, 200 * us_per_ms, 0},
    level{3'200, false, 3'000 * us_per_ms, 0.5}, level{3'000, false, 2'000 * us_per_ms, 0},
    level{2'800, false, 1'000 * us_per_ms, 0},   level{2'500, false, 1'000 * us_per_ms, 0}};
constexpr std::size_t levels_count = lfp_levels.size();
using level_table = std::array<level, levels_count>;

constexpr bool is_beyond(const level& of, std::uint16_t millivolts) {
  return of.high ? millivolts >= of.millivolts : millivolts <= of.millivolts;
}

/// The limits that a rack's protection says, as long as its chain lives. What a
/// chain says of the past, which it catches up with, is stale for whoever hears it.
struct spoken {
  limits_said limits;
  std::optional<std::int64_t> since_us; ///< nothing: its chain did not speak of the present yet

  void take(const fact& next) {
    if (const auto* said = std::get_if<limits_said>(&next.what)) {
      limits = *said;
      if (next.time_us - said->source_us.value_or(next.time_us) > silence_us) {
        since_us.reset();
      } else if (!since_us) {
        since_us = next.time_us;
      }
    } else if (std::holds_alternative<chain_ended>(next.what)) {
      since_us.reset();
    }
  }
};

/// A rule that is judged rack by rack, at every moment, by what it knows of each:
/// `State` has `spoken said`.
template <class State>
class rack_rule : public rule {
 public:
  using rule::rule;

  void take(const fact& next) final {
    if (std::holds_alternative<moment>(next.what)) {
      for (auto& [number, one] : racks_) judge(number, one, next);
      return;
    }
    if (const auto* is = std::get_if<site_is>(&next.what)) return begin(*is, racks_);
    if (next.rack < 0) return;
    auto& rack = racks_[next.rack];
    rack.said.take(next);
    learn(rack, next);
  }

 private:
  virtual void begin(const site_is&, std::map<int, State>&) {}
  virtual void learn(State& rack, const fact& next) = 0;
  virtual void judge(int number, State& rack, const fact& now) = 0;

  std::map<int, State> racks_;
};

/// What the limit rule knows of a cell, and of a rack.
struct watched_cell {
  std::int64_t heard_us = INT64_MIN / 2;
  std::array<std::int64_t, levels_count> beyond_us{}; ///< since when; 0: it is not
  bool any = false;
};
struct watched_rack {
  spoken said;
  const level_table* levels = &lfp_levels; ///< of what its cells are made of
  std::deque<std::pair<std::int64_t, limits_heard>> reported;
  std::vector<watched_cell> cells = std::vector<watched_cell>(rack_cells);
};

/// The applied limit is the minimum of what was rated, what the device reports
/// and what protection leaves.
class limit_rule final : public rack_rule<watched_rack> {
 public:
  limit_rule() : rack_rule(2) {}

 private:
  void begin(const site_is& site, std::map<int, watched_rack>& racks) override {
    for (int rack = 0; rack < site.racks; ++rack)
      if (has(site.has.nmc, rack)) racks[rack].levels = &nmc_levels;
  }

  void learn(watched_rack& rack, const fact& next) override {
    if (const auto* heard = std::get_if<limits_heard>(&next.what)) {
      rack.reported.push_back({next.time_us, *heard});
    } else if (const auto* cells = std::get_if<cells_heard>(&next.what)) {
      for (std::size_t i = 0; i < cells->millivolts.size(); ++i) {
        watch(*rack.levels, rack.cells.at(cells->first + i), cells->millivolts.at(i), next.time_us);
      }
    }
  }

  static void watch(const level_table& levels, watched_cell& one, std::uint16_t millivolts,
                    std::int64_t now_us) {
    const bool silent = now_us - one.heard_us > silence_us;
    one.heard_us = now_us;
    one.any = false;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      auto& since_us = one.beyond_us.at(i);
      if (!is_valid(millivolts) || !is_beyond(levels.at(i), millivolts)) {
        since_us = 0;
        continue;
      }
      one.any = true;
      if (since_us == 0 || silent) since_us = now_us + (silent ? recovery_us : 0);
    }
  }

  void judge(int number, watched_rack& rack, const fact& now) override {
    if (!rack.said.since_us) return;
    const auto& limits = rack.said.limits;
    const auto& levels = *rack.levels;
    judge_rated(number, limits, now);
    judge_reported(number, rack, now);
    for (std::size_t index = 0; index < rack.cells.size(); ++index) {
      const auto& one = rack.cells[index];
      if (!one.any) continue;
      for (std::size_t i = 0; i < levels.size(); ++i) {
        if (one.beyond_us.at(i) == 0 || now.time_us - one.heard_us > silence_us) continue;
        const auto since_us = std::max(one.beyond_us.at(i), *rack.said.since_us + recovery_us);
        // A scan with a cell missing is held back, so that only three of four
        // quarters of its time count.
        if (now.time_us < since_us + levels.at(i).set_us * 4 / 3 + reaction_us) continue;
        const double said_a = levels.at(i).high ? limits.charge_a : limits.discharge_a;
        if (said_a <= levels.at(i).share * rated_a + resolution_a) continue;
        broken(now, fmt::format("rack_{} says {} A although cell {} is beyond {} mV for {} ms",
                                number, said_a, index, levels.at(i).millivolts,
                                (now.time_us - since_us) / us_per_ms));
      }
    }
  }

  void judge_rated(int number, const limits_said& limits, const fact& now) {
    // Written so that no not-a-number passes.
    const auto sane = [](double value_a) { return value_a >= 0 && value_a <= rated_a; };
    if (sane(limits.charge_a) && sane(limits.discharge_a)) return;
    broken(now, fmt::format("rack_{} says {} A and {} A, rated are {} A", number, limits.charge_a,
                            limits.discharge_a, rated_a));
  }

  void judge_reported(int number, watched_rack& rack, const fact& now) {
    // What came within the reaction time may or may not be applied already.
    auto& all = rack.reported;
    while (all.size() > 1 && all[1].first <= now.time_us - reaction_us) all.pop_front();
    limits_heard allowed;
    for (const auto& [time_us, heard] : all) {
      allowed.charge_a = std::max(allowed.charge_a, heard.charge_a);
      allowed.discharge_a = std::max(allowed.discharge_a, heard.discharge_a);
    }
    if (all.empty() || now.time_us - all.back().first > reported_silence_us + reaction_us) {
      allowed = {};
    }
    const auto& limits = rack.said.limits;
    if (limits.charge_a <= allowed.charge_a + resolution_a &&
        limits.discharge_a <= allowed.discharge_a + resolution_a) {
      return;
    }
    broken(now,
           fmt::format("rack_{} says {} A and {} A, its device reported {} A and {} A", number,
                       limits.charge_a, limits.discharge_a, allowed.charge_a, allowed.discharge_a));
  }
};

/// What the missing rule knows of a cell, and of a rack.
struct heard_cell {
  std::int64_t measured_us = INT64_MIN / 2;
  bool valid = false;
};
struct heard_rack {
  spoken said;
  std::vector<heard_cell> cells = std::vector<heard_cell>(rack_cells);
  std::optional<std::int64_t> current_us; ///< when it was measured last
  bool energised = false;
  std::optional<std::int64_t> two_invalid_us; ///< since when
  std::optional<std::int64_t> all_invalid_us;
};

/// What is missing, stale or invalid is the worst case, never a number.
class missing_rule final : public rack_rule<heard_rack> {
 public:
  missing_rule() : rack_rule(4) {}

 private:
  void learn(heard_rack& rack, const fact& next) override {
    if (const auto* cells = std::get_if<cells_heard>(&next.what)) {
      for (std::size_t i = 0; i < cells->millivolts.size(); ++i) {
        auto& one = rack.cells.at(cells->first + i);
        one.measured_us = cells->measured_us.value_or(next.time_us);
        one.valid = is_valid(cells->millivolts.at(i));
      }
    } else if (const auto* values = std::get_if<values_heard>(&next.what)) {
      if (values->current_a) rack.current_us = values->measured_us;
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      if (is->energised && !rack.energised) judge_closing(next.rack, rack, next);
      rack.energised = is->energised;
    }
  }

  static void look(heard_rack& rack, std::int64_t now_us) {
    const auto invalid = std::ranges::count(rack.cells, false, &heard_cell::valid);
    const auto track = [&](std::optional<std::int64_t>& since_us, bool is) {
      if (!is) since_us.reset();
      if (is && !since_us) since_us = now_us;
    };
    track(rack.two_invalid_us, invalid >= 2);
    track(rack.all_invalid_us, invalid == static_cast<std::ptrdiff_t>(rack.cells.size()));
  }

  static std::int64_t age_us(const heard_rack& rack, std::int64_t now_us) {
    return now_us - std::ranges::min(rack.cells, {}, &heard_cell::measured_us).measured_us;
  }

  void judge(int number, heard_rack& rack, const fact& now) override {
    look(rack, now.time_us);
    const auto age = age_us(rack, now.time_us);
    const auto lasts = [&](const std::optional<std::int64_t>& since_us, std::int64_t duration_us) {
      return since_us && now.time_us - *since_us > duration_us;
    };
    const bool worthless =
        age > cells_alarm_us + reaction_us || lasts(rack.two_invalid_us, reaction_us);
    if (worthless && rack.said.since_us && now.time_us - *rack.said.since_us > reaction_us &&
        (rack.said.limits.charge_a > 0 || rack.said.limits.discharge_a > 0)) {
      broken(now, fmt::format("rack_{} says {} A and {} A with cells missing or invalid", number,
                              rack.said.limits.charge_a, rack.said.limits.discharge_a));
    }
    const bool to_open = age > cells_fault_us + reaction_us + opening_us ||
                         lasts(rack.all_invalid_us, all_invalid_us + reaction_us + opening_us);
    if (rack.energised && rack.current_us &&
        now.time_us - *rack.current_us > current_fault_us + reaction_us + opening_us) {
      broken(now, fmt::format("rack_{} stays closed with a current that nobody knows", number));
    }
    if (to_open && rack.energised) {
      broken(now, fmt::format("rack_{} stays closed with cells missing or invalid", number));
    }
  }

  void judge_closing(int number, heard_rack& rack, const fact& now) {
    look(rack, now.time_us);
    const bool all_invalid =
        rack.all_invalid_us && now.time_us - *rack.all_invalid_us > all_invalid_us + reaction_us;
    if (age_us(rack, now.time_us) <= silence_us + reaction_us && !all_invalid) return;
    broken(now, fmt::format("rack_{} closes with cells missing or invalid", number));
  }
};

} // namespace

std::unique_ptr<rule> make_limit_rule() {
  return std::make_unique<limit_rule>();
}
std::unique_ptr<rule> make_missing_rule() {
  return std::make_unique<missing_rule>();
}

} // namespace voltaic::tests::property
