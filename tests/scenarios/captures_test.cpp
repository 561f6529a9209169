#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bus/message/record/capture_store.hpp"
#include "support/command_line.hpp"

namespace captures_test {

using namespace voltaic;
using nlohmann::json;
using tests::contents;
using tests::run_voltaic;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t first = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', first)) {
    lines.push_back(text.substr(first, end - first));
    first = end + 1;
  }
  return lines;
}

/// The demo site whose fourth cell passes the fault's value after 14 s, a fifth the hard one's 5 s
/// later.
class captured_site {
 public:
  captured_site() {
    std::ofstream(place / "trace.csv") << "t_ms,point,index,value\n"
                                          "14000,rack_0/cell_voltage,3,3.700\n"
                                          "19000,rack_0/cell_voltage,4,3.800\n";
  }
  std::vector<std::string> simulate(const std::string& options) {
    const auto done = run_voltaic(place, "simulate configs/demo.toml --json --for 50s --trace " +
                                             (place / "trace.csv") + " " + options);
    REQUIRE(done.code == 0);
    return lines_of(done.output);
  }
  tests::command_outcome captures(const std::string& arguments) {
    return run_voltaic(place, "captures --in " + (place / "captures") + " " + arguments);
  }
  tests::temporary_folder place;
};

bool tells_capture(const std::string& line) {
  return line.find("capture_") != std::string::npos;
}

} // namespace

TEST_CASE("a fault is captured from 10 s before to 10 s after, at scan rate") {
  captured_site site;
  const auto lines = site.simulate("--captures " + (site.place / "captures"));
  REQUIRE(std::ranges::count_if(lines, tells_capture) == 1);
  const auto told = json::parse(*std::ranges::find_if(lines, tells_capture));
  CHECK(told["subject"] == "rack_0");
  const auto listed = site.captures("--json");
  REQUIRE(listed.code == 0);
  const auto summary = json::parse(listed.output);
  CHECK(summary["before_s"] == 10.0);
  CHECK(summary["after_s"] == 14.2);
  CHECK(summary["faults"].size() == 3);
  const auto file = std::filesystem::path(std::string(summary["path"])).filename().string();
  CHECK(std::string(told["reason"]).starts_with(file + ": 10.0 s before and 14.2 s after "));

  SECTION("a point that is not in it is an error that names it") {
    const auto refused = site.captures(std::string(summary["id"]) + " rack_0/sok --csv");
    CHECK(refused.code == 1);
    CHECK(refused.errors.find("there is no point rack_0/sok in it, did you mean rack_0/soc?") !=
          std::string::npos);
  }
  SECTION("as a table: each scan of every cell, limits and levels") {
    const auto table = site.captures(std::string(summary["id"]) + " --csv");
    REQUIRE(table.code == 0);
    const auto rows = lines_of(table.output);
    REQUIRE(rows.size() > 242); // 24.2 s of values each 100 ms
    for (const auto* name : {"rack_0/cell_voltage[479]", "rack_0/cell_temperature[239]",
                             "rack_0/current", "rack_0/voltage", "rack_0/charge_current_limit",
                             "rack_0/protection_level", "rack_0/contactor"})
      CHECK(rows[0].find(name) != std::string::npos);
    CHECK(rows[1].starts_with("-10.000,"));
    CHECK(rows.back().starts_with("14.200,"));
  }
  SECTION("as JSON: what a cell did, and when") {
    const auto shown = site.captures("rack_0/1 --json 'rack_0/cell_voltage[3]' rack_0/contactor");
    REQUIRE(shown.code == 0);
    double rises_s = 0;
    std::vector<std::string> states;
    for (const auto& line : lines_of(shown.output)) {
      const auto row = json::parse(line);
      const auto& cell = row["values"]["rack_0/cell_voltage[3]"];
      if (cell.is_number() && cell < 3.5) rises_s = row["t_s"];
      const auto& state = row["values"]["rack_0/contactor"];
      if (state.is_string() && (states.empty() || states.back() != state)) states.push_back(state);
    }
    CHECK(rises_s == Approx(-1.1).margin(0.1)); // the level waits a second
    CHECK(states == std::vector<std::string>{"closed", "opening", "open"});
  }
  SECTION("as any recording") {
    const auto replayed =
        run_voltaic(site.place, "replay " + std::string(summary["path"]) + " rack_0/soc --json");
    CHECK(replayed.code == 0);
    CHECK(lines_of(replayed.output).size() > 250);
  }
  SECTION("what is not there is said") {
    CHECK(site.captures("rack_0/2").code == 1);
    CHECK(site.captures("--csv").code == 2);
    CHECK(site.captures("1 --csv --json").code == 2);
    std::ofstream(site.place / "captures/rack_0/000002_x.rec") << "no recording";
    CHECK(site.captures("2").code == 1);
    CHECK(site.captures("").code == 1);
  }
}

