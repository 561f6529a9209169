#include <catch2/catch.hpp>

#include <sstream>
#include <string>

#include "support/command_line.hpp"

namespace check_command_test {

using namespace voltaic;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

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

TEST_CASE("the limits in force are printed as CSV, each table once") {
  tests::temporary_folder place;
  const auto said = tests::run_voltaic(place, "check --print-protection " + demo);
  CHECK(said.code == 0);
  CHECK_THAT(said.output,
             StartsWith("chemistry,candidate,unit,direction,level,set,clear,set_ms,clear_ms,latch,"
                        "actions,period_ms,condition\n"
                        "lfp,cell_overvoltage,V,high,warning,3.55,3.5,3000,5000,none,"
                        "derate_charge:50,100,\n"));
  CHECK_THAT(said.output, Contains("\nlfp,charge_overtemperature,degC,high,fault,55,50,5000,10000,"
                                   "user,stop_charge open_ordered,1000,charging over 0.02 C or "
                                   "above the discharge fault value\n"));
  CHECK(lines_with(said.output, "cell_overvoltage,") == 4);
  CHECK(lines_with(said.output, "#") == 0);
}

} // namespace check_command_test
