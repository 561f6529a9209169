#include <catch2/catch.hpp>

#include "actors/protection/bench_rack.hpp"
#include "actors/protection/full_rack.hpp"
#include "actors/protection/quick_rack.hpp"

// Limits as the whole of protection makes them; the rules of curves and ramps are
// limit_model_test's.
namespace voltaic::actors::protection::testing::limits_test {
using testing::full_rack;

namespace {

protection_options derated(std::uint32_t cells = 32) {
  auto options = options_for("lfp", cells);
  options.derating = messages::protection::derating_of({}, options.table);
  return options;
}

} // namespace

TEST_CASE("limits fall along the curves before any level is reached") {
  bench_rack rack(derated());
  rack.settle();
  CHECK(currents_of(rack.tick()) == currents{140, 120, {}});
  rack.set(0, 3.575);
  rack.run(300);
  const auto& said = rack.tick();
  CHECK(said.limits.charge_a == Approx(70));
  CHECK(said.limits.discharge_a == 120);
  CHECK(said.limits.reasons == std::vector<std::string>{"derating/cell_voltage"});
  CHECK(rack.log.empty());
}

TEST_CASE("where nothing here can open a rack its limits say so while it should open, and first") {
  for (const bool can_open : {true, false}) {
    auto options = derated();
    options.can_open = can_open;
    bench_rack rack(options);
    rack.settle();
    CHECK(rack.tick().limits.reasons.empty());
    rack.set(0, 3.66);
    rack.run(1'500);
    REQUIRE(rack.tick().verdict.opening == messages::opening::ordered);
    for (const auto& reasons : {rack.tick().limits.reasons, rack.tick().limits.charge_reasons,
                                rack.tick().limits.discharge_reasons})
      CHECK((reasons.front() == "cannot_open") == !can_open);
  }
}

TEST_CASE("what holds a limit down is told of its own direction alone") {
  bench_rack rack(derated());
  rack.settle();
  using texts = std::vector<std::string>;
  rack.set(0, 3.575);
  rack.run(300);
  CHECK(rack.tick().limits.charge_reasons == texts{"derating/cell_voltage"});
  CHECK(rack.tick().limits.discharge_reasons.empty());
  rack.set(0, 3.56);
  rack.run(3'500);
  CHECK(rack.tick().limits.charge_reasons == texts{"cell_overvoltage/warning"});
  CHECK(rack.tick().limits.discharge_reasons.empty());
  for (std::uint32_t cell = 0; cell < 32; ++cell) rack.set(cell, 2.95);
  rack.run(60'000);
  CHECK(rack.tick().limits.charge_reasons.empty());
  CHECK_FALSE(rack.tick().limits.discharge_reasons.empty());
}

TEST_CASE("voltage limits are targets times cells in series, power follows the lowest cell") {
  bench_rack rack(derated());
  rack.settle();
  rack.set(5, 3.2);
  rack.run(300);
  const auto& limits = rack.tick().limits;
  REQUIRE(limits.charge_v.has_value());
  CHECK(*limits.charge_v == Approx(32 * 3.45));
  CHECK(*limits.discharge_v == Approx(32 * 3.12));
  CHECK(limits.charge_w == Approx(140 * 32 * 3.2));
  CHECK(limits.discharge_w == Approx(120 * 32 * 3.2));
}

TEST_CASE("curve and level count together, and both end slowly") {
  bench_rack rack(derated());
  rack.settle();
  rack.set(0, 3.56);
  rack.run(3'500);
  // The curve alone would leave 80 %: it is the level that binds.
  CHECK(currents_of(rack.tick()) == currents{70, 120, {"cell_overvoltage/warning"}});
  rack.set(0, 3.3);
  rack.run(10'000);
  const auto& rising = rack.tick();
  CHECK(rising.limits.charge_a > 70);
  CHECK(rising.limits.charge_a < 90);
  CHECK(rising.limits.reasons == std::vector<std::string>{"derating/recovery"});
  rack.run(60'000);
  CHECK(currents_of(rack.tick()) == currents{140, 120, {}});
}

TEST_CASE("a limit whose alarm is over names its recovery at once") {
  bench_rack rack(derated());
  rack.settle();
  rack.set(0, 3.56);
  rack.run(3'500);
  rack.set(0, 3.3);
  std::vector<std::string> reasons;
  for (int i = 0; i < 200 && rack.tick().limits.charge_a == 70; ++i) {
    reasons = rack.tick().limits.reasons;
    CHECK_FALSE(reasons.empty());
    rack.run(100);
  }
  CHECK(reasons == std::vector<std::string>{"derating/recovery"});
}

TEST_CASE("F-146 a limit does not rise while its cells just became unusable") {
  bench_rack rack(derated(480)); // of fewer, one is an alarm
  rack.settle();
  rack.set(0, 3.59);
  rack.run(300);
  const double low_a = rack.tick().limits.charge_a;
  CHECK(low_a == Approx(28));
  // The cell that was high is lost: the others look harmless.
  rack.qualities[0] = quality::invalid;
  rack.scan();
  rack.mark();
  while (rack.model.last().limits.charge_a <= low_a &&
         rack.now_us - rack.since_us < 2 * unusable_patience_us)
    rack.run(50);
  // To the scan: a minute, and the first step of a second.
  CHECK(rack.now_us - rack.since_us == unusable_patience_us + rise_step_us);
  rack.run(120'000);
  CHECK(rack.tick().limits.charge_a == 70); // what one unusable cell leaves
}

TEST_CASE("F-146 what is left rises 60 s after cells became unusable, not a scan before") {
  bench_rack rack(derated(480)); // of fewer, one is an alarm
  rack.settle();
  rack.set(0, 3.59);
  rack.run(300);
  const double low_a = rack.tick().limits.charge_a;
  rack.qualities[0] = quality::invalid;
  rack.scan();
  rack.run(60'000);
  CHECK(rack.tick().limits.charge_a == low_a);
  rack.run(800); // it began to rise at that scan
  CHECK(rack.tick().limits.charge_a == low_a);
  rack.run(200);
  CHECK(rack.tick().limits.charge_a > low_a);
}

TEST_CASE("F-146 a limit rises by cells that are fresh, not by those silent for 1.5 periods") {
  for (const std::int64_t age_ms : {299, 300}) {
    bench_rack rack(derated());
    rack.settle();
    rack.set(0, 3.59);
    rack.run(300);
    const double low_a = rack.tick().limits.charge_a;
    rack.set(0, 3.3);
    const auto begun_us = rack.now_us;
    for (const std::int64_t at_ms : {std::int64_t{0}, std::int64_t{200}, std::int64_t{400},
                                     std::int64_t{600}, 1'000 - age_ms}) {
      rack.now_us = begun_us + at_ms * messages::us_per_ms;
      rack.scan();
    }
    CHECK(rack.tick().limits.charge_a == low_a);
    rack.now_us = begun_us + messages::us_per_s;
    CAPTURE(age_ms);
    CHECK((rack.tick().limits.charge_a > low_a) == (age_ms < 300));
  }
}

TEST_CASE("without news limits are looked at 200 ms after they were last, not before") {
  bench_rack rack(derated());
  rack.settle();
  rack.set(0, 3.59);
  rack.run(300);
  const double low_a = rack.tick().limits.charge_a;
  rack.set(0, 3.3);
  const auto begun_us = rack.now_us;
  const auto at = [&](std::int64_t ms) { rack.now_us = begun_us + ms * messages::us_per_ms; };
  for (const int at_ms : {0, 200, 400, 600, 850}) {
    at(at_ms);
    rack.scan();
  }
  // A rise is due 1 s after it began.
  for (const int at_ms : {1'000, 1'049}) {
    at(at_ms);
    CHECK(rack.tick().limits.charge_a == low_a);
  }
  at(1'050);
  CHECK(rack.tick().limits.charge_a > low_a);
}

TEST_CASE("a rack is at rest after 5 s without current, one whose current nobody knows never") {
  full_rack rack;
  rack.set(measured::current, 100);
  rack.settle();
  CHECK_FALSE(rack.model.is_at_rest());
  rack.set(measured::current, rest_current_a);
  while (rack.now_us % (100 * messages::us_per_ms) != 0) rack.run(50);
  rack.run(100); // its scan
  rack.run(4'950);
  CHECK_FALSE(rack.model.is_at_rest());
  rack.run(50);
  CHECK(rack.model.is_at_rest());
  for (const double current_a : {rest_current_a + 0.1, -rest_current_a - 0.1}) {
    rack.set(measured::current, current_a);
    rack.run(100);
    CHECK_FALSE(rack.model.is_at_rest());
    rack.set(measured::current, -rest_current_a);
    rack.run(5'100);
    CHECK(rack.model.is_at_rest());
  }
  bench_rack unknown(options_for("lfp"));
  unknown.settle();
  unknown.run(10'000);
  CHECK_FALSE(unknown.model.is_at_rest());
}

TEST_CASE("a current that is silent for 1.5 of its periods is no rest") {
  auto options = testing::full_options();
  options.points[position_of(measured::current)].period_ms = 400;
  full_rack rack(options);
  rack.run(10'000);
  while (rack.now_us % (400 * messages::us_per_ms) != 0) rack.run(50);
  REQUIRE(rack.model.is_at_rest());
  const auto last_us = rack.now_us;
  for (const int age_ms : {599, 600}) {
    rack.now_us = last_us + age_ms * messages::us_per_ms;
    rack.silence(measured::current);
    rack.step();
    CAPTURE(age_ms);
    CHECK(rack.model.is_at_rest() == (age_ms < 600));
  }
}

TEST_CASE("limits of a rack that nothing can open say so first, while it should be open") {
  using texts = std::vector<std::string>;
  for (const bool can_open : {true, false}) {
    auto options = testing::quick_options();
    options.can_open = can_open;
    testing::quick_rack rack(options);
    rack.scan(0, 3.61);
    const texts before{"cell_overvoltage/warning", "cell_overvoltage/alarm"};
    CHECK(rack.model.last().limits.reasons == before);
    rack.scan(0, 3.66);
    texts all{"cell_overvoltage/warning", "cell_overvoltage/alarm", "cell_overvoltage/fault"};
    texts discharge{"cell_overvoltage/fault"};
    for (auto* each : {&all, &discharge})
      if (!can_open) each->insert(each->begin(), cannot_open);
    CHECK(rack.model.last().limits.reasons == all);
    CHECK(rack.model.last().limits.charge_reasons == all);
    CHECK(rack.model.last().limits.discharge_reasons == discharge);
  }
}

TEST_CASE("before a rack is ready nothing is allowed and no voltage told") {
  bench_rack rack(derated());
  const auto& said = rack.tick();
  CHECK(said.limits.charge_a == 0);
  CHECK(said.limits.charge_w == 0);
  CHECK_FALSE(said.limits.charge_v.has_value());
}

} // namespace voltaic::actors::protection::testing::limits_test
