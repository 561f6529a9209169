#include "actors/protection/told_candidates_model.hpp"

#include <catch2/catch.hpp>

namespace voltaic::actors::protection::told_candidates_model_test {

using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::level;

namespace {

// As people read it in a list of what is in force.
void check(const candidate& told, const char* name, level at, std::uint32_t set_ms,
           std::uint32_t clear_ms, action_kind does) {
  INFO(name);
  CHECK(told.name == name);
  CHECK(told.unit.empty());
  CHECK(told.period_ms == 0);
  REQUIRE(told.limits.size() == 1);
  const auto& only = told.limits.front();
  CHECK(only.level == at);
  CHECK(only.set == 1);
  CHECK(only.clear == 0);
  CHECK(only.set_ms == set_ms);
  CHECK(only.clear_ms == clear_ms);
  REQUIRE(only.actions.size() == 1);
  CHECK(only.actions.front().kind == does);
}

} // namespace

TEST_CASE("what is told by comparing has its times and action") {
  const auto identity = identity_candidates();
  REQUIRE(identity.size() == 2);
  check(identity[0], "identity_changed", level::alarm, 1'000, 10'000, action_kind::inhibit_close);
  check(identity[1], "identity_not_accepted", level::warning, 1'000, 0, action_kind::log);
  check(difference_candidate(), "evaluator_difference", level::alarm, 1'000, 10'000,
        action_kind::inhibit_close);
}

} // namespace voltaic::actors::protection::told_candidates_model_test
