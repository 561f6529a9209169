#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "chaos/live_site.hpp"

namespace logs_test {

using namespace chaos;

namespace {

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) result.push_back(line);
  return result;
}

std::vector<json> objects_in(const std::string& text) {
  std::vector<json> result;
  for (const auto& line : lines_in(text)) {
    result.push_back(json::parse(line, nullptr, false));
    REQUIRE(result.back().is_object());
  }
  return result;
}

} // namespace

TEST_CASE("a stranger who has only the schema prints the cell voltages of a running demo") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  auto relay = site.voltaic({"status", "--relay"}).output;
  REQUIRE(relay.ends_with("/relay\n"));
  relay.pop_back();
  const auto output = site.folder() + "/cells";
  // Two racks of 480 cells twice: the state first, then what is said anew.
  const auto command = "timeout 20 " VOLTAIC_SUBSCRIBER " " + relay + " | head -n 1920 > " + output;
  static_cast<void>(std::system(command.c_str()));
  std::map<std::string, double> cells;
  for (const auto& line : lines_in(read_file(output))) {
    const auto space = line.find(' ');
    REQUIRE(space != std::string::npos);
    REQUIRE(line.ends_with(" V"));
    cells[line.substr(0, space)] = std::stod(line.substr(space));
  }
  CHECK(cells.size() == 960);
  for (const auto* name :
       {"rack_0/cell_voltage[0]", "rack_0/cell_voltage[479]", "rack_1/cell_voltage[17]"}) {
    REQUIRE(cells.contains(name));
    CHECK(cells[name] == Approx(3.3).margin(0.2));
  }
}

TEST_CASE("what a running site says is recorded, and replayed as it was") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto file = site.folder() + "/site.rec";
  auto recorder = site.begin({"record", "--out", file}, site.folder() + "/record.log");
  REQUIRE(eventually([&] {
    std::error_code error;
    return std::filesystem::file_size(file, error) > 10'000 && !error;
  }));
  site.close({"rack_0"});
  recorder->signal(SIGINT);
  CHECK(recorder->wait(10s) == 0);

  const auto events = site.voltaic({"replay", file, "--json"});
  REQUIRE(events.code == 0);
  bool closed = false;
  for (const auto& event : objects_in(events.output))
    closed = closed || (event["kind"] == "contactor" && event["state"] == "closed");
  CHECK(closed);

  const auto values = site.voltaic({"replay", file, "rack_0/cell_voltage", "--json"});
  REQUIRE(values.code == 0);
  std::size_t scans = 0;
  for (const auto& one : objects_in(values.output)) {
    if (!one.contains("point")) continue;
    CHECK(one["point"] == "rack_0/cell_voltage");
    CHECK(one["values"].size() == 480);
    ++scans;
  }
  CHECK(scans > 3);

  // The contactor was open when it began, and a moment after the end is closed.
  const auto moves = site.voltaic({"replay", file, "rack_0/contactor", "--json"});
  std::vector<std::string> states;
  for (const auto& one : objects_in(moves.output))
    if (one.contains("point")) states.push_back(one["value"].get<std::string>());
  REQUIRE(states.size() > 1);
  CHECK(states.front() == "open");
  CHECK(states.back() == "closed");
  const auto end = site.voltaic({"replay", file, "rack_0/contactor", "--at", "1h", "--json"});
  REQUIRE(end.code == 0);
  CHECK(objects_in(end.output).at(0)["value"] == "closed");
  CHECK(site.voltaic({"replay", file, "rack_7/*", "--at", "1s"}).code == 1);
  CHECK(site.voltaic({"replay", file, "--at", "soon"}).code == 2);
  CHECK(site.voltaic({"replay", site.file()}).code == 1);
}

TEST_CASE("a recording of a live site begins with its state and lacks nothing") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto file = site.folder() + "/site.rec";
  const auto said = site.voltaic({"record", site.file(), "--out", file, "--for", "1s"});
  INFO(said.errors);
  CHECK(said.code == 0);
  CHECK(said.errors.find("missing") == std::string::npos);
  const auto all = site.voltaic({"replay", file, "--at", "1s", "--json"});
  std::set<std::string> points;
  for (const auto& one : objects_in(all.output)) points.insert(one["point"]);
  for (const auto& [name, point] : site.points("*")) {
    INFO(name);
    CHECK(points.contains(name));
  }
  // Somebody's text is not written over, an old recording is.
  std::ofstream(site.folder() + "/text") << "precious";
  CHECK(site.voltaic({"record", "--out", site.folder() + "/text", "--for", "1s"}).code == 4);
  CHECK(read_file(site.folder() + "/text") == "precious");
  CHECK(site.voltaic({"record", "--out", file, "--for", "100ms"}).code == 0);
}

TEST_CASE("a bus of a running site is captured, and decodes to the site's values") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto log = site.folder() + "/can0.log";
  const auto captured = site.voltaic({"capture", "can0", "--out", log, "--for", "1500ms"});
  INFO(captured.errors);
  CHECK(captured.code == 0);
  CHECK(captured.errors.find(" 0 lost") != std::string::npos);
  CHECK(read_file(log).find(") can0 0") != std::string::npos);

  const auto profile = site.folder() + "/configs/profiles/demo_rack.json";
  const auto decoded = site.voltaic({"decode", "--profile", profile, "--log", log, "--json"});
  REQUIRE(decoded.code == 0);
  std::set<std::string> cells;
  double before = 0;
  for (const auto& frame : objects_in(decoded.output)) {
    CHECK(frame["bus"] == "can0");
    CHECK(frame["t"].get<double>() >= before);
    before = frame["t"].get<double>();
    CHECK_FALSE(frame.contains("error"));
    if (frame["message"] == "cells")
      for (const auto& [name, signal] : frame["signals"].items()) {
        cells.insert(name);
        CHECK(signal["value"].get<double>() == Approx(3.3).margin(0.2));
      }
  }
  CHECK(cells.size() == 480);
  // What runs is what was started, whatever lies in the file by now.
  std::ofstream(site.file()) << "not a site any more";
  CHECK(site.voltaic({"capture", "can0", "--out", log, "--for", "500ms"}).code == 0);
  const auto absent = site.voltaic({"capture", "can7", "--for", "1s"});
  CHECK(absent.code == 2);
  CHECK(absent.errors.find("its buses: can0") != std::string::npos);
}

TEST_CASE("without a running site there is nothing to record or capture") {
  const live_site site;
  CHECK(site.voltaic({"capture", "can0"}).code == 3);
  CHECK(site.voltaic({"record", "--out", site.folder() + "/x.rec"}).code == 3);
  CHECK_FALSE(std::filesystem::exists(site.folder() + "/x.rec"));
}

} // namespace logs_test
