#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
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
  const auto resolve = [&](std::string_view row) {
    const auto read =
        simulate::parse_trace(fmt::format("t_ms,point,index,value\n{}\n", row), "rows.csv");
    REQUIRE(std::holds_alternative<simulate::trace>(read));
    return simulate::resolve_trace(std::get<simulate::trace>(read), plan, "rows.csv");
  };
  const std::pair<const char*, std::string_view> refused[] = {
      {"1,bms_0/nothing,,1", "the simulated canopen has no point or fault 'nothing'"},
      {"1,bms_0,,freeze", "the simulated canopen cannot do this with bms_0"},
      {"1,bms_0/emergency,,0x10000", "the simulated canopen does not take 65536 for"},
      {"1,bms_0/cell_voltage,16,3", "bms_0/cell_voltage has no element 16"}};
  for (const auto& [row, words] : refused) {
    const auto found = resolve(row);
    CAPTURE(row);
    REQUIRE(std::holds_alternative<messages::findings>(found));
    CHECK(std::get<messages::findings>(found).front().text.starts_with(words));
  }
  const auto taken = resolve("1,bms_0/emergency,,0x3210");
  CHECK(std::holds_alternative<std::vector<simulate::deed>>(taken));
}

} // namespace canopen_battery_test
