#include "actors/contactor/candidate_model.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "actors/contactor/contactor_model.hpp"

namespace candidate_model_test {

using namespace voltaic;
using namespace voltaic::actors::contactor;

TEST_CASE("what contactors judge is told in the words of a table, with the times in force") {
  contactor_options rules;
  rules.rack = "rack_0";
  rules.rated_current_a = 140;
  rules.feedback_us = 250'000;
  const std::vector<std::string_view> inputs{emergency_stop, fire_detected};
  std::vector<std::string> told;
  for (const auto& each : contactor_candidates(rules, inputs)) {
    CHECK(each.direction == messages::protection::direction::high);
    CHECK(each.period_ms == 0);
    const bool is_counted = each.name == contactor_feedback || each.name == precharge_failed;
    CHECK(each.unit == (is_counted ? "attempts" : each.name == "current_while_open" ? "A" : ""));
    for (const auto& limit : each.limits) {
      auto line =
          fmt::format("{} {} {:.12g} {:.12g} {} {} {}", each.name, to_string(limit.level),
                      limit.set, limit.clear, limit.set_ms, limit.clear_ms, to_string(limit.latch));
      for (const auto& action : limit.actions) line += " " + to_string(action);
      told.push_back(line);
    }
  }
  const std::string bars = " none open_immediate inhibit_close";
  CHECK(told ==
        std::vector<std::string>{"contactor_weld fault 1 0 250 0 lock open_ordered lock",
                                 "contactor_feedback fault 2 0 0 0 lock open_immediate lock",
                                 "precharge_failed fault 3 0 0 0 lock open_immediate lock",
                                 "emergency_stop fault 1 0 0 0" + bars,
                                 "emergency_stop_unreadable alarm 1 0 1000 5000" + bars,
                                 "fire_detected fault 1 0 0 0 lock open_immediate lock",
                                 "fire_unreadable alarm 1 0 1000 5000" + bars,
                                 "current_while_open alarm 2.8 2.8 2000 5000 none inhibit_close"});
}

TEST_CASE("a key that is turned all the time is an alarm after 30 s, over after 5") {
  const auto told = stuck_key_candidate();
  CHECK(told.name == "reset_key_stuck");
  REQUIRE(told.limits.size() == 1);
  CHECK(told.limits[0].level == messages::protection::level::alarm);
  CHECK(told.limits[0].set_ms == 30'000);
  CHECK(told.limits[0].clear_ms == 5'000);
  CHECK(told.limits[0].actions.empty());
}

} // namespace candidate_model_test
