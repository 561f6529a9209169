#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "bus/storage/journal.hpp"
#include "messages/configuration/text.hpp"
#include "messages/configuration/version.hpp"
#include "support/command_line.hpp"
#include "support/sample_configuration.hpp"

namespace check_command_test {

using namespace voltaic;
namespace configuration = messages::configuration;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string demo = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/demo.toml";
const std::string hot_rack = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/hot_rack.toml";

configuration::version version_with_fault_at(double set_v, std::uint32_t number) {
  auto made = tests::sample_configuration();
  made.limits.candidates[0].limits[2].set = set_v;
  configuration::version kept{number, {}, "approved", {}, {}, configuration::canonical_text(made)};
  kept.hash = configuration::content_hash(kept.text);
  return kept;
}

/// As the node of rack_0 would journal it.
void keep(const std::string& folder, const std::string& key, const configuration::version& what) {
  auto opened =
      bus::storage::open_journal({.path = folder + "/rack_0.journal", .synchronous = true});
  REQUIRE(opened);
  (*opened)->append({0, configuration::stream, key, 17, configuration::encode_version(what)},
                    [](const bus::storage::append_result& result) {
                      CHECK(result.status == bus::storage::append_status::durable);
                    });
}

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
  CHECK_THAT(said.errors,
             Contains("rack_0 rack_1 rack_2 rack_3: what the files say: no journal in"));
}

TEST_CASE("what is judged beside the table is printed in the same columns") {
  tests::temporary_folder place;
  const auto said = tests::run_voltaic(place, "check --print-protection " + demo);
  for (const auto* line :
       {"any,communication_loss,ms,high,fault,5000,299,0,0,none,stop_charge stop_discharge "
        "inhibit_close open_ordered,0,of cell_voltage",
        "any,communication_loss,ms,high,warning,1500,1499,0,0,none,log,0,of cell_temperature",
        "any,sensor_invalid,elements,high,alarm,2,1,0,10000,none,stop_charge stop_discharge,0,of "
        "cell_voltage",
        "any,sensor_frozen,ms,high,alarm,600000,0,0,0,none,derate_charge:50 derate_discharge:50,0,",
        "any,soc_implausible,,high,alarm,1,0,2000,10000,none,derate_charge:50 derate_discharge:50,"
        "0,",
        "any,thermal_runaway,K/s,high,hard,1,0.5,1000,10000,lock,stop_charge stop_discharge "
        "open_immediate lock,0,",
        "any,limit_ignored,ratio,high,fault,1.001,0.98,5000,10000,user,stop_charge stop_discharge "
        "open_ordered,0,",
        "any,contactor_weld,,high,fault,1,0,300,0,lock,open_ordered lock,0,",
        "any,contactor_feedback,attempts,high,fault,2,0,0,0,lock,open_immediate lock,0,",
        "any,precharge_failed,attempts,high,fault,3,0,0,0,lock,open_immediate lock,0,"}) {
    INFO(line);
    CHECK_THAT(said.output, Contains(std::string("\n") + line + "\n"));
  }
  // None of them has a wired input.
  CHECK(lines_with(said.output, "fire_detected") == 0);
}

TEST_CASE("what is told by comparing, and of a key, is printed where a rack has it") {
  tests::temporary_folder place;
  const std::filesystem::path configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs";
  for (const auto* each : {"profiles", "protection"})
    std::filesystem::copy(configs / each, place.path() / each);
  auto profile = nlohmann::json::parse(tests::contents(configs / "profiles/demo_rack.json"));
  profile["identity"] = {"soh"};
  std::ofstream(place / "profiles/told.json") << profile.dump(1);
  std::ofstream(place / "site.toml") << R"([site]
name = "told"
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_0"
profile = "profiles/told.json"
bus = "can0"
[[digital]]
name = "dio_0"
chip = "simulated"
node = "rack_0"
[[digital.input]]
name = "key"
line = 1
normally_closed = false
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"
second_evaluator = true
reset_key = "dio_0/key"
)";
  const auto said = tests::run_voltaic(place, "check --print-protection " + (place / "site.toml"));
  INFO(said.errors);
  CHECK(said.code == 0);
  for (const auto* line :
       {"any,identity_changed,,high,alarm,1,0,1000,10000,none,inhibit_close,0,",
        "any,identity_not_accepted,,high,warning,1,0,1000,0,none,log,0,",
        "any,evaluator_difference,,high,alarm,1,0,1000,10000,none,inhibit_close,0,",
        "any,reset_key_stuck,,high,alarm,1,0,30000,5000,none,,0,"}) {
    INFO(line);
    CHECK_THAT(said.output, Contains(std::string("\n") + line + "\n"));
  }
}

