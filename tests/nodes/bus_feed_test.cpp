#include "nodes/process/bus_feed.hpp"

#include <catch2/catch.hpp>

#include <memory>

#include "support/demo_rack.hpp"

namespace bus_feed_test {

using namespace voltaic;
using nodes::process::bus_feed;

namespace {

nodes::site::device rack_at(std::uint32_t id_offset) {
  nodes::site::device device;
  device.profile = tests::demo_rack();
  device.id_offset = id_offset;
  return device;
}

bus::can::batch batch_of(const std::vector<std::uint32_t>& ids, std::int64_t now_us,
                         bool extended = false) {
  bus::can::batch said;
  said.now_us = now_us;
  for (const auto id : ids) {
    messages::can::frame one;
    one.id = id;
    one.extended = extended;
    one.length = 8;
    said.frames.push_back(one);
  }
  return said;
}

std::vector<std::uint32_t> ids_of(const bus::can::batch& said) {
  std::vector<std::uint32_t> ids;
  for (const auto& one : said.frames) ids.push_back(one.id);
  return ids;
}

using ids = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("a node is handed the frames of its devices, in order, and no others") {
  const auto first = rack_at(0);
  const auto third = rack_at(2 * 0xC0);
  bus_feed feed({&first, &third});
  auto said = batch_of({0x084, 0x144, 0x088, 0x13B, 0x13F, 0x080, 0x204, 0x7FF, 0x204}, 5'000);
  REQUIRE(feed.take(said));
  // What the rack is sent, 0x080, it does not say.
  CHECK(ids_of(said) == ids{0x084, 0x088, 0x13B, 0x204, 0x204});
  // The same numbers with 29 bits are other identifiers.
  auto other = batch_of({0x084}, 5'000, true);
  CHECK_FALSE(feed.take(other));
}

TEST_CASE("a node is handed the time at each tick, whatever others say") {
  const auto rack = rack_at(0);
  bus_feed feed({&rack});
  struct row {
    std::int64_t now_us;
    ids frames;
    bool passed;
  };
  for (const auto& each : std::vector<row>{{10'000, {}, true},
                                           {10'000, {}, false},
                                           {13'000, {0x144}, false},
                                           {14'000, {0x084}, true},
                                           {19'999, {0x144}, false},
                                           {20'001, {0x144}, true},
                                           {29'000, {0x085}, true},
                                           {30'000, {}, true},
                                           {61'000, {}, true}}) {
    auto said = batch_of(each.frames, each.now_us);
    CAPTURE(each.now_us);
    CHECK(feed.take(said) == each.passed);
    CHECK(said.now_us == each.now_us);
  }
}

TEST_CASE("known on a bus is what its devices send, take and are asked by, and nothing of others") {
  nodes::site::plan plan;
  plan.devices = {rack_at(0), rack_at(0xC0)};
  plan.devices[0].bus = "can0";
  plan.devices[1].bus = "can1";
  auto asking = std::make_shared<messages::profiles::device_profile>(*tests::demo_rack());
  asking->requests.push_back({.name = "wake", .id = 0x700, .data = {1}, .period_ms = 100});
  asking->messages.front().read = messages::profiles::read_rule{.request_id = 0x7E4};
  plan.devices[0].profile = asking;
  const bus::can::id_filter known(nodes::process::known_identifiers(plan, "can0"));
  for (const std::uint32_t id : {0x080U, 0x084U, 0x13BU, 0x700U, 0x7E4U}) {
    CAPTURE(id);
    CHECK(known.wants(messages::can::frame{.id = id}));
  }
  for (const std::uint32_t id : {0x140U, 0x1FBU, 0x7E5U}) {
    CAPTURE(id);
    CHECK_FALSE(known.wants(messages::can::frame{.id = id}));
  }
}

} // namespace bus_feed_test
