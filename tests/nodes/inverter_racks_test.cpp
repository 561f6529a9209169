#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "nodes/process/plan_difference.hpp"
#include "nodes/site/load.hpp"

namespace inverter_racks_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

// What stands before the keys under test; the profile of the racks is not commissioned.
std::string text_of(const std::string& rack_more, const std::string& inverter_more = "",
                    const std::string& end = "") {
  return R"([site]
name = "grouped"
[[bus]]
name = "can{0..2}"
port = "virtual:can{0..2}"
[[bus]]
name = "can9"
port = "virtual:can9"
[[device]]
name = "bms_{0..2}"
profile = "broken/profiles/small_rack.json"
bus = "can{0..2}"
[[rack]]
name = "rack_{0..2}"
device = "bms_{0..2}"
protection = "broken/protection/small.toml"
)" + rack_more +
         R"([[inverter]]
name = "inverter_0"
profile = "broken/inverters/small.json"
bus = "can9"
)" + inverter_more +
         end;
}

site::plan plan_of(const std::string& text) {
  auto loaded = site::load_text(text, std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/grouped.toml");
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
  return std::get<site::plan>(std::move(loaded));
}

std::vector<std::string> dc_bus_warnings(const site::plan& plan) {
  std::vector<std::string> found;
  for (const auto& each : plan.warnings)
    if (each.text.starts_with("dc_bus: ")) found.push_back(each.text);
  return found;
}

std::vector<std::string> actors_of(const site::plan& plan, const char* node) {
  std::vector<std::string> names;
  for (const auto& each : plan.find_node(node)->actors) names.push_back(each.name);
  return names;
}

} // namespace

TEST_CASE("racks of one inverter that nobody closes from here are warned of without a dc_bus") {
  const auto found = dc_bus_warnings(plan_of(text_of("")));
  REQUIRE(found.size() == 1);
  CHECK(found.front() ==
        "dc_bus: 3 racks are behind inverter_0, and nothing says which DC bus rack_0, rack_1, "
        "rack_2 are on; give racks that share one the same name");
  CHECK(dc_bus_warnings(plan_of(text_of("dc_bus = \"dc_0\"\n"))).empty());
}

TEST_CASE("a rack that has its inverter to itself needs no dc_bus") {
  CHECK(dc_bus_warnings(plan_of(text_of("", "racks = [\"rack_1\"]\n"))).empty());
  CHECK(dc_bus_warnings(plan_of(text_of("", "racks = [\"rack_{0..1}\"]\n"))).size() == 1);
}

TEST_CASE(
    "racks of one inverter on several DC buses are warned of, unless their limits are added") {
  const std::string buses = "dc_bus = \"dc_{0..2}\"\n";
  const auto found = dc_bus_warnings(plan_of(text_of(buses)));
  REQUIRE(found.size() == 1);
  CHECK(found.front().starts_with("dc_bus: the racks behind inverter_0 are on dc_0, dc_1, dc_2"));
  CHECK(dc_bus_warnings(plan_of(text_of(buses, "", "[limits]\npolicy = \"sum\"\n"))).empty());
}

TEST_CASE("an inverter of a part of the site has somebody who says what these racks are together") {
  const std::string bus = "dc_bus = \"dc_0\"\n";
  CHECK(actors_of(plan_of(text_of(bus)), "inverter_0") ==
        std::vector<std::string>{"inverter_0/link"});
  CHECK(actors_of(plan_of(text_of(bus, "racks = [\"rack_{0..1}\"]\n")), "inverter_0") ==
        std::vector<std::string>{"inverter_0/battery", "inverter_0/link"});
}

TEST_CASE("other rules of lost racks start an inverter's node anew") {
  const auto text = text_of("dc_bus = \"dc_0\"\n", "racks = [\"rack_{0..1}\"]\n");
  const auto before = plan_of(text);
  CHECK(process::compare(before, plan_of(text), false).changes.empty());
  const auto found =
      process::compare(before, plan_of(text + "[limits]\nlost_silent = \"stop\"\n"), false);
  CHECK(std::ranges::any_of(found.changes, [](const process::change& each) {
    return each.name == "inverter_0" && each.reason == "the site's [limits] changed";
  }));
}

} // namespace inverter_racks_test
