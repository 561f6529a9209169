#include "messages/machine_time.hpp"

#include <catch2/catch.hpp>

namespace voltaic::messages::machine_time_test {

TEST_CASE("F-112 time surely passed by the monotonic clock alone, of one start of the machine") {
  const machine_time then{"a", 5'000'000};
  CHECK(surely_passed_us(then, {"a", 7'000'000}) == 2'000'000);
  CHECK(surely_passed_us(then, {"a", 5'000'000}) == 0);
  CHECK(surely_passed_us(then, {"a", 4'000'000}) == 0); // it ran back: nothing is proven
}

TEST_CASE("F-112 since a former start of the machine passed what this one lasts, and no more") {
  const machine_time then{"a", 900'000'000};
  CHECK(surely_passed_us(then, {"b", 3'000'000}) == 3'000'000);
  CHECK(surely_passed_us(then, {"b", -1}) == 0);
}

TEST_CASE("F-112 where a start of the machine is not known nothing surely passed") {
  CHECK(surely_passed_us({"", 1}, {"b", 3'000'000}) == 0);
  CHECK(surely_passed_us({"a", 1}, {"", 3'000'000}) == 0);
  CHECK(surely_passed_us({"", 1}, {"", 3'000'000}) == 0);
}

} // namespace voltaic::messages::machine_time_test
