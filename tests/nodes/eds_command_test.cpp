#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "support/command_line.hpp"

namespace eds_command_test {

using namespace voltaic;
using Catch::Matchers::Contains;

namespace {

constexpr const char* battery =
    "[6010]\nParameterName=Temperature\nDataType=3\nPDOMapping=1\n"
    "[1800]\nParameterName=TPDO1\nObjectType=9\nSubNumber=1\n"
    "[1800sub1]\nParameterName=COB-ID\nDataType=7\nDefaultValue=$NODEID+0x180\n"
    "[1A00]\nParameterName=Mapping\nObjectType=9\nDataType=7\nCompactSubObj=1\n"
    "[1A00Value]\n1=0x60100010\n";

/// An import whose profile a site then checks.
class bench {
 public:
  explicit bench(const std::string& eds) : eds_(eds) {}
  tests::command_outcome import(const std::string& rest) {
    return tests::run_voltaic(place_, fmt::format("import eds {} -o {} {}", eds_, profile(), rest));
  }
  tests::command_outcome check() {
    std::ofstream(place_ / "site.toml")
        << "[site]\nname = \"imported\"\n[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n"
           "bitrate = 500000\n[[device]]\nname = \"dev_0\"\nprofile = \"made.json\"\n"
           "bus = \"can0\"\n";
    return tests::run_voltaic(place_, "check " + (place_ / "site.toml"));
  }
  [[nodiscard]] std::string profile() const { return place_ / "made.json"; }

 private:
  tests::temporary_folder place_;
  std::string eds_;
};

} // namespace

TEST_CASE("import eds writes a profile that a site takes, at the node that is asked for") {
  tests::temporary_folder place;
  std::ofstream(place / "battery.eds") << battery;
  bench by(place / "battery.eds");
  const auto first = by.import("");
  CHECK(first.code == 0);
  CHECK_THAT(first.errors, Contains("names no node: identifiers are those of node 1"));
  CHECK(by.check().code == 0);
  const auto again = by.import("--node 5");
  CHECK(again.code == 1);
  CHECK_THAT(again.errors, Contains("is there already"));
  CHECK(by.import("--node 5 --replace").code == 0);
  const auto made = nlohmann::json::parse(tests::contents(by.profile()));
  CHECK(made.at("name") == "battery");
  CHECK(made.at("canopen").at("node") == 5);
  CHECK(made.at("canopen").at("pdos").at(0).at("name") == "tpdo1");
  CHECK(by.import("--node 128").code == 2);
  CHECK(tests::run_voltaic(place, "import dbc x.dbc --node 5").code == 2);
}

TEST_CASE("import eds refuses a file with defects by its lines, unless it is tolerant") {
  tests::temporary_folder place;
  std::ofstream(place / "battery.eds") << battery << "[7000]\nParameterName=x\n";
  bench by(place / "battery.eds");
  const auto strict = by.import("");
  CHECK(strict.code == 1);
  CHECK_THAT(strict.errors, Contains("battery.eds:20:1: [7000] has no DataType"));
  CHECK_FALSE(std::filesystem::exists(by.profile()));
  CHECK(by.import("--tolerant").code == 0);
  CHECK(by.check().code == 0);

  std::ofstream(place / "empty.eds") << "[6010]\nParameterName=Temperature\nDataType=3\n";
  bench without(place / "empty.eds");
  const auto none = without.import("");
  CHECK(none.code == 1);
  CHECK_THAT(none.errors, Contains("has no PDO that a profile can hold"));
}

TEST_CASE("EDS files of other people become profiles that sites take, or tell why not") {
  const char* data = std::getenv("VOLTAIC_TEST_DATA");
  if (data == nullptr) {
    WARN("VOLTAIC_TEST_DATA is not set: EDS files of other people are not tried");
    return;
  }
  struct expectation {
    const char* file;
    const char* how; ///< empty: not even tolerantly
    const char* said = "";
  };
  constexpr expectation all[] = {
      {"co-pdo-transmit.dcf", "--strict"},
      {"cocatd.dcf", "--strict"},
      {"sample.eds", "--tolerant", "6041:00: its type, which the file does not describe"},
      {"DS301_profile.eds", "", "TPDO 1: is disabled"},
      {"coctl.dcf", "", "TPDO 1: maps no object"},
      {"co-pdo-receive.dcf", "", "RPDO 1: carries several values"},
  };
  for (const auto& each : all) {
    INFO(each.file);
    bench by(fmt::format("{}/eds/{}", data, each.file));
    const bool is_taken = *each.how != '\0';
    const auto made = by.import(is_taken ? each.how : "--tolerant");
    INFO(made.errors);
    CHECK(made.code == (is_taken ? 0 : 1));
    CHECK_THAT(made.errors, Contains(each.said));
    if (!is_taken) continue;
    const auto checked = by.check();
    INFO(checked.errors);
    CHECK(checked.code == 0);
  }
}

} // namespace eds_command_test
