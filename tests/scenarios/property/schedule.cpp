#include "scenarios/property/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "scenarios/property/dice.hpp"
#include "scenarios/property/equipment.hpp"

namespace voltaic::tests::property {
namespace {

constexpr std::array<const char*, 29> kind_names{
    "cell_value", "cell_invalid", "cell_freeze",  "cell_silent",     "cell_release", "current",
    "value",      "invalid",      "freeze",       "silent",          "release",      "device_limit",
    "lose_in",    "lose_all_in",  "wrong_length", "lose_out",        "corrupt_out",  "replay",
    "crash",      "kill",         "stall",        "partition",       "disk_refuses", "command",
    "harm",       "input",        "lag",          "inverter_silent", "switch_on"};
constexpr std::array<const char*, 3> journal_names{"kept", "corrupt", "lost"};

constexpr std::int64_t first_deed_ms = 4'000;
constexpr std::int64_t last_deed_ms = 55'000;
constexpr std::uint32_t all_cells = 480;

/// Writes one scenario.
class author {
 public:
  explicit author(std::uint64_t seed) : dice_(seed) { made_.seed = seed; }

  schedule write() {
    made_.racks = static_cast<int>(dice_.pick(std::array<std::int64_t, 6>{1, 1, 1, 2, 2, 3}));
    if (dice_.one_of(2)) {
      made_.hub_loss = dice_.one_of(2) ? 0.05 : 0;
      made_.hub_duplication = dice_.one_of(2) ? 0.1 : 0;
      made_.hub_reordering = dice_.one_of(2) ? 0.1 : 0;
      made_.hub_delay_max_us = dice_.pick(std::array<std::int64_t, 4>{0, 2'000, 30'000, 300'000});
    }
    made_.disk_latency_us = dice_.pick(std::array<std::int64_t, 4>{0, 0, 10'000, 60'000});
    for (int rack = 0; rack < made_.racks; ++rack) {
      rack_ = rack;
      if (!dice_.one_of(6)) command(dice_.between(1'500, 3'000), "close");
    }
    const auto count = dice_.between(8, 20);
    for (std::int64_t i = 0; i < count; ++i) {
      rack_ = static_cast<int>(dice_.between(0, made_.racks - 1));
      happen(dice_.between(first_deed_ms, last_deed_ms));
    }
    measure_others();
    watch_some();
    equip(made_);
    std::ranges::stable_sort(made_.deeds, {}, &deed::t_ms);
    return std::move(made_);
  }

 private:
  deed& add(std::int64_t t_ms, deed_kind kind) {
    deed one;
    one.t_ms = t_ms - t_ms % 10;
    one.kind = kind;
    one.rack = rack_;
    made_.deeds.push_back(std::move(one));
    return made_.deeds.back();
  }

  void happen(std::int64_t t_ms) {
    const auto what = dice_.between(0, 99);
    if (what < 24) return cells(t_ms);
    if (what < 29) return measure(t_ms);
    if (what < 47) return wire(t_ms);
    if (what < 58) return crash(t_ms);
    if (what < 66) return kill(t_ms);
    if (what < 70) return pause(t_ms, deed_kind::stall);
    if (what < 73) return pause(t_ms, deed_kind::partition);
    if (what < 76) return pause(t_ms, deed_kind::disk_refuses);
    ask(t_ms);
  }

  void cells(std::int64_t t_ms) {
    const auto kind = dice_.pick(std::array{deed_kind::cell_value, deed_kind::cell_value,
                                            deed_kind::cell_value, deed_kind::cell_invalid,
                                            deed_kind::cell_freeze, deed_kind::cell_silent});
    const auto count = dice_.pick(std::array<std::uint32_t, 4>{1, 2, 7, all_cells});
    const auto first = static_cast<std::uint32_t>(dice_.between(0, all_cells - count));
    auto& one = add(t_ms, kind);
    one.index = first;
    one.count = count;
    if (kind == deed_kind::cell_value) {
      // On a threshold, a bit beside it, far beyond it, or anything.
      constexpr std::array thresholds{3'550L, 3'600L, 3'650L, 3'750L,
                                      3'000L, 2'800L, 2'500L, 2'000L};
      auto millivolts = dice_.pick(thresholds) + dice_.between(-1, 1);
      if (dice_.one_of(4)) millivolts = dice_.between(100, 6'000);
      one.value = static_cast<double>(millivolts) / 1'000;
    }
    const auto lasts_ms = dice_.pick(std::array<std::int64_t, 4>{400, 2'500, 9'000, 16'000});
    auto& end = add(t_ms + dice_.between(lasts_ms / 2, lasts_ms), deed_kind::cell_release);
    end.index = first;
    end.count = count;
    // Somebody wants to have it closed again.
    if (dice_.one_of(2)) {
      const auto later_ms = t_ms + lasts_ms + dice_.between(10'500, 14'000);
      command(later_ms, "reset", "service");
      command(later_ms + dice_.between(200, 1'500), "close");
    }
  }

  void measure(std::int64_t t_ms) {
    if (dice_.one_of(2)) {
      add(t_ms, deed_kind::current).value = static_cast<double>(dice_.between(-120, 120));
    } else {
      add(t_ms, deed_kind::device_limit).value = static_cast<double>(dice_.between(-10, 150));
    }
  }

  /// What is measured beside cells. It has dice of its own, so that the seeds keep what else
  /// they mean.
  void measure_others() {
    struct range {
      const char* point;
      std::uint32_t count;
      std::int64_t low;
      std::int64_t high;
    };
    constexpr std::array<range, 5> ranges{{{"cell_temperature", 240, -30, 80},
                                           {"terminal_temperature", 2, 20, 110},
                                           {"voltage", 1, 1'000, 1'900},
                                           {"soc", 1, 0, 100},
                                           {"insulation_resistance", 1, 0, 1'000}}};
    constexpr std::array kinds{deed_kind::value,   deed_kind::value,  deed_kind::value,
                               deed_kind::invalid, deed_kind::freeze, deed_kind::silent};
    dice other(made_.seed ^ 0x0DD5'EED5ULL);
    for (auto left = other.between(0, 3); left > 0; --left) {
      rack_ = static_cast<int>(other.between(0, made_.racks - 1));
      const auto& of = other.pick(ranges);
      auto& one = add(other.between(first_deed_ms, last_deed_ms), other.pick(kinds));
      one.text = of.point;
      one.count = other.one_of(2) ? of.count : 1;
      one.index = static_cast<std::uint32_t>(other.between(0, of.count - one.count));
      one.value = static_cast<double>(other.between(of.low, of.high));
      auto end = one;
      end.kind = deed_kind::release;
      end.t_ms += other.pick(std::array<std::int64_t, 4>{600, 3'000, 9'000, 20'000});
      made_.deeds.push_back(std::move(end));
    }
  }

  /// Racks that take no orders; with dice of its own, too.
  void watch_some() {
    dice other(made_.seed ^ 0x7A7C'4EDULL);
    for (int rack = 0; rack < made_.racks; ++rack)
      if (other.one_of(8)) made_.watched |= 1U << rack;
  }

  void wire(std::int64_t t_ms) {
    const auto kind =
        dice_.pick(std::array{deed_kind::lose_in, deed_kind::lose_all_in, deed_kind::wrong_length,
                              deed_kind::lose_out, deed_kind::corrupt_out, deed_kind::replay});
    auto& one = add(t_ms, kind);
    one.duration_ms = dice_.pick(std::array<std::int64_t, 5>{60, 450, 700, 3'000, 8'000});
    one.count = static_cast<std::uint32_t>(dice_.pick(std::array<std::int64_t, 4>{1, 2, 7, 50}));
    if (kind == deed_kind::replay) {
      one.value = static_cast<double>(dice_.between(20, 20'000));
      one.duration_ms = dice_.between(100, 3'000);
    }
  }

  std::string actor() {
    constexpr std::array kinds{"bms_{}", "rack_{}", "rack_{}/protection", "rack_{}/contactor"};
    if (dice_.one_of(8)) return "command";
    return fmt::format(fmt::runtime(dice_.pick(kinds)), rack_);
  }

  std::string node() { return dice_.one_of(5) ? "site" : fmt::format("rack_{}", rack_); }

  void crash(std::int64_t t_ms) {
    auto& one = add(t_ms, deed_kind::crash);
    one.text = actor();
    one.count = static_cast<std::uint32_t>(dice_.between(0, crash_places - 1));
    // Only devices hear batches, and hardly anything else.
    if (one.text.starts_with("bms") && dice_.one_of(2)) {
      one.count = static_cast<std::uint32_t>(crash_place::batch);
    }
    if (dice_.one_of(2)) command(t_ms + dice_.between(-50, 50), dice_.one_of(3) ? "open" : "close");
    if (dice_.one_of(3)) command(t_ms + dice_.between(2'000, 6'000), "close");
  }

  void kill(std::int64_t t_ms) {
    auto& one = add(t_ms, deed_kind::kill);
    one.text = node();
    one.duration_ms = dice_.pick(std::array<std::int64_t, 4>{20, 200, 700, 4'000});
    one.index = static_cast<std::uint32_t>(dice_.between(0, 4)); // of what waits for the disk
    const auto fate = dice_.between(0, 7);
    if (fate == 0) one.journal = journal_fate::corrupt;
    if (fate == 1) one.journal = journal_fate::lost;
    const auto back_ms = t_ms + one.duration_ms;
    if (dice_.one_of(2)) command(t_ms + dice_.between(-100, 100), "close");
    if (dice_.one_of(3)) command(back_ms + dice_.between(0, 300), "close");
    if (dice_.one_of(2)) {
      command(back_ms + dice_.between(1'500, 5'000), "reset", "service");
      command(back_ms + dice_.between(5'500, 8'000), "close");
    }
  }

  void pause(std::int64_t t_ms, deed_kind kind) {
    auto& one = add(t_ms, kind);
    one.text = kind == deed_kind::partition && dice_.one_of(3) ? "" : node();
    one.duration_ms = dice_.pick(std::array<std::int64_t, 4>{100, 600, 2'000, 9'000});
    const auto length_ms = one.duration_ms;
    if (dice_.one_of(2)) {
      command(t_ms + dice_.between(0, length_ms), dice_.one_of(2) ? "close" : "set");
    }
  }

  void ask(std::int64_t t_ms) {
    const std::string operation = dice_.pick(std::array<const char*, 9>{
        "close", "close", "close", "close", "open", "open", "reset", "set", "set"});
    command(t_ms, operation);
    if (operation == "close" && made_.deeds.size() % 3 == 0) think_better_of_it();
  }

  /// Opens right after the newest command to close. It takes no dice, so that the
  /// seeds keep what else they mean.
  void think_better_of_it() {
    auto opens = made_.deeds.back();
    opens.t_ms += static_cast<std::int64_t>(made_.deeds.size() % 9) * 10;
    opens.text = "open";
    opens.key += "-open";
    made_.deeds.push_back(std::move(opens));
  }

  void command(std::int64_t t_ms, const std::string& operation, std::string role = {}) {
    auto& one = add(std::max<std::int64_t>(t_ms, 0), deed_kind::command);
    one.text = operation;
    one.key = fmt::format("key-{}", ++keys_);
    one.role = std::move(role);
    if (one.role.empty()) {
      one.role =
          dice_.pick(std::array<const char*, 8>{"operator", "operator", "operator", "operator",
                                                "engineer", "service", "service", "viewer"});
    }
    one.deadline_ms = dice_.pick(std::array<std::int64_t, 5>{10'000, 10'000, 10'000, 1'000, 150});
    if (dice_.one_of(6)) one.delay_ms = dice_.pick(std::array<std::int64_t, 3>{100, 900, 4'000});
    if (dice_.one_of(4)) one.repeats = static_cast<std::uint32_t>(dice_.between(2, 4));
    one.direct = dice_.one_of(4);
    one.index = static_cast<std::uint32_t>(dice_.between(0, 1)); // charge or discharge
    // Each sets another value, so that the frame tells whose it is.
    if (operation != "set") return;
    one.value = 20 + 0.1 * static_cast<double>(keys_);
    // Every other one is for a time. It takes no dice, so that the seeds keep what else they mean.
    constexpr std::array<std::int64_t, 4> lengths_ms{1'500, 4'000, 9'000, 20'000};
    if (keys_ % 2 == 0) one.length_ms = lengths_ms.at(static_cast<std::size_t>(keys_ / 2) % 4);
  }

  dice dice_;
  schedule made_;
  int rack_ = 0;
  int keys_ = 0;
};

} // namespace

schedule make_schedule(std::uint64_t seed) {
  return author(seed).write();
}

std::string to_string(const schedule& what) {
  auto text = fmt::format(
      "seed {}: {} racks, of which {:b} take no orders, {} ms; hub loses {}, doubles {}, reorders "
      "{}, delays up to {} us; "
      "the disk takes {} us\n",
      what.seed, what.racks, what.watched, what.duration_ms, what.hub_loss, what.hub_duplication,
      what.hub_reordering, what.hub_delay_max_us, what.disk_latency_us);
  text += to_string(what.has);
  for (const auto& one : what.deeds) {
    text += fmt::format("  {:>6} ms {} rack {} index {} count {} value {} for {} ms '{}'", one.t_ms,
                        kind_names.at(static_cast<std::size_t>(one.kind)), one.rack, one.index,
                        one.count, one.value, one.duration_ms, one.text);
    if (one.kind == deed_kind::kill) {
      text += fmt::format(" journal {}", journal_names.at(static_cast<std::size_t>(one.journal)));
    }
    if (one.kind == deed_kind::command) {
      text += fmt::format(" {} {} deadline {} ms, sent {} ms later, {} times{}", one.key, one.role,
                          one.deadline_ms, one.delay_ms, one.repeats,
                          one.direct ? ", to the last hop" : "");
      if (one.length_ms > 0) text += fmt::format(", set for {} ms", one.length_ms);
    }
    text += '\n';
  }
  return text;
}

} // namespace voltaic::tests::property
