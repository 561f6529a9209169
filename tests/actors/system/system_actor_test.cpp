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

} // namespace system_actor_test
