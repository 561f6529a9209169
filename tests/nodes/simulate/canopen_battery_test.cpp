#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/played_rows.hpp"

// Two CANopen batteries with contactors, on virtual time: configs/canopen_pack.toml.
namespace canopen_battery_test {

using namespace voltaic;
using namespace voltaic::nodes;
using nlohmann::json;
using tests::contactor_of;
using tests::play_rows;
using tests::site_of_configs;
using tests::time_of;

namespace {

std::vector<json> play(const std::string& rows, std::uint32_t duration_ms) {
  return play_rows(site_of_configs("canopen_pack"), rows, duration_ms);
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
  const auto plan = site_of_configs("canopen_pack");
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
