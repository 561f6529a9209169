#include <fmt/format.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "nodes/doctor/troubleshooting_page.hpp"
#include "support/command_line.hpp"

namespace doctor_command_test {

using namespace voltaic;
using Catch::Matchers::Contains;
namespace page = nodes::doctor::page;

namespace {

const std::string folder = VOLTAIC_SOURCE_FOLDER;

/// A site whose links are all absent.
std::string absent_links(const tests::temporary_folder& place) {
  std::ofstream(place / "plant.toml") << R"([site]
name = "plant"
[[bus]]
name = "can0"
port = "socketcan:nosuchcan9"
[[modbus]]
name = "field"
serial = "/dev/voltaic_no_such_port"
[[modbus]]
name = "gateway"
host = "127.0.0.1"
port = 1
)";
  return place / "plant.toml";
}

std::string surroundings(const tests::temporary_folder& place) {
  return "VOLTAIC_RUNTIME_DIR=" + (place / "run");
}

} // namespace

TEST_CASE("each heading that a finding points to is one of the page") {
  std::set<std::string> headings;
  std::istringstream text(tests::contents(folder + "/" + std::string(page::file)));
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("## ")) headings.insert(line.substr(3));
  for (const auto heading : page::all) {
    INFO(heading);
    CHECK(headings.contains(std::string(heading)));
  }
  CHECK(page::anchor(page::zero_soc) == "0--soc-with-plausible-cells");
  CHECK(page::anchor(page::errors) == "error-passive-and-bus-warn");
}

TEST_CASE(
    "doctor takes its site by --site, by VOLTAIC_SITE and by its place, as other commands do") {
  const tests::temporary_folder place;
  const auto file = absent_links(place);
  const auto with = surroundings(place);
  const auto in_variable = with + " VOLTAIC_SITE=" + file;
  const auto by_place = tests::run_voltaic(place, "doctor " + file, with);
  CHECK(by_place.code == 1);
  CHECK_THAT(by_place.output, Contains("can0") && Contains("gateway"));
  CHECK(tests::run_voltaic(place, "doctor --site " + file, with).output == by_place.output);
  CHECK(tests::run_voltaic(place, "doctor", in_variable).output == by_place.output);
  const auto one = tests::run_voltaic(place, "doctor " + file + " can0", with);
  CHECK_THAT(one.output, Contains("can0") && !Contains("gateway"));
  for (const auto& [words, variables] : {std::pair{"doctor --site " + file + " can0", with},
                                         std::pair{std::string("doctor can0"), in_variable}}) {
    INFO(words);
    CHECK(tests::run_voltaic(place, words, variables).output == one.output);
  }
  // Where none is named, the one that runs is meant.
  const auto none = tests::run_voltaic(place, "doctor", with);
  CHECK(none.code == 3);
  CHECK_THAT(none.errors, Contains("no site runs") && Contains("--site names the file"));
  const auto missing = tests::run_voltaic(place, "doctor nosuch.toml", with);
  CHECK(missing.code == 1);
  CHECK_THAT(missing.errors, Contains("nosuch.toml"));
}

TEST_CASE("the page speaks of everything that installers ask about") {
  auto text = tests::contents(folder + "/" + std::string(page::file));
  std::ranges::replace(text, '\n', ' ');
  for (const auto* words : {"60 | both terminations",
                            "120 ohm at **both ends**",
                            "CAN-H and CAN-L swapped",
                            "A and B swapped",
                            "**40 m**",
                            "1000 m",
                            "at **one end only**",
                            "Not beside power cables",
                            "S/FTP",
                            "common reference",
                            "galvanic isolation",
                            "DIP switches",
                            "Bitrate mismatch",
                            "`bus-warn`",
                            "`Timeout`",
                            "`CRC Error`",
                            "`No ACK`",
                            "internal fuse",
                            "precharge resistor",
                            "absorption voltage",
                            "`voltaic why inverter_0`",
                            "Never `chmod 666",
                            "dialout",
                            "500 ms is enough",
                            "--dport 502 -s",
                            "CAN-Ethernet bridge",
                            "clear alarms or force a charge",
                            "apt-get",
                            "backup",
                            "master BMS",
                            "candump",
                            "mbpoll",
                            "modpoll",
                            "NEC 706",
                            "category 5e",
                            "MCCL and MDCL",
                            "IEC 62619",
                            "IEEE 1547"}) {
    INFO(words);
    CHECK(text.find(words) != std::string::npos);
  }
}

