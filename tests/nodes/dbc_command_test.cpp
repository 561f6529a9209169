#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/command_line.hpp"

namespace dbc_command_test {

using namespace voltaic;

namespace {

constexpr const char* pack =
    "VERSION \"\"\nBO_ 496 PackState: 8 BMS\n"
    " SG_ Voltage : 7|16@0+ (0.1,0) [0|1000] \"V\" X\n"
    " SG_ State : 16|8@1+ (1,0) [0|3] \"\" X\n"
    "VAL_ 496 State 0 \"Open\" 1 \"Closed\" ;\n";

/// Commands on a DBC file of their own.
class bench {
 public:
  explicit bench(const std::string& content) { std::ofstream(place_ / "pack.dbc") << content; }
  tests::command_outcome run(std::string_view command, std::string_view rest) {
    return tests::run_voltaic(place_, fmt::format("{} {} {}", command, place_ / "pack.dbc", rest));
  }
  [[nodiscard]] std::string path(const char* name) const { return place_ / name; }

 private:
  tests::temporary_folder place_;
};

} // namespace

TEST_CASE("encode --dbc prints a frame that decode --dbc reads back") {
  bench by(pack);
  const auto made = by.run("encode --dbc", "PackState Voltage=360.8 State=Closed");
  CHECK(made.code == 0);
  CHECK(made.output == "1F0#0E18010000000000\n");
  std::ofstream(by.path("bus.log")) << "(1953.613500) can0 " << made.output;
  const auto read = by.run("decode --dbc", "--json --log " + by.path("bus.log"));
  CHECK(read.code == 0);
  CHECK(read.output ==
        R"({"t":1953.613500,"bus":"can0","id":"0x1F0","extended":false,"message":"PackState",)"
        R"("signals":{"Voltage":{"value":360.8,"unit":"V","raw":3608},)"
        R"("State":{"value":1,"unit":"","raw":1,"label":"Closed"}}})"
        "\n");
}

TEST_CASE("encode --dbc refuses what cannot be in the frame, with the signal's name") {
  bench by(pack);
  const auto beyond = by.run("encode --dbc", "PackState Voltage=1000.1 State=0");
  CHECK(beyond.code == 1);
  CHECK_THAT(beyond.errors, Catch::Contains("Voltage 1000.1 V is not from 0 to 1000"));
  CHECK(beyond.output.empty());
  CHECK(by.run("encode --dbc", "PackStat").code == 1);
  CHECK(by.run("encode --dbc", "PackState Voltage").code == 2);
}

TEST_CASE("encode --dbc tells what goes out where a number lies between two steps") {
  bench by(pack);
  const auto near = by.run("encode --dbc", "PackState Voltage=360.84 State=Closed");
  CHECK(near.code == 0);
  CHECK(near.output == "1F0#0E18010000000000\n");
  CHECK(near.errors ==
        "voltaic encode: Voltage: 360.84 V cannot be said exactly, 360.8 V is, its steps are 0.1 "
        "V\n");
  const auto refused = by.run("encode --dbc", "PackState --exact Voltage=360.84 State=Closed");
  CHECK(refused.code == 1);
  CHECK(refused.output.empty());
  CHECK_THAT(refused.errors, Catch::Contains("360.84 V cannot be said exactly"));
  const auto raw = by.run("encode --dbc", "PackState --raw --exact Voltage=3608.5 State=Closed");
  CHECK(raw.code == 1);
  CHECK_THAT(raw.errors, Catch::Contains("3608.5 cannot be said exactly, 3609 is"));
  const auto exact = by.run("encode --dbc", "PackState --exact Voltage=360.8 State=1");
  CHECK(exact.code == 0);
  CHECK(exact.errors.empty());
}

TEST_CASE("decode --dbc --list names the messages of a file and what encode may be given of them") {
  bench by(pack);
  const auto shown = by.run("decode --dbc", "--list");
  CHECK(shown.code == 0);
  CHECK(shown.output ==
        "0x1F0 PackState, 8 bytes\n"
        "  Voltage  7|16 motorola unsigned, steps of 0.1 V, 0 to 1000\n"
        "  State    16|8 intel unsigned, steps of 1, 0 to 3; 0 Open, 1 Closed\n");
  const auto line = nlohmann::json::parse(by.run("decode --dbc", "--list --json").output);
  CHECK(line.at("message") == "PackState");
  CHECK(line.at("signals").at(1).at("values").at("1") == "Closed");
  CHECK(by.run("decode --dbc", "--list --log x.log").code == 2);
  CHECK(by.run("decode --dbc", "").code == 2);
}

TEST_CASE("a DBC file without a message is told as such, and lists nothing") {
  bench by("VERSION \"\"\nBU_: BMS\n");
  const auto shown = by.run("decode --dbc", "--list");
  CHECK(shown.code == 1);
  CHECK(shown.output.empty());
  CHECK_THAT(shown.errors, Catch::Contains("describes no message"));
}

TEST_CASE("a DBC file with defects is refused with its lines, unless read tolerantly") {
  bench by(std::string(pack) + "BO_ 496 Again: 8 X\n");
  const auto strict = by.run("encode --dbc", "PackState Voltage=1 State=0");
  CHECK(strict.code == 1);
  CHECK_THAT(strict.errors, Catch::Contains("pack.dbc:6:"));
  CHECK_THAT(strict.errors, Catch::Contains("--tolerant"));
  const auto tolerant = by.run("encode --dbc", "--tolerant PackState Voltage=1 State=0");
  CHECK(tolerant.code == 0);
  CHECK_THAT(tolerant.errors, Catch::Contains("pack.dbc:6:"));
}

TEST_CASE("import dbc into a folder, or where nothing can be written, says so and what it takes") {
  bench by(pack);
  const auto into = by.run("import dbc", "--replace -o " + by.path(""));
  CHECK(into.code == 1);
  CHECK_THAT(into.errors, Catch::Contains("is a folder; -o takes the profile's file, as ") &&
                              Catch::Contains(".json"));
  const auto nowhere = by.run("import dbc", "-o " + by.path("absent/pack.json"));
  CHECK(nowhere.code == 1);
  CHECK_THAT(nowhere.errors, Catch::Contains("cannot be written: No such file or directory"));
}

TEST_CASE("import dbc writes a profile that decodes, and replaces none unasked") {
  bench by(pack);
  const auto profile = by.path("pack.json");
  CHECK(by.run("import dbc", "-o " + profile).code == 0);
  std::ifstream file(profile);
  CHECK(nlohmann::json::parse(file).at("name") == "pack");
  const auto again = by.run("import dbc", "-o " + profile);
  CHECK(again.code == 1);
  CHECK_THAT(again.errors, Catch::Contains("is there already"));
  CHECK(by.run("import dbc", "--replace -o " + profile).code == 0);
  std::ofstream(by.path("bus.log")) << "(1.000000) can0 1F0#0E18010000000000\n";
  tests::temporary_folder elsewhere;
  const auto read = tests::run_voltaic(
      elsewhere, fmt::format("decode --profile {} --json --log {}", profile, by.path("bus.log")));
  CHECK_THAT(read.output, Catch::Contains(R"("imported_voltage":{"value":360.8,"unit":"V")"));
  CHECK_THAT(read.output, Catch::Contains(R"("state":{"value":"Closed")"));
}

TEST_CASE("decode takes a profile or a DBC file, not both and not none") {
  bench by(pack);
  std::ofstream(by.path("bus.log")) << "(1.000000) can0 1F0#0E18010000000000\n";
  CHECK(by.run("decode --dbc", "--profile x.json --log " + by.path("bus.log")).code == 2);
  tests::temporary_folder place;
  CHECK(tests::run_voltaic(place, "decode --log " + by.path("bus.log")).code == 2);
}

} // namespace dbc_command_test
