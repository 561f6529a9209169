#include "nodes/simulate/simulation.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/one_rack_site.hpp"

namespace simulation_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

/// Everything that is said while the rows happen.
std::string play(const std::string& rows, const std::vector<std::string>& disabled = {}) {
  auto plan = tests::one_rack_plan();
  plan.disabled_candidates = disabled;
  const auto read = simulate::parse_trace("t_ms,point,index,value\n" + rows, "a.csv");
  REQUIRE(std::holds_alternative<simulate::trace>(read));
  const auto deeds = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "a.csv");
  REQUIRE(std::holds_alternative<std::vector<simulate::deed>>(deeds));
  std::string text;
  simulate::simulation_options options;
  options.duration_ms = 15'000;
  options.deeds = std::get<std::vector<simulate::deed>>(deeds);
  options.out = [&](const std::string& line) { text += line + "\n"; };
  simulate::simulated_site site(plan, {});
  const auto done = simulate::run_simulation(site, plan, options);
  REQUIRE(done);
  return text;
}

} // namespace

TEST_CASE("a trace's overvoltage warns, derates and goes, and the rack opens on command") {
  const std::string rows =
      "1000,rack_0/cell_voltage,19,3.56\n"
      "6000,rack_0/cell_voltage,19,release\n"
      "12000,command,,open rack_0\n";
  const auto text = play(rows);
  INFO(text);
  const auto set = text.find(R"("scope":"module_1:cell_3","level":"warning","edge":"set")");
  const auto clear = text.find(R"("scope":"module_1:cell_3","level":"warning","edge":"clear")");
  const auto open = text.find(R"("kind":"contactor","rack":"rack_0","state":"open")");
  CHECK(set < clear);
  CHECK(clear < open);
  CHECK(open != std::string::npos);
  CHECK(text.find(R"("kind":"command")") != std::string::npos);
  CHECK(text == play(rows));
}

TEST_CASE("what a command causes never comes before it") {
  // Between two of the node's wakes and between two of the chain's ticks.
  for (const std::int64_t asked_ms : {3'000, 3'010, 3'030, 3'080}) {
    const auto text = play(std::to_string(asked_ms) + ",command,,open rack_0\n");
    INFO(text);
    CHECK(text.find(R"("kind":"contactor","rack":"rack_0","state":"open")") != std::string::npos);
    CHECK(text.find(R"("kind":"command")") != std::string::npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      CHECK(nlohmann::json::parse(line).at("t_ms").get<std::int64_t>() >= asked_ms);
    }
  }
}

TEST_CASE("nothing happens to a rack that nothing happens to") {
  CHECK(play("").empty());
}

TEST_CASE("a disabled candidate says nothing, and the others go on") {
  const std::string rows =
      "1000,rack_0/cell_voltage,19,3.70\n"
      "1000,rack_0/cell_voltage,20,2.90\n";
  const auto text = play(rows, {"cell_overvoltage"});
  INFO(text);
  CHECK(text.find("cell_overvoltage") == std::string::npos);
  CHECK(text.find("cell_undervoltage") != std::string::npos);
}

} // namespace simulation_test
