#include "messages/dbc/to_profile.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "messages/dbc/dbc_text.hpp"
#include "messages/dbc/known_unit.hpp"
#include "messages/dbc/message_codec.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/load.hpp"

namespace to_profile_test {

using namespace voltaic::messages::dbc;
namespace profiles = voltaic::messages::profiles;
using profiles::imported_profile;
using profiles::to_camel;
using profiles::to_snake;
using profiles::unique_names;
using voltaic::tests::load_strict;
using voltaic::tests::load_tolerant;

namespace {

profiles::device_profile profile_of(const imported_profile& made) {
  auto read = profiles::load_profile(made.json, "imported.json");
  if (const auto* wrong = std::get_if<voltaic::messages::findings>(&read))
    FAIL(wrong->front().line << ": " << wrong->front().text);
  return std::get<profiles::device_profile>(std::move(read));
}

double value_of(const profiles::device_profile& profile, const profiles::sample& sample) {
  const auto& point = profile.points[sample.point];
  return point.type == profiles::raw_type::f64
             ? sample.real
             : static_cast<double>(sample.raw) * point.scale + point.offset;
}

/// Random frames of the message say by the profile what they say by the database.
void agree(const message& by, const profiles::device_profile& profile,
           const profiles::decode_plan& plan, std::mt19937_64& random, std::size_t& compared) {
  std::vector<profiles::sample> samples;
  for (int round = 0; round < 20; ++round) {
    voltaic::messages::can::frame frame;
    frame.id = by.id;
    frame.extended = by.extended;
    frame.length = static_cast<std::uint8_t>(by.length);
    for (std::size_t i = 0; i < by.length; ++i) frame.data[i] = static_cast<std::uint8_t>(random());
    const auto read = decode(by, {frame.data.data(), frame.length});
    if (plan.apply(frame, samples).outcome != profiles::decode_plan::outcome::decoded) continue;
    std::map<std::string, double> by_channel;
    for (const auto& one : samples)
      if (one.good) by_channel[profile.points[one.point].name] = value_of(profile, one);
    if (!read) continue;
    for (const auto& each : *read) {
      const auto& one = by.signals[each.signal];
      const auto found = by_channel.find(to_snake(one.name));
      if (found == by_channel.end()) continue;
      const double wanted = each.value * unit_of(one.unit).factor;
      const double known = unit_of(one.unit).unit.empty() ? each.value : wanted;
      ++compared;
      if (std::abs(found->second - known) > 1e-9 * std::max(1.0, std::abs(known)))
        FAIL(by.name << "." << one.name << ": " << found->second << ", not " << known);
    }
  }
}

} // namespace

TEST_CASE("an imported signal becomes a point with type, scale, unit and range") {
  const auto made = to_profile(load_strict("BO_ 256 PackState: 8 X\n"
                                           " SG_ CellVoltageMax : 7|16@0+ (1,0) [0|5000] \"mV\" X\n"
                                           " SG_ Temp : 16|8@1- (0.5,-40) [0|0] \"deg C\" X\n"
                                           " SG_ State : 24|2@1+ (1,0) [0|3] \"\" X\n"
                                           " SG_ Current : 32|16@1- (0.1,0) [0|0] \"furlong\" X\n"
                                           "VAL_ 256 State 1 \"Closed\" 0 \"Open\" ;\n"
                                           "BA_ \"GenMsgCycleTime\" BO_ 256 50;\n"),
                               "pack");
  CHECK(made.points == 4);
  CHECK(made.left_out.empty());
  const auto json = nlohmann::json::parse(made.json);
  const auto& points = json.at("points");
  CHECK(points.at("cell_voltage_max") == nlohmann::json{{"channel", "CellVoltageMax"},
                                                        {"type", "u16"},
                                                        {"scale", 0.001},
                                                        {"unit", "V"},
                                                        {"period_ms", 50},
                                                        {"valid", {0, 5}}});
  CHECK(points.at("temp").at("offset") == -40);
  CHECK(points.at("state").at("texts") == nlohmann::json{"Open", "Closed"});
  // A name on which others rely is given by a person, who knows what it is.
  CHECK(points.at("imported_current").at("unit").get<std::string>().empty());
  CHECK(json.at("commissioned") == false);
  CHECK(profile_of(made).points.size() == 4);
}

TEST_CASE("what a profile cannot hold is left out and told") {
  const auto made = to_profile(
      load_tolerant("BO_ 1 Wide: 65 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n"
                    "BO_ 2 Pack: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n"
                    " SG_ B : 4|8@1+ (1,0) [0|0] \"\" X\n SG_ C : 60|8@1+ (1,0) [0|0] \"\" X\n"
                    "BO_ 3 Empty: 8 X\n")
          .database,
      "pack");
  CHECK(made.points == 1);
  const auto told = [&](std::string_view words) {
    return std::ranges::any_of(made.left_out,
                               [&](const auto& each) { return each.find(words) != each.npos; });
  };
  CHECK(made.left_out.size() == 4);
  CHECK(told("Wide: has 65 bytes"));
  CHECK(told("Pack.B: lies in bits of A"));
  CHECK(told("Pack.C: ends behind the message"));
  CHECK(told("Empty: has no signal"));
  CHECK(profile_of(made).points.size() == 1);
}

TEST_CASE("CAN FD: messages of up to 64 bytes become frames of a profile") {
  const auto made = to_profile(
      load_tolerant("BO_ 1 Cells: 43 X\n SG_ First : 0|16@1+ (0.001,0) [0|5] \"V\" X\n"
                    " SG_ Last : 335|16@0+ (0.001,0) [0|5] \"V\" X\n"
                    " SG_ Split : 100|64@1+ (1,0) [0|0] \"\" X\n"
                    "BO_ 2 Short: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n"
                    "BA_DEF_ BO_ \"VFrameFormat\" ENUM \"StandardCAN\",\"StandardCAN_FD\";\n"
                    "BA_DEF_DEF_ \"VFrameFormat\" \"StandardCAN\";\n"
                    "BA_ \"VFrameFormat\" BO_ 2 1;\n")
          .database,
      "pack");
  CHECK(made.left_out == std::vector<std::string>{"Cells.Split: lies in more than 8 bytes"});
  const auto profile = profile_of(made);
  // There is no frame of 43 bytes: it is filled up.
  CHECK(profile.messages.at(0).length == 48);
  CHECK(profile.messages.at(0).format == profiles::frame_format::fd);
  CHECK(profile.messages.at(0).signals.size() == 2);
  CHECK(profile.messages.at(1).length == 8);
}

TEST_CASE("numbers and selectors that no profile can have are left out and told") {
  const auto made =
      to_profile(load_tolerant("BO_ 1 Pack: 8 X\n SG_ S M : 0|2@1+ (1,0) [0|0] \"\" X\n"
                               " SG_ A m4 : 8|8@1+ (1,0) [0|0] \"\" X\n"
                               " SG_ B : 16|8@1+ (1,9223372036854775807) [0|5] \"V\" X\n"
                               " SG_ C : 24|8@1+ (5e-324,0) [0|0] \"mV\" X\n"
                               " SG_ D : 32|8@1+ (1,0) [0|100] \"%\" X\n")
                     .database,
                 "pack");
  CHECK(made.left_out ==
        std::vector<std::string>{"Pack.A: is selected by a value that its selector cannot have",
                                 "Pack.B: no value of its bits is within 0 and 5",
                                 "Pack.C: factor 5e-324 and offset 0 are none of a profile",
                                 "Pack.S: selects none of the signals that are left"});
  CHECK(profile_of(made).points.size() == 1);
}

TEST_CASE("a name becomes words, and stays one that a profile takes") {
  CHECK(to_snake("CellVoltage_000") == "cell_voltage_000");
  CHECK(to_snake("BMSState") == "bms_state");
  CHECK(to_snake("SOC") == "soc");
  CHECK(to_snake("2nd__Value-") == "x_2nd_value");
  CHECK(to_snake("") == "x_");
  CHECK(to_camel("cell_voltage_000") == "CellVoltage000");
  unique_names names("_");
  CHECK(names.take("a") == "a");
  CHECK(names.take("a") == "a_2");
}

TEST_CASE("databases of other people become profiles that read the same values") {
  const char* folder = std::getenv("VOLTAIC_TEST_DATA");
  if (folder == nullptr) {
    WARN("VOLTAIC_TEST_DATA is not set: databases of other people are not tried");
    return;
  }
  std::mt19937_64 random(3);
  std::size_t compared = 0;
  std::size_t imported = 0;
  for (const auto& each :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(folder) / "dbc")) {
    if (each.path().extension() != ".dbc") continue;
    INFO(each.path().filename().string());
    std::ifstream file(each.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto base = load_tolerant(text).database;
    const auto made = to_profile(base, "imported");
    if (made.points == 0) continue;
    ++imported;
    const auto profile = profile_of(made);
    const auto plan = profiles::decode_plan::compile(profile, 0);
    REQUIRE(plan.has_value());
    for (const auto& one : base.messages)
      if (one.length <= 8) agree(one, profile, *plan, random, compared);
  }
  CHECK(imported > 30);
  CHECK(compared > 10'000);
}

TEST_CASE("a database of J1939 becomes a profile of groups, from one address") {
  // 18F090F3, 18F091FE (from anybody), 18F09227 (somebody else), 18F090FE (again), FD10 of 20
  // bytes.
  const auto made = to_profile(load_strict(R"(VERSION ""

BS_:

BU_:

BO_ 2565902579 Power: 8 Vector__XXX
 SG_ Voltage : 32|16@1+ (0.05,0) [0|3212.75] "V" Vector__XXX

BO_ 2565902846 Charge: 8 Vector__XXX
 SG_ Soc : 0|16@1+ (0.0015625,0) [0|100.4] "%" Vector__XXX

BO_ 2565902887 Elsewhere: 8 Vector__XXX
 SG_ Temperature : 0|8@1+ (1,-40) [-40|210] "degC" Vector__XXX

BO_ 2565902590 Again: 8 Vector__XXX
 SG_ Current : 48|16@1+ (0.05,-1600) [-1600|1612.75] "A" Vector__XXX

BO_ 2566721779 Cells: 20 Vector__XXX
 SG_ CellVoltage : 144|16@1+ (0.001,0) [0|64.255] "V" Vector__XXX

BA_DEF_ "ProtocolType" STRING ;
BA_DEF_ SG_ "SPN" INT 0 524287;
BA_DEF_DEF_ "ProtocolType" "";
BA_DEF_DEF_ "SPN" 0;
BA_ "ProtocolType" "J1939";
BA_ "SPN" SG_ 2565902579 Voltage 5919;
)"),
                               "hvess");
  INFO(made.json);
  const auto profile = profile_of(made);
  REQUIRE(profile.j1939);
  CHECK(profile.j1939->address == 243);
  REQUIRE(profile.messages.size() == 3);
  CHECK(profile.messages[0].group == 0xF090u);
  CHECK(profile.messages[1].group == 0xF091u);
  CHECK(profile.messages[2].group == 0xFD10u);
  CHECK(profile.messages[2].length == 20);
  const auto text = nlohmann::json::parse(made.json);
  CHECK(text["messages"][0]["signals"][0]["spn"] == 5919);
  REQUIRE(made.left_out.size() == 2);
  CHECK(made.left_out[0] ==
        "Elsewhere: is sent from address 39, and the profile is of the device at 243");
  CHECK(made.left_out[1] == "Again: is group 0xF090, as another one before it");
}

} // namespace to_profile_test
