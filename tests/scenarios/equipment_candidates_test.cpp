#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "support/command_line.hpp"

// Points of equipment that are judged, from the profile to what a rack is allowed.
namespace equipment_candidates_test {

using namespace voltaic;
using nlohmann::json;
using tests::run_voltaic;

namespace {

/// The demo's site with an air conditioner whose room is judged.
class cooled_site {
 public:
  cooled_site() {
    namespace files = std::filesystem;
    files::copy(VOLTAIC_SOURCE_FOLDER "/configs", place / "configs",
                files::copy_options::recursive);
    std::ifstream source(place / "configs/profiles/demo_hvac.json");
    profile = json::parse(source);
    profile["points"]["room_temperature"]["protection"] = {"room_temperature_high"};
  }

  std::string file(const std::string& override = "", const std::string& racks = "") {
    std::ofstream(place / "configs/profiles/demo_hvac.json") << profile.dump(2);
    auto text = tests::contents(VOLTAIC_SOURCE_FOLDER "/configs/demo.toml");
    const std::string rack = "dc_bus = \"dc_0\"\n";
    text.insert(text.find(rack) + rack.size(), override);
    const std::string inverter = "device = \"inverter_0\"\n";
    text.insert(text.find(inverter) + inverter.size(), racks);
    // Others are on the DC bus of a part of them: its current is not to be compared with theirs.
    const std::string compared = "dc_current = \"inverter\"";
    if (!racks.empty()) text.erase(text.find(compared), compared.size());
    std::ofstream(place / "configs/site.toml") << text;
    return place / "configs/site.toml";
  }

  tests::temporary_folder place;
  json profile;
};

/// So low that the room of the simulated air conditioner is beyond it.
const std::string warm = R"([rack.override."hvac_0/room_temperature_high"]
envelope = [-40, 120]
alarm = { set = 3, clear = 2, set_ms = 15000 }
warning = { set = 2, clear = 1, set_ms = 12000 }
)";

} // namespace

TEST_CASE("equipment whose profile says so is judged with default limits that open nothing") {
  cooled_site site;
  const auto printed = run_voltaic(site.place, "check --print-protection " + site.file());
  INFO(printed.output << printed.errors);
  CHECK(printed.code == 0);
  CHECK(printed.output.find("lfp,hvac_0/room_temperature_high,degC,high,warning,75,70,5000,10000,"
                            "none,fan_on,1000,") != std::string::npos);
  CHECK(printed.output.find("lfp,hvac_0/room_temperature_high,degC,high,fault,95,85,5000,10000,"
                            "user,stop_charge stop_discharge,1000,") != std::string::npos);
}

TEST_CASE("a level of equipment derates every rack of the site, and is told by its name") {
  cooled_site site;
  const auto done = run_voltaic(site.place, "simulate " + site.file(warm) + " --for 30s --json");
  INFO(done.errors << done.output);
  REQUIRE(done.code == 0);
  int alarms = 0;
  int derated = 0;
  std::istringstream lines(done.output);
  for (std::string line; std::getline(lines, line);) {
    const auto event = json::parse(line);
    if (event.value("candidate", "") == "hvac_0/room_temperature_high" &&
        event.value("level", "") == "alarm" && event.value("edge", "") == "set")
      ++alarms;
    if (event["kind"] == "limits" &&
        event.dump().find("hvac_0/room_temperature_high/alarm") != std::string::npos)
      ++derated;
  }
  CHECK(alarms == 4);
  CHECK(derated >= 4);
}

TEST_CASE("a candidate of equipment that cannot be judged is refused with what to write") {
  cooled_site site;
  const auto refused = [&](const std::string& override = "") {
    const auto done = run_voltaic(site.place, "check " + site.file(override));
    CHECK(done.code == 1);
    return done.output + done.errors;
  };
  auto& points = site.profile["points"];
  SECTION("without default limits") {
    points["load"]["protection"] = {"load_high"};
    CHECK(refused().find("voltaic-demo-hvac asks for hvac_0/load_high at its point load, but its "
                         "limits are not known") != std::string::npos);
    CHECK(refused().find("[rack.override.\"hvac_0/load_high\"] in the site file") !=
          std::string::npos);
  }
  SECTION("a kind that has none in any table") {
    points["power"]["protection"] = {"power_high"};
    points["power"]["quantity"] = "power";
    CHECK(refused().find("lfp has none of power on that side") != std::string::npos);
  }
  SECTION("what judges racks alone") {
    points["room_temperature"]["protection"] = {"terminal_overtemperature"};
    CHECK(refused().find("profile: the profile voltaic-demo-hvac asks for terminal_overtemperature "
                         "at its point room_temperature, but hvac_0 feeds no rack") !=
          std::string::npos);
  }
  SECTION("a text") {
    points["state"]["protection"] = {"state_high"};
    CHECK(refused().find("it is no measured number") != std::string::npos);
  }
  SECTION("a level that opens") {
    for (const std::string opens : {"open_ordered", "open_immediate"}) {
      const auto said = refused(
          "[rack.override.\"hvac_0/room_temperature_high\"]\nenvelope = [-40, 120]\nfault = { "
          "actions = [\"stop_charge\", \"stop_discharge\", \"" +
          opens + "\"] }\n");
      INFO(said);
      CHECK(said.find("hvac_0/room_temperature_high/fault opens the rack, but hvac_0 is heard over "
                      "the message bus, on which no opening may depend") != std::string::npos);
    }
  }
  SECTION("a device that is not there") {
    const auto said = refused(
        "[rack.override.\"hvac_7/room_temperature_high\"]\nquantity = \"terminal_temperature\"\n");
    CHECK(said.find("hvac_7/room_temperature_high judges a point of hvac_7, which is no device of "
                    "the site that acts on this rack") != std::string::npos);
  }
}

TEST_CASE("what an inverter measures acts on the racks behind it alone") {
  cooled_site site;
  std::ifstream source(site.place / "configs/profiles/demo_inverter.json");
  auto inverter = json::parse(source);
  std::string point;
  for (const auto& [name, each] : inverter["points"].items())
    if (each.value("unit", "") == "V" && point.empty()) point = name;
  REQUIRE_FALSE(point.empty());
  inverter["points"][point]["protection"] = {point + "_high"};
  inverter["points"][point]["quantity"] = "rack_voltage";
  std::ofstream(site.place / "configs/profiles/demo_inverter.json") << inverter.dump(2);
  const auto printed = run_voltaic(
      site.place, "check --print-protection " + site.file("", "racks = [\"rack_1\"]\n"));
  INFO(printed.output << printed.errors);
  REQUIRE(printed.code == 0);
  const auto of_one = printed.output.find("# rack_1\n");
  REQUIRE(of_one != std::string::npos);
  const auto found = printed.output.find("inverter_0/" + point + "_high,V,high,warning,1680,1656");
  REQUIRE(found != std::string::npos);
  const auto others = printed.output.find("# rack_0");
  REQUIRE(others != std::string::npos);
  // It stands in the table of that rack alone, and so does what its silence comes to.
  CHECK(printed.output.find("inverter_0/") > of_one);
  CHECK(printed.output.rfind("inverter_0/") < (others > of_one ? others : std::string::npos));
}

} // namespace equipment_candidates_test
