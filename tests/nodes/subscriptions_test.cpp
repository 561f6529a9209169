#include "nodes/process/subscriptions.hpp"

#include <catch2/catch.hpp>

#include "messages/time.hpp"

namespace subscriptions_test {

using namespace voltaic;
namespace site = nodes::site;

namespace {

bus::message::endpoint_options options_of(site::node_kind kind) {
  const site::plan plan;
  site::node node;
  node.kind = kind;
  bus::message::endpoint_options made;
  nodes::process::take_subscriptions(plan, node, made);
  return made;
}

} // namespace

TEST_CASE("what devices beside chains say leaves their node within half of 10 ms") {
  for (const auto kind : {site::node_kind::site, site::node_kind::other}) {
    const auto options = options_of(kind);
    CHECK(options.is_beside_chains);
    CHECK(options.gather_us <= 5 * messages::us_per_ms);
  }
}

TEST_CASE("what a rack's chain says waits for company, so that racks cost the relay few wakes") {
  const auto options = options_of(site::node_kind::chain);
  CHECK_FALSE(options.is_beside_chains);
  CHECK(options.gather_us >= 50 * messages::us_per_ms);
}

} // namespace subscriptions_test
