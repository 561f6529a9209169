#include "messages/duration_text.hpp"

#include <catch2/catch.hpp>

namespace duration_text_test {

using voltaic::messages::duration_text;

TEST_CASE("a duration is told as people type it") {
  CHECK(duration_text(500) == "500ms");
  CHECK(duration_text(30'000) == "30s");
  CHECK(duration_text(90'000) == "90s");
  CHECK(duration_text(300'000) == "5m");
  CHECK(duration_text(61'001) == "61001ms");
  CHECK(duration_text(0) == "0s");
}

} // namespace duration_text_test
