#include "messages/canopen/to_profile.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "messages/canopen/eds_load.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/load.hpp"

namespace canopen_to_profile_test {

using namespace voltaic::messages;
using Catch::Matchers::VectorContains;
using nlohmann::json;

namespace {

/// A battery whose first PDO has a temperature, a status and a voltage, and which takes a limit.
constexpr const char* battery =
    "[DeviceInfo]\nVendorName=Acme\nProductName=Pack\nVendorNumber=0x42\n"
    "[6000]\nParameterName=Status\nDataType=5\nPDOMapping=1\n"
    "[6010]\nParameterName=Temperature\nDataType=3\nPDOMapping=1\nLowLimit=-320\nHighLimit=680\n"
    "[6060]\nParameterName=Voltage\nDataType=7\nPDOMapping=1\n"
    "[6070]\nParameterName=CurrentLimit\nDataType=6\nPDOMapping=1\nHighLimit=200\n"
    "DefaultValue=100\n"
    "[6100]\nParameterName=Cells\nObjectType=8\nSubNumber=3\n"
    "[6100sub0]\nParameterName=Count\nDataType=5\nDefaultValue=2\n"
    "[6100sub1]\nParameterName=First\nDataType=8\nPDOMapping=1\n"
    "[6100sub2]\nParameterName=Second\nDataType=0x1B\nPDOMapping=1\n"
    "[6200]\nParameterName=Name\nDataType=9\n"
    "[1800]\nParameterName=TPDO1\nObjectType=9\nSubNumber=3\n"
    "[1800sub0]\nParameterName=n\nDataType=5\nDefaultValue=5\n"
    "[1800sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=$NODEID+0x180\n"
    "[1800sub5]\nParameterName=Timer\nDataType=6\nDefaultValue=200\n"
    "[1A00]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=4\n"
    "[1A00Value]\n1=0x60100010\n2=0x00050008\n3=0x60000008\n4=0x60600020\n"
    "[1801]\nParameterName=TPDO2\nObjectType=9\nSubNumber=2\n"
    "[1801sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=$NODEID+0x280\n"
    "[1801sub2]\nParameterName=Type\nDataType=5\nDefaultValue=4\n"
    "[1A01]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=3\n"
    "[1A01Value]\n1=0x60700010\n2=0x61000120\n3=0x60100010\n"
    "[1802]\nParameterName=TPDO3\nObjectType=9\nSubNumber=1\n"
    "[1802sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=$NODEID+0x80000380\n"
    "[1803]\nParameterName=TPDO4\nObjectType=9\nSubNumber=1\n"
    "[1803sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=0x581\n"
    "[1804]\nParameterName=TPDO5\nObjectType=9\nSubNumber=1\n"
    "[1804sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=0x1A0\n"
    "[1A04]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=2\n"
    "[1A04Value]\n1=0x61000240\n2=0x60000008\n"
    "[1805]\nParameterName=TPDO6\nObjectType=9\nSubNumber=1\n"
    "[1805sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=0x1A1\n"
    "[1A05]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=3\n"
    "[1A05Value]\n1=0x61000230\n2=0x62000008\n3=0x63000004\n"
    "[1400]\nParameterName=RPDO1\nObjectType=9\nSubNumber=1\n"
    "[1400sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=$NODEID+0x200\n"
    "[1600]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=2\n"
    "[1600Value]\n1=0x00050008\n2=0x60700010\n"
    "[1000]\nParameterName=Type\nDataType=7\nDefaultValue=0x1A2\n"
    "[1017]\nParameterName=Heartbeat\nDataType=6\nDefaultValue=0\n"
    "[1006]\nParameterName=Cycle\nDataType=7\nDefaultValue=50000\n";

profiles::imported_profile import(const std::string& text, std::uint8_t node) {
  const auto read = canopen::load_eds(text, "battery.eds", strictness::tolerant);
  REQUIRE(std::holds_alternative<canopen::loaded_eds>(read));
  return canopen::to_profile(std::get<canopen::loaded_eds>(read).device, "battery", node);
}

profiles::device_profile load(const profiles::imported_profile& made) {
  auto read = profiles::load_profile(made.json, "battery.json");
  if (const auto* wrong = std::get_if<findings>(&read))
    for (const auto& each : *wrong) UNSCOPED_INFO(each.text);
  INFO(made.json);
  REQUIRE(std::holds_alternative<profiles::device_profile>(read));
  return std::get<profiles::device_profile>(read);
}

} // namespace

TEST_CASE("an EDS becomes a profile that loads: points of transmit PDOs by type and limits") {
  const auto made = import(battery, 5);
  const auto profile = load(made);
  const auto told = json::parse(made.json);
  const auto& points = told.at("points");
  CHECK(points.size() == 7);
  CHECK(points.at("temperature").at("type") == "i16");
  CHECK(points.at("temperature").at("valid") == json({-320, 680}));
  CHECK(points.at("imported_voltage").at("type") == "u32");
  CHECK(points.at("current_limit").at("valid") == json({0, 200}));
  CHECK(points.at("cells_first").at("type") == "f64");
  CHECK(points.at("cells_second").at("type") == "i64");
  CHECK(points.at("object_6300_00").at("type") == "u16"); // the file does not describe it
  CHECK_FALSE(profile.commissioned);

  const auto& first = profile.messages.at(0);
  CHECK(first.id == 0x185);
  CHECK(first.length == 8);
  CHECK(first.period_ms == 200);
  CHECK(first.signals.at(1).bits.start == 24); // behind the dummy
  const auto& second = profile.messages.at(1);
  CHECK(second.id == 0x285);
  CHECK(second.period_ms == 200); // each fourth SYNC of 50 ms
  CHECK(profile.messages.at(2).id == 0x1A1);
}

TEST_CASE("an EDS says who its node is, and how it is supervised") {
  const auto rule = load(import(battery, 5)).canopen;
  REQUIRE(rule);
  CHECK(rule->node == 5);
  CHECK(rule->identity.device_type == 0x1A2);
  CHECK(rule->identity.vendor_id == 0x42);
  CHECK_FALSE(rule->identity.serial_number);
  CHECK(rule->heartbeat_ms == 1'000); // it is off, and can be written
  CHECK(rule->sync_ms == 50);
  REQUIRE(rule->pdos.size() == 4);
  CHECK(rule->pdos.at(0).use == profiles::mapping_use::verified);
  CHECK(rule->pdos.at(0).event_ms == 200);
  CHECK(rule->pdos.at(1).transmission == 4);
  CHECK_FALSE(rule->pdos.at(3).which.is_transmit);
}

TEST_CASE("the identity object says which device it is, and a DCF what is written to this one") {
  const auto made = import(std::string(battery) +
                               "[1018]\nParameterName=Identity\nObjectType=9\nSubNumber=1\n"
                               "[1018sub4]\nParameterName=Serial\nDataType=7\nAccessType=ro\n"
                               "[2000]\nParameterName=Gain\nDataType=3\nParameterValue=-5\n"
                               "[2001]\nParameterName=Key\nDataType=9\nParameterValue=secret\n",
                           5);
  const auto profile = load(made);
  CHECK(profile.identity == std::vector<std::string>{"serial_number"});
  REQUIRE(profile.canopen->writes.size() == 1);
  CHECK(profile.canopen->writes.front().to == canopen::object_address{0x2000, 0});
  CHECK(profile.canopen->writes.front().value == canopen::object_bytes{0xFB, 0xFF});
  CHECK_THAT(made.left_out, VectorContains(std::string("value of 2001:00: a profile writes whole "
                                                       "numbers of up to 48 bits, 256 at most")));
}

TEST_CASE("a PDO that says its values only when they change is given an event timer") {
  const std::string timer = "[1800sub5]\nParameterName=Timer\nDataType=6\nDefaultValue=";
  auto text = std::string(battery);
  text.replace(text.find(timer) + timer.size(), 3, "0");
  const auto pdo = load(import(text, 5)).canopen->pdos.at(0);
  CHECK(pdo.use == profiles::mapping_use::written);
  CHECK(pdo.event_ms == 1'000);
}

TEST_CASE("what no PDO shows is read by SDO, where a receive PDO sets it") {
  const std::string shown = "1=0x60700010\n2=0x61000120";
  auto text = std::string(battery);
  text.replace(text.find(shown), shown.size(), "1=0x00060010\n2=0x61000120");
  const auto made = import(text, 5);
  const auto profile = load(made);
  REQUIRE(profile.commands.size() == 1);
  CHECK(profile.points.at(profile.commands.front().read_back).name == "current_limit");
  const auto reads = json::parse(made.json).at("canopen").at("reads");
  REQUIRE(reads.size() == 1);
  CHECK(reads.at(0).at("object") == "0x6070:00");
}

TEST_CASE("what a profile cannot say of an EDS is told by PDO and object") {
  const auto left_out = import(battery, 5).left_out;
  CHECK_THAT(left_out, VectorContains(std::string("TPDO 3: is disabled")));
  CHECK_THAT(left_out, VectorContains(std::string("TPDO 4: no PDO may have the identifier 581")));
  CHECK_THAT(left_out, VectorContains(std::string("TPDO 2, 6010:00: is temperature already")));
  CHECK_THAT(left_out, VectorContains(std::string("TPDO 6, 6200:00: VISIBLE_STRING is no number")));
  // 72 bits.
  CHECK_THAT(left_out, Catch::Matchers::Predicate<std::vector<std::string>>([](const auto& all) {
               return std::ranges::any_of(
                   all, [](const auto& each) { return each.starts_with("TPDO 5: "); });
             }));
}

TEST_CASE("a receive PDO of one number that a point shows becomes a set command within limits") {
  const auto profile = load(import(battery, 5));
  REQUIRE(profile.commands.size() == 1);
  const auto& command = profile.commands.front();
  CHECK(command.id == 0x205);
  CHECK(command.length == 3);
  REQUIRE(command.fields.size() == 1);
  CHECK(command.fields.front().bits.start == 8);
  CHECK(command.allowed == profiles::value_range{0, 200});
  CHECK(command.default_value == 100.0);
  CHECK(profile.points.at(command.read_back).name == "current_limit");
}

} // namespace canopen_to_profile_test
