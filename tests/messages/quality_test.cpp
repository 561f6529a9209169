#include "messages/quality.hpp"

#include <catch2/catch.hpp>

namespace quality_test {

using namespace voltaic::messages;

TEST_CASE("an aggregate inherits the worst quality") {
  CHECK(worst(quality::good, quality::stale) == quality::stale);
  CHECK(worst(quality::never, quality::invalid) == quality::never);
}

} // namespace quality_test
