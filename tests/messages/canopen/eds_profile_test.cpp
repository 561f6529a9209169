#include "messages/canopen/eds_profile.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <variant>

#include "messages/canopen/eds_load.hpp"
#include "messages/profiles/load.hpp"

// A first profile of a device that comes with an EDS or DCF file.
namespace eds_profile_test {

using namespace voltaic::messages;
using canopen::object_address;
using profiles::device_profile;

namespace {

constexpr const char* text = R"([FileInfo]
FileName=pack.dcf
[DeviceInfo]
VendorName=Acme
ProductName=Pack
VendorNumber=0x566
ProductNumber=0x418
RevisionNumber=0x10002
[DeviceComissioning]
NodeID=5
Baudrate=250
[MandatoryObjects]
SupportedObjects=3
1=0x1000
2=0x1001
3=0x1018
[1000]
ParameterName=Device type
ObjectType=0x7
DataType=0x7
AccessType=ro
DefaultValue=0x1A2
[1001]
ParameterName=Error register
ObjectType=0x7
DataType=0x5
AccessType=ro
[1018]
ParameterName=Identity
ObjectType=0x9
SubNumber=2
[1018sub0]
ParameterName=Count
DataType=0x5
AccessType=ro
DefaultValue=4
[1018sub4]
ParameterName=Serial number
DataType=0x7
AccessType=ro
[OptionalObjects]
SupportedObjects=5
1=0x1017
2=0x1800
3=0x1A00
4=0x6010
5=0x6060
[1017]
ParameterName=Producer heartbeat time
ObjectType=0x7
DataType=0x6
AccessType=rw
DefaultValue=500
[1800]
ParameterName=TPDO communication
ObjectType=0x9
SubNumber=3
[1800sub0]
ParameterName=Highest
DataType=0x5
AccessType=ro
DefaultValue=5
[1800sub1]
ParameterName=COB-ID
DataType=0x7
AccessType=rw
DefaultValue=$NODEID+0x180
[1800sub5]
ParameterName=Event timer
DataType=0x6
AccessType=rw
DefaultValue=100
[1A00]
ParameterName=TPDO mapping
ObjectType=0x9
SubNumber=4
[1A00sub0]
ParameterName=Count
DataType=0x5
AccessType=rw
DefaultValue=3
[1A00sub1]
ParameterName=First
DataType=0x7
AccessType=rw
DefaultValue=0x60100010
[1A00sub2]
ParameterName=Second
DataType=0x7
AccessType=rw
DefaultValue=0x00050008
[1A00sub3]
ParameterName=Third
DataType=0x7
AccessType=rw
DefaultValue=0x60600020
[6010]
ParameterName=Battery temperature
ObjectType=0x7
DataType=0x3
AccessType=ro
PDOMapping=1
[6060]
ParameterName=Battery voltage
ObjectType=0x7
DataType=0x7
AccessType=ro
PDOMapping=1
[ManufacturerObjects]
SupportedObjects=1
1=0x2001
[2001]
ParameterName=Limit
ObjectType=0x7
DataType=0x3
AccessType=rw
DefaultValue=0
ParameterValue=-25
)";

canopen::device_description device_of(const std::string& from, const std::string& name) {
  auto loaded = canopen::load_eds(from, name, strictness::tolerant);
  if (const auto* found = std::get_if<findings>(&loaded)) FAIL(found->front().text);
  return std::get<canopen::loaded_eds>(std::move(loaded)).device;
}

device_profile profile_of(const canopen::eds_profile& made) {
  INFO(made.json);
  auto loaded = profiles::load_profile(made.json, "made.json");
  if (const auto* found = std::get_if<findings>(&loaded)) FAIL(found->front().text);
  return std::get<device_profile>(std::move(loaded));
}

} // namespace

TEST_CASE("a DCF becomes a profile that loads: identity, PDOs, values, serial number") {
  const auto made = canopen::to_profile(device_of(text, "pack.dcf"), "pack", std::nullopt);
  CHECK(made.left_out.empty());
  const auto profile = profile_of(made);
  REQUIRE(profile.canopen);
  const auto& rule = *profile.canopen;
  CHECK(rule.node == 5);
  CHECK(rule.identity.device_type == 0x1A2u);
  CHECK(rule.identity.vendor_id == 0x566u);
  CHECK(rule.identity.product_code == 0x418u);
  CHECK(rule.identity.revision_number == 0x10002u);
  CHECK(rule.heartbeat_ms == 500);
  REQUIRE(rule.pdos.size() == 1);
  CHECK(rule.pdos[0].cob_id == 0x185);
  CHECK(rule.pdos[0].objects.size() == 3);
  REQUIRE(rule.writes.size() == 1);
  CHECK(rule.writes[0].to == object_address{0x2001, 0});
  CHECK(rule.writes[0].value == canopen::object_bytes{0xE7, 0xFF});
  REQUIRE(profile.messages.size() == 2);
  CHECK(profile.messages[0].period_ms == 100);
  REQUIRE(profile.messages[0].signals.size() == 2);
  CHECK(profile.messages[0].signals[1].bits.start == 24);
  REQUIRE(profile.find_point("battery_temperature"));
  CHECK(profile.points[*profile.find_point("battery_temperature")].type == profiles::raw_type::i16);
  CHECK(profile.identity == std::vector<std::string>{"serial_number"});
}

TEST_CASE("the number of the node may be another one than the file's") {
  const auto profile =
      profile_of(canopen::to_profile(device_of(text, "pack.dcf"), "pack", std::uint8_t{9}));
  CHECK(profile.canopen->node == 9);
  CHECK(profile.canopen->pdos[0].cob_id == 0x189);
}

TEST_CASE("every EDS of the shared data becomes a profile that loads, or has no point") {
  const char* data = std::getenv("VOLTAIC_TEST_DATA");
  if (data == nullptr) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(data) + "/eds")) {
    INFO(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    const auto made =
        canopen::to_profile(device_of(content, entry.path().filename()), "made", std::nullopt);
    if (made.points != 0) static_cast<void>(profile_of(made));
    ++files;
  }
  CHECK(files > 0);
}

} // namespace eds_profile_test
