#include <catch2/catch.hpp>

#include <fstream>

#include "support/command_line.hpp"
#include "support/site_scene.hpp"

namespace canctl_command_test {

using namespace voltaic;
using Catch::Matchers::Contains;

TEST_CASE(
    "canctl refuses to reset an interface that the site has not, and says where none listens") {
  const tests::temporary_folder place;
  std::ofstream(place / "plant.toml") << "[site]\nname = \"plant\"\n[[bus]]\nname = \"can0\"\n"
                                         "port = \"socketcan:nosuchcan9\"\n";
  const auto with = "VOLTAIC_RUNTIME_DIR=" + (place / "run");
  const auto site = place / "plant.toml";
  const auto typo = tests::run_voltaic(place, "canctl " + site + " --reset can0", with);
  CHECK(typo.code == 2);
  CHECK_THAT(typo.errors, Contains("plant has no CAN interface can0 of this machine"));
  const auto alone = tests::run_voltaic(place, "canctl " + site + " --reset nosuchcan9", with);
  CHECK(alone.code == 3);
  CHECK_THAT(alone.errors, Contains("none runs for plant"));
}

TEST_CASE("F-184 canctl starts where a profile was spoiled, with what the site ran with last") {
  const tests::site_scene here;
  here.keep_soundly();
  here.cut(here.rack_profile);
  const tests::temporary_folder place;
  const auto said = tests::run_voltaic(place, "canctl " + here.path("site.toml"),
                                       "VOLTAIC_RUNTIME_DIR=" + (place / "run"));
  CHECK(said.code == 0);
  CHECK_THAT(said.output, Contains("no CAN interface of this machine: nothing to set up"));
  CHECK_THAT(said.errors, Contains(std::string(here.rack_profile)));
}

} // namespace canctl_command_test
