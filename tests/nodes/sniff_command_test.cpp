#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "support/command_line.hpp"

namespace sniff_command_test {

using namespace voltaic;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const std::string profile = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/profiles/demo_rack.json";

/// A bus of a tenth of a second with a frame of the demo's rack, and one of a stranger.
class recorded_bus {
 public:
  recorded_bus() {
    std::ofstream(place_ / "bus.log") << "(1.000000) can0 085#CDAB000032000000\n"
                                         "(1.010000) can0 7AB#01\n"
                                         "(1.050000) can0 085#CDAB000032000000\n"
                                         "(1.110000) can0 085#CDAB000033000000\n";
    std::ofstream(place_ / "stranger.dbc")
        << "VERSION \"\"\nBO_ 1963 Stranger: 1 X\n SG_ Level : 0|8@1+ (0.5,0) [0|100] \"m\" X\n";
  }
  [[nodiscard]] std::string uri() const {
    return fmt::format("--uri 'replay:{}#can0'", place_ / "bus.log");
  }
  [[nodiscard]] std::string dbc() const { return "--dbc " + (place_ / "stranger.dbc"); }
  [[nodiscard]] tests::command_outcome sniff(const std::string& arguments) const {
    return tests::run_voltaic(place_, "sniff can0 " + arguments,
                              "VOLTAIC_RUNTIME_DIR=" + (place_ / "run"));
  }
  [[nodiscard]] const tests::temporary_folder& place() const { return place_; }

 private:
  tests::temporary_folder place_;
};

std::vector<json> objects(const std::string& text) {
  std::vector<json> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) result.push_back(json::parse(line));
  return result;
}

} // namespace

TEST_CASE(
    "sniff tells each identifier's count, period, changed bits and values, and the strangers") {
  const recorded_bus bus;
  const auto said = bus.sniff(fmt::format("{} --profile {} --json", bus.uri(), profile));
  INFO(said.errors);
  CHECK(said.code == 0);
  const auto told = objects(said.output);
  REQUIRE(told.size() == 3);
  CHECK(told[0]["id"] == "0x085");
  CHECK(told[0]["count"] == 3);
  CHECK(told[0]["period_ms"] == 55.0);
  CHECK(told[0]["jitter_ms"] == 10.0);
  CHECK(told[0]["data"] == "CDAB000033000000");
  CHECK(told[0]["changed"] == "0000000001000000");
  CHECK(told[0]["known"] == true);
  CHECK(told[0]["message"] == "values");
  CHECK_THAT(told[0]["values"].get<std::string>(), Contains("soc"));
  CHECK(told[1]["id"] == "0x7AB");
  CHECK(told[1]["known"] == false);
  CHECK(told[1]["period_ms"].is_null());
  CHECK(told[2]["frames"] == 4);
  CHECK(told[2]["identifiers"] == 2);
}

TEST_CASE("a DBC file knows what a profile does not, and nobody marks strangers without either") {
  const recorded_bus bus;
  const auto by_dbc = objects(bus.sniff(bus.uri() + " --json " + bus.dbc()).output);
  REQUIRE(by_dbc.size() == 3);
  CHECK(by_dbc[0]["known"] == false);
  CHECK(by_dbc[1]["message"] == "Stranger");
  CHECK(by_dbc[1]["values"] == "Level 0.5 m");
  const auto alone = objects(bus.sniff(bus.uri() + " --json").output);
  REQUIRE(alone.size() == 3);
  CHECK(alone[0]["known"].is_null());
}

TEST_CASE(
    "without a terminal sniff prints each identifier when it comes, and the table at the end") {
  const recorded_bus bus;
  const auto said = bus.sniff(fmt::format("{} --profile {}", bus.uri(), profile));
  CHECK(said.code == 0);
  std::istringstream lines(said.output);
  std::string first;
  std::string second;
  std::string title;
  std::getline(lines, first);
  std::getline(lines, second);
  std::getline(lines, title);
  CHECK_THAT(first, Contains("0.000") && Contains("0x085") && Contains("values"));
  CHECK_THAT(second, Contains("0.010 ? 0x7AB") && Contains("unknown"));
  CHECK_THAT(title, Contains("4 frames  2 identifiers, 1 unknown"));
  CHECK_THAT(said.output, Contains("33* 00"));
}

TEST_CASE("a recorded bus of a site is read by the profiles of its devices") {
  const recorded_bus bus;
  const auto site = bus.place() / "site.toml";
  std::ofstream(site) << fmt::format(R"([site]
name = "recorded"
[[bus]]
name = "can0"
port = "replay:{}#can0"
[[device]]
name = "bms_0"
profile = "demo_rack.json"
bus = "can0"
)",
                                     bus.place() / "bus.log");
  std::ofstream(bus.place() / "demo_rack.json") << tests::contents(profile);
  const auto said = bus.sniff("--json --site " + site);
  INFO(said.errors);
  CHECK(said.code == 0);
  const auto told = objects(said.output);
  REQUIRE(told.size() == 3);
  CHECK(told[0]["message"] == "bms_0 values");
  CHECK(told[1]["known"] == false);
}

TEST_CASE("what cannot be listened to is refused in words") {
  const recorded_bus bus;
  CHECK(bus.sniff("").code == 3); // no site runs
  const auto wrong = bus.sniff("--uri virtual:can0");
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.errors, Contains("a virtual bus is one of a site"));
  CHECK(bus.sniff("--for soon " + bus.uri()).code == 2);
  CHECK(bus.sniff("--uri socketcan:nosuchcan9 --for 100ms").code == 1); // nothing was heard
  const auto demo = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/demo.toml";
  const auto absent = tests::run_voltaic(bus.place(), "sniff can9 --site " + demo);
  CHECK(absent.code == 2);
  CHECK_THAT(absent.errors, Contains("its buses: can0, can1"));
}

} // namespace sniff_command_test
