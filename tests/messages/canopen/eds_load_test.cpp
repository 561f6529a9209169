#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "messages/canopen/eds_load.hpp"
#include "messages/canopen/object_table.hpp"

namespace eds_load_test {

using namespace voltaic::messages::canopen;
using voltaic::messages::findings;
using voltaic::messages::strictness;

namespace {

const std::string device =
    "[DeviceInfo]\nVendorName=Somebody\nVendorNumber=0x360\n"
    "[DeviceComissioning]\nNodeID=5\nBaudrate=250\n";

const std::string voltage =
    "[2000]\nParameterName=Voltage\nDataType=0x0006\nAccessType=rw\nPDOMapping=1\n";

loaded_eds load_tolerant(const std::string& text) {
  auto read = load_eds(text, "test.eds", strictness::tolerant);
  REQUIRE(std::holds_alternative<loaded_eds>(read));
  return std::get<loaded_eds>(std::move(read));
}

device_description load_strict(const std::string& text) {
  auto read = load_eds(text, "test.eds", strictness::strict);
  if (const auto* wrong = std::get_if<findings>(&read)) FAIL(wrong->front().text);
  return std::get<loaded_eds>(std::move(read)).device;
}

/// Strictly refused with one defect at that line, and tolerantly loaded with the same.
void is_a_defect(const std::string& text, std::uint32_t line, const std::string& words) {
  const auto read = load_eds(text, "test.eds", strictness::strict);
  REQUIRE(std::holds_alternative<findings>(read));
  const auto& found = std::get<findings>(read);
  INFO(found.front().text);
  REQUIRE(found.size() == 1);
  CHECK(found.front().file == "test.eds");
  CHECK(found.front().line == line);
  CHECK_THAT(found.front().text, Catch::Contains(words));
  CHECK(load_tolerant(text).defects == found);
}

} // namespace

TEST_CASE("an EDS file names its device, objects, types, access and values") {
  const auto read = load_strict(device + voltage + "DefaultValue=0x10\nParameterValue=17\n");
  CHECK(read.vendor_name == "Somebody");
  CHECK(read.vendor == 0x360);
  CHECK(read.node == 5);
  CHECK(read.bit_rate == 250'000);
  const auto* object = read.find({0x2000, 0});
  REQUIRE(object != nullptr);
  CHECK(object->name == "Voltage");
  CHECK(object->type == data_type::unsigned16);
  CHECK(object->is_mappable);
  CHECK(read.number({0x2000, 0}, 5) == 17);
}

TEST_CASE("$NODEID on either side adds the id of the node that is asked for") {
  const std::string text =
      "[1800]\nParameterName=PDO\nObjectType=9\nSubNumber=2\n"
      "[1800sub1]\nDataType=7\nDefaultValue=$NODEID+0x180\n"
      "[1800sub2]\nDataType=7\nDefaultValue=512 + $nodeid\n";
  const auto read = load_strict(text);
  CHECK(read.number({0x1800, 1}, 5) == 0x185);
  CHECK(read.number({0x1800, 1}, 127) == 0x1FF);
  CHECK(read.number({0x1800, 2}, 5) == 517);
}

TEST_CASE("CompactSubObj makes subs with names and values of their own") {
  const auto read = load_strict(
      "[1A00]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=3\n"
      "[1A00Name]\nNrOfEntries=1\n2=second\n[1A00Value]\nNrOfEntries=2\n1=0x60100010\n2="
      "0x60000008\n");
  CHECK(read.number({0x1A00, 0}, 0) == 3);
  CHECK(read.find({0x1A00, 1})->name == "Mapping1");
  CHECK(read.find({0x1A00, 2})->name == "second");
  CHECK(read.find({0x1A00, 3}) != nullptr);
  CHECK(read.find({0x1A00, 4}) == nullptr);
  const auto mapped = read.mapping(0x1A00, 0);
  REQUIRE(mapped.size() == 2);
  CHECK(mapped[0] == mapped_object{{0x6010, 0}, 16});
}

TEST_CASE("CompactPDO makes the PDOs that no section describes") {
  const auto read =
      load_strict("[DeviceInfo]\nNrOfTxPDO=2\nNrOfRxPDO=0\nCompactPDO=0x03\n" + voltage);
  CHECK(read.number({0x1800, 1}, 5) == 0x185);
  CHECK(read.number({0x1801, 1}, 5) == 0x285);
  CHECK(read.number({0x1801, 2}, 5) == 0xFF);
  CHECK(read.find({0x1802, 1}) == nullptr);
  CHECK(read.find({0x1800, 3}) == nullptr);
  CHECK(read.find({0x1400, 1}) == nullptr);
  CHECK(read.mapping(0x1A00, 5).empty());
}

TEST_CASE("each defect of an EDS file is told with its line, and the sound rest is loaded") {
  is_a_defect(voltage + "DefaultValue=70000\n", 6, "out of range");
  is_a_defect(voltage + "DefaultValue=12x\n", 6, "no whole number");
  is_a_defect(voltage + "DefaultValue=5\nLowLimit=6\n", 1, "outside of the limits");
  is_a_defect(voltage + "LowLimit=6\nHighLimit=5\n", 1, "HighLimit is below");
  is_a_defect(voltage + voltage, 6, "stands above already");
  is_a_defect(voltage + "accesstype=ro\n", 6, "already");
  is_a_defect(voltage + "what\n", 6, "expected [section]");
  is_a_defect("what=1\n" + voltage, 1, "before the first");
  is_a_defect(voltage + "[2001\n", 6, "expected ']'");
  is_a_defect(voltage + "[2001]\nDataType=5\nAccessType=maybe\n", 8, "AccessType maybe");
  is_a_defect(voltage + "[2001]\nParameterName=x\n", 6, "no DataType");
  is_a_defect(voltage + "[OptionalObjects]\nSupportedObjects=1\n1=0x2001\n", 8, "no section");
  is_a_defect(voltage + "[OptionalObjects]\nSupportedObjects=2\n1=0x2000\n", 6, "1 are listed");
  is_a_defect(voltage + "[2001]\nObjectType=9\nSubNumber=2\n[2001sub0]\nDataType=5\n", 8,
              "1 are described");
}

TEST_CASE("what is no EDS file is refused strictly and tolerantly") {
  for (const auto how : {strictness::strict, strictness::tolerant})
    for (const std::string text : {"", "VERSION \"\"", "[DeviceInfo]\nVendorName=x\n"})
      CHECK(std::holds_alternative<findings>(load_eds(text, "test.eds", how)));
}

TEST_CASE("every prefix of an EDS file loads or is refused, with its defects bounded") {
  const auto text =
      device + voltage +
      "LowLimit=0x01\n[1A00]\nDataType=7\nCompactSubObj=4\n"
      "[1A00Value]\n1=0x20000010\n[1018]\nObjectType=9\nSubNumber=1\n[1018sub0]\nDataType=5\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto read = load_eds(std::string_view(text).substr(0, size), "x", strictness::tolerant);
    const auto* all = std::get_if<loaded_eds>(&read);
    CHECK((all == nullptr || all->defects.size() <= 4));
  }
}

TEST_CASE("numbers of an EDS file are decimal, hexadecimal or octal, and within their type") {
  const auto of = [](const char* text, std::uint32_t bits, bool is_signed_type) {
    return parse_integer(text, bits, is_signed_type);
  };
  CHECK(*of("-128", 8, true) == object_value(std::int64_t{-128}));
  CHECK(*of("0xFF", 8, true) == object_value(std::int64_t{-1}));
  CHECK(*of("0x80", 8, true) == object_value(std::int64_t{-128}));
  CHECK(*of("010", 8, false) == object_value(std::uint64_t{8}));
  CHECK(*of("0", 8, false) == object_value(std::uint64_t{0}));
  CHECK(*of("0xFFFFFFFFFFFFFFFF", 64, false) == object_value(~std::uint64_t{0}));
  CHECK(*of("-9223372036854775808", 64, true) == object_value(INT64_MIN));
  for (const char* wrong : {"-129", "128", "0x100", "", "-", "0x", "08", "1.5", "1 2"}) {
    INFO(wrong);
    CHECK_FALSE(of(wrong, 8, true));
  }
  CHECK_FALSE(of("-1", 8, false));
  CHECK_FALSE(of("18446744073709551616", 64, false));
}

TEST_CASE("an object table of an EDS keeps access, lengths and limits") {
  object_table table(
      load_strict(voltage +
                  "DefaultValue=7\nLowLimit=1\nHighLimit=9\n"
                  "[2001]\nDataType=5\nAccessType=wo\n[2002]\nDataType=5\nAccessType=ro\n"),
      1);
  const object_address voltage_at{0x2000, 0};
  CHECK(std::get<object_bytes>(table.read(voltage_at)) == object_bytes{7, 0});
  CHECK(table.write(voltage_at, object_bytes{10, 0}) == abort_code::too_high);
  CHECK(table.write(voltage_at, object_bytes{0, 0}) == abort_code::too_low);
  CHECK(table.write(voltage_at, object_bytes{1}) == abort_code::too_short);
  CHECK(table.write(voltage_at, object_bytes{1, 0, 0}) == abort_code::too_long);
  CHECK_FALSE(table.write(voltage_at, object_bytes{9, 0}));
  CHECK(std::get<object_bytes>(table.read(voltage_at)) == object_bytes{9, 0});
  CHECK(std::get<abort_code>(table.read({0x2001, 0})) == abort_code::write_only);
  CHECK(table.write({0x2002, 0}, object_bytes{1}) == abort_code::read_only);
  CHECK(std::get<abort_code>(table.read({0x2002, 0})) == abort_code::no_resource);
  CHECK(table.set({0x2002, 0}, {3}));
  CHECK(std::get<abort_code>(table.read({0x2002, 1})) == abort_code::no_subindex);
  CHECK(std::get<abort_code>(table.read({0x3000, 0})) == abort_code::no_object);
}

TEST_CASE("EDS files of other people load strictly, or with the defects that they have") {
  const char* folder = std::getenv("VOLTAIC_TEST_DATA");
  if (folder == nullptr) {
    WARN("VOLTAIC_TEST_DATA is not set: EDS files of other people are not tried");
    return;
  }
  std::size_t files = 0;
  for (const auto& each :
       std::filesystem::directory_iterator(std::filesystem::path(folder) / "eds")) {
    ++files;
    INFO(each.path().filename());
    std::ifstream file(each.path(), std::ios::binary);
    const auto read = load_tolerant({std::istreambuf_iterator<char>(file), {}});
    for (const auto& defect : read.defects) UNSCOPED_INFO(defect.line << ": " << defect.text);
    // Only the one that was made to try readers has any.
    CHECK(read.defects.empty() == (each.path().filename() != "sample.eds"));
    CHECK(read.device.find({0x1000, 0}) != nullptr);
  }
  CHECK(files >= 11);
}

TEST_CASE("an EDS that is not UTF-8 is read as Windows-1252") {
  const auto read =
      load_strict(device + "[2000]\nParameterName=Temp \xB0\nDataType=0x0006\nAccessType=rw\n");
  const auto* described = read.find({0x2000, 0});
  REQUIRE(described != nullptr);
  CHECK(described->name == "Temp \xC2\xB0");
}

} // namespace eds_load_test
