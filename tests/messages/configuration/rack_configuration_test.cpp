#include "messages/configuration/rack_configuration.hpp"

#include <catch2/catch.hpp>

namespace rack_configuration_test {

using namespace voltaic::messages::configuration;

TEST_CASE("a rack is never closed uncommissioned, or where nothing opens it, and that is named") {
  rack_configuration rack;
  rack.profile = "demo";
  rack.lease_ms = 500;
  CHECK(bar_to_closing(rack) == "profile demo is not commissioned");
  rack.commissioned = 1;
  CHECK(bar_to_closing(rack).empty());
  rack.lease_ms = 0;
  CHECK(bar_to_closing(rack) ==
        "profile demo states no lease, and the site names nothing hard-wired that opens it");
  rack.hard_wired_opening = "Q1";
  CHECK(bar_to_closing(rack).empty());
}

} // namespace rack_configuration_test
