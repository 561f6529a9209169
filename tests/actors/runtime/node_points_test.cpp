#include "actors/runtime/node_points.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace node_points_test {

using namespace voltaic;
namespace runtime = actors::runtime;

namespace {

std::map<std::string, double> values_of(const runtime::node_figures& figures) {
  const auto described = runtime::node_catalogue("rack_0", "rack_0/process");
  const auto said = runtime::node_telemetry(described, figures, 7);
  CHECK(said.owner == "rack_0/process");
  CHECK(said.fingerprint == described.fingerprint);
  std::map<std::string, double> found;
  for (const auto& block : said.blocks) {
    CHECK(block.source_time_us == 7);
    CHECK(block.quality == messages::quality::good);
    found[described.points.at(block.point).name] =
        std::get<messages::block::reals>(block.values).front();
  }
  return found;
}

} // namespace

TEST_CASE("a node says what it is about, and of its process only what is its own") {
  runtime::node_figures figures{12, runtime::process_cost{3.5, 14.25}, 4, 5, 6};
  CHECK(values_of(figures) ==
        std::map<std::string, double>{{"system/node/rack_0/uptime", 12},
                                      {"system/node/rack_0/cpu", 3.5},
                                      {"system/node/rack_0/rss", 14.25},
                                      {"system/node/rack_0/queue_depth", 4},
                                      {"system/node/rack_0/deadline_misses", 5},
                                      {"system/node/rack_0/restarts", 6}});
  figures.cost.reset();
  const auto shared = values_of(figures);
  CHECK(shared.size() == 4);
  CHECK_FALSE(shared.contains("system/node/rack_0/cpu"));
  CHECK(shared.at("system/node/rack_0/restarts") == 6);
}

} // namespace node_points_test