TEST_CASE("F-157 what the second evaluator of a rack said around a fault is captured as well") {
  captured_site site;
  for (const auto* folder : {"profiles", "protection", "inverters"})
    std::filesystem::copy(std::string(VOLTAIC_SOURCE_FOLDER "/configs/") + folder,
                          site.place / folder);
  auto words = contents(VOLTAIC_SOURCE_FOLDER "/configs/demo.toml");
  const std::string rack = "dc_bus = \"dc_0\"\n";
  const auto at = words.find(rack);
  REQUIRE(at != std::string::npos);
  words.insert(at + rack.size(), "second_evaluator = true\n");
  std::ofstream(site.place / "two.toml") << words;
  const auto done = run_voltaic(
      site.place, "simulate " + (site.place / "two.toml") + " --json --for 50s --trace " +
                      (site.place / "trace.csv") + " --mutate rack_0/protection=cell_overvoltage" +
                      " --captures " + (site.place / "captures"));
  REQUIRE(done.code == 0);
  const auto said = lines_of(done.output);
  // Nobody else hears it.
  CHECK(std::ranges::none_of(
      said, [](const auto& line) { return line.find("rack_0/evaluator/") != line.npos; }));
  const auto table = site.captures("--json");
  INFO(table.output << table.errors);
  REQUIRE(table.code == 0);
  const auto shown = site.captures(
      "rack_0/1 --json rack_0/evaluator/permit rack_0/evaluator/charge_current_limit");
  INFO(shown.output.substr(0, 500) << shown.errors);
  REQUIRE(shown.code == 0);
  CHECK(json::parse(table.output)["faults"].size() == 1); // both differ
  CHECK(json::parse(table.output)["before_s"].get<double>() > 9.5);
  std::vector<std::string> permits;
  double least_a = 1'000;
  for (const auto& line : lines_of(shown.output)) {
    const auto row = json::parse(line);
    const auto& permit = row["values"]["rack_0/evaluator/permit"];
    if (permit.is_string() && (permits.empty() || permits.back() != permit))
      permits.push_back(permit);
    const auto& limit = row["values"]["rack_0/evaluator/charge_current_limit"];
    if (limit.is_number()) least_a = std::min(least_a, limit.get<double>());
  }
  CHECK(permits == std::vector<std::string>{"grants",
                                            "opens: cell_overvoltage/fault module_0:cell_3",
                                            "opens, locks: cell_overvoltage/hard module_0:cell_4"});
  CHECK(least_a == 0);
}

TEST_CASE("a simulated capture is the same byte for byte each time") {
  captured_site site;
  std::vector<std::string> files;
  for (const auto* folder : {"once", "again"}) {
    site.simulate("--captures " + (site.place / folder));
    const auto all = bus::message::list_captures(site.place / folder);
    REQUIRE(all.size() == 1);
    files.push_back(contents(all.front().path));
  }
  CHECK(files[0].size() > 100'000);
  CHECK(files[0] == files[1]);
}

TEST_CASE("F-106 a capture that cannot be written is told, and delays and changes nothing else") {
  captured_site site;
  auto without = site.simulate("");
  std::ofstream(site.place / "captures") << "where a folder should be";
  auto with = site.simulate("--captures " + (site.place / "captures"));
  REQUIRE(std::ranges::count_if(with, tells_capture) == 1);
  CHECK(std::ranges::find_if(with, tells_capture)->find("capture_failed") != std::string::npos);
  std::erase_if(with, tells_capture);
  // The sequences of later events are one higher; what happened and when is the same.
  REQUIRE(with.size() == without.size());
  for (std::size_t each = 0; each < with.size(); ++each) {
    auto a = json::parse(with[each]);
    auto b = json::parse(without[each]);
    for (const auto* key : {"sequence", "id", "first_out", "seq"}) {
      a.erase(key);
      b.erase(key);
    }
    CHECK(a == b);
  }
}

} // namespace captures_test
