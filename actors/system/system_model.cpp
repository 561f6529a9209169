#include "actors/system/system_model.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>

#include "messages/contactor_words.hpp"
#include "messages/points/catalogue.hpp"

namespace voltaic::actors::system {
namespace {

using messages::joining;
using messages::quality;
using messages::points::computed_point;

// In the order in which `step` says them.
constexpr std::array described_points = {
    computed_point{"voltage", "Voltage", "V", 1},
    computed_point{"current", "Current", "A", 1},
    computed_point{"power", "Power", "W", 1},
    computed_point{"soc", "Soc", "%", 1},
    computed_point{"soc_min", "SocMin", "%", 1},
    computed_point{"soc_max", "SocMax", "%", 1},
    computed_point{"energy_charged", "EnergyCharged", "Wh", 1},
    computed_point{"energy_discharged", "EnergyDischarged", "Wh", 1},
    computed_point{"charge_current_limit", "ChargeCurrentLimit", "A", 1},
    computed_point{"discharge_current_limit", "DischargeCurrentLimit", "A", 1},
    computed_point{"racks_total", "RacksTotal", "", 0},
    computed_point{"racks_active", "RacksActive", "", 0},
    computed_point{"faults", "Faults", "", 0},
    computed_point{"alarms", "Alarms", "", 0},
    computed_point{"warnings", "Warnings", "", 0},
    computed_point{"charge_voltage_limit", "ChargeVoltageLimit", "V", 1},
    computed_point{"discharge_voltage_limit", "DischargeVoltageLimit", "V", 1},
    computed_point{"charge_power_limit", "ChargePowerLimit", "W", 0},
    computed_point{"discharge_power_limit", "DischargePowerLimit", "W", 0},
    computed_point{"soh", "Soh", "%", 1},
    computed_point{"soh_min", "SohMin", "%", 1},
};

// The racks together, where there are some, then the links.
messages::catalogue describe(const std::string& name, bool has_racks, const link_model& links) {
  std::vector<messages::point_description> points;
  if (has_racks) {
    for (const auto& each : described_points)
      points.push_back(messages::points::describe(name, each, period_us));
  }
  points.insert(points.end(), links.points().begin(), links.points().end());
  return messages::points::make_catalogue(name, std::move(points));
}

constexpr bool usable(quality of) {
  return of <= quality::uncertain;
}

} // namespace

std::vector<std::string> model_options::validate() const {
  std::vector<std::string> findings;
  if (name.empty()) findings.emplace_back("name: is missing");
  if (racks.empty() && links.empty()) findings.emplace_back("racks: there is none, and no link");
  for (const auto& each : racks) {
    if (each.name.empty()) findings.emplace_back("racks: one has no name");
    if (!(each.capacity_ah >= 0)) findings.push_back(each.name + ": its capacity is negative");
  }
  return findings;
}

model::model(model_options options)
    : options_(std::move(options)),
      links_(options_.name, options_.links),
      catalogue_(describe(options_.name, !options_.racks.empty(), links_)),
      charge_current_(site_limit_model::kind::flow, options_.limits, options_.racks.size()),
      discharge_current_(charge_current_),
      charge_power_(charge_current_),
      discharge_power_(charge_current_),
      charge_voltage_(site_limit_model::kind::ceiling, options_.limits, options_.racks.size()),
      discharge_voltage_(site_limit_model::kind::floor, options_.limits, options_.racks.size()) {
  assert(options_.validate().empty());
  for (const auto& each : options_.racks) {
    const auto watch = [&](const char* point) { return points_.watch(each.name + "/" + point); };
    racks_.push_back({each.name,
                      each.capacity_ah,
                      watch("voltage"),
                      watch("current"),
                      watch("power"),
                      watch("soc"),
                      watch("contactor"),
                      watch("charge_current_limit"),
                      watch("discharge_current_limit"),
                      watch("protection_level"),
                      watch("charge_voltage_limit"),
                      watch("discharge_voltage_limit"),
                      watch("charge_power_limit"),
                      watch("discharge_power_limit"),
                      watch("soh"),
                      watch("contactor_joined"),
                      {}});
  }
}

void model::learn(const messages::catalogue& described) {
  points_.learn(described);
}

void model::take(const messages::telemetry& said) {
  for (const auto place : points_.apply(said)) {
    for (auto& each : racks_) {
      if (each.power == place) count_energy(each, points_.at(place));
    }
  }
}

// The trapezoid between two good powers; a gap counts nothing, for nobody knows what flowed.
void model::count_energy(rack& of, const messages::points::watched_value& power) {
  constexpr double us_per_hour = 3'600.0 * static_cast<double>(messages::us_per_s);
  if (!usable(power.quality)) {
    of.last_power.reset();
    return;
  }
  if (of.last_power) {
    const auto [then_us, before_w] = *of.last_power;
    const auto gap_us = power.source_time_us - then_us;
    const double energy_wh =
        (before_w + power.number) / 2 * static_cast<double>(gap_us) / us_per_hour;
    if (gap_us <= energy_gap_us_max) {
      (energy_wh > 0 ? energy_.discharged_wh : energy_.charged_wh) += std::abs(energy_wh);
    }
  }
  of.last_power = {power.source_time_us, power.number};
}

model::part model::part_of(const rack& of, field which, std::int64_t now_us) const {
  const auto& value = points_.at(of.*which);
  const auto age_us_max =
      std::max(value_age_us_min, std::int64_t{value.period_ms} * messages::us_per_ms * 3 / 2);
  part found{&of, value.number, value.quality, value.source_time_us};
  if (usable(found.quality) && now_us - value.source_time_us > age_us_max) {
    found.quality = quality::stale;
  }
  return found;
}

std::vector<model::part> model::parts(field which, std::int64_t now_us) const {
  std::vector<part> all;
  for (const auto& each : racks_) all.push_back(part_of(each, which, now_us));
  return all;
}

std::optional<joining> model::standing(const rack& of, std::int64_t now_us) const {
  if (!usable(part_of(of, &rack::contactor, now_us).quality)) return std::nullopt;
  const auto joined = part_of(of, &rack::joined, now_us);
  return messages::joining_of(points_.at(of.contactor).text, usable(joined.quality)
                                                                 ? std::optional(joined.value != 0)
                                                                 : std::nullopt);
}

model::part model::teller(const rack& of, std::int64_t now_us) const {
  auto said = part_of(of, &rack::contactor, now_us);
  return usable(said.quality) && !standing(of, now_us) ? part_of(of, &rack::joined, now_us) : said;
}

// What nobody can tell or open binds the limits in any case; as active it counts while it is
// heard and no fault stops it.
bool model::counts_as_active(const rack& of, std::int64_t now_us) const {
  if (standing(of, now_us) != joining::joined) return false;
  if (points_.at(of.contactor).text != messages::contactor_unknown) return true;
  const auto& level = points_.at(of.level).text;
  return usable(part_of(of, &rack::voltage, now_us).quality) && level != "fault" && level != "hard";
}

// Who is missing, and how old and how good what is there is; without a value.
model::whole model::lacking(const std::vector<part>& of) {
  whole found;
  std::int64_t oldest_us = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_us = 0;
  for (const auto& each : of) {
    found.worst = messages::worst(found.worst, each.quality);
    last_us = std::max(last_us, each.source_time_us);
    if (usable(each.quality)) {
      oldest_us = std::min(oldest_us, each.source_time_us);
    } else {
      found.missing.push_back(each.of->name);
    }
  }
  found.source_time_us = found.missing.size() == of.size() ? last_us : oldest_us;
  return found;
}

model::whole model::average(const std::vector<part>& of, bool by_capacity) {
  auto found = lacking(of);
  double weights = 0;
  double weighted = 0;
  for (const auto& each : of) {
    if (!usable(each.quality)) continue;
    const double weight = by_capacity ? each.of->capacity_ah : 1;
    weights += weight;
    weighted += weight * each.value;
  }
  found.usable = weights > 0;
  found.value = found.usable ? weighted / weights : 0;
  return found;
}

model::whole model::extreme(const std::vector<part>& of, bool largest) {
  auto found = lacking(of);
  for (const auto& each : of) {
    if (!usable(each.quality)) continue;
    const bool beyond = largest ? each.value > found.value : each.value < found.value;
    if (!found.usable || beyond) found.value = each.value;
    found.usable = true;
  }
  return found;
}

model::whole model::sum(field which, std::int64_t now_us) const {
  const auto all = parts(which, now_us);
  auto found = lacking(all);
  found.usable = found.missing.empty();
  if (!found.usable) return found;
  for (const auto& each : all) found.value += each.value;
  return found;
}

// Of the racks on the common bus, or of all while none is; one of which that is
// not known is missing.
model::whole model::voltage(std::int64_t now_us) const {
  std::vector<part> on_bus;
  std::vector<part> off_bus;
  std::vector<part> unknown;
  for (const auto& each : racks_) {
    if (const auto stands = standing(each, now_us)) {
      auto& side = *stands == joining::apart || *stands == joining::coming ? off_bus : on_bus;
      side.push_back(part_of(each, &rack::voltage, now_us));
    } else {
      unknown.push_back(teller(each, now_us));
    }
  }
  auto& told = on_bus.empty() ? off_bus : on_bus;
  told.insert(told.end(), unknown.begin(), unknown.end());
  return average(told, false);
}

// One kind of limit, as the racks' protection tells it.
model::whole model::limit(field which, site_limit_model& of, std::int64_t now_us) {
  std::vector<limit_part> told;
  for (const auto& each : racks_) {
    const auto value = part_of(each, which, now_us);
    told.push_back(
        {value.value, value.quality, standing(each, now_us), teller(each, now_us).quality});
  }
  const auto all = of.step(told, now_us);
  whole found{all.value, all.usable, all.worst, now_us, {}};
  for (const auto each : all.missing) found.missing.push_back(racks_[each].name);
  for (const auto each : all.stopping)
    if (std::ranges::find(stopping_, racks_[each].name) == stopping_.end())
      stopping_.push_back(racks_[each].name);
  return found;
}

model::whole model::active_racks(std::int64_t now_us) const {
  auto found = lacking(parts(&rack::contactor, now_us));
  found.source_time_us = now_us;
  found.usable = true;
  for (const auto& each : racks_) found.value += counts_as_active(each, now_us) ? 1 : 0;
  return found;
}

model::whole model::racks_at(std::initializer_list<std::string_view> levels,
                             std::int64_t now_us) const {
  const auto heard = parts(&rack::level, now_us);
  auto found = lacking(heard);
  found.source_time_us = now_us;
  found.usable = true;
  for (const auto& each : heard) {
    const auto& told = points_.at(each.of->level).text;
    const bool counts = std::ranges::find(levels, told) != levels.end();
    if (usable(each.quality) && counts) ++found.value;
  }
  return found;
}

model::whole model::heard_racks(std::int64_t now_us) const {
  auto found = lacking(parts(&rack::voltage, now_us));
  found.source_time_us = now_us;
  found.usable = true;
  found.value = static_cast<double>(racks_.size());
  return found;
}

// What was counted stays true without the racks that are not heard; it lacks theirs.
model::whole model::counted(double energy_wh, std::int64_t now_us) const {
  auto found = lacking(parts(&rack::power, now_us));
  found.source_time_us = now_us;
  found.usable = true;
  found.value = energy_wh;
  return found;
}

messages::telemetry model::step(std::int64_t now_us) {
  assert(has_racks());
  stopping_.clear();
  const auto soc = parts(&rack::soc, now_us);
  const auto soh = parts(&rack::soh, now_us);
  const bool by_capacity =
      std::ranges::all_of(racks_, [](const rack& each) { return each.capacity_ah > 0; });
  const std::array said = {
      voltage(now_us),
      sum(&rack::current, now_us),
      sum(&rack::power, now_us),
      average(soc, by_capacity),
      extreme(soc, false),
      extreme(soc, true),
      counted(energy_.charged_wh, now_us),
      counted(energy_.discharged_wh, now_us),
      limit(&rack::charge_limit, charge_current_, now_us),
      limit(&rack::discharge_limit, discharge_current_, now_us),
      heard_racks(now_us),
      active_racks(now_us),
      racks_at({"fault", "hard"}, now_us),
      racks_at({"alarm"}, now_us),
      racks_at({"warning"}, now_us),
      limit(&rack::charge_voltage_limit, charge_voltage_, now_us),
      limit(&rack::discharge_voltage_limit, discharge_voltage_, now_us),
      limit(&rack::charge_power_limit, charge_power_, now_us),
      limit(&rack::discharge_power_limit, discharge_power_, now_us),
      average(soh, by_capacity),
      extreme(soh, false),
  };
  static_assert(std::tuple_size_v<decltype(said)> == described_points.size());
  messages::telemetry out{options_.name, catalogue_.fingerprint, {}};
  for (std::size_t i = 0; i < said.size(); ++i) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(i);
    block.source_time_us = said[i].source_time_us;
    block.quality = said[i].worst;
    block.values = messages::block::reals{said[i].usable ? said[i].value : 0};
    // The number itself may be used although racks are missing.
    if (said[i].usable && said[i].worst != quality::good) block.element_quality = {quality::good};
    block.missing = said[i].missing;
    out.blocks.push_back(std::move(block));
  }
  return out;
}

messages::telemetry model::links(std::int64_t clock_us) const {
  const auto first = has_racks() ? described_points.size() : 0;
  return {options_.name, catalogue_.fingerprint, links_.step(first, clock_us)};
}

} // namespace voltaic::actors::system
