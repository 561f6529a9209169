#include "actors/protection/current_check_model.hpp"

#include <catch2/catch.hpp>

#include "messages/time.hpp"

// The bounds of what contradicts a current sensor, each at its value and beside it. Numbers are
// chosen so that they are exact in binary.
namespace voltaic::actors::protection::current_check_model_test {

namespace {

using values = current_check_model::values;

/// A rack of 100 Ah: a fifth of C are 20 A, 1 % of SOC is 1 Ah.
struct bench {
  explicit bench(double capacity_ah = 100) : model(capacity_ah) {}

  void see(const values& now, std::int64_t passed_s = 10) {
    now_us += passed_s * messages::us_per_s;
    model.step(now, now_us);
  }
  /// So many looks, 10 s apart, at one current and SOC.
  void stay(int looks, double current_a, double soc_percent) {
    for (int look = 0; look < looks; ++look) see({current_a, {}, soc_percent});
  }

  current_check_model model;
  std::int64_t now_us = 90 * messages::us_per_s;
};

/// A value that was there and is not valid any more.
std::optional<double> withdrawn(double value) {
  std::optional<double> gone = value;
  gone.reset();
  return gone;
}

/// Two steps up and down again, of so much current and voltage, in the wrong direction.
bool contradicts_by_answers(double step_a, double step_v, double capacity_ah = 100) {
  bench rack(capacity_ah);
  rack.see({0, 1'000, {}});
  rack.see({step_a, 1'000 + step_v, {}});
  rack.see({0, 1'000 - step_v, {}});
  return rack.model.contradicts();
}

} // namespace

TEST_CASE(
    "F-148 a fifth of C and a thousandth of the voltage are an answer, less of either is none") {
  CHECK(contradicts_by_answers(20, 1));
  CHECK_FALSE(contradicts_by_answers(19.75, 1));
  CHECK_FALSE(contradicts_by_answers(20, 0.75));
  CHECK_FALSE(contradicts_by_answers(20, -1));
  CHECK_FALSE(contradicts_by_answers(20, 1, 0)); // of unknown capacity nothing is claimed
}

TEST_CASE("F-148 a rack that shows no voltage is no witness against its current sensor") {
  for (const double rack_v : {0.0, -1'000.0}) {
    bench rack;
    for (const double current_a : {80.0, 60.0, 40.0, 20.0, 0.0}) rack.see({current_a, rack_v, {}});
    CHECK_FALSE(rack.model.contradicts());
  }
}

TEST_CASE("F-148 a value that is not valid answers nothing, nor does what came before it") {
  for (int missing = 0; missing < 2; ++missing) {
    bench rack;
    rack.see({0, 1'000, {}});
    rack.see({20, 1'001, {}});
    rack.see({missing == 0 ? withdrawn(0) : 0, missing == 1 ? withdrawn(999) : 999, {}});
    CHECK_FALSE(rack.model.contradicts());
    rack.see({20, 1'001, {}});
    CHECK_FALSE(rack.model.contradicts());
    rack.see({0, 999, {}});
    CHECK(rack.model.contradicts());
  }
}

TEST_CASE(
    "F-149 one percent of SOC within ten seconds is explained or contradicts, more is a jump") {
  const auto falls_to = [](double percent, std::int64_t after_s) {
    bench rack;
    rack.see({0, {}, 50});
    rack.see({0, {}, percent}, after_s);
    return rack.model.contradicts();
  };
  CHECK(falls_to(49, 10));
  CHECK_FALSE(falls_to(49.25, 10)); // not due yet
  CHECK_FALSE(falls_to(48.75, 10)); // estimated anew
  CHECK_FALSE(falls_to(49, 11));    // what flowed meanwhile nobody knows
}

TEST_CASE("F-149 three percent by the current have to be seen in SOC") {
  // 135 A for 10 s are 0.375 % of 100 Ah.
  bench rack;
  rack.stay(8, 135, 50);
  CHECK_FALSE(rack.model.contradicts());
  rack.stay(1, 135, 50);
  CHECK(rack.model.contradicts());
}

TEST_CASE("F-148 three times as much is borne, more contradicts") {
  for (const auto& [seen_percent, contradicts] : {std::pair{1.0, false}, std::pair{0.875, true}}) {
    bench rack;
    rack.stay(8, 135, 50);
    rack.stay(1, 135, 50 - seen_percent);
    CHECK(rack.model.contradicts() == contradicts);
  }
}

TEST_CASE("F-148 half a percent in the wrong direction contradicts a percent that is seen") {
  // 45 A for 10 s are 0.125 % of 100 Ah, and SOC rises: by what is within a factor of three.
  bench rack;
  rack.stay(4, 45, 50);
  rack.see({45, {}, 51});
  CHECK(rack.model.contradicts());
}

TEST_CASE("F-149 a balance begins anew once it was judged") {
  bench rack;
  rack.stay(8, 45, 50);
  rack.see({0, {}, 49}); // 1 % by the current, 1 % seen
  REQUIRE_FALSE(rack.model.contradicts());
  rack.see({0, {}, 48}); // nothing flowed
  CHECK(rack.model.contradicts());
}

TEST_CASE("F-149 charge is counted for a quarter of an hour at most") {
  // The first look, at 100 s, begins; what is counted since then is judged at 1,000 s, not later.
  for (const auto& [looks, contradicts] : {std::pair{89, true}, std::pair{90, false}}) {
    bench rack;
    rack.stay(1 + looks, 0, 50);
    rack.see({0, {}, 49});
    CHECK(rack.model.contradicts() == contradicts);
  }
}

TEST_CASE("F-148 a current or SOC that is not valid ends a balance") {
  bench rack;
  rack.see({0, {}, 50});
  rack.see({0, {}, withdrawn(49)});
  CHECK_FALSE(rack.model.contradicts());
  rack.see({0, {}, 48.5});
  rack.see({withdrawn(0), {}, 47.5});
  CHECK_FALSE(rack.model.contradicts());
}

} // namespace voltaic::actors::protection::current_check_model_test
