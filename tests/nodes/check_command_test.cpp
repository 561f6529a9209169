#include <catch2/catch.hpp>

#include <sstream>
#include <string>

#include "support/command_line.hpp"

using namespace voltaic;
using Catch::Matchers::Contains;

namespace {

const std::string demo = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/demo.toml";

std::size_t lines_with(const std::string& text, const std::string& words) {
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    count += line.find(words) == std::string::npos ? 0 : 1;
  return count;
}

} // namespace

TEST_CASE("the plan of a site marks each protection candidate as active or without input") {
  tests::temporary_folder place;
  const auto said = tests::run_voltaic(place, "check " + demo);
  CHECK(said.code == 0);
  CHECK(lines_with(said.output, "by rack_0/cell_voltage") == 3);
  CHECK(lines_with(said.output, "no input: does not protect") == 0);
  CHECK_THAT(said.output, Contains("  rack_3       soc_low                      by rack_3/soc"));
}

TEST_CASE("the printed limits are marked as the plan is") {
  tests::temporary_folder place;
  const auto said = tests::run_voltaic(place, "check --print-protection " + demo);
  CHECK(said.code == 0);
  CHECK_THAT(said.output,
             Contains("rack_0 cell_overvoltage warning set 3.55 clear 3.5 V after 3000 ms, clear "
                      "after 5000 ms, latch none: derate_charge:50 (by rack_0/cell_voltage)\n"));
  CHECK_THAT(said.output, Contains("latch none: stop_charge (by rack_0/voltage)\n"));
  CHECK_THAT(said.output, Contains("rack_1: 17 candidates protect, 0 have no input and do not\n"));
}
