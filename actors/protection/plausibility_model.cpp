#include "actors/protection/plausibility_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actors/protection/ladder_model.hpp"
#include "actors/protection/link_fault_model.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::protection::action;
using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::direction;
using messages::protection::latch;
using messages::protection::level;
using messages::protection::limit;

constexpr action log_only{action_kind::log, 0};
constexpr action stop_charge{action_kind::stop_charge, 0};
constexpr action stop_discharge{action_kind::stop_discharge, 0};
constexpr action half_charge{action_kind::derate_charge, 50};
constexpr action half_discharge{action_kind::derate_discharge, 50};
constexpr action open_ordered{action_kind::open_ordered, 0};
constexpr action open_immediate{action_kind::open_immediate, 0};
constexpr action inhibit_close{action_kind::inhibit_close, 0};
constexpr action lock{action_kind::lock, 0};

constexpr std::uint32_t usual_clear_ms = 10'000;
// A cell that stands still for a minute is a warning, for ten an alarm.
constexpr double frozen_warning_ms = 60'000;
constexpr double frozen_alarm_ms = 600'000;
constexpr std::uint32_t soc_set_ms = 2'000;
constexpr std::uint32_t ignored_alarm_ms = 2'000;
constexpr std::uint32_t ignored_fault_ms = 5'000;
// One kelvin a second. The rise is measured over 3 s; with this it lasted longer.
constexpr double runaway_k_per_s = 1;
constexpr std::uint32_t runaway_set_ms = 1'000;
// Longer than a scan, so that one disturbed scan is none.
constexpr std::uint32_t wire_warning_ms = 300;
constexpr std::uint32_t wire_alarm_ms = 1'000;
constexpr double wire_alarm_cells = 2;
// A fan or pump has this long to turn.
constexpr double cooling_warning_ms = 10'000;
constexpr double cooling_alarm_ms = 60'000;

candidate named(std::string_view name, const char* unit) {
  candidate made;
  made.name = name;
  made.unit = unit;
  made.direction = direction::high;
  made.period_ms = 0; // looked at in every step
  return made;
}

void add(candidate& to, level which, double set, double clear, std::uint32_t set_ms,
         std::uint32_t clear_ms, latch kept, std::vector<action> actions) {
  limit made;
  made.level = which;
  made.set = set;
  made.clear = clear;
  made.set_ms = set_ms;
  made.clear_ms = clear_ms;
  made.latch = kept;
  made.actions = std::move(actions);
  to.limits.push_back(std::move(made));
}

candidate implausible_soc() {
  auto made = named(soc_implausible, "");
  // SOC is an estimate: it never opens, not even by being wrong.
  add(made, level::alarm, 1, 0, soc_set_ms, usual_clear_ms, latch::none,
      {half_charge, half_discharge});
  return made;
}

candidate implausible_current() {
  auto made = named(current_implausible, "");
  add(made, level::alarm, 1, 0, 0, usual_clear_ms, latch::none, {half_charge, half_discharge});
  return made;
}

candidate ignored_limit() {
  auto made = named(limit_ignored, "ratio");
  add(made, level::alarm, 1, 0.98, ignored_alarm_ms, usual_clear_ms, latch::none, {log_only});
  add(made, level::fault, 1.001, 0.98, ignored_fault_ms, usual_clear_ms, latch::user,
      {stop_charge, stop_discharge, open_ordered});
  return made;
}

candidate large_step() {
  auto made = named(sensor_step, "elements");
  add(made, level::warning, 1, 0, 0, usual_clear_ms, latch::none, {log_only});
  return made;
}

candidate runaway() {
  auto made = named(thermal_runaway, "K/s");
  add(made, level::hard, runaway_k_per_s, runaway_k_per_s / 2, runaway_set_ms, usual_clear_ms,
      latch::lock, {stop_charge, stop_discharge, open_immediate, lock});
  return made;
}

// With the consequences of cells that are unusable; one alone is what no wire makes.
candidate broken_wire() {
  auto made = named(open_wire, "elements");
  add(made, level::warning, 1, 0, wire_warning_ms, usual_clear_ms, latch::none,
      {half_charge, half_discharge});
  add(made, level::alarm, wire_alarm_cells, 1, wire_alarm_ms, usual_clear_ms, latch::none,
      {stop_charge, stop_discharge});
  return made;
}

// Before the alarm the curves of temperature are read as if it were hotter.
candidate missing_cooling() {
  auto made = named(cooling_failed, "ms");
  add(made, level::warning, cooling_warning_ms, 0, 0, usual_clear_ms, latch::none, {log_only});
  add(made, level::alarm, cooling_alarm_ms, 0, 0, usual_clear_ms, latch::none,
      {half_charge, half_discharge});
  return made;
}

// From the first scan on: nothing is closed on numbers that may mean something else. The input
// itself holds until three scans fitted.
candidate misfit() {
  auto made = named(profile_mismatch, "");
  add(made, level::alarm, 1, 0, 0, 0, latch::none, {stop_charge, stop_discharge, inhibit_close});
  return made;
}

} // namespace

candidate sensor_frozen_candidate() {
  auto made = named(sensor_frozen, "ms");
  add(made, level::warning, frozen_warning_ms, 0, 0, 0, latch::none, {log_only});
  add(made, level::alarm, frozen_alarm_ms, 0, 0, 0, latch::none, {half_charge, half_discharge});
  return made;
}

candidate all_frozen_candidate() {
  auto made = named(sensor_frozen, "");
  add(made, level::alarm, 1, 0, 0, usual_clear_ms, latch::none, {stop_charge, stop_discharge});
  return made;
}

std::vector<candidate> plausibility_candidates() {
  return {implausible_soc(), implausible_current(), ignored_limit(),   large_step(),
          runaway(),         broken_wire(),         missing_cooling(), misfit()};
}

bool is_built_in(std::string_view name) {
  constexpr std::array<std::string_view, 13> names{
      bus_off,        bus_errors,          profile_mismatch, open_wire,
      cooling_failed, current_implausible, sensor_invalid,   communication_loss,
      sensor_frozen,  sensor_step,         soc_implausible,  limit_ignored,
      thermal_runaway};
  return std::ranges::find(names, name) != names.end();
}

std::string_view advice_of(std::string_view candidate) {
  if (candidate == soc_implausible) {
    return "SOC of 0 % while no cell is near its end: look at the rack's fuse, at its precharge "
           "resistor, and whether its telemetry is blocked";
  }
  if (candidate == current_implausible) {
    return "voltage, SOC or the inverter say that another current flows than the sensor shows: "
           "look whether it is reversed, dead or wrongly scaled";
  }
  if (candidate == open_wire) {
    return "two neighbours show too much and too little by the same amount: look at the sense wire "
           "between them and at its plug";
  }
  if (candidate == limit_ignored) {
    return "current flows although none may: the inverter does not follow the rack's limits";
  }
  return {};
}

} // namespace voltaic::actors::protection
