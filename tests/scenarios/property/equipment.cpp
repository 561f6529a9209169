#include "scenarios/property/equipment.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "scenarios/property/dice.hpp"
#include "scenarios/property/schedule.hpp"

namespace voltaic::tests::property {
namespace {

constexpr std::int64_t first_deed_ms = 4'000;
constexpr std::int64_t last_deed_ms = 52'000;
constexpr std::array<const char*, 5> family_names{"none", "discover", "pylontech_hv",
                                                  "pylontech_lv", "sma"};
constexpr std::array<const char*, 3> lost_names{"hold", "exclude", "stop"};

/// Writes what happens to the equipment of one site.
class outfitter {
 public:
  explicit outfitter(schedule& into) : into_(into), dice_(into.seed ^ 0xE9'01'93'E7ULL) {}

  void outfit() {
    auto& has = into_.has;
    const std::uint32_t all = (1U << into_.racks) - 1;
    has.shares_bus = into_.racks > 1 && dice_.one_of(2);
    if (dice_.one_of(3)) connect_inverter(all);
    has.nmc = some_of(10);
    has.doubled = some_of(6);
    has.guarded = some_of(4) & ~into_.watched;
    has.far_away = has.guarded & some_of(4);
    if (has.shares_bus) has.emptier = some_of(6);
    happen();
    turn_keys();
    bend_currents();
    silence_evaluators();
  }

 private:
  std::uint32_t some_of(std::int64_t chance) {
    std::uint32_t some = 0;
    for (int rack = 0; rack < into_.racks; ++rack)
      if (dice_.one_of(chance)) some |= 1U << rack;
    return some;
  }

  void connect_inverter(std::uint32_t all) {
    auto& has = into_.has;
    has.inverter = dice_.pick(std::array{inverter_family::discover, inverter_family::pylontech_hv,
                                         inverter_family::pylontech_lv, inverter_family::sma});
    has.behind = into_.racks > 1 && dice_.one_of(3) ? all & ~1U : all;
    has.shares_bus = into_.racks > 1;
    has.fits = !dice_.one_of(10);
    if (has.inverter == inverter_family::pylontech_lv || has.inverter == inverter_family::sma)
      has.can_say = !dice_.one_of(6);
    has.adds_up = dice_.one_of(4);
    has.lost = dice_.pick(
        std::array{lost_rack::hold, lost_rack::hold, lost_rack::exclude, lost_rack::stop});
    has.hold_ms = dice_.pick(std::array<std::uint32_t, 3>{1'000, 4'000, 60'000});
  }

  deed& add(std::int64_t t_ms, deed_kind kind, int rack) {
    deed one;
    one.t_ms = t_ms - t_ms % 10;
    one.kind = kind;
    one.rack = rack;
    into_.deeds.push_back(std::move(one));
    return into_.deeds.back();
  }

  std::int64_t some_time() { return dice_.between(first_deed_ms, last_deed_ms); }

  void happen() {
    const auto& has = into_.has;
    if (has.inverter != inverter_family::none)
      for (auto left = dice_.between(1, 3); left > 0; --left) disturb_inverter();
    for (int rack = 0; rack < into_.racks; ++rack) {
      const bool is_ordered = !is_watched(into_, rack);
      if (property::has(has.guarded, rack) && is_ordered)
        for (auto left = dice_.between(1, 2); left > 0; --left) press(rack);
      if (property::has(has.guarded, rack) && dice_.one_of(2)) switch_on(rack);
      if (property::has(has.doubled, rack))
        for (auto left = dice_.between(1, 3); left > 0; --left) part_evaluators(rack);
      if (is_ordered && dice_.one_of(3)) harm(rack);
      if (dice_.one_of(8)) blind_current(rack);
      if (property::has(has.nmc, rack))
        for (auto left = dice_.between(1, 2); left > 0; --left) move_cell(rack);
      if (is_ordered && (has.shares_bus || has.inverter != inverter_family::none))
        close_again(rack);
    }
  }

  void disturb_inverter() {
    constexpr std::array<std::int64_t, 4> lengths_ms{800, 4'000, 7'000, 12'000};
    const auto t_ms = some_time();
    const auto length_ms = dice_.pick(lengths_ms);
    switch (dice_.between(0, 3)) {
      case 0: {
        auto& one = add(t_ms, deed_kind::inverter_silent, 0);
        one.duration_ms = length_ms;
        return;
      }
      case 1: {
        auto& one = add(t_ms, deed_kind::crash, 0);
        one.text = "inverter_0/link";
        one.count = static_cast<std::uint32_t>(crash_place::message);
        return;
      }
      case 2: {
        auto& one = add(t_ms, deed_kind::kill, 0);
        one.text = "inverter_0";
        one.duration_ms = dice_.pick(std::array<std::int64_t, 3>{20, 700, 4'000});
        return;
      }
      default: {
        auto& one = add(t_ms, dice_.one_of(2) ? deed_kind::partition : deed_kind::stall, 0);
        one.text = dice_.one_of(2) ? "inverter_0" : "site";
        one.duration_ms = length_ms;
        return;
      }
    }
  }

  // What came later has dice of its own, so that the seeds keep what else they mean.
  void turn_keys() {
    dice other(into_.seed ^ 0x4E'59ULL);
    auto& has = into_.has;
    for (int rack = 0; rack < into_.racks; ++rack) {
      if (!property::has(has.guarded, rack) || other.one_of(4)) continue;
      has.keyed |= 1U << rack;
      for (auto left = other.between(1, 4); left > 0; --left) {
        auto& one = add(other.between(first_deed_ms, last_deed_ms), deed_kind::input, rack);
        one.text = reset_key;
        one.duration_ms = other.pick(std::array<std::int64_t, 5>{60, 300, 900, 4'000, 12'000});
        const auto over_ms = one.t_ms + one.duration_ms;
        if (other.one_of(3)) // in the middle of it
          add(over_ms - 50, deed_kind::crash, rack).text = fmt::format("rack_{}/contactor", rack);
        if (other.one_of(2)) command(over_ms + other.between(50, 3'000), rack, "close");
      }
    }
  }

  // For so long that both differ: one that starts anew is given time.
  void silence_evaluators() {
    dice other(into_.seed ^ 0x5'1E'7CULL);
    for (int rack = 0; rack < into_.racks; ++rack) {
      if (!property::has(into_.has.doubled, rack) || !other.one_of(2)) continue;
      auto& one = add(other.between(first_deed_ms, last_deed_ms), deed_kind::lag, rack);
      one.text = fmt::format("rack_{}/evaluator", rack);
      one.duration_ms = 5'000;
    }
  }

  // The sensor is reversed, dead, or wrong by a factor, for a while.
  void bend_currents() {
    constexpr std::array gains{-1.0, 0.0, 0.1, 0.5, 2.0, 10.0};
    dice other(into_.seed ^ 0x6A'11ULL);
    for (int rack = 0; rack < into_.racks; ++rack) {
      if (!other.one_of(3)) continue;
      auto& one = add(other.between(first_deed_ms, last_deed_ms), deed_kind::value, rack);
      one.text = "current_gain";
      one.value = other.pick(gains);
      const auto begin_ms = one.t_ms;
      auto end = one;
      end.kind = deed_kind::release;
      end.t_ms += other.pick(std::array<std::int64_t, 3>{3'000, 12'000, 30'000});
      // A current that it measures wrongly, and steps of it.
      for (auto left = other.between(0, 4); left > 0; --left)
        add(begin_ms + other.between(-3'000, 9'000), deed_kind::current, rack).value =
            static_cast<double>(other.between(-60, 60));
      into_.deeds.push_back(std::move(end));
    }
  }

  void press(int rack) {
    auto& one = add(some_time(), deed_kind::input, rack);
    one.text = dice_.pick(input_roles);
    one.duration_ms = dice_.pick(std::array<std::int64_t, 4>{10, 120, 900, 6'000});
    const auto over_ms = one.t_ms + one.duration_ms;
    if (dice_.one_of(6))
      add(one.t_ms + 100, deed_kind::crash, rack).text = fmt::format("dio_{}", rack);
    if (dice_.one_of(2)) {
      command(over_ms + dice_.between(300, 2'500), rack, "reset");
      command(over_ms + dice_.between(2'600, 5'000), rack, "close");
    }
    if (dice_.one_of(2)) command(over_ms - dice_.between(0, 60), rack, "close");
  }

  void switch_on(int rack) {
    auto& one = add(some_time(), deed_kind::switch_on, rack);
    one.key = fmt::format("more-{}", ++keys_);
    one.text = "set";
    one.role = "engineer";
    one.deadline_ms = 3'000;
    one.length_ms = dice_.pick(std::array<std::int64_t, 3>{1'000, 3'000, 8'000});
    one.direct = dice_.one_of(2);
  }

  // One of both is late, ends, or sees another battery than the other does.
  void part_evaluators(int rack) {
    const auto* which = dice_.one_of(2) ? "rack_{}/evaluator" : "rack_{}/protection";
    const auto t_ms = some_time();
    if (dice_.one_of(2)) {
      auto& one = add(t_ms, deed_kind::lag, rack);
      one.text = fmt::format(fmt::runtime(which), rack);
      one.duration_ms = dice_.pick(std::array<std::int64_t, 4>{60, 300, 900, 5'000});
    } else {
      auto& one = add(t_ms, deed_kind::crash, rack);
      one.text = fmt::format(fmt::runtime(which), rack);
      one.count = static_cast<std::uint32_t>(dice_.one_of(2) ? crash_place::message
                                                             : crash_place::after_message);
    }
    if (dice_.one_of(2)) command(t_ms + dice_.between(0, 1'500), rack, "close");
    if (dice_.one_of(2)) command(t_ms + dice_.between(4'000, 15'000), rack, "close");
  }

  void harm(int rack) {
    constexpr std::array harms{"welded",     "welded both",   "stuck",
                               "loaded bus", "feedback lies", "feedback lost"};
    auto& one = add(some_time(), deed_kind::harm, rack);
    one.text = dice_.pick(harms);
    one.index = static_cast<std::uint32_t>(dice_.between(0, 2));
    one.value = static_cast<double>(dice_.between(0, 1));
    one.duration_ms = dice_.pick(std::array<std::int64_t, 4>{300, 2'500, 12'000, 60'000});
    const auto t_ms = one.t_ms;
    if (dice_.one_of(2)) command(t_ms + dice_.between(200, 3'000), rack, "open");
    if (dice_.one_of(2)) command(t_ms - dice_.between(0, 1'500), rack, "close");
    // Others want to join what may be welded.
    if (into_.racks > 1)
      command(t_ms + dice_.between(1'000, 12'000), (rack + 1) % into_.racks, "close");
  }

  // Thresholds of NMC; those of LFP are no limits to it.
  void move_cell(int rack) {
    constexpr std::array thresholds{4'150L, 4'200L, 4'250L, 4'300L, 3'200L, 3'000L, 2'800L, 2'500L};
    auto& one = add(some_time(), deed_kind::cell_value, rack);
    one.index = static_cast<std::uint32_t>(dice_.between(0, 479));
    one.value = static_cast<double>(dice_.pick(thresholds) + dice_.between(-1, 1)) / 1'000;
    auto end = one;
    end.kind = deed_kind::cell_release;
    end.t_ms += dice_.pick(std::array<std::int64_t, 3>{400, 2'500, 9'000});
    into_.deeds.push_back(std::move(end));
  }

  void blind_current(int rack) {
    constexpr std::array kinds{deed_kind::invalid, deed_kind::freeze, deed_kind::silent};
    auto& one = add(some_time(), dice_.pick(kinds), rack);
    one.text = "current";
    auto end = one;
    end.kind = deed_kind::release;
    end.t_ms += dice_.pick(std::array<std::int64_t, 3>{400, 3'000, 20'000});
    into_.deeds.push_back(std::move(end));
  }

  // Who has to ask before he closes is refused more often.
  void close_again(int rack) {
    for (auto left = dice_.between(1, 2); left > 0; --left) command(some_time(), rack, "close");
  }

  void command(std::int64_t t_ms, int rack, const std::string& operation) {
    if (is_watched(into_, rack)) return;
    auto& one = add(t_ms, deed_kind::command, rack);
    one.text = operation;
    one.key = fmt::format("more-{}", ++keys_);
    one.role = operation == "reset" ? "service" : "operator";
    one.deadline_ms = 10'000;
    one.direct = dice_.one_of(4);
  }

  schedule& into_;
  dice dice_;
  int keys_ = 0;
};

} // namespace

void equip(schedule& what) {
  outfitter(what).outfit();
}

std::string to_string(const equipment& what) {
  if (what == equipment{}) return {};
  return fmt::format(
      "  inverter {} before {:b}{}{}, limits {}, lost racks {} for {} ms; {}DC bus{}; NMC {:b}, "
      "two "
      "evaluators {:b}, inputs {:b} of which far {:b}, keys {:b}, emptier {:b}\n",
      family_names.at(static_cast<std::size_t>(what.inverter)), what.behind,
      what.fits ? "" : " that it does not fit", what.can_say ? "" : " whose voltage it cannot say",
      what.adds_up ? "as a sum" : "of the smallest",
      lost_names.at(static_cast<std::size_t>(what.lost)), what.hold_ms,
      what.shares_bus ? "one " : "", what.shares_bus ? "" : " each", what.nmc, what.doubled,
      what.guarded, what.far_away, what.keyed, what.emptier);
}

} // namespace voltaic::tests::property
