#include "nodes/process/bus_feed.hpp"

#include <catch2/catch.hpp>

#include <memory>

#include "messages/j1939/identifier.hpp"
#include "messages/support/profiles.hpp"

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

TEST_CASE("each device is handed its own frames, in order, and no others") {
  const auto first = rack_at(0);
  const auto third = rack_at(2 * 0xC0);
  bus_feed feed({&first, &third});
  const std::vector<bus_feed::part> parts =
      feed.share(batch_of({0x084, 0x144, 0x088, 0x13B, 0x13F, 0x080, 0x204, 0x7FF, 0x204}, 5'000));
  REQUIRE(parts.size() == 2);
  // What the rack is sent, 0x080, it does not say.
  CHECK(parts[0].listener == 0);
  CHECK(ids_of(*parts[0].said) == ids{0x084, 0x088, 0x13B});
  CHECK(parts[1].listener == 1);
  CHECK(ids_of(*parts[1].said) == ids{0x204, 0x204});
  for (const auto& each : parts) CHECK(each.said->now_us == 5'000);
  // The same numbers with 29 bits are other identifiers.
  CHECK(feed.share(batch_of({0x084}, 5'000, true)).empty());
}

TEST_CASE("a frame that two devices listen to is handed to both") {
  const auto one = rack_at(0);
  const auto same = rack_at(0);
  bus_feed feed({&one, &same});
  const auto& parts = feed.share(batch_of({0x084, 0x085}, 5'000));
  REQUIRE(parts.size() == 2);
  for (const auto& each : parts) CHECK(ids_of(*each.said) == ids{0x084, 0x085});
}

TEST_CASE("each device is handed the time at each tick, whatever others say") {
  const auto rack = rack_at(0);
  const auto beside = rack_at(0xC0);
  bus_feed feed({&rack, &beside});
  using listeners = std::vector<std::size_t>;
  struct row {
    std::int64_t now_us;
    ids frames;
    listeners handed;
  };
  for (const auto& each : std::vector<row>{{10'000, {}, {0, 1}},
                                           {10'000, {}, {}},
                                           {13'000, {0x204}, {}},
                                           {14'000, {0x084}, {0}},
                                           {15'000, {0x144}, {1}},
                                           {19'999, {0x204}, {}},
                                           {20'001, {0x144}, {0, 1}},
                                           {29'000, {0x085}, {0}},
                                           {30'000, {}, {0, 1}},
                                           {61'000, {}, {0, 1}}}) {
    CAPTURE(each.now_us);
    listeners handed;
    for (const auto& part : feed.share(batch_of(each.frames, each.now_us))) {
      handed.push_back(part.listener);
      CHECK(part.said->now_us == each.now_us);
    }
    CHECK(handed == each.handed);
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

TEST_CASE("what belongs to a CANopen network and to no node is known where one is") {
  nodes::site::device battery;
  battery.name = "bms_0";
  battery.bus = "can0";
  battery.profile = std::make_shared<const messages::profiles::device_profile>(
      tests::load_file("canopen_418_battery.json"));
  nodes::site::plan plan;
  plan.devices = {battery};
  const bus::can::id_filter known(nodes::process::known_identifiers(plan, "can0"));
  const bus::can::id_filter elsewhere(nodes::process::known_identifiers(plan, "can1"));
  for (const std::uint32_t id : {0x000U, 0x080U, 0x100U, 0x7E4U, 0x7E5U}) {
    CAPTURE(id);
    CHECK(known.wants(messages::can::frame{.id = id}));
    CHECK_FALSE(elsewhere.wants(messages::can::frame{.id = id}));
  }
  CHECK_FALSE(known.wants(messages::can::frame{.id = 0x0FF}));
}

TEST_CASE("a device of J1939 is handed its groups from any address and with any priority") {
  namespace j1939 = messages::j1939;
  nodes::site::device battery;
  battery.name = "bms_0";
  battery.bus = "can0";
  battery.profile = std::make_shared<const messages::profiles::device_profile>(
      tests::load_file("j1939_hvess_battery.json"));
  const auto rack = rack_at(0);
  bus_feed feed({&battery, &rack});
  const ids wanted{j1939::join({3, 0xF090, 0xFF, 243}),  j1939::join({6, 0xF090, 0xFF, 0x80}),
                   j1939::join({6, 0xEE00, 0xFF, 0xFE}), j1939::join({7, 0xEC00, 39, 243}),
                   j1939::join({7, 0xEB00, 0xFF, 244}),  j1939::join({6, 0xE800, 0xFF, 243}),
                   j1939::join({6, 0xFECA, 0xFF, 243}),  j1939::join({6, 0xFC5E, 0xFF, 243})};
  auto all = wanted;
  all.push_back(j1939::join({6, 0xF0A0, 0xFF, 243})); // no message of the profile
  const auto& parts = feed.share(batch_of(all, 5'000, true));
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].listener == 0);
  CHECK(ids_of(*parts[0].said) == wanted);
  nodes::site::plan plan;
  plan.devices = {battery};
  const bus::can::id_filter known(nodes::process::known_identifiers(plan, "can0"));
  const auto is_known = [&](std::uint32_t id) {
    return known.wants(messages::can::frame{.id = id, .extended = true});
  };
  for (const auto id : wanted) {
    CHECK(feed.filter().wants(messages::can::frame{.id = id, .extended = true}));
    CHECK(is_known(id));
  }
  CHECK(is_known(j1939::join({3, 0x1B00, 243, 39}))); // orders, and requests
  CHECK(is_known(j1939::join({6, 0xEA00, 243, 39})));
  CHECK_FALSE(is_known(all.back()));
  CHECK_FALSE(known.wants(messages::can::frame{.id = 0x123}));
}

} // namespace bus_feed_test
