#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"

// Latches of a former life: what may let go of them in this one.
namespace voltaic::actors::protection::former_latch_test {

using testing::bench_rack;
using testing::full_options;
using testing::full_rack;
using testing::options_for;

namespace {

constexpr const char* high =
    "cell_overvoltage/fault: not known to be over since protection started";

refusals reset(bench_rack& rack) {
  return rack.model.reset(messages::lock_right::given, true);
}
refusals reset(full_rack& rack) {
  return rack.model.reset(messages::lock_right::given, true);
}

stored_latch latched(const char* candidate, const char* level = "fault") {
  return {candidate, level, "user", "module_0:cell_1"};
}

/// A rack that found a cell's overvoltage latched when it started.
bench_rack started(double cell_v) {
  bench_rack rack(options_for("lfp"));
  const auto stored = latched("cell_overvoltage");
  rack.model.load_latches({&stored, 1}, false);
  rack.set(1, cell_v);
  return rack;
}

} // namespace

TEST_CASE("F-156 a restart lets go of no latch whose value did not go behind its clear value") {
  for (const double cell_v : {3.41, 3.60, 3.64, 3.70}) {
    CAPTURE(cell_v);
    auto rack = started(cell_v);
    rack.scan();
    rack.run(800);
    CHECK(reset(rack).size() == 1); // before any time is over
    rack.run(60'000);
    const auto expected = cell_v < 3.65 ? refusals{high}
                                        : refusals{
                                              "cell_overvoltage/fault: the condition still "
                                              "holds"};
    CHECK(std::ranges::includes(reset(rack), expected));
    CHECK_FALSE(rack.tick().verdict.close_allowed);
  }
}

TEST_CASE("F-156 a latch of a former life is let go behind its clear value for the clear time") {
  auto rack = started(3.40); // clears at 3.40 V after 10 s
  rack.scan();
  rack.mark();
  while (!rack.tick().verdict.reasons.empty() && reset(rack) == refusals{high} &&
         rack.now_us - rack.since_us < 20 * messages::us_per_s) {
    rack.run(50);
  }
  const auto after_ms = (rack.now_us - rack.since_us) / messages::us_per_ms;
  CHECK(after_ms == 10'000 + 2 * testing::data_ms); // from the third scan on, to the step
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("F-156 a former latch of a level that is gone says what it does, or what it cannot") {
  using lines = std::vector<std::string>;
  for (const bool can_open : {true, false}) {
    auto options = options_for("lfp");
    options.can_open = can_open;
    bench_rack rack(options);
    const auto stored = latched("of_a_former_table");
    rack.model.load_latches({&stored, 1}, false);
    const auto& gone = rack.model.rows().back();
    REQUIRE(gone.reason == "of_a_former_table/fault");
    CHECK(gone.actions == (can_open ? lines{"open_ordered"}
                                    : lines{"stop_charge", "stop_discharge", "cannot_open"}));
  }
}

TEST_CASE("F-156 a former latch waits anew where a value went beyond, was invalid or silent") {
  for (const auto* what : {"beyond", "invalid", "silent"}) {
    CAPTURE(what);
    auto rack = started(3.3);
    rack.scan();
    rack.run(9'500);
    if (what == std::string("beyond")) rack.set(30, 3.5); // any cell may have been the one
    if (what == std::string("invalid")) rack.qualities[30] = quality::invalid;
    rack.silent = what == std::string("silent");
    rack.run(500);
    rack.set(30, 3.3);
    rack.qualities[30] = quality::good;
    rack.silent = false;
    rack.run(9'900);
    CHECK(reset(rack) == refusals{high});
    rack.run(1'500);
    CHECK(reset(rack).empty());
  }
}

TEST_CASE("F-156 a gap between two steps is silence for a former latch") {
  auto rack = started(3.3);
  rack.scan();
  rack.run(6'000);
  rack.now_us += 6 * messages::us_per_s;
  rack.scan();
  rack.run(1'000);
  CHECK(reset(rack) == refusals{high});
  rack.run(11'000);
  CHECK(reset(rack).empty());
}

TEST_CASE("F-156 nothing that nobody heard, or that is invalid, lets go of a former latch") {
  auto quiet = started(3.3);
  quiet.silent = true;
  quiet.tick();
  quiet.run(60'000);
  CHECK(reset(quiet) == refusals{high});
  auto invalid = started(3.3);
  invalid.qualities[1] = quality::invalid;
  invalid.scan();
  invalid.run(60'000);
  CHECK(reset(invalid) == refusals{high});
}

TEST_CASE("F-156 former latches of what follows from values, and of what is built in, wait too") {
  struct former {
    const char* candidate;
    const char* level;
    const char* key;
    measured of; ///< without which nothing is known of it
    double beyond;
    double behind;
    std::int64_t clear_ms;
  };
  for (const auto& [candidate, level, key, of, beyond, behind, clear_ms] : std::vector<former>{
           {"rack_overvoltage", "fault", "", measured::voltage, 3.5 * 32, 3.3 * 32, 10'000},
           {"charge_overtemperature", "fault", "", measured::cell_temperature, 51, 50, 10'000},
           // What is latched leaves no limit: the ratio is that to 5 % of the rated current.
           {"charge_overcurrent", "fault", "", measured::current, -6.9, -6.8, 60'000},
           {"charge_overcurrent", "hard", "", measured::current, -6.9, -6.8, 60'000},
           {"insulation_resistance_low", "fault", "", measured::insulation_resistance, 10'000, 5e6,
            30'000},
           {"thermal_runaway", "hard", "", measured::cell_temperature, 25, 25, 10'000},
           {"limit_ignored", "fault", "", measured::current, 0, 0, 10'000}}) {
    CAPTURE(candidate, level);
    full_rack rack;
    const stored_latch stored{candidate, level, "lock", "rack", key};
    rack.model.load_latches({&stored, 1}, false);
    rack.set(of, beyond);
    rack.run(4'000);
    if (beyond != behind) {
      rack.run(clear_ms);
      CHECK_FALSE(reset(rack).empty());
    }
    rack.set(of, behind);
    rack.silence(of);
    rack.run(clear_ms + 2'000);
    CHECK_FALSE(reset(rack).empty());
    rack.silence(of, false);
    rack.run(clear_ms / 2);
    CHECK_FALSE(reset(rack).empty());
    rack.run(clear_ms / 2 + 7'000);
    CHECK(reset(rack).empty());
  }
}

TEST_CASE("F-156 a former latch of cells of which none was usable waits for their count") {
  full_rack rack;
  const stored_latch stored{"sensor_invalid", "fault", "user", "cell_voltage"};
  rack.model.load_latches({&stored, 1}, false);
  rack.run(9'000);
  CHECK_FALSE(reset(rack).empty());
  rack.run(3'000);
  CHECK(reset(rack).empty());
}

TEST_CASE("F-156 what nothing judges any more is let go as its latch says") {
  auto options = full_options();
  options.disabled = {"cell_overvoltage"};
  full_rack rack(options);
  const auto stored = latched("cell_overvoltage");
  rack.model.load_latches({&stored, 1}, false);
  rack.run(1'000);
  CHECK(reset(rack).empty());
}

TEST_CASE("a reset is refused while a value is beyond its limit, before that sets again") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.66);
  rack.run(1'500);
  rack.set(0, 3.3);
  rack.run(11'000);
  rack.set(0, 3.66);
  rack.run(400);
  CHECK(reset(rack) == refusals{"cell_overvoltage/fault: the condition still holds"});
}

TEST_CASE("F-156 a former latch is let go at the very step that ends its clear time") {
  auto ticked = started(3.3);
  ticked.scan();
  // Ready with the scan at 400 ms, watched from the step after it on.
  ticked.run(450 + 9'950);
  CHECK(reset(ticked) == refusals{high});
  ticked.run(50); // between two scans
  CHECK(reset(ticked).empty());
  auto scanned = started(3.5);
  scanned.scan();
  scanned.run(800);
  scanned.set(1, 3.3);
  scanned.run(200); // the scan from which on it is behind
  scanned.run(9'950);
  CHECK(reset(scanned) == refusals{high});
  scanned.run(50);
  CHECK(reset(scanned).empty());
}

} // namespace voltaic::actors::protection::former_latch_test