TEST_CASE("links that are not there are found while the site does not run, each with a heading") {
  const tests::temporary_folder place;
  const auto site = absent_links(place);
  const auto said = tests::run_voltaic(place, "doctor --json " + site, surroundings(place));
  INFO(said.errors);
  CHECK(said.code == 1);
  const auto told = nlohmann::json::parse(said.output);
  CHECK(told["running"] == false);
  std::vector<std::string> codes;
  for (const auto& link : told["links"])
    for (const auto& finding : link["findings"]) codes.push_back(finding["finding"]);
  CHECK(codes == std::vector<std::string>{"interface_absent", "port_absent", "port_refused"});
  CHECK(told["links"][1]["findings"][0]["see"] ==
        "docs/troubleshooting.md#the-serial-port-is-absent-held-or-forbidden");
  const auto text = tests::run_voltaic(place, "doctor " + site + " field", surroundings(place));
  CHECK(text.code == 1);
  CHECK_THAT(text.output, Contains("plant does not run"));
  CHECK_THAT(text.output, Contains("/dev/voltaic_no_such_port is not there"));
  CHECK_THAT(text.output, !Contains("nosuchcan9"));
}

TEST_CASE("what cannot be tested while a site does not run is told so, and a wrong link exits 2") {
  const tests::temporary_folder place;
  const auto demo = folder + "/configs/demo.toml";
  // Of the others each battery and line is simulated: what the simulator makes is not missed.
  for (const auto* of : {"demo", "serial_packs", "mixed_batteries"}) {
    CAPTURE(of);
    const auto said = tests::run_voltaic(
        place, fmt::format("doctor --json {}/configs/{}.toml", folder, of), surroundings(place));
    CHECK(said.code == 0);
    const auto told = nlohmann::json::parse(said.output);
    CHECK_FALSE(told["links"].empty());
    for (const auto& link : told["links"]) CHECK(link["well"].is_null());
  }
  const auto wrong = tests::run_voltaic(place, "doctor " + demo + " can9", surroundings(place));
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.errors, Contains("did you mean can0?"));
  CHECK(tests::run_voltaic(place, "doctor", surroundings(place)).code == 3);
}

TEST_CASE("the udev rule gives serial adapters to a group, and to nobody else") {
  std::istringstream text(tests::contents(folder + "/compose/udev/70-voltaic-serial.rules"));
  const std::set<std::string> known{"SUBSYSTEM==", "KERNEL==", "GROUP=", "MODE="};
  int rules = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    ++rules;
    INFO(line);
    std::set<std::string> keys;
    std::istringstream parts(line);
    for (std::string part; std::getline(parts, part, ',');) {
      part.erase(0, part.find_first_not_of(' '));
      const auto quote = part.find('"');
      REQUIRE(quote != std::string::npos);
      REQUIRE(part.size() > quote + 2);
      REQUIRE(part.find('"', quote + 1) == part.size() - 1);
      const auto key = part.substr(0, quote);
      const auto value = part.substr(quote + 1, part.size() - quote - 2);
      CHECK(known.contains(key));
      if (key == "SUBSYSTEM==") CHECK(value == "tty");
      if (key == "KERNEL==") CHECK(value.starts_with("tty"));
      if (key == "GROUP=") CHECK(value == "dialout");
      if (key == "MODE=") CHECK(value == "0660");
      keys.insert(key);
    }
    CHECK(keys == known);
  }
  CHECK(rules > 0);
}

} // namespace doctor_command_test
