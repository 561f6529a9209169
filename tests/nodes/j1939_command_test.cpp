#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "support/command_line.hpp"

namespace j1939_command_test {

using namespace voltaic;
using nlohmann::json;

namespace {

constexpr const char* pack =
    "VERSION \"\"\nBU_: BMS\n"
    "BO_ 2566844670 Pack: 20 BMS\n" // 0x18FEF0FE
    " SG_ Voltage : 0|16@1+ (0.05,0) [0|3212.75] \"V\" X\n"
    " SG_ State : 16|2@1+ (1,0) [0|3] \"\" X\n"
    " SG_ Tail : 152|8@1+ (1,-40) [-40|210] \"degC\" X\n"
    "VAL_ 2566844670 State 0 \"Open\" 1 \"Closed\" 3 \"Nothing\" ;\n";

/// A log, and what decode --j1939 says of it.
class bench {
 public:
  tests::command_outcome run(const std::string& log, const std::string& options = "--json") {
    std::ofstream(place_ / "bus.log") << log;
    std::ofstream(place_ / "pack.dbc") << pack;
    return tests::run_voltaic(
        place_, fmt::format("decode --j1939 --log {} {}", place_ / "bus.log", options));
  }
  std::vector<json> objects(const std::string& log, bool by_dbc = false) {
    const auto said = run(log, by_dbc ? "--json --dbc " + (place_ / "pack.dbc") : "--json");
    std::vector<json> all;
    std::istringstream lines(said.output);
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
    return all;
  }

