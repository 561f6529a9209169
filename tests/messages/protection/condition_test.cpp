#include <catch2/catch.hpp>

#include "messages/protection/condition.hpp"

namespace voltaic::messages::protection::condition_test {

TEST_CASE("the conditions of the table of defaults are understood") {
  using kind = clause::kind;
  CHECK(parse_condition("") == condition{});
  CHECK(parse_condition("charging over 0.02 C") == condition{{kind::charging_over, 0.02, 0}});
  CHECK(parse_condition("discharging over 0.02 C") == condition{{kind::discharging_over, 0.02, 0}});
  CHECK(parse_condition("charging over 0.02 C or above the discharge fault value") ==
        condition{{kind::charging_over, 0.02, 0}, {kind::above_discharge_fault, 0, 0}});
  CHECK(parse_condition("soc between 15 and 95 or current under 0.1 C") ==
        condition{{kind::soc_between, 15, 95}, {kind::current_under, 0.1, 0}});
}

TEST_CASE("a condition with a word too many, too few or unknown is not understood") {
  for (const auto* text :
       {"charging", "charging over C", "charging over x C", "charging over -1 C",
        "charging over 0.02 C ", "charging over 0.02 C or ", "or charging over 0.02 C",
        "charging over 0.02 C and soc between 1 and 2", "soc between 95 and 15",
        "soc between 15 and 95 %", "above the charge fault value", "charging over nan C"}) {
    INFO(text);
    CHECK_FALSE(parse_condition(text));
  }
}

} // namespace voltaic::messages::protection::condition_test
