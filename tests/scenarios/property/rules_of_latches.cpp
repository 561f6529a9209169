#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

constexpr std::uint16_t valid_min_mv = 500;
constexpr std::uint16_t valid_max_mv = 5'000;
constexpr int cells_per_module = 16;
/// A latch may be let go after its cells were behind `clear` for so long, as they come on the
/// wire.
constexpr std::int64_t clear_us = 10'000 * us_per_ms - 100 * us_per_ms;
/// One value may be overwritten by the next before anybody looked at it.
constexpr int seen_values = 2;

/// From where on a cell is over what latched, of faults and what lies beyond.
struct latching {
  std::string_view candidate;
  bool high;
  std::uint16_t clear_mv;
};
constexpr std::array lfp_latching{latching{"cell_overvoltage", true, 3'400},
                                  latching{"cell_undervoltage", false, 2'800}};
constexpr std::array nmc_latching{latching{"cell_overvoltage", true, 4'100},
                                  latching{"cell_undervoltage", false, 3'000}};
using latching_table = std::array<latching, lfp_latching.size()>;

bool is_behind(const latching& of, std::uint16_t millivolts) {
  if (millivolts < valid_min_mv || millivolts > valid_max_mv) return false;
  return of.high ? millivolts <= of.clear_mv : millivolts >= of.clear_mv;
}

/// A time in which a cell was behind a clear value.
struct stretch {
  std::int64_t since_us = 0;
  std::int64_t until_us = 0;
};

/// What a cell's true values were, as far as one clear value is concerned.
class cell_history {
 public:
  void take(bool behind, std::int64_t now_us) {
    if (behind) {
      beyond_ = 0;
      if (!since_us_) since_us_ = now_us;
      until_us_ = now_us;
    } else if (++beyond_ < seen_values) {
      until_us_ = now_us; // a value holds until the next one is said
    } else if (beyond_ == seen_values) {
      if (since_us_ && until_us_ - *since_us_ >= clear_us)
        stretches_.push_back({*since_us_, until_us_});
      since_us_.reset();
    }
  }
  /// It was behind for long enough between these instants.
  [[nodiscard]] bool was_over(std::int64_t from_us, std::int64_t to_us) const {
    const auto is_long = [&](const stretch& one) {
      return std::min(one.until_us, to_us) - std::max(one.since_us, from_us) >= clear_us;
    };
    return std::ranges::any_of(stretches_, is_long) || (since_us_ && is_long({*since_us_, to_us}));
  }

 private:
  std::vector<stretch> stretches_;
  std::optional<std::int64_t> since_us_;
  std::int64_t until_us_ = 0;
  int beyond_ = 0;
};

/// A latch of a cell's voltage is let go only after that cell was behind the clear value for the
/// clear time: judged by what it said, and not by what protection knew of it.
class reset_rule final : public rule {
 public:
  reset_rule() : rule(5) {}

  void take(const fact& next) override {
    if (const auto* is = std::get_if<site_is>(&next.what)) {
      for (int rack = 0; rack < is->racks; ++rack)
        if (has(is->has.nmc, rack)) racks_[rack].latching_cells = &nmc_latching;
    } else if (const auto* cells = std::get_if<cells_heard>(&next.what)) {
      hear(racks_[next.rack], *cells, next.time_us);
    } else if (const auto* gone = std::get_if<journal_gone>(&next.what)) {
      int number = 0;
      // Nobody knows any more which cell it was.
      if (std::sscanf(gone->node.c_str(), "rack_%d", &number) == 1) racks_[number].latched.clear();
    } else if (const auto* said = std::get_if<event_said>(&next.what)) {
      judge(said->event, happened_us(*said, next.time_us), next);
    }
  }

 private:
  struct state {
    const latching_table* latching_cells = &lfp_latching; ///< of what its cells are made of
    std::array<std::vector<cell_history>, lfp_latching.size()> cells;
    /// By candidate and level: the cells that set it, and when they did last.
    std::map<std::string, std::map<std::size_t, std::int64_t>> latched;
    state() { cells.fill(std::vector<cell_history>(rack_cells)); }
  };

  static void hear(state& rack, const cells_heard& heard, std::int64_t now_us) {
    const auto& latching_cells = *rack.latching_cells;
    const auto at_us = heard.measured_us.value_or(now_us);
    for (std::size_t which = 0; which < latching_cells.size(); ++which) {
      for (std::size_t i = 0; i < heard.millivolts.size(); ++i) {
        rack.cells.at(which)
            .at(heard.first + i)
            .take(is_behind(latching_cells.at(which), heard.millivolts.at(i)), at_us);
      }
    }
  }

  void judge(const messages::event& told, std::int64_t when_us, const fact& now) {
    int number = 0;
    if (told.kind != "protection" || (told.level != "fault" && told.level != "hard")) return;
    if (std::sscanf(told.subject.c_str(), "rack_%d", &number) != 1) return;
    auto& rack = racks_[number];
    const auto& latching_cells = *rack.latching_cells;
    const auto of = std::ranges::find(latching_cells, told.candidate, &latching::candidate);
    if (of == latching_cells.end()) return;
    const auto name = told.candidate + "/" + told.level;
    if (told.edge == "set") {
      int module = 0;
      int cell = 0;
      if (std::sscanf(told.scope.c_str(), "module_%d:cell_%d", &module, &cell) == 2)
        rack.latched[name][static_cast<std::size_t>(module * cells_per_module + cell)] = when_us;
    } else if (told.edge == "reset") {
      const auto& histories = rack.cells.at(static_cast<std::size_t>(of - latching_cells.begin()));
      for (const auto& [cell, set_us] : rack.latched[name]) {
        if (histories.at(cell).was_over(set_us, when_us)) continue;
        broken(now, fmt::format("rack_{} lets go of {} at {} ms although cell {} was not behind "
                                "{} mV for its clear time since {} ms",
                                number, name, when_us / us_per_ms, cell, of->clear_mv,
                                set_us / us_per_ms));
      }
      rack.latched.erase(name);
    }
  }

  std::map<int, state> racks_;
};

} // namespace

std::unique_ptr<rule> make_reset_rule() {
  return std::make_unique<reset_rule>();
}

} // namespace voltaic::tests::property
