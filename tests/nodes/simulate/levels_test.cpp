#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "messages/protection/limits_file.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/one_rack_site.hpp"

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

/// A row of the table of defaults, as the world knows it.
struct level_row {
  const char* chemistry;
  const char* candidate;
  const char* level;
  double set;
  double clear;
  int set_ms;
  int clear_ms;
  bool latches;
};

constexpr level_row rows[] = {
    {"lfp", "cell_overvoltage", "warning", 3.55, 3.50, 3000, 5000, false},
    {"lfp", "cell_overvoltage", "alarm", 3.60, 3.48, 2000, 10000, false},
    {"lfp", "cell_overvoltage", "fault", 3.65, 3.40, 1000, 10000, true},
    {"lfp", "cell_overvoltage", "hard", 3.75, 3.40, 200, 10000, true},
    {"lfp", "cell_undervoltage", "warning", 3.00, 3.10, 3000, 5000, false},
    {"lfp", "cell_undervoltage", "alarm", 2.80, 3.00, 2000, 10000, false},
    {"lfp", "cell_undervoltage", "fault", 2.50, 2.80, 1000, 10000, true},
    {"lfp", "cell_undervoltage", "hard", 2.00, 2.80, 1000, 10000, true},
    {"nmc", "cell_overvoltage", "warning", 4.15, 4.08, 3000, 5000, false},
    {"nmc", "cell_overvoltage", "alarm", 4.20, 4.10, 2000, 10000, false},
    {"nmc", "cell_overvoltage", "fault", 4.25, 4.10, 1000, 10000, true},
    {"nmc", "cell_overvoltage", "hard", 4.30, 4.10, 200, 10000, true},
    {"nmc", "cell_undervoltage", "warning", 3.20, 3.30, 3000, 5000, false},
    {"nmc", "cell_undervoltage", "alarm", 3.00, 3.225, 2000, 10000, false},
    {"nmc", "cell_undervoltage", "fault", 2.80, 3.00, 1000, 10000, true},
    {"nmc", "cell_undervoltage", "hard", 2.50, 3.00, 1000, 10000, true},
};

/// What a cell of the demo rack can resolve.
constexpr double resolution_v = 0.001;
/// One scan of the table, one period of the data and two steps of the chain.
constexpr std::int64_t late_ms = 100 + 200 + 20;
constexpr std::int64_t settled_ms = 1'000;

site::plan plan_of(const std::string& chemistry) {
  const auto folder = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/";
  auto plan = tests::one_rack_plan();
  const auto path = folder + "protection/" + chemistry + ".toml";
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto table = messages::protection::load(text, path);
  REQUIRE(std::holds_alternative<messages::protection::table>(table));
  plan.racks[0].protection = std::make_shared<const messages::protection::table>(
      std::get<messages::protection::table>(std::move(table)));
  return plan;
}

/// The edges of one level: "set" and its time, "clear" and its time.
std::vector<std::pair<std::string, std::int64_t>> play(const level_row& row,
                                                       const std::string& trace,
                                                       std::int64_t duration_ms) {
  const auto plan = plan_of(row.chemistry);
  const auto read = simulate::parse_trace("t_ms,point,index,value\n" + trace, "levels.csv");
  REQUIRE(std::holds_alternative<simulate::trace>(read));
  auto deeds = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "levels.csv");
  REQUIRE(std::holds_alternative<std::vector<simulate::deed>>(deeds));
  std::vector<std::pair<std::string, std::int64_t>> edges;
  simulate::simulation_options options;
  options.duration_ms = duration_ms;
  options.initially_closed = false;
  options.deeds = std::get<std::vector<simulate::deed>>(std::move(deeds));
  options.out = [&](const std::string& line) {
    const auto said = nlohmann::json::parse(line);
    if (said.value("candidate", "") != row.candidate || said.value("level", "") != row.level) {
      return;
    }
    CHECK(said.at("scope") == "module_1:cell_3");
    edges.emplace_back(said.at("edge"), said.at("t_ms"));
  };
  simulate::simulated_site site(plan, {});
  REQUIRE(simulate::run_simulation(site, plan, options));
  return edges;
}

void check_row(const level_row& row) {
  INFO(fmt::format("{} {} {}", row.chemistry, row.candidate, row.level));
  const bool high = row.set > row.clear;
  // One step of the resolution towards what is allowed, and towards what is not.
  const double inside = high ? -resolution_v : resolution_v;
  const double rest = std::string(row.chemistry) == "nmc" ? 3.7 : 3.3;
  const std::int64_t almost_ms = settled_ms;
  const std::int64_t set_ms = almost_ms + row.set_ms + settled_ms;
  const std::int64_t nearly_ms = set_ms + row.set_ms + settled_ms;
  const std::int64_t clear_ms = nearly_ms + row.clear_ms + settled_ms;
  const auto trace = fmt::format(
      "0,rack_0/cell_voltage,,{:.3f}\n"
      "{},rack_0/cell_voltage,19,{:.3f}\n"
      "{},rack_0/cell_voltage,19,{:.3f}\n"
      "{},rack_0/cell_voltage,19,{:.3f}\n"
      "{},rack_0/cell_voltage,19,{:.3f}\n",
      rest, almost_ms, row.set + inside, set_ms, row.set, nearly_ms, row.clear - inside, clear_ms,
      row.clear);
  const auto edges = play(row, trace, clear_ms + row.clear_ms + settled_ms);
  REQUIRE(edges.size() == 2);
  CHECK(edges[0].first == "set");
  CHECK(edges[0].second >= set_ms + row.set_ms);
  CHECK(edges[0].second <= set_ms + row.set_ms + late_ms);
  // A latched level says that its condition went, and stays.
  CHECK(edges[1].first == (row.latches ? "latch" : "clear"));
  CHECK(edges[1].second >= clear_ms + row.clear_ms);
  CHECK(edges[1].second <= clear_ms + row.clear_ms + late_ms);
}

} // namespace

TEST_CASE("each level of the cell voltages of LFP trips and clears at its value and time") {
  for (const auto& row : rows) {
    if (std::string(row.chemistry) == "lfp") check_row(row);
  }
}

TEST_CASE("each level of the cell voltages of NMC trips and clears at its value and time") {
  for (const auto& row : rows) {
    if (std::string(row.chemistry) == "nmc") check_row(row);
  }
}
