#include <catch2/catch.hpp>

#include "actors/protection/bench_rack.hpp"

// Limits as the whole of protection makes them; the rules of curves and ramps are
// limit_model_test's.
namespace voltaic::actors::protection::testing::limits_test {
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

TEST_CASE("F-146 a limit does not rise while its cells just became unusable") {
  bench_rack rack(derated(480)); // of fewer, one is an alarm
  rack.settle();
  rack.set(0, 3.59);
  rack.run(300);
  const double low_a = rack.tick().limits.charge_a;
  CHECK(low_a == Approx(28));
  // The cell that was high is lost: the others look harmless.
  rack.qualities[0] = quality::invalid;
  rack.run(20'000);
  CHECK(rack.tick().limits.charge_a <= low_a);
  rack.run(120'000);
  CHECK(rack.tick().limits.charge_a == 70); // what one unusable cell leaves
}

TEST_CASE("before a rack is ready nothing is allowed and no voltage told") {
  bench_rack rack(derated());
  const auto& said = rack.tick();
  CHECK(said.limits.charge_a == 0);
  CHECK(said.limits.charge_w == 0);
  CHECK_FALSE(said.limits.charge_v.has_value());
}

} // namespace voltaic::actors::protection::testing::limits_test
