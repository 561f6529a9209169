#include <catch2/catch.hpp>
#include <cstdlib>
#include <vector>

#include "messages/points/catalogue.hpp"
#include "nodes/cli/commands.hpp"
#include "nodes/cli/site_view.hpp"
#include "support/temporary_folder.hpp"

namespace cli_test {

using namespace voltaic;
using nodes::cli::run_command_line;
using nodes::cli::suggestion;

namespace {

int run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "voltaic");
  return run_command_line(static_cast<int>(arguments.size()), arguments.data());
}

nodes::cli::site_view view_of_one_point() {
  messages::message said;
  said.header.source = "bms_0";
  said.payload = messages::points::make_catalogue(
      "bms_0", {{.name = "rack_0/soc", .channel = "bms_0/Soc", .raw_type = "u16"}});
  nodes::cli::site_view view;
  view.points.apply(said);
  return view;
}

} // namespace

TEST_CASE("a command line that cannot be understood exits 2") {
  CHECK(run({}) == 2);
  CHECK(run({"evnts"}) == 2);
  CHECK(run({"set"}) == 2);
  CHECK(run({"points", "--jsn"}) == 2);
  CHECK(run({"--help"}) == 0);
}

TEST_CASE("a name that is nearly a point's is answered with that point") {
  const auto view = view_of_one_point();
  CHECK(suggestion(view, "rack_0/sox") == ", did you mean rack_0/soc?");
  CHECK(suggestion(view, "rack_0/sox[3]") == ", did you mean rack_0/soc?");
  CHECK(suggestion(view, "bms_0/Sod") == ", did you mean bms_0/Soc?");
  CHECK(suggestion(view, "pcs_0/power").empty());
}

TEST_CASE("an alarm is acknowledged, shelved and reset with a reason, and named whole") {
  const tests::temporary_folder nowhere;
  ::setenv("VOLTAIC_RUNTIME_DIR", (nowhere / "run").c_str(), 1);
  CHECK(run({"acknowledge", "rack_0-a-1"}) == 2);
  CHECK(run({"reset", "rack_0"}) == 2);
  for (const auto* blank : {"", " ", "\t \n"})
    CHECK(run({"reset", "rack_0", "--reason", blank}) == 2);
  CHECK(run({"shelve", "rack_0/cell_voltage_spread", "--for", "2h"}) == 2);
  CHECK(run({"shelve", "rack_0/cell_voltage_spread", "--reason", "r"}) == 2);
  CHECK(run({"shelve", "rack_0/cell_voltage_spread", "--for", "soon", "--reason", "r"}) == 2);
  CHECK(run({"shelve", "rack_0/cell_voltage_spread/fault", "--for", "2h", "--reason", "r"}) == 2);
  CHECK(run({"shelve", "cell_voltage_spread", "--for", "2h", "--reason", "r"}) == 2);
  CHECK(run({"unshelve", "rack_0/", "--reason", "r"}) == 2);
  // What can be understood is asked for: here, of no site.
  CHECK(run({"shelve", "rack_0/cell_voltage_spread/warning", "--for", "2h", "--reason", "r"}) == 3);
  CHECK(run({"unshelve", "rack_0/cell_voltage_spread", "--reason", "r"}) == 3);
  CHECK(run({"acknowledge", "rack_0-a-1", "--reason", "r"}) == 3);
  CHECK(run({"reset", "rack_0", "--reason", "r"}) == 3);
  ::unsetenv("VOLTAIC_RUNTIME_DIR");
}

} // namespace cli_test
