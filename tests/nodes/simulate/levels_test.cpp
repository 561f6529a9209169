#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "messages/protection/limits_file.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/one_rack_site.hpp"

namespace levels_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

namespace protection = messages::protection;

constexpr double cells = 480;
constexpr double rated_a = 140;
constexpr double percent = 100;

/// How a trace gives a candidate the value that it wants, on the demo rack.
struct lever {
  const char* candidate;
  const char* target; ///< point and index of a row
  double resolution;  ///< of the point
  int data_ms;        ///< its period
  const char* scope;
  /// The point's value for the candidate's; `rest_v` is every other cell's voltage.
  std::function<double(double value, double rest_v)> point_value;
  /// The same for the value that clears, where what the level does changes the scale.
  std::function<double(const protection::limit& limit, double rest_v)> clear_value = {};
  bool falls = false;    ///< a worse value is a lower one of the point
  const char* also = ""; ///< what a condition asks for; rows without their time
};

double same(double value, double) {
  return value;
}
/// The base of an overcurrent while nothing may flow is 5 % of the rated current.
double clear_current(const protection::limit& limit, double sign) {
  const bool stops = limit.level != protection::level::warning;
  return sign * limit.clear * (stops ? 0.05 * rated_a : rated_a);
}

const std::array<lever, 17> levers{{
    {"cell_overvoltage", "cell_voltage,19", 0.001, 200, "module_1:cell_3", same},
    {"cell_undervoltage", "cell_voltage,19", 0.001, 200, "module_1:cell_3", same, {}, true},
    {"rack_overvoltage", "voltage,", 0.1, 100, "rack", [](double v, double) { return v * cells; }},
    {"rack_undervoltage",
     "voltage,",
     0.1,
     100,
     "rack",
     [](double v, double) { return v * cells; },
     {},
     true},
    {"cell_voltage_spread", "cell_voltage,19", 0.001, 200, "rack",
     [](double v, double rest_v) { return rest_v + v; }},
    {"charge_overtemperature",
     "cell_temperature,19",
     0.1,
     1000,
     "module_2:temperature_3",
     same,
     {},
     false,
     "current,,-50"},
    {"charge_undertemperature",
     "cell_temperature,19",
     0.1,
     1000,
     "module_2:temperature_3",
     same,
     {},
     true,
     "current,,-50"},
    {"discharge_overtemperature", "cell_temperature,19", 0.1, 1000, "module_2:temperature_3", same},
    {"discharge_undertemperature",
     "cell_temperature,19",
     0.1,
     1000,
     "module_2:temperature_3",
     same,
     {},
     true,
     "current,,50"},
    {"temperature_spread", "cell_temperature,19", 0.1, 1000, "rack",
     [](double kelvin, double) { return 25 + kelvin; }},
    {"charge_overcurrent", "current,", 0.1, 100, "rack",
     [](double ratio, double) { return -ratio * rated_a; },
     [](const protection::limit& limit, double) { return clear_current(limit, -1); }, true},
    {"discharge_overcurrent", "current,", 0.1, 100, "rack",
     [](double ratio, double) { return ratio * rated_a; },
     [](const protection::limit& limit, double) { return clear_current(limit, 1); }},
    {"soc_low", "soc,", 0.1, 100, "rack", same, {}, true},
    {"soc_high", "soc,", 0.1, 100, "rack", same},
    {"insulation_resistance_low",
     "insulation_resistance,",
     0.1,
     1000,
     "rack",
     [](double ohm_per_v, double rest_v) { return ohm_per_v * rest_v * cells / 1000; },
     {},
     true},
    {"terminal_overtemperature", "terminal_temperature,1", 0.1, 1000, "terminal_1", same},
    {"voltage_sum_mismatch",
     "voltage,",
     0.1,
     100,
     "rack",
     [](double share, double rest_v) { return rest_v * cells / (1 + share / percent); },
     {},
     true},
}};

constexpr std::int64_t margin_ms = 20;
/// The grid on which the devices speak, and so traces begin something new.
constexpr std::int64_t scan_cycle_ms = 1'000;

protection::table table_of(const std::string& chemistry) {
  const auto path =
      std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/protection/" + chemistry + ".toml";
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto table = protection::load(text, path);
  REQUIRE(std::holds_alternative<protection::table>(table));
  return std::get<protection::table>(std::move(table));
}

/// A site whose rack watches one level of one candidate and nothing else: what lower levels
/// do would change what the higher ones see.
site::plan plan_of(protection::table table, const std::string& candidate,
                   const protection::limit& only) {
  auto plan = tests::one_rack_plan();
  for (auto& each : table.candidates) {
    if (each.name == candidate) {
      each.limits = {only};
    } else {
      plan.disabled_candidates.push_back(each.name);
    }
  }
  for (const auto* built_in : {"limit_ignored", "sensor_frozen", "soc_implausible"})
    plan.disabled_candidates.emplace_back(built_in);
  plan.racks[0].protection = std::make_shared<const protection::table>(std::move(table));
  return plan;
}

struct edge {
  std::string what;
  std::int64_t t_ms = 0;
};

/// The edges of one level in a trace.
std::vector<edge> play(const site::plan& plan, const lever& pulled, const protection::limit& limit,
                       const std::string& trace, std::int64_t duration_ms) {
  const auto read = simulate::parse_trace("t_ms,point,index,value\n" + trace, "levels.csv");
  REQUIRE(std::holds_alternative<simulate::trace>(read));
  auto deeds = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "levels.csv");
  REQUIRE(std::holds_alternative<std::vector<simulate::deed>>(deeds));
  std::vector<edge> edges;
  simulate::simulation_options options;
  options.duration_ms = duration_ms;
  options.initially_closed = false;
  options.deeds = std::get<std::vector<simulate::deed>>(std::move(deeds));
  options.out = [&](const std::string& line) {
    const auto said = nlohmann::json::parse(line);
    if (said.value("candidate", "") != pulled.candidate ||
        said.value("level", "") != to_string(limit.level)) {
      return;
    }
    CHECK(said.at("scope") == pulled.scope);
    edges.push_back({said.at("edge"), said.at("t_ms")});
  };
  simulate::simulated_site site(plan, {});
  REQUIRE(simulate::run_simulation(site, plan, options));
  return edges;
}

