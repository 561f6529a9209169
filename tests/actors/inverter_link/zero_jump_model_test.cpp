#include "actors/inverter_link/zero_jump_model.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

// A sensor that died: each bound at its value and beside it.
namespace voltaic::actors::inverter_link::zero_jump_model_test {

using messages::us_per_ms;

namespace {

constexpr double noise_a = 2;

/// What is seen at an instant, all of it heard then.
struct sight {
  std::int64_t at_ms;
  double shown_a;
  double measured_a;
  bool is_dead;
  double missing_a = 50;
  bool is_meant = true;
};

void check(const std::vector<sight>& all) {
  zero_jump_model model;
  for (const auto& each : all) {
    CAPTURE(each.at_ms);
    const auto now_us = 10 * messages::us_per_s + each.at_ms * us_per_ms;
    model.step({each.shown_a, {each.measured_a, now_us}, each.missing_a, now_us, each.is_meant},
               noise_a, now_us);
    CHECK(model.is_dead() == each.is_dead);
  }
}

} // namespace

TEST_CASE("F-149 a sensor is dead 300 ms after two values that came since its jump differed") {
  check({{0, 50, 100, false},
         {100, 0, 100, false}, // it jumps: what comes with it is not since then
         {200, 0, 101, false}, // the first
         {300, 0, 102, false}, // another: alive
         {599, 0, 102, false},
         {600, 0, 102, true},
         {700, 0, 101, true}});
}

TEST_CASE("F-149 where all values are the same it is alive after a second") {
  check({{0, 50, 100, false},
         {100, 0, 100, false},
         {1'099, 0, 100, false},
         {1'100, 0, 100, false},
         {1'399, 0, 100, false},
         {1'400, 0, 100, true}});
  // From that second on, whatever differs later.
  check({{0, 50, 100, false},
         {100, 0, 100, false},
         {1'000, 0, 100, false},
         {1'100, 0, 100, false},
         {1'200, 0, 101, false},
         {1'400, 0, 101, true}});
  // Also where the next is seen late.
  check({{0, 50, 100, false}, {100, 0, 100, false}, {1'400, 0, 100, true}});
}

TEST_CASE("F-149 only what flowed clearly jumps, and only to exactly zero") {
  struct row {
    double before_a;
    double after_a;
    bool is_jump;
  };
  for (const auto& [before_a, after_a, is_jump] :
       {row{2, 0, false}, row{2.01, 0, true}, row{-2.01, 0, true}, row{50, 1e-6, true},
        row{50, -1e-6, true}, row{50, 1.1e-6, false}}) {
    CAPTURE(before_a, after_a);
    check({{0, before_a, 100, false}, {100, after_a, 100, false}, {1'500, after_a, 100, is_jump}});
  }
  // It stood between: no jump.
  check({{0, 50, 100, false}, {100, 1, 100, false}, {200, 0, 100, false}, {2'000, 0, 100, false}});
}

TEST_CASE("F-149 where what is missing changes by more than a fiftieth the time begins anew") {
  for (const auto& [missing_a, is_dead] : {std::pair{51.0, true}, {51.1, false}, {48.9, false}}) {
    CAPTURE(missing_a);
    check({{0, 50, 100, false},
           {100, 0, 100, false},
           {200, 0, 101, false},
           {300, 0, 102, false},
           {600, 0, 102, is_dead, missing_a},
           {1'900, 0, 102, true, missing_a}});
  }
}

TEST_CASE("F-149 a current that shows again, or that nothing is missing of, is no dead sensor") {
  for (const bool shows : {true, false}) {
    check({{0, 50, 100, false},
           {100, 0, 100, false},
           {1'400, 0, 100, true},
           {1'500, shows ? 1.0 : 0, 100, false, 50, shows},
           {3'000, 0, 100, false}}); // it did not jump since then
  }
}

} // namespace voltaic::actors::inverter_link::zero_jump_model_test
