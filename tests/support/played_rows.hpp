#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

/// What `voltaic simulate` says of one of the project's sites while rows of a trace happen.
namespace voltaic::tests {

/// configs/NAME.toml.
[[nodiscard]] inline nodes::site::plan site_of_configs(const std::string& name) {
  auto loaded =
      nodes::site::load(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/" + name + ".toml");
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  return std::get<nodes::site::plan>(std::move(loaded));
}

/// Its lines, from closed racks on.
[[nodiscard]] inline std::vector<nlohmann::json> play_rows(const nodes::site::plan& plan,
                                                           const std::string& rows,
                                                           std::uint32_t duration_ms) {
  namespace simulate = nodes::simulate;
  const auto read = simulate::parse_trace("t_ms,point,index,value\n" + rows, "rows.csv");
  REQUIRE(std::holds_alternative<simulate::trace>(read));
  auto deeds = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "rows.csv");
  if (const auto* found = std::get_if<messages::findings>(&deeds)) FAIL(found->front().text);
  std::vector<nlohmann::json> said;
  simulate::simulation_options how;
  how.duration_ms = duration_ms;
  how.initially_closed = true;
  how.deeds = std::get<std::vector<simulate::deed>>(std::move(deeds));
  how.out = [&](const std::string& line) { said.push_back(nlohmann::json::parse(line)); };
  simulate::simulated_site site(plan, {});
  REQUIRE(simulate::run_simulation(site, plan, how));
  return said;
}

/// When a line with all of these was first said; -1: never.
[[nodiscard]] inline std::int64_t time_of(const std::vector<nlohmann::json>& said,
                                          const nlohmann::json& keys) {
  const auto found = std::ranges::find_if(said, [&](const nlohmann::json& line) {
    return std::ranges::all_of(keys.items(), [&](const auto& each) {
      return line.contains(each.key()) && line[each.key()] == each.value();
    });
  });
  return found == said.end() ? -1 : (*found)["t_ms"].get<std::int64_t>();
}

[[nodiscard]] inline nlohmann::json contactor_of(const char* rack, const char* state) {
  return {{"kind", "contactor"}, {"rack", rack}, {"state", state}};
}

} // namespace voltaic::tests
