#include <fmt/format.h>
#include <sys/wait.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bus/message/record/recording.hpp"
#include "messages/points/output.hpp"
#include "messages/points/point_table.hpp"
#include "support/temporary_folder.hpp"

namespace simulate_command_test {

using namespace voltaic;

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct outcome {
  int code = -1;
  std::string output;
  std::string errors;
  std::string recording;
};

class simulation {
 public:
  /// Runs `voltaic simulate` on the demo site.
  outcome run(const std::string& rows, const std::string& options) {
    const char* program = std::getenv("VOLTAIC");
    REQUIRE(program != nullptr);
    std::ofstream(place_ / "trace.csv") << "t_ms,point,index,value\n" << rows;
    const auto line = fmt::format(
        "env VOLTAIC_RUNTIME_DIR={0}/run {1} simulate {2}/configs/demo.toml --trace {0}/trace.csv "
        "--record {0}/bus.rec --json {3} > {0}/output 2> {0}/errors",
        place_.path().string(), program, VOLTAIC_SOURCE_FOLDER, options);
    const int status = std::system(line.c_str());
    return {WEXITSTATUS(status), contents(place_ / "output"), contents(place_ / "errors"),
            contents(place_ / "bus.rec")};
  }

  /// A value at the end of what was recorded last.
  std::string value(const std::string& point) const {
    auto source = bus::message::recording::open(place_ / "bus.rec");
    REQUIRE(source);
    messages::points::point_table table;
    bus::message::recorded one;
    while (source->next(one)) table.apply(*messages::decode(*one.frame));
    const auto found = table.find(point);
    REQUIRE(found);
    return messages::points::value_text(*found);
  }

 private:
  tests::temporary_folder place_;
};

bool says(const outcome& done, const std::string& rack, const std::string& candidate,
          const std::string& edge) {
  std::istringstream lines(done.output);
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    if (event.value("rack", "") == rack && event.value("candidate", "") == candidate &&
        event.value("edge", "") == edge) {
      return true;
    }
  }
  return false;
}

} // namespace

TEST_CASE("simulate says and records the same bytes for the same file and seed") {
  simulation site;
  const std::string rows =
      "1000,rack_0/cell_voltage,19,3.66\n"
      "2000,rack_1/cell_voltage,3,invalid\n"
      "6000,command,,open rack_1\n"
      "7000,command,,reset rack_0\n";
  const auto once = site.run(rows, "--for 9s --seed 7");
  INFO(once.errors);
  REQUIRE(once.code == 0);
  CHECK(says(once, "rack_0", "cell_overvoltage", "set"));
  CHECK(once.recording.size() > 100'000);
  // A trace has no faults of the message hub: every seed gives the same.
  for (const auto* seed : {"7", "8"}) {
    const auto again = site.run(rows, std::string("--for 9s --seed ") + seed);
    CHECK(again.code == 0);
    CHECK(once.output == again.output);
    CHECK(once.recording == again.recording);
  }
}

TEST_CASE("simulate measures with noise by its seed: the same bytes for one, others for another") {
  simulation site;
  const auto once = site.run("", "--for 3s --noise --seed 7");
  INFO(once.errors);
  REQUIRE(once.code == 0);
  CHECK(site.value("rack_0/cell_voltage_max") != site.value("rack_0/cell_voltage_min"));
  CHECK(site.value("inverter_0/state") == "off"); // its lines are played as well
  CHECK(site.run("", "--for 3s --noise --seed 7").recording == once.recording);
  CHECK(site.run("", "--for 3s --noise --seed 8").recording != once.recording);
}

TEST_CASE("simulate exits 1 and names the line of a trace that is wrong") {
  simulation site;
  const auto unknown =
      site.run("0,rack_0/cell_voltage,,3.3\n1000,rack_7/cell_voltage,0,3.3\n", "--for 1s");
  CHECK(unknown.code == 1);
  CHECK(unknown.errors.find("trace.csv:3:") != std::string::npos);
  CHECK(unknown.output.empty());
  const auto broken = site.run("0,rack_0/cell_voltage,,high\n", "--for 1s");
  CHECK(broken.code == 1);
  CHECK(broken.errors.find("trace.csv:2:") != std::string::npos);
  CHECK(site.run("0,rack_0/cell_voltage,480,3.3\n", "--for 1s").code == 1);
  CHECK(site.run("", "--for 1s --disable no_such_candidate").code == 2);
}

TEST_CASE("simulate lays values, defects and silence over what racks report") {
  simulation site;
  const auto done = site.run(
      "0,rack_0/cell_temperature,,-12.5\n"
      "0,rack_0/current,,-50\n"
      "0,rack_1/cell_voltage,,3.31\n"
      "1000,rack_0/cell_voltage,19,3.56\n"
      "1500,rack_0/cell_voltage,19,freeze\n"
      "1500,rack_1/cell_voltage,3,invalid\n"
      "6000,rack_0/cell_voltage,19,release\n"
      "6000,rack_1/cell_voltage,,silent\n",
      "--for 9s --initial open");
  INFO(done.errors << done.output);
  REQUIRE(done.code == 0);
  CHECK(site.value("rack_0/cell_temperature_max") == "-12.5");
  CHECK(site.value("rack_0/current") == "-50.0");
  CHECK(site.value("rack_0/contactor") == "open");
  // Frozen, it stays what it was; released, it follows the physics.
  CHECK(says(done, "rack_0", "cell_overvoltage", "set"));
  CHECK(site.value("rack_0/cell_voltage_max") == "3.300");
  CHECK(says(done, "rack_1", "sensor_invalid", "set"));
  CHECK(says(done, "rack_1", "communication_loss", "set"));
  CHECK_FALSE(says(done, "rack_1", "cell_overvoltage", "set"));
}

TEST_CASE("simulate leaves a disabled candidate out, and closes racks unless told otherwise") {
  simulation site;
  const auto done = site.run("1000,rack_0/cell_voltage,19,3.66\n1000,rack_0/cell_voltage,20,2.4\n",
                             "--for 5s --disable cell_overvoltage");
  INFO(done.errors << done.output);
  REQUIRE(done.code == 0);
  CHECK_FALSE(says(done, "rack_0", "cell_overvoltage", "set"));
  CHECK(says(done, "rack_0", "cell_undervoltage", "set"));
  CHECK(site.value("rack_1/contactor") == "closed");
  CHECK(site.value("rack_0/contactor") != "closed");
}

} // namespace simulate_command_test