std::int64_t whole_cycles(std::int64_t duration_ms) {
  return (duration_ms + 2 * scan_cycle_ms) / scan_cycle_ms * scan_cycle_ms;
}

/// Holds a value one step of its resolution before the limit, then on it, then one step before
/// what clears it, then there; each for as long as it would take, and a scan.
void check_level(const protection::table& table, const protection::candidate& watched,
                 const protection::limit& limit, const lever& pulled) {
  INFO(fmt::format("{} {} {}", table.chemistry, watched.name, to_string(limit.level)));
  const double rest_v = table.chemistry == "nmc" ? 3.7 : 3.3;
  const double worse = pulled.falls ? -1 : 1;
  // On the grid of the resolution, on the side that is meant.
  const auto on_grid = [&](double value, double side) {
    constexpr double rounding = 1e-6;
    const double steps = value / pulled.resolution;
    return (side > 0 ? std::ceil(steps - rounding) : std::floor(steps + rounding)) *
           pulled.resolution;
  };
  const double trips = on_grid(pulled.point_value(limit.set, rest_v), worse);
  const double clears = on_grid(pulled.clear_value ? pulled.clear_value(limit, rest_v)
                                                   : pulled.point_value(limit.clear, rest_v),
                                -worse);
  const std::int64_t almost_ms = scan_cycle_ms;
  const std::int64_t set_ms = almost_ms + whole_cycles(limit.set_ms);
  const std::int64_t nearly_ms = set_ms + whole_cycles(limit.set_ms);
  const std::int64_t clear_ms = nearly_ms + whole_cycles(limit.clear_ms);
  auto trace = fmt::format("0,rack_0/cell_voltage,,{:.3f}\n", rest_v);
  if (*pulled.also != 0) trace += fmt::format("0,rack_0/{}\n", pulled.also);
  const std::pair<std::int64_t, double> values[] = {{almost_ms, trips - worse * pulled.resolution},
                                                    {set_ms, trips},
                                                    {nearly_ms, clears + worse * pulled.resolution},
                                                    {clear_ms, clears}};
  for (const auto& [t_ms, value] : values)
    trace += fmt::format("{},rack_0/{},{:.4f}\n", t_ms, pulled.target, value);
  INFO(trace);
  const auto edges = play(plan_of(table, watched.name, limit), pulled, limit, trace,
                          clear_ms + whole_cycles(limit.clear_ms));
  const auto late_ms = watched.period_ms + std::int64_t{pulled.data_ms} + margin_ms;
  REQUIRE(edges.size() == 2);
  CHECK(edges[0].what == "set");
  CHECK(edges[0].t_ms >= set_ms + limit.set_ms);
  CHECK(edges[0].t_ms <= set_ms + limit.set_ms + late_ms);
  // A latched level says that its condition went, and stays.
  CHECK(edges[1].what == (limit.latch == protection::latch::none ? "clear" : "latch"));
  CHECK(edges[1].t_ms >= clear_ms + limit.clear_ms);
  CHECK(edges[1].t_ms <= clear_ms + limit.clear_ms + late_ms);
}

void check_candidate(const std::string& name) {
  const auto* pulled = std::ranges::find(levers, name, &lever::candidate);
  REQUIRE(pulled != levers.end());
  for (const auto* chemistry : {"lfp", "nmc"}) {
    const auto table = table_of(chemistry);
    const auto watched = std::ranges::find(table.candidates, name, &protection::candidate::name);
    REQUIRE(watched != table.candidates.end());
    for (const auto& limit : watched->limits) check_level(table, *watched, limit, *pulled);
  }
}

} // namespace

// One test each, so that they run side by side.
#define EACH_LEVEL_OF(candidate)                                                                 \
  TEST_CASE("each level of " candidate " trips and clears at its value and time, LFP and NMC") { \
    check_candidate(candidate);                                                                  \
  }
EACH_LEVEL_OF("cell_overvoltage")
EACH_LEVEL_OF("cell_undervoltage")
EACH_LEVEL_OF("rack_overvoltage")
EACH_LEVEL_OF("rack_undervoltage")
EACH_LEVEL_OF("cell_voltage_spread")
EACH_LEVEL_OF("charge_overtemperature")
EACH_LEVEL_OF("charge_undertemperature")
EACH_LEVEL_OF("discharge_overtemperature")
EACH_LEVEL_OF("discharge_undertemperature")
EACH_LEVEL_OF("temperature_spread")
EACH_LEVEL_OF("charge_overcurrent")
EACH_LEVEL_OF("discharge_overcurrent")
EACH_LEVEL_OF("soc_low")
EACH_LEVEL_OF("soc_high")
EACH_LEVEL_OF("insulation_resistance_low")
EACH_LEVEL_OF("terminal_overtemperature")
EACH_LEVEL_OF("voltage_sum_mismatch")
#undef EACH_LEVEL_OF

TEST_CASE("every candidate of the tables is tried at its values and times") {
  for (const auto* chemistry : {"lfp", "nmc"}) {
    for (const auto& each : table_of(chemistry).candidates) {
      INFO(each.name);
      CHECK(std::ranges::find(levers, each.name, &lever::candidate) != levers.end());
    }
  }
}

} // namespace levels_test
