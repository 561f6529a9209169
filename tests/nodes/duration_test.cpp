#include <catch2/catch.hpp>

#include "nodes/site/duration.hpp"

namespace duration_test {

using voltaic::nodes::parse_duration_ms;

TEST_CASE("durations are a number and a unit") {
  CHECK(parse_duration_ms("500ms") == 500U);
  CHECK(parse_duration_ms("20s") == 20'000U);
  CHECK(parse_duration_ms("5m") == 300'000U);
  CHECK(parse_duration_ms("2h") == 7'200'000U);
  CHECK(parse_duration_ms("1.5s") == 1'500U);
  CHECK(parse_duration_ms("0s") == 0U);
}

TEST_CASE("what is no duration is refused") {
  for (const char* text : {"", "5", "s", "-5s", "+5s", "5 s", "5S", "5sec", "5s ", " 5s", "nan s",
                           "infs", "1e3s", "0x5s", "999999999999999h", "5ms5"})
    CHECK_FALSE(parse_duration_ms(text).has_value());
}

} // namespace duration_test
