#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

// Two CANopen batteries with contactors, on virtual time: configs/canopen_pack.toml.
namespace canopen_battery_test {

using namespace voltaic;
using namespace voltaic::nodes;
using nlohmann::json;

namespace {

constexpr const char* site_file = VOLTAIC_SOURCE_FOLDER "/configs/canopen_pack.toml";

/// What is said while it happens, from closed racks on.
std::vector<json> play(const std::string& rows, std::uint32_t duration_ms) {
  auto loaded = site::load(site_file);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  const auto plan = std::get<site::plan>(std::move(loaded));
  const auto read = simulate::parse_trace("t_ms,point,index,value\n" + rows, "rows.csv");
  REQUIRE(std::holds_alternative<simulate::trace>(read));
  auto deeds = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "rows.csv");
  if (const auto* found = std::get_if<messages::findings>(&deeds)) FAIL(found->front().text);
  std::vector<json> said;
  simulate::simulation_options how;
  how.duration_ms = duration_ms;
  how.initially_closed = true;
  how.deeds = std::get<std::vector<simulate::deed>>(std::move(deeds));
  how.out = [&](const std::string& line) { said.push_back(json::parse(line)); };
  simulate::simulated_site site(plan, {});
  REQUIRE(simulate::run_simulation(site, plan, how));
  return said;
}

/// When a line with all of these was first said; -1: never.
std::int64_t time_of(const std::vector<json>& said, const json& keys) {
  const auto found = std::ranges::find_if(said, [&](const json& line) {
    return std::ranges::all_of(keys.items(), [&](const auto& each) {
      return line.contains(each.key()) && line[each.key()] == each.value();
    });
  });
  return found == said.end() ? -1 : (*found)["t_ms"].get<std::int64_t>();
}

json contactor_of(const char* rack, const char* state) {
  return {{"kind", "contactor"}, {"rack", rack}, {"state", state}};
}

} // namespace

TEST_CASE("a CANopen battery is closed, protected, and its neighbour does not notice") {
  const auto said = play("5000,bms_1/cell_voltage,3,3.75\n", 10'000);
  const auto fault_ms = time_of(said, {{"candidate", "cell_overvoltage"}, {"level", "fault"}});
  const auto opening_ms = time_of(said, contactor_of("rack_1", "opening"));
  const auto open_ms = time_of(said, contactor_of("rack_1", "open"));
  CHECK(fault_ms >= 5'000);
  CHECK(opening_ms >= fault_ms);
  CHECK(open_ms >= opening_ms);
  CHECK(open_ms < 7'000);
  CHECK(time_of(said, {{"rack", "rack_0"}}) == -1);
}

TEST_CASE("F-071 a rack whose CANopen controller resets opens, and stays so when it is back") {
  const auto said = play("5000,bms_0/reset,,1\n", 20'000);
  const auto reset_ms = time_of(said, {{"code", "NODE_RESET"}, {"state", "reset"}});
  const auto running_ms = time_of(said, {{"code", "NODE_RESET"}, {"state", "running"}});
  CHECK(reset_ms >= 5'000);
  CHECK(reset_ms < 5'200);
  CHECK(running_ms > reset_ms);
  CHECK(time_of(said, contactor_of("rack_0", "opening")) >= reset_ms);
  CHECK(time_of(said, contactor_of("rack_0", "open")) > 0);
  CHECK(time_of(said, contactor_of("rack_0", "closed")) == -1);
  CHECK(time_of(said, {{"rack", "rack_1"}}) == -1);
}

TEST_CASE("a CANopen battery that is silent for a while opens, and is commissioned again") {
  const auto said = play("5000,bms_0,,silent\n9000,bms_0,,release\n", 20'000);
  CHECK(time_of(said, {{"code", "NODE_LOST"}, {"state", "lost"}}) >= 5'000);
  CHECK(time_of(said, contactor_of("rack_0", "opening")) >= 5'000);
  CHECK(time_of(said, {{"code", "NODE_LOST"}, {"state", "back"}}) >= 9'000);
}

TEST_CASE("F-065 a rack with two nodes of one number behind it opens") {
  const auto said = play("5000,bms_0/second_node,,1\n", 15'000);
  const auto doubled_ms = time_of(said, {{"code", "DUP_NODE"}, {"state", "doubled"}});
  CHECK(doubled_ms >= 5'000);
  CHECK(doubled_ms <= 6'000);
  CHECK(time_of(said, contactor_of("rack_0", "opening")) >= doubled_ms);
}

TEST_CASE("an EMCY storm opens nothing and is told in a few lines") {
  const auto said = play("5000,bms_0/emergency_storm,,1\n", 15'000);
  CHECK(time_of(said, {{"code", "EMCY"}, {"state", "babbling"}}) >= 5'000);
  CHECK(said.size() < 20);
  CHECK(time_of(said, {{"kind", "contactor"}}) == -1);
}

TEST_CASE("a row that a simulated battery cannot do is told, and does not end the program") {
  auto loaded = site::load(site_file);
  const auto plan = std::get<site::plan>(std::move(loaded));
  for (const auto* row :
       {"1,bms_0/nothing,,1\n", "1,bms_0,,freeze\n", "1,bms_0/cell_voltage,16,3\n"}) {
    const auto read =
        simulate::parse_trace(std::string("t_ms,point,index,value\n") + row, "rows.csv");
    REQUIRE(std::holds_alternative<simulate::trace>(read));
    const auto found = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "rows.csv");
    REQUIRE(std::holds_alternative<messages::findings>(found));
    CHECK(std::get<messages::findings>(found).front().text.find("cannot do this") !=
          std::string::npos);
  }
}

} // namespace canopen_battery_test
