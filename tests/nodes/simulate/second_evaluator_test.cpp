#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/one_rack_site.hpp"

/// F-157 in a whole site: two evaluators, one of them mutated.
namespace second_evaluator_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

struct told {
  std::vector<std::string> lines; ///< "1450 set cell_overvoltage/fault"
  [[nodiscard]] std::int64_t when(const std::string& what) const {
    for (const auto& each : lines)
      if (each.substr(each.find(' ') + 1) == what) return std::stoll(each);
    return -1;
  }
  [[nodiscard]] std::int64_t count(const std::string& what) const {
    return std::ranges::count_if(
        lines, [&](const auto& each) { return each.substr(each.find(' ') + 1) == what; });
  }
};

/// A closed rack with an overcharged cell from the first second on.
told play(const site::plan& plan) {
  told all;
  simulate::simulated_site running(plan, {});
  const auto run = [&](std::int64_t duration_us, std::int64_t from_us) {
    const auto end_us = running.now().monotonic_us + duration_us;
    while (running.now().monotonic_us < end_us) {
      running.step();
      for (const auto& heard : running.take_messages()) {
        const auto* said = std::get_if<messages::event>(&heard.payload);
        if (said == nullptr) continue;
        const auto ms = (heard.header.time.monotonic_us - from_us) / messages::us_per_ms;
        auto text = std::to_string(ms) + " ";
        if (said->kind == "protection")
          all.lines.push_back(text + said->edge + " " + said->candidate + "/" + said->level);
        if (said->kind == "contactor") all.lines.push_back(text + said->state);
      }
    }
  };
  run(3 * messages::us_per_s, 0);
  auto close = simulate::make_command("close", "rack_0", 1);
  close.deadline_utc_us = running.now().utc_us + simulate::command_deadline_us;
  running.send(std::move(close));
  run(5 * messages::us_per_s, 0);
  const auto shown = running.points().find("rack_0/contactor");
  REQUIRE(shown);
  REQUIRE(messages::points::value_text(*shown) == "closed");
  all.lines.clear();
  using actors::simulator::override_kind;
  REQUIRE(running.set("rack_0", "cell_voltage", 19, override_kind::value, 3.66));
  const auto from_us = running.now().monotonic_us;
  run(6 * messages::us_per_s, from_us);
  return all;
}

site::plan two_evaluators() {
  return tests::one_rack_plan("second_evaluator = true\n");
}

} // namespace

TEST_CASE("F-157 simulate shows that the stricter of two evaluators wins, and tells it") {
  const auto alone = play(tests::one_rack_plan());
  REQUIRE(alone.when("open") > 0);
  const auto both = play(two_evaluators());
  CHECK(both.lines == alone.lines); // nothing is doubled, nothing is late
  for (const auto* mutated : {"rack_0/evaluator", "rack_0/protection"}) {
    INFO(mutated);
    auto plan = two_evaluators();
    plan.mutated_evaluators[mutated] = {"cell_overvoltage"};
    const auto said = play(plan);
    CHECK(said.when("opening") >= 0);
    CHECK(said.when("opening") <= alone.when("opening") + 60);
    CHECK(said.when("open") > 0);
    CHECK(said.count("set evaluator_difference/alarm") == 1);
    const bool is_first = std::string(mutated) == "rack_0/protection";
    CHECK(said.count("set cell_overvoltage/fault") == (is_first ? 0 : 1));
  }
}

TEST_CASE("a second evaluator stands in the chain of its rack, and is asked for in the site file") {
  const auto plan = two_evaluators();
  const auto* node = plan.find_node("rack_0");
  REQUIRE(node != nullptr);
  std::vector<std::string> names;
  for (const auto& actor : node->actors) names.push_back(actor.name);
  CHECK(names == std::vector<std::string>{"bms_0", "rack_0", "rack_0/protection",
                                          "rack_0/evaluator", "rack_0/contactor"});
  CHECK(site::second_evaluator_of(plan.racks.front()) == "rack_0/evaluator");
  CHECK(site::second_evaluator_of(tests::one_rack_plan().racks.front()).empty());
}

} // namespace second_evaluator_test
