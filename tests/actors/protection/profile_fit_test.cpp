#include <catch2/catch.hpp>

#include <string>

#include "actors/protection/full_rack.hpp"
#include "actors/protection/plausibility_model.hpp"

// Whether values can be what a profile takes them for, by a rack of 32 cells and 16 temperatures.
namespace voltaic::actors::protection::profile_fit_test {

using testing::full_options;
using testing::full_rack;
using testing::has;

namespace {

constexpr const char* alarm = "set profile_mismatch/alarm rack";

full_rack named_rack() {
  auto options = full_options();
  options.profile = "pack version 3";
  return full_rack(options);
}

/// Runs for so long; whether it could have been closed at any step.
bool could_close(full_rack& rack, std::int64_t ms) {
  bool any = false;
  for (std::int64_t passed_ms = 0; passed_ms < ms; passed_ms += 50)
    any = rack.run(50).verdict.close_allowed || any;
  return any;
}

} // namespace

TEST_CASE("F-074 cells and rack voltage may differ by less than a tenth") {
  for (const double factor : {0.899, 1.101}) {
    auto rack = named_rack();
    rack.set(measured::voltage, 3.3 * 32 / factor);
    CHECK_FALSE(could_close(rack, 5'000));
    CHECK(has(rack, alarm));
    CHECK(rack.model.last().limits.charge_a == 0);
    CHECK(rack.model.last().limits.discharge_a == 0);
    CHECK(rack.model.misfit_words().find("profile pack version 3 does not fit: the cells add up to "
                                         "105.6 V, the rack says ") == 0);
  }
  for (const double factor : {0.901, 1.099}) {
    auto rack = named_rack();
    rack.set(measured::voltage, 3.3 * 32 / factor);
    CHECK(could_close(rack, 5'000));
    CHECK_FALSE(has(rack, alarm));
  }
}

TEST_CASE("F-074 what unknown cells may have is no contradiction") {
  auto rack = named_rack();
  for (std::size_t cell = 0; cell < 8; ++cell)
    rack.set_quality(measured::cell_voltage, quality::invalid, cell);
  rack.run(3'000);
  CHECK_FALSE(has(rack, "profile_mismatch"));
  // 24 known ones and 8 of 5 V are less than that.
  auto other = named_rack();
  for (std::size_t cell = 0; cell < 8; ++cell)
    other.set_quality(measured::cell_voltage, quality::invalid, cell);
  other.set(measured::voltage, 133.0);
  other.run(3'000);
  CHECK(has(other, alarm));
}

TEST_CASE("F-074 most values outside what is physical bar closing, half of them do not") {
  struct side {
    measured of;
    std::size_t half;
    double beyond;
    double within;
  };
  for (const auto& [of, half, beyond, within] :
       {side{measured::cell_voltage, 16, 5.001, 5.0}, side{measured::cell_voltage, 16, 0.499, 0.5},
        side{measured::cell_temperature, 8, 150.1, 150.0},
        side{measured::cell_temperature, 8, -60.1, -60.0}}) {
    INFO(describe(of).point << ' ' << beyond);
    for (const bool are_most : {true, false}) {
      auto rack = named_rack();
      rack.silence(measured::voltage); // sums are another matter
      for (std::size_t each = 0; each <= half; ++each)
        rack.set(of, each < half || are_most ? beyond : within, each);
      rack.run(1'000);
      CHECK(has(rack, alarm) == are_most);
    }
  }
}

TEST_CASE("F-074 it is judged until three scans in a row fitted") {
  auto rack = named_rack();
  rack.set(measured::voltage, 10.56);
  rack.run(3'000);
  REQUIRE(has(rack, alarm));
  rack.set(measured::voltage, 105.6);
  rack.run(400); // two scans
  CHECK_FALSE(has(rack, "clear profile_mismatch"));
  rack.set(measured::voltage, 10.56);
  rack.run(400);
  rack.set(measured::voltage, 105.6);
  rack.run(400);
  CHECK_FALSE(has(rack, "clear profile_mismatch"));
  rack.run(400);
  CHECK(has(rack, "clear profile_mismatch/alarm rack"));
  // From now on it is a sensor that fails.
  rack.run(15'000); // the table's own comparison clears later
  rack.mark();
  rack.set(measured::voltage, 10.56);
  rack.run(5'000);
  CHECK(has(rack, "voltage_sum_mismatch/alarm"));
  CHECK_FALSE(has(rack, "profile_mismatch"));
}

TEST_CASE("F-074 who speaks after a silence may be another device") {
  for (const std::int64_t silent_ms : {4'000, 6'000}) {
    auto rack = named_rack();
    rack.settle();
    for (const auto what : {measured::cell_voltage, measured::voltage}) rack.silence(what);
    rack.run(silent_ms);
    for (const auto what : {measured::cell_voltage, measured::voltage}) rack.silence(what, false);
    rack.set(measured::voltage, 10.56);
    rack.run(2'000);
    CHECK(has(rack, "profile_mismatch") == (silent_ms > 5'000));
  }
}

TEST_CASE("F-074 a voltage or a current that is no value from the start on bars closing") {
  for (const auto what : {measured::voltage, measured::current}) {
    auto rack = named_rack();
    rack.set_quality(what, quality::invalid);
    CHECK_FALSE(could_close(rack, 3'000));
    CHECK(has(rack, alarm));
    CHECK_THAT(
        rack.model.misfit_words(),
        Catch::Matchers::Contains(std::string(describe(what).point) + " is no value that it has"));
  }
}

TEST_CASE("F-074 a rack that says zero volt is not read by another scale") {
  auto rack = named_rack();
  rack.set(measured::voltage, 0);
  rack.run(3'000);
  CHECK_FALSE(has(rack, "profile_mismatch"));
}

} // namespace voltaic::actors::protection::profile_fit_test
