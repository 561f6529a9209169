#include "actors/system/system_actor.hpp"

#include <catch2/catch.hpp>

#include "support/test_node.hpp"

namespace system_actor_test {

using namespace voltaic;
namespace runtime = actors::runtime;

namespace {

// A node with a system actor that finds this record of its energy.
std::vector<runtime::group_spec> system_with(const std::string& record) {
  runtime::group_spec group;
  group.children.push_back({"system", "system", [record](runtime::context& context) {
                              context.store({0, "counters", "system/energy", 1, record}, 7);
                              actors::system::actor_options options;
                              options.model.racks = {{"rack_0", 100}};
                              return std::make_unique<actors::system::system_actor>(context,
                                                                                    options);
                            }});
  return {group};
}

double number_of(const messages::telemetry& said, const messages::catalogue& described,
                 const std::string& name) {
  for (std::size_t i = 0; i < described.points.size(); ++i) {
    if (described.points[i].name == name) {
      return std::get<messages::block::reals>(said.blocks.at(i).values).front();
    }
  }
  return -1;
}

} // namespace

TEST_CASE("a system that finds a damaged record of its energy counts from zero and lives") {
  const auto [record, charged_wh] = GENERATE(table<std::string, double>({
      {R"({"charged_wh":1000.5,"discharged_wh":7})", 1000.5},
      {R"({"charged_wh":null,"discharged_wh":7})", 0.0},
      {R"({"charged_wh":"much","discharged_wh":7})", 0.0},
      {R"({"charged_wh":[1],"discharged_wh":7})", 0.0},
      {R"({"discharged_wh":7})", 0.0},
  }));
  tests::test_node node(system_with(record));
  node.advance(2 * actors::system::period_us);
  CHECK(node.failures.empty());
  const auto described = node.outside.all<messages::catalogue>();
  const auto said = node.outside.all<messages::telemetry>();
  REQUIRE(described.size() == 1);
  REQUIRE_FALSE(said.empty());
  const auto& points = std::get<messages::catalogue>(described[0].payload);
  const auto& last = std::get<messages::telemetry>(said.back().payload);
  CHECK(number_of(last, points, "system/energy_charged") == Approx(charged_wh));
  CHECK(number_of(last, points, "system/energy_discharged") == Approx(7));
}

TEST_CASE("F-165 a rack that is off and stops the site is told by an event of the site") {
  using actors::system::lost_answer;
  const auto answer = GENERATE(lost_answer::stop, lost_answer::exclude);
  runtime::group_spec group;
  group.children.push_back({"system", "system", [answer](runtime::context& context) {
                              actors::system::actor_options options;
                              options.model.racks = {{"rack_0", 100}, {"rack_1", 100}};
                              options.model.limits.lost.silent = answer;
                              return std::make_unique<actors::system::system_actor>(context,
                                                                                    options);
                            }});
  tests::test_node node({group});
  node.advance(9 * messages::us_per_s);
  CHECK(node.outside.all<messages::event>().empty());
  node.advance(3 * messages::us_per_s);
  const auto told = node.outside.all<messages::event>();
  REQUIRE(told.size() == (answer == lost_answer::stop ? 1 : 0));
  if (told.empty()) return;
  const auto& event = std::get<messages::event>(told.front().payload);
  CHECK(event.code == "RACK_LOST");
  CHECK(event.reason == "rack_0, rack_1 are lost: no current may flow");
}

TEST_CASE("F-060 F-063 a site without racks tells of its links, and of them alone") {
  runtime::group_spec group;
  group.children.push_back({"system", "system", [](runtime::context& context) {
                              actors::system::actor_options options;
                              options.model.links = {{"can0", actors::system::link_kind::bus, 0}};
                              options.nodes = {"meter"};
                              return std::make_unique<actors::system::system_actor>(context,
                                                                                    options);
                            }});
  tests::test_node node({group});
  messages::health said;
  said.node = "meter";
  said.buses.resize(1);
  said.buses[0].name = "can0";
  said.buses[0].state = "bus-off";
  said.buses[0].bus_off = 1;
  said.buses[0].unknown_ids = 2;
  said.buses[0].babbler = "0x000";
  messages::header header;
  header.source = "meter/health";
  header.incarnation = 1;
  header.sequence = 1;
  header.time.monotonic_us = 1;
  node.hear(bus::message::plane::health, header, said);
  node.advance(2 * actors::system::links_period_us);
  CHECK(node.failures.empty());
  const auto described = node.outside.all<messages::catalogue>();
  REQUIRE(described.size() == 1);
  const auto& points = std::get<messages::catalogue>(described[0].payload);
  for (const auto& each : points.points)
    CHECK((each.name.starts_with("links/can0/") || each.name.starts_with("system/link/can0/")));
  const auto told = node.outside.all<messages::telemetry>();
  REQUIRE_FALSE(told.empty());
  const auto& last = std::get<messages::telemetry>(told.back().payload);
  REQUIRE(last.blocks.size() == points.points.size());
  CHECK(number_of(last, points, "links/can0/unknown_ids") == 2);
  std::vector<std::string> codes;
  for (const auto& each : node.outside.all<messages::event>())
    codes.push_back(std::get<messages::event>(each.payload).code);
  CHECK(codes == std::vector<std::string>{"BUS_OFF", "BABBLE"});
}

} // namespace system_actor_test
