#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "actors/protection/bench_chain.hpp"

/// F-157: two evaluators of one rack, of which the stricter counts.
namespace voltaic::actors::protection::second_evaluator_test {

using testing::stage;

namespace {

/// Takes a candidate out of what an evaluator watches.
std::function<void(protection_options&)> without(const std::string& candidate) {
  return [candidate](protection_options& rules) { rules.disabled.push_back(candidate); };
}

/// A chain with two evaluators, closed.
struct pair : stage {
  explicit pair(std::function<void(protection_options&)> mutation = {}) {
    has_second = true;
    adjust_second = std::move(mutation);
    begin();
  }
  void begin() {
    start();
    run(1'000);
    command("rack_0/contactor", "close");
    run(1'500);
    REQUIRE(results.back().outcome == messages::outcome::done);
    REQUIRE(order.lease);
    REQUIRE(limits.charge_current_a == 140);
  }
  /// Edges of a candidate as they were told.
  [[nodiscard]] std::vector<std::string> edges(const std::string& candidate) const {
    std::vector<std::string> all;
    for (const auto& one : events)
      if (one.candidate == candidate) all.push_back(one.edge + " " + one.level);
    return all;
  }
  [[nodiscard]] messages::event newest(const std::string& candidate) const {
    const auto found =
        std::ranges::find(events.rbegin(), events.rend(), candidate, &messages::event::candidate);
    REQUIRE(found != events.rend());
    return *found;
  }
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE("F-157 two evaluators that agree say everything once") {
  pair both;
  stage alone;
  alone.run(1'000);
  alone.command("rack_0/contactor", "close");
  alone.run(1'500);
  for (auto* chain : {static_cast<stage*>(&both), &alone}) {
    chain->cell_mv[19] = 3'660;
    chain->run(4'000);
  }
  for (const auto* kind : {"protection", "contactor", "limits"})
    CHECK(both.texts(kind) == alone.texts(kind));
  CHECK_FALSE(both.order.lease);
  CHECK(both.edges(evaluator_difference).empty());
}

TEST_CASE("F-157 a fault that only one of two evaluators finds opens the rack, and is an alarm") {
  for (const bool is_first_blind : {false, true}) {
    pair both(is_first_blind ? std::function<void(protection_options&)>()
                             : without("cell_overvoltage"));
    if (is_first_blind) {
      both.adjust = without("cell_overvoltage");
      both.adjust_second = [](protection_options& rules) { rules.disabled.clear(); };
      both.start();
      both.run(1'000);
      both.command("rack_0/contactor", "close");
      both.run(1'500);
      REQUIRE(both.order.lease);
    }
    both.cell_mv[19] = 3'660;
    int passed_ms = 0;
    for (; both.order.lease && passed_ms < 3'000; passed_ms += 50) both.beat();
    CHECK(passed_ms <= 1'500); // 1 s of the level, a scan, and no current to wait for
    CHECK(both.edges(evaluator_difference).empty());
    both.run(1'500);
    CHECK(both.texts("contactor").back() == "open cell_overvoltage/fault module_1:cell_3");
    CHECK(both.edges(evaluator_difference) == words{"set alarm"});
    const auto alarm = both.newest(evaluator_difference);
    CHECK(alarm.code == "EVAL_DIFF");
    CHECK(alarm.actions == words{"inhibit_close"});
    const std::string finder = is_first_blind ? "; the second opens" : "the first opens";
    CHECK(alarm.reason.find(finder) != std::string::npos);
    CHECK(both.limits.charge_current_a == 0);
    // What is latched by one alone keeps the rack open as well.
    both.cell_mv[19] = 3'300;
    both.run(15'000);
    both.command("rack_0/contactor", "close");
    both.run(200);
    CHECK(both.results.back().outcome == messages::outcome::rejected);
  }
}

TEST_CASE("F-157 a silent second evaluator withholds the lease, and comes back to no closed rack") {
  pair both;
  both.second_alive = false;
  int passed_ms = 0;
  for (; both.order.lease && passed_ms < 3'000; passed_ms += 50) both.beat();
  CHECK(passed_ms >= 450);
  CHECK(passed_ms <= 800);
  both.run(2'000);
  CHECK(both.edges(evaluator_difference) == words{"set alarm"});
  CHECK(both.newest(evaluator_difference).reason == "the second evaluator says nothing");
  CHECK(both.limits.charge_current_a == 0);
  both.command("rack_0/contactor", "close");
  both.run(1'000);
  CHECK(both.results.back().outcome == messages::outcome::rejected);
  both.second_alive = true;
  both.run(130'000); // its limits rise from zero by one percent a second
  CHECK(both.edges(evaluator_difference) == words{"set alarm", "clear alarm"});
  CHECK_FALSE(both.order.lease);
  both.command("rack_0/contactor", "close");
  both.run(1'500);
  CHECK(both.order.lease);
}

TEST_CASE(
    "F-157 a second evaluator that starts anew withholds until it is ready, without an alarm") {
  pair both;
  both.adjust = [](protection_options& rules) {
    rules.derating = messages::protection::derating_of({}, rules.table);
  };
  both.begin();
  // The first one remembers a cell that was high: its limits rise from there.
  both.cell_mv[19] = 3'590;
  both.run(1'000);
  both.cell_mv[19] = 3'300;
  both.run(15'000);
  const auto before_a = both.limits.charge_current_a;
  REQUIRE(before_a > 0);
  REQUIRE(before_a < 140);
  both.restart_second();
  both.run(400);
  CHECK_FALSE(both.order.lease);
  both.run(600);
  CHECK_FALSE(both.order.lease);
  const auto refusal = [&] {
    both.command("rack_0/contactor", "close");
    both.run(1'500);
    return both.results.back();
  };
  both.run(3'000);
  const auto refused = refusal();
  CHECK(refused.outcome == messages::outcome::rejected);
  CHECK(std::ranges::find(refused.reasons, evaluator_warming_up) != refused.reasons.end());
  CHECK(both.limits.charge_current_a < before_a + 20); // the new one alone would allow all
  both.run(130'000);
  CHECK(both.edges(evaluator_difference).empty());
  CHECK_FALSE(both.order.lease); // nobody closes it by itself
  CHECK(refusal().outcome == messages::outcome::done);
  CHECK(both.order.lease);
}

TEST_CASE("F-157 what a second evaluator that is new withholds for good is an alarm in the end") {
  pair both;
  both.adjust_second = [](protection_options& rules) { rules.charge_current_a = 70; };
  both.restart_second();
  both.run(60'000);
  CHECK(both.edges(evaluator_difference).empty());
  CHECK(both.limits.charge_current_a == 70);
  both.run(60'000);
  CHECK(both.edges(evaluator_difference) == words{"set alarm"});
}

TEST_CASE("F-157 a silent first evaluator is not replaced by the second") {
  pair both;
  both.adjust_second = nullptr;
  both.protection_alive = false;
  both.run(1'500);
  CHECK_FALSE(both.order.lease);
}

TEST_CASE("F-157 a reset reaches both evaluators, and a restart of both clears neither latch") {
  pair both;
  both.cell_mv[19] = 3'660;
  both.run(3'000);
  CHECK_FALSE(both.order.lease);
  both.cell_mv[19] = 3'300;
  both.run(15'000);
  both.start();
  both.run(12'000); // its cells have to show anew that it is over
  const auto refused_by = [&] {
    both.command("rack_0/contactor", "close");
    both.run(1'500);
    return both.results.back().outcome == messages::outcome::rejected;
  };
  CHECK(refused_by());
  both.command("rack_0/protection", "reset");
  CHECK(both.results.back().outcome == messages::outcome::done);
  CHECK(refused_by()); // the second one still has it
  both.command(stage::second_name, "reset");
  CHECK(both.results.back().outcome == messages::outcome::done);
  both.run(130'000); // it rises later than the first one
  CHECK_FALSE(refused_by());
}

TEST_CASE("F-157 a second evaluator that is new takes what the first had latched") {
  stage chain;
  chain.run(1'000);
  chain.cell_mv[19] = 3'660;
  chain.run(3'000);
  chain.cell_mv[19] = 3'300;
  chain.run(15'000);
  chain.has_second = true;
  chain.start();
  chain.run(5'000);
  CHECK(std::ranges::find(chain.events, evaluator_difference, &messages::event::candidate) ==
        chain.events.end());
  chain.command("rack_0/protection", "reset");
  chain.run(200);
  chain.command("rack_0/contactor", "close");
  chain.run(200);
  REQUIRE(chain.results.back().outcome == messages::outcome::rejected);
  CHECK(chain.results.back().reasons.front() ==
        "cell_overvoltage/fault module_1:cell_3 is latched: reset first");
}

TEST_CASE("F-157 a second evaluator takes no command but a reset, and none of who may not") {
  pair both;
  both.command(stage::second_name, "shelve", "operator", "rack_0/cell_overvoltage");
  CHECK(both.results.back().outcome == messages::outcome::rejected);
  both.command(stage::second_name, "reset", "viewer");
  CHECK(both.results.back().outcome == messages::outcome::rejected);
}

} // namespace voltaic::actors::protection::second_evaluator_test
