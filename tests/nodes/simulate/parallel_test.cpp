#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

namespace parallel_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

/// Two racks on one DC bus.
site::plan plan_of_two() {
  constexpr const char* text = R"([site]
name = "simulated"
accept_common_loss = true
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_{0..1}"
profile = "profiles/demo_rack.json"
bus = "can0"
id_offset = "{0..1}*0xC0"
[[rack]]
name = "rack_{0..1}"
device = "bms_{0..1}"
protection = "protection/lfp.toml"
dc_bus = "dc_0"
)";
  auto loaded =
      site::load_text(text, std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/parallel.toml");
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  return std::get<site::plan>(std::move(loaded));
}

} // namespace

TEST_CASE("F-165 the site refuses to join a rack to one of another voltage, and names that") {
  const auto plan = plan_of_two();
  simulate::simulated_site site(plan, {});
  std::vector<messages::result> results;
  std::size_t number = 0;
  const auto close = [&](const std::string& rack) {
    auto asked = simulate::make_command("close", rack, ++number);
    asked.deadline_utc_us = site.now().utc_us + simulate::command_deadline_us;
    site.send(std::move(asked));
    results.clear();
    for (int steps = 0; steps < 400; ++steps) {
      site.step();
      for (const auto& heard : site.take_messages())
        if (const auto* told = std::get_if<messages::result>(&heard.payload))
          results.push_back(*told);
    }
    REQUIRE(results.size() == 1);
    return results.front();
  };
  for (int steps = 0; steps < 300; ++steps) site.step();
  REQUIRE(close("rack_0").outcome == messages::outcome::done);
  REQUIRE(
      site.set("rack_1", "voltage", std::nullopt, actors::simulator::override_kind::value, 1'590));
  for (int steps = 0; steps < 50; ++steps) site.step(); // until it is reported
  const auto refused = close("rack_1");
  CHECK(refused.outcome == messages::outcome::rejected);
  REQUIRE(refused.reasons.size() == 1);
  CHECK_THAT(refused.reasons.front(), Catch::StartsWith("parallel_block: rack_0 has 1584.0 V"));
  REQUIRE(
      site.set("rack_1", "voltage", std::nullopt, actors::simulator::override_kind::release, 0));
  for (int steps = 0; steps < 50; ++steps) site.step();
  CHECK(close("rack_1").outcome == messages::outcome::done);
}

TEST_CASE("racks of one DC bus see the voltage that the others hold, before and after they join") {
  const auto plan = plan_of_two();
  simulate::simulated_site site(plan, {});
  const auto pass = [&](int steps) {
    for (int i = 0; i < steps; ++i) site.step();
  };
  const auto bus_v = [&](const std::string& rack) {
    const auto found = site.points().find(rack + "/bus_voltage");
    REQUIRE(found);
    return found->numbers.at(0);
  };
  std::size_t number = 0;
  const auto order = [&](const std::string& word, const std::string& rack) {
    auto asked = simulate::make_command(word, rack, ++number);
    asked.deadline_utc_us = site.now().utc_us + simulate::command_deadline_us;
    site.send(std::move(asked));
    pass(400);
  };
  pass(300);
  CHECK(bus_v("rack_0") == 0);
  CHECK(bus_v("rack_1") == 0);
  order("close", "rack_0");
  CHECK(bus_v("rack_0") == Approx(1'584));
  CHECK(bus_v("rack_1") == Approx(1'584)); // it is open, and its bus is live
  order("close", "rack_1");
  CHECK(site.points().find("rack_1/contactor")->text == "closed");
  order("open", "rack_0");
  CHECK(site.points().find("rack_0/contactor")->text == "open");
  CHECK(bus_v("rack_0") == Approx(1'584)); // the other holds it, which is no weld
  order("open", "rack_1");
  pass(1'000);
  CHECK(bus_v("rack_0") < 10);
}

} // namespace parallel_test