TEST_CASE("rows of a trace that come after the end of the simulation are told of") {
  tests::temporary_folder place;
  std::ofstream(place / "trace.csv") << "t_ms,point,index,value\n"
                                        "1000,rack_0/soc,,50\n"
                                        "2000,rack_0/soc,,51\n"
                                        "9000,rack_0/soc,,52\n";
  const auto play = [&](const std::string& duration) {
    return tests::run_voltaic(
        place, "simulate --trace " + (place / "trace.csv") + " --for " + duration + " " + hot_rack);
  };
  const auto cut = play("2s");
  CHECK(cut.code == 0);
  CHECK_THAT(cut.errors, Contains("2 of 3 rows of the trace come after the end and are not "
                                  "played: --for 9001ms plays all"));
  CHECK(play("9001ms").errors.empty());
}

TEST_CASE(
    "limits that are printed are those in force, of the files or staged, as it is asked for") {
  tests::temporary_folder place;
  const auto print = [&](const std::string& which) {
    const auto said =
        tests::run_voltaic(place, "check --print-protection " + which + " " + hot_rack,
                           "VOLTAIC_STATE_DIR=" + (place / "state"));
    return std::pair(said.code, said.output + said.errors);
  };
  const auto first = print("").second;
  const std::string before = "no journal in ";
  REQUIRE_THAT(first, Contains(before));
  const auto from = first.find(before) + before.size();
  const auto folder = first.substr(from, first.find(' ', from) - from);
  std::filesystem::create_directories(folder);
  keep(folder, "rack_0", version_with_fault_at(3.64, 3));
  keep(folder, configuration::staged_key("rack_0"), version_with_fault_at(3.7, 4));

  const auto fault = [](const char* volts) {
    return std::string("cell_overvoltage,V,high,fault,") + volts + ",";
  };
  const auto [code, said] = print("");
  CHECK(code == 0);
  CHECK_THAT(said, Contains("# rack_0\n") && Contains("# rack_1\n"));
  CHECK_THAT(said, Contains(fault("3.64")) && Contains(fault("3.65")) && !Contains(fault("3.7")));
  CHECK_THAT(said, Contains("rack_0: in force since 1970-01-01T00:00:00.000017Z: version 3 "));
  CHECK_THAT(said, Contains(", another one waits for approval\n"));
  CHECK_THAT(said, Contains("rack_1: what the files say: no journal in "));
  CHECK_THAT(print("--limits in-force").second, Contains(fault("3.64")));
  CHECK_THAT(print("--limits files").second,
             Contains(fault("3.65")) && !Contains(fault("3.64")) &&
                 Contains("rack_0 rack_1: what the files say, whatever is in force\n"));
  const auto [staged_code, staged] = print("--limits staged");
  CHECK(staged_code == 1); // of rack_1 nothing waits
  CHECK_THAT(staged, Contains(fault("3.7")) && !Contains(fault("3.6")));
  CHECK_THAT(staged, Contains("rack_1: nothing waits for approval\n"));
  CHECK(print("--limits theirs").first == 2);
  CHECK(tests::run_voltaic(place, "check --limits files " + hot_rack).code == 2);
}

} // namespace check_command_test
