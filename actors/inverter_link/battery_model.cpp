#include "actors/inverter_link/battery_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "messages/protection/table.hpp"

namespace voltaic::actors::inverter_link {
namespace {

using messages::joining;
using messages::quality;
using messages::inverter::item;
using messages::inverter::item_of;
using messages::inverter::payload;

/// Racks say their limits and reasons each second.
constexpr std::int64_t reasons_age_us_max = 3 * messages::us_per_s;

/// A protection candidate and what an inverter is told when one of its levels stands.
struct alarm_of {
  std::string_view candidate;
  item alarm;
  item warning;
};
constexpr std::array alarms = {
    alarm_of{"cell_overvoltage", item_of("alarm_high_cell_voltage"),
             item_of("warning_high_cell_voltage")},
    alarm_of{"cell_overvoltage", item_of("alarm_high_voltage"), item_of("warning_high_voltage")},
    alarm_of{"rack_overvoltage", item_of("alarm_high_voltage"), item_of("warning_high_voltage")},
    alarm_of{"cell_undervoltage", item_of("alarm_low_cell_voltage"),
             item_of("warning_low_cell_voltage")},
    alarm_of{"cell_undervoltage", item_of("alarm_low_voltage"), item_of("warning_low_voltage")},
    alarm_of{"rack_undervoltage", item_of("alarm_low_voltage"), item_of("warning_low_voltage")},
    alarm_of{"cell_voltage_spread", item_of("alarm_cell_imbalance"),
             item_of("warning_cell_imbalance")},
    alarm_of{"charge_overtemperature", item_of("alarm_high_temperature_charge"),
             item_of("warning_high_temperature_charge")},
    alarm_of{"charge_undertemperature", item_of("alarm_low_temperature_charge"),
             item_of("warning_low_temperature_charge")},
    alarm_of{"discharge_overtemperature", item_of("alarm_high_temperature"),
             item_of("warning_high_temperature")},
    alarm_of{"discharge_undertemperature", item_of("alarm_low_temperature"),
             item_of("warning_low_temperature")},
    alarm_of{"charge_overcurrent", item_of("alarm_high_charge_current"),
             item_of("warning_high_charge_current")},
    alarm_of{"discharge_overcurrent", item_of("alarm_high_discharge_current"),
             item_of("warning_high_discharge_current")},
    alarm_of{"contactor_weld", item_of("alarm_contactor"), item_of("warning_contactor")},
    alarm_of{"contactor_feedback", item_of("alarm_contactor"), item_of("warning_contactor")},
    alarm_of{"sensor_invalid", item_of("alarm_bms_internal"), item_of("warning_bms_internal")},
    alarm_of{"communication_loss", item_of("alarm_bms_internal"), item_of("warning_bms_internal")},
};

bool usable(quality of) {
  return of <= quality::uncertain;
}

void set(payload& to, item which, const std::optional<double>& value) {
  if (value) to.set(which, *value);
}

// "cell_overvoltage/alarm" into its two parts.
std::pair<std::string_view, std::string_view> parts_of(std::string_view reason) {
  const auto slash = reason.find('/');
  if (slash == std::string_view::npos) return {reason, {}};
  return {reason.substr(0, slash), reason.substr(slash + 1)};
}

void raise(payload& to, std::string_view reason) {
  const auto [candidate, level] = parts_of(reason);
  const bool is_warning = level == "warning";
  for (const auto& each : alarms)
    if (each.candidate == candidate) to.set(is_warning ? each.warning : each.alarm, true);
  // Derating is everyday life, and no level of protection.
  if (messages::protection::level_of(level))
    to.set(is_warning ? item_of("warning_general") : item_of("alarm_general"), true);
}

} // namespace

battery_model::battery_model(const model_options& options) {
  for (const auto& each : options.racks) watch_rack(each);
  const auto watch_battery = [&](const char* name) { return watch(options.battery + "/" + name); };
  battery_ = {watch_battery("charge_current_limit"),
              watch_battery("discharge_current_limit"),
              watch_battery("charge_voltage_limit"),
              watch_battery("discharge_voltage_limit"),
              watch_battery("charge_power_limit"),
              watch_battery("discharge_power_limit"),
              watch_battery("voltage"),
              watch_battery("current"),
              watch_battery("soc"),
              watch_battery("soh"),
              watch_battery("energy_charged"),
              watch_battery("energy_discharged")};
  setpoints_place_ = watch("command/setpoints");
}

std::size_t battery_model::watch(const std::string& name) {
  const auto place = points_.watch(name);
  news_.resize(std::max(news_.size(), place + 1));
  return place;
}

void battery_model::watch_rack(const rack_facts& facts) {
  const auto at = [&](const char* name) { return watch(facts.name + "/" + name); };
  racks_.push_back({facts.name,
                    facts.device,
                    facts.capacity_ah,
                    at("contactor"),
                    at("charge_current_limit"),
                    at("discharge_current_limit"),
                    at("cell_voltage_min"),
                    at("cell_voltage_min_index"),
                    at("cell_voltage_max"),
                    at("cell_voltage_max_index"),
                    at("cell_temperature_min"),
                    at("cell_temperature_min_index"),
                    at("cell_temperature_max"),
                    at("cell_temperature_max_index"),
                    at("cell_temperature_average"),
                    at("manufacturer"),
                    at("model"),
                    at("firmware_version"),
                    at("contactor_joined"),
                    at("module_voltage_min"),
                    at("module_voltage_min_index"),
                    at("module_voltage_max"),
                    at("module_voltage_max_index")});
}

void battery_model::take(const messages::telemetry& said, std::int64_t now_us) {
  for (const auto place : points_.apply(said)) {
    if (!news_[place].hear(points_.at(place).source_time_us, now_us)) continue;
    if (place == setpoints_place_) setpoints_ = messages::read_setpoints(points_.at(place).text);
  }
}

std::string set_by(const messages::setpoint& of) {
  return fmt::format("by {} until {}", of.user, of.until.empty() ? "it is set again" : of.until);
}

const messages::setpoint* battery_model::find_setpoint(const std::string& point,
                                                       double value) const {
  constexpr double same = 0.1; // what a device reports is rounded
  const auto found = std::ranges::find_if(setpoints_, [&](const messages::setpoint& each) {
    return each.point == point && std::abs(each.value - value) <= same;
  });
  return found == setpoints_.end() ? nullptr : &*found;
}

void battery_model::take(const messages::limits& said, std::int64_t now_us) {
  reasons_[said.rack] = {said, now_us};
}

bool battery_model::is_current(std::size_t place, std::int64_t now_us) const {
  const auto& value = points_.at(place);
  const auto age_us_max =
      std::max(value_age_us_min, std::int64_t{value.period_ms} * messages::us_per_ms * 3 / 2);
  return usable(value.quality) && news_[place].is_fresh(now_us, age_us_max);
}

std::optional<double> battery_model::number(std::size_t place, std::int64_t now_us) const {
  if (!is_current(place, now_us)) return std::nullopt;
  return points_.at(place).number;
}

std::optional<joining> battery_model::standing(const rack& of, std::int64_t now_us) const {
  if (!is_current(of.contactor, now_us)) return std::nullopt;
  const auto joined = number(of.joined, now_us);
  return messages::joining_of(points_.at(of.contactor).text,
                              joined ? std::optional(*joined != 0) : std::nullopt);
}

void battery_model::take_battery(battery_state& state, std::int64_t now_us) const {
  state.charge_current_a = number(battery_.charge_limit, now_us);
  state.discharge_current_a = number(battery_.discharge_limit, now_us);
  state.charge_voltage_v = number(battery_.charge_voltage, now_us);
  state.discharge_voltage_v = number(battery_.discharge_voltage, now_us);
  state.charge_power_w = number(battery_.charge_power, now_us);
  state.discharge_power_w = number(battery_.discharge_power, now_us);
  state.voltage_v = number(battery_.voltage, now_us);
  state.current_a = number(battery_.current, now_us);
  const auto soc = number(battery_.soc, now_us);
  set(state.values, item_of("soc"), soc);
  set(state.values, item_of("soc_fine"), soc);
  set(state.values, item_of("energy_charged"), number(battery_.charged, now_us));
  set(state.values, item_of("energy_discharged"), number(battery_.discharged, now_us));
}

void battery_model::add_extremes(battery_state& state, std::int64_t now_us) const {
  struct extreme_of {
    field value;
    field index;
    item value_item;
    item index_item;
    std::optional<item> name_item;
    bool largest;
    std::optional<item> module_item = {};
  };
  constexpr std::array all = {
      extreme_of{&rack::cell_min, &rack::cell_min_index, item_of("cell_voltage_min"),
                 item_of("cell_voltage_min_index"), item_of("cell_voltage_min_name"), false},
      extreme_of{&rack::cell_max, &rack::cell_max_index, item_of("cell_voltage_max"),
                 item_of("cell_voltage_max_index"), item_of("cell_voltage_max_name"), true},
      extreme_of{&rack::cold, &rack::cold_index, item_of("cell_temperature_min"),
                 item_of("cell_temperature_min_index"), item_of("cell_temperature_min_name"), false,
                 item_of("module_temperature_min")},
      extreme_of{&rack::warm, &rack::warm_index, item_of("cell_temperature_max"),
                 item_of("cell_temperature_max_index"), item_of("cell_temperature_max_name"), true,
                 item_of("module_temperature_max")},
      extreme_of{&rack::module_min, &rack::module_min_index, item_of("module_voltage_min"),
                 item_of("module_voltage_min_index"), std::nullopt, false},
      extreme_of{&rack::module_max, &rack::module_max_index, item_of("module_voltage_max"),
                 item_of("module_voltage_max_index"), std::nullopt, true},
  };
  for (const auto& each : all) {
    std::optional<double> found;
    for (const auto& of : racks_) {
      const auto told = number(of.*each.value, now_us);
      if (!told || (found && (each.largest ? *told <= *found : *told >= *found))) continue;
      found = told;
      const auto index = number(of.*each.index, now_us);
      set(state.values, each.index_item, index);
      // A frame has eight characters for it: the rack's number and the place in it.
      const auto digits = of.name.substr(of.name.rfind('_') + 1);
      if (index && each.name_item)
        state.values.set(*each.name_item, fmt::format("{}:{:.0f}", digits, *index));
    }
    set(state.values, each.value_item, found);
    // The hottest cell is in the hottest module.
    if (each.module_item) set(state.values, *each.module_item, found);
  }
  double sum = 0;
  int count = 0;
  for (const auto& each : racks_) {
    if (const auto mean = number(each.mean_temperature, now_us)) {
      sum += *mean;
      ++count;
    }
  }
  if (count > 0) state.values.set(item_of("temperature"), sum / count);
}

// To an inverter a rack is what other makers call a module.
void battery_model::add_counts(battery_state& state, std::int64_t now_us) const {
  int closed = 0;
  int offline = 0;
  int no_charge = 0;
  int no_discharge = 0;
  double capacity_ah = 0;
  for (const auto& each : racks_) {
    capacity_ah += each.capacity_ah;
    const auto stands = standing(each, now_us);
    if (stands != joining::apart) state.may_carry = true;
    if (!stands) {
      ++offline;
      continue;
    }
    closed += *stands == joining::joined ? 1 : 0;
    no_charge += number(each.charge_limit, now_us).value_or(0) > 0 ? 0 : 1;
    no_discharge += number(each.discharge_limit, now_us).value_or(0) > 0 ? 0 : 1;
  }
  const auto count = [&](item which, int value) { state.values.set(which, double(value)); };
  count(item_of("module_count"), static_cast<int>(racks_.size()));
  count(item_of("modules_ok"), closed);
  count(item_of("modules_offline"), offline);
  count(item_of("modules_blocking_charge"), no_charge);
  count(item_of("modules_blocking_discharge"), no_discharge);
  state.values.set(item_of("system_offline"), closed == 0);
  if (capacity_ah > 0) state.values.set(item_of("capacity"), capacity_ah);
}

void battery_model::add_alarms(battery_state& state, std::int64_t now_us) const {
  for (const auto& each : alarms) {
    state.values.set(each.alarm, false);
    state.values.set(each.warning, false);
  }
  state.values.set(item_of("alarm_general"), false);
  state.values.set(item_of("warning_general"), false);
  for (const auto& each : racks_) {
    const auto known = reasons_.find(each.name);
    if (known == reasons_.end() || now_us - known->second.heard_us > reasons_age_us_max) {
      // Nobody speaks for the rack.
      state.values.set(item_of("alarm_bms_internal"), true);
      state.values.set(item_of("alarm_general"), true);
      continue;
    }
    for (const auto& reason : known->second.said.reasons) raise(state.values, reason);
  }
}

// Of the racks' rated capacity: nobody says what age has left of it.
void battery_model::add_remaining(payload& values) {
  constexpr double all_percent = 100;
  const auto capacity_ah = values.number(item_of("capacity"));
  const auto soc = values.number(item_of("soc"));
  if (capacity_ah && soc)
    values.set(item_of("remaining_capacity"), *capacity_ah * *soc / all_percent);
}

// The rack whose limit is the smallest is the one that binds them all.
void battery_model::explain(battery_state& state, std::int64_t now_us) const {
  constexpr std::array directions = {
      direction{&messages::limits::charge_current_a, &battery_state::charge_current_a,
                &messages::limits::charge_reasons, &battery_state::charge_reason,
                &battery_state::is_derated_charge, &battery_state::is_set_charge,
                "charge_current_limit", "reported_charge_current_limit"},
      direction{&messages::limits::discharge_current_a, &battery_state::discharge_current_a,
                &messages::limits::discharge_reasons, &battery_state::discharge_reason,
                &battery_state::is_derated_discharge, &battery_state::is_set_discharge,
                "discharge_current_limit", "reported_discharge_current_limit"}};
  for (const auto& each : directions) {
    const rack* binding = nullptr;
    const messages::limits* smallest = nullptr;
    for (const auto& of : racks_) {
      const auto known = reasons_.find(of.name);
      if (known == reasons_.end() || now_us - known->second.heard_us > reasons_age_us_max) {
        state.*each.reason = of.name + " is not heard";
        smallest = nullptr;
        break;
      }
      const auto stands = standing(of, now_us);
      if (stands == joining::departing) {
        state.*each.reason = of.name + " opens its contactors";
        smallest = nullptr;
        break;
      }
      if (stands != joining::joined && stands != joining::coming) continue;
      const auto& said = known->second.said;
      if (smallest != nullptr && said.*each.current_a >= smallest->*each.current_a) continue;
      smallest = &said;
      binding = &of;
    }
    if (smallest == nullptr) {
      if ((state.*each.reason).empty()) state.*each.reason = "no rack is closed";
      continue;
    }
    // The battery's limit is said a moment after its racks': until then their reasons are not its
    // own.
    if ((state.*each.told_a).value_or(0) <= 0 && smallest->*each.current_a > 0) {
      state.*each.reason = fmt::format("{} allows {:.1f} A, the battery's limit does not yet",
                                       binding->name, smallest->*each.current_a);
      continue;
    }
    explain_rack(state, each, *binding, *smallest);
  }
}

// The rack's own reasons, or who set it so low.
void battery_model::explain_rack(battery_state& state, const direction& of, const rack& binding,
                                 const messages::limits& said) const {
  const auto& own = said.*of.reasons;
  const bool is_capped = std::ranges::find(own, of.cap_reason) != own.end();
  const auto* set =
      is_capped ? find_setpoint(binding.device + "/" + of.point, said.*of.current_a) : nullptr;
  if (set != nullptr) {
    state.*of.is_set = true;
    state.*of.reason = fmt::format("{} set to {} A {}", said.rack, set->value, set_by(*set));
    return;
  }
  state.*of.reason = own.empty() ? said.rack + " its rating"
                                 : fmt::format("{} {}", said.rack, fmt::join(own, " "));
  state.*of.is_derated = !own.empty() && said.*of.current_a > 0;
}

// A device that falls silent is no other one.
messages::inverter::told_identity battery_model::identity_of(std::size_t position) const {
  const auto words = [&](std::size_t place) -> std::string {
    const auto& value = points_.at(place);
    if (!news_[place].any() || !value.text.empty()) return value.text;
    return usable(value.quality) ? fmt::format("{:.0f}", value.number) : std::string();
  };
  const auto& of = racks_.at(position);
  return {words(of.manufacturer), words(of.model), words(of.firmware)};
}

// It moves in months: what was measured once stays true while nobody says it.
void battery_model::keep_soh(std::int64_t now_us) {
  if (const auto told = number(battery_.soh, now_us)) soh_ = told;
}

battery_state battery_model::step(std::int64_t now_us) {
  battery_state state;
  keep_soh(now_us);
  take_battery(state, now_us);
  set(state.values, item_of("voltage"), state.voltage_v);
  set(state.values, item_of("current"), state.current_a);
  set(state.values, item_of("soh"), soh_);
  add_extremes(state, now_us);
  add_counts(state, now_us);
  add_alarms(state, now_us);
  add_remaining(state.values);
  explain(state, now_us);
  return state;
}

} // namespace voltaic::actors::inverter_link
