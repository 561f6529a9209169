#include "messages/tighter.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace tighter_test {

using namespace voltaic::messages;
using enum tighter;

TEST_CASE("toward zero, tighter is zero, or nearer to zero on the same side of it") {
  CHECK(is_tighter(49, 50, toward_zero));
  CHECK(is_tighter(-49, -50, toward_zero));
  CHECK(is_tighter(0, -50, toward_zero));
  CHECK(is_tighter(0, 50, toward_zero));
  CHECK_FALSE(is_tighter(49, -50, toward_zero));
  CHECK_FALSE(is_tighter(-49, 50, toward_zero));
  CHECK_FALSE(is_tighter(50, 0, toward_zero));
  CHECK_FALSE(is_tighter(50, 50, toward_zero));
  CHECK_FALSE(is_tighter(51, 50, toward_zero));
  CHECK_FALSE(is_tighter(0, 0, toward_zero));
  CHECK(goes_before(49, -50, toward_zero));
  CHECK_FALSE(goes_before(-50, 49, toward_zero));
}

TEST_CASE("of an upper bound the lower value is tighter, of a lower bound the higher one") {
  for (const double below : {-20.0, 0.0, 1'000.0}) {
    const double above = below + 1;
    CAPTURE(below);
    CHECK(is_tighter(below, above, lower));
    CHECK_FALSE(is_tighter(above, below, lower));
    CHECK(is_tighter(above, below, higher));
    CHECK_FALSE(is_tighter(below, above, higher));
    CHECK_FALSE(is_tighter(below, below, lower));
    CHECK_FALSE(is_tighter(below, below, higher));
  }
  CHECK(is_tighter(-1, 1, lower)); // zero is a value like any other
  CHECK(is_tighter(1, -1, higher));
}

TEST_CASE("what is no number is never tighter") {
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const auto side : {toward_zero, lower, higher}) {
    CHECK_FALSE(is_tighter(none, 50, side));
    CHECK_FALSE(is_tighter(50, none, side));
  }
}

TEST_CASE("the name of a limit says which of its values are tighter") {
  CHECK(known_tighter("charge_current_limit") == toward_zero);
  CHECK(known_tighter("discharge_power_limit") == toward_zero);
  CHECK(known_tighter("charge_voltage_limit") == lower);
  CHECK(known_tighter("discharge_voltage_limit") == higher);
  CHECK_FALSE(known_tighter("power_setpoint"));
  CHECK(likely_tighter("discharge_voltage_limit") == higher);
  CHECK(likely_tighter("soc_min") == higher);
  CHECK(likely_tighter("minimum_soc") == higher);
  CHECK(likely_tighter("soc_max") == lower);
  CHECK(likely_tighter("maximum_voltage") == lower);
  CHECK(likely_tighter("power_setpoint") == toward_zero);
}

} // namespace tighter_test