 private:
  tests::temporary_folder place_;
};

// Two transfers at once on can0 and one on can1, all from 0x80.
constexpr const char* interleaved =
    "(1.000000) can0 1CECFF80#20140003FFF0FE00\n"
    "(1.001000) can0 1CEC2180#100E0002FF00EF00\n"
    "(1.002000) can1 1CECFF80#20090002FFCAFE00\n"
    "(1.003000) can0 1CEC8021#110201FFFF00EF00\n"
    "(1.050000) can0 1CEBFF80#01401F0103040506\n"
    "(1.051000) can0 1CEB2180#0111111111111111\n"
    "(1.052000) can1 1CEBFF80#0104FFD2041F0185\n"
    "(1.053000) can0 1CEB2180#0222222222222222\n"
    "(1.054000) can0 1CEC8021#130E0002FF00EF00\n"
    "(1.100000) can0 1CEBFF80#0207070707070707\n"
    "(1.101000) can1 1CEBFF80#02FF00FFFFFFFFFF\n"
    "(1.150000) can0 1CEBFF80#03080808080850FF\n";

} // namespace

TEST_CASE("decode --j1939 puts transported messages of each bus together") {
  bench by;
  const auto all = by.objects(interleaved);
  REQUIRE(all.size() == 3);
  CHECK(all[0].dump() ==
        R"({"bus":"can0","data":"1111111111111122222222222222","destination":33,"pgn":61184,)"
        R"("priority":7,"signals":{},"source":128,"t":1.053})");
  CHECK(all[1].at("bus") == "can1");
  CHECK(all[1].at("dm1").at("lamps").at("amber_warning") == "on");
  CHECK(all[1].at("dm1").at("dtcs").at(0).at("spn") == 1'234);
  CHECK(all[2].at("data") == "401f010304050607070707070707080808080850");
}

TEST_CASE("decode --j1939 --dbc reads transported messages by their group, from any address") {
  bench by;
  const auto all = by.objects(interleaved, true);
  REQUIRE(all.size() == 3);
  CHECK(all[2].at("message") == "Pack");
  CHECK(all[2].at("signals").dump() == R"({"State":{"label":"Closed","raw":1,"unit":"","value":1},)"
                                       R"("Tail":{"raw":80,"unit":"degC","value":40},)"
                                       R"("Voltage":{"raw":8000,"unit":"V","value":400.0}})");
}

TEST_CASE("decode --j1939 says what a value is that is none") {
  bench by;
  const auto dbc = by.objects("(1.000000) can0 0CFEF055#00FE03FFFFFFFFFF\n", true);
  REQUIRE(dbc.size() == 1);
  CHECK(dbc[0].at("signals").at("Voltage").dump() ==
        R"({"quality":"invalid","raw":65024,"status":"error indicator","unit":"V","value":null})");
  CHECK(dbc[0].at("signals").at("State").at("status") == "not available");
  const auto table = by.objects("(1.000000) can0 0CF090F3#102700FF401F007D\n");
  REQUIRE(table.size() == 1);
  CHECK(table[0].at("message") == "HVESSD1");
  const auto& signals = table[0].at("signals");
  CHECK(signals.at("HVESS voltage").dump() ==
        R"({"raw":8000,"spn":5919,"unit":"V","value":400.0})");
  CHECK(signals.at("HVESS available charge power").at("status") == "not available");
}

TEST_CASE("decode --j1939 tells of address claims and aborts") {
  bench by;
  const auto all = by.objects(
      "(1.000000) can0 18EEFF80#87D6525382C9FE52\n(1.100000) can0 18EEFFFE#87D6525382C9FE52\n"
      "(1.200000) can0 1CEC2180#100E0002FF00EF00\n(1.300000) can0 1CEC8021#FF02FFFFFF00EF00\n");
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("address_claim").at("address") == 128);
  CHECK(all[0].at("address_claim").at("name") == "87d6525382c9fe52");
  CHECK(all[0].at("address_claim").at("manufacturer_code") == 666);
  CHECK(all[1].at("address_claim").at("claimed") == false);
  CHECK(all[2].dump() ==
        R"({"abort":{"pgn":61184,"reason":2,"text":"no resources for another session"},)"
        R"("bus":"can0","destination":128,"source":33,"t":1.3})");
}

TEST_CASE("decode --j1939 counts transfers that were lost, and says nothing of other frames") {
  bench by;
  const auto said = by.run(
      "(1.000000) can0 1CECFF80#20140003FFF0FE00\n(1.050000) can0 1CEBFF80#01401F0103040506\n"
      "(1.100000) can0 1CEBFF80#0308080808080850\n(1.200000) can0 1CECFF80#20140003FFF0FE00\n"
      "(1.300000) can0 351#0011\n(1.400000) can0 18FECAAA#FFFF00000000FFFF\n");
  CHECK(said.code == 0);
  CHECK_THAT(said.errors, Catch::Contains("bad sequence number: 1"));
  CHECK_THAT(said.errors, Catch::Contains("that the log ends in: 1"));
  CHECK(json::parse(said.output).at("dm1").at("dtcs").empty());
}

TEST_CASE("decode --j1939 has columns for people") {
  bench by;
  const auto said = by.run(
      "(1.000000) can0 18EEFF80#87D6525382C9FE52\n(1.100000) can0 0CF090F3#102700FF401F007D\n"
      "(1.200000) can0 18FECAAA#04FFD2041F01FFFF\n(1.300000) can0 1CEC8021#FF02FFFFFF00EF00\n",
      "");
  CHECK(
      said.output ==
      "         1.000000  can0     60928  80 > FF  address claim  NAME 52FEC9825352D687\n"
      "         1.100000  can0     61584  F3 > FF  HVESSD1  HVESS available discharge power 500.0 "
      "kW  HVESS available charge power not available  HVESS voltage 400.0 V  "
      "HVESS current 0.0 A\n"
      "         1.200000  can0     65226  AA > FF  DM1  amber warning lamp on  "
      "SPN 1234 FMI 31 (condition exists) x1\n"
      "         1.300000  can0     61184  21 > 80  abort 2: no resources for another session\n");
}

TEST_CASE("decode --j1939 takes no profile and no --all") {
  bench by;
  CHECK(by.run("(1.000000) can0 18FECAAA#04\n", "--profile x.json").code == 2);
  CHECK(by.run("(1.000000) can0 18FECAAA#04\n", "--all").code == 2);
}

} // namespace j1939_command_test
