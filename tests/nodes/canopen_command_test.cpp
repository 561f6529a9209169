#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/command_line.hpp"

namespace canopen_command_test {

using namespace voltaic;
using nlohmann::json;

namespace {

constexpr const char* battery =
    "[6010]\nParameterName=Temperature\nDataType=0x0003\nPDOMapping=1\n"
    "[6000]\nParameterName=Status\nDataType=0x0005\nPDOMapping=1\n"
    "[1800]\nParameterName=TPDO1\nObjectType=9\nSubNumber=1\n"
    "[1800sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=$NODEID+0x180\n"
    "[1A00]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=2\n"
    "[1A00Value]\n1=0x60100010\n2=0x60000008\n";

constexpr const char* log =
    "(1.000000) can0 000#0105\n"
    "(1.001000) can0 705#00\n"
    "(1.002000) can0 080#\n"
    "(1.003000) can0 085#1042080000000000\n"
    "(1.004000) can0 100#B0A429043143\n"
    "(1.005000) can0 185#F0FF01\n"
    "(1.006000) can0 605#4018100100000000\n"
    "(1.007000) can0 585#4318100160030000\n"
    "(1.008000) can0 605#4034120000000000\n"
    "(1.009000) can0 585#8034120000000206\n"
    "(1.010000) can0 705#R\n"
    "(1.011000) can0 705#85\n"
    "(1.012000) can0 7E5#0401000000000000\n"
    "(1.013000) can0 605#4000200000000000\n";

std::vector<json> lines_of(const std::string& output) {
  std::vector<json> all;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  return all;
}

} // namespace

TEST_CASE("decode --canopen prints a line a service, and an SDO transfer once") {
  tests::temporary_folder place;
  std::ofstream(place / "battery.eds") << battery;
  std::ofstream(place / "bus.log") << log;
  const auto eds = std::string(place / "battery.eds");
  const auto bus = std::string(place / "bus.log");
  const auto read =
      tests::run_voltaic(place, "decode --canopen --json --eds " + eds + " --log " + bus);
  INFO(read.errors);
  CHECK(read.code == 0);
  const auto all = lines_of(read.output);
  std::vector<std::string> kinds;
  for (const auto& each : all) kinds.push_back(each.at("kind"));
  REQUIRE(kinds == std::vector<std::string>{"nmt", "heartbeat", "sync", "emcy", "time", "pdo",
                                            "sdo", "sdo", "guard", "guard", "lss"});
  CHECK(all[0].at("command") == "start");
  CHECK(all[1].at("state") == "boot-up");
  CHECK(all[3].at("class") == "temperature");
  CHECK(all[4].at("utc") == "2031-02-04T19:23:58.000Z");
  CHECK(all[5].at("signals").at("Temperature").at("value") == -16);
  CHECK(all[6].at("index") == 0x1018);
  CHECK(all[6].at("data") == "60030000");
  CHECK(all[7].at("abort").at("text") == "object does not exist");
  CHECK(all[9].at("toggle") == true);
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    if (all[i].at("node").is_number() && i > 0) CHECK(all[i].at("node") == 5);
  CHECK_THAT(read.errors, Catch::Contains("2000:00 with node 5 had not ended"));

  const auto text = tests::run_voltaic(place, "decode --canopen --log " + bus);
  CHECK(text.code == 0);
  CHECK_THAT(text.output, Catch::Contains("heartbeat  node 5  state boot-up"));
}

TEST_CASE("decode --canopen refuses an EDS file with defects unless it is tolerant") {
  tests::temporary_folder place;
  std::ofstream(place / "battery.eds") << battery << "[7000]\nParameterName=x\n";
  std::ofstream(place / "bus.log") << log;
  const auto rest = "decode --canopen --eds " + std::string(place / "battery.eds") + " --log " +
                    std::string(place / "bus.log");
  const auto strict = tests::run_voltaic(place, rest);
  CHECK(strict.code == 1);
  CHECK_THAT(strict.errors, Catch::Contains("battery.eds:25:1: [7000] has no DataType"));
  CHECK(tests::run_voltaic(place, rest + " --tolerant").code == 0);
  CHECK(tests::run_voltaic(place, "decode --eds x --log y").code == 2);
}

} // namespace canopen_command_test
