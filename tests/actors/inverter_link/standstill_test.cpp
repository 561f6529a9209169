#include <catch2/catch.hpp>

#include <array>
#include <optional>

#include "actors/inverter_link/inverter_link_actor.hpp"
#include "messages/inverter/inverter_profiles.hpp"
#include "messages/points/catalogue.hpp"
#include "support/test_node.hpp"

// What waited while the link's node stood still is as old as it is.
namespace inverter_link_standstill_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
namespace runtime = voltaic::actors::runtime;

namespace {

constexpr std::int64_t ms = messages::us_per_ms;
constexpr std::int64_t second = messages::us_per_s;
constexpr std::uint32_t limits_frame = 0x351; // of "discover": limits of current at bytes 2 and 4
constexpr std::uint32_t alive_frame = 0x305;

/// The limits of current as a frame tells them, in A.
struct told {
  double charge_a = 0;
  double discharge_a = 0;
};

/// A link to a CAN inverter in its node; the test plays battery, inverter and time.
struct fixture {
  explicit fixture(bool on_recording = false) : node({group(on_recording)}) {
    constexpr std::array names = {"charge_current_limit", "discharge_current_limit", "voltage"};
    std::vector<messages::point_description> points;
    for (const auto* name : names)
      points.push_back(messages::points::describe("system", {name, name, "", 1}, 500'000));
    described = messages::points::make_catalogue("system", points);
    hear(described, node.clock.now());
  }

  runtime::group_spec group(bool on_recording) {
    runtime::group_spec made;
    made.children.push_back({"inverter_0/link", "inverter_link",
                             [this](runtime::context& context) {
                               return std::make_unique<inverter_link_actor>(
                                   context, actor_options{options(), {"system"}, sender()});
                             },
                             on_recording});
    return made;
  }

  static model_options options() {
    model_options made;
    made.name = "inverter_0";
    made.profile = tests::shared_inverter("discover.json");
    made.wire = made.profile->options;
    made.racks = {{"rack_0", "bms_0", 280, true, {"rack", 1}}};
    made.charge_voltage_v = 1'680;
    made.discharge_voltage_v = 1'440;
    return made;
  }

  frame_sender sender() {
    return [this](const messages::can::frame& frame) {
      const auto word = [&](std::size_t at) {
        constexpr double resolution_a = 0.1;
        return (frame.data.at(at) + 256 * frame.data.at(at + 1)) * resolution_a;
      };
      if (frame.id == limits_frame) last = told{word(2), word(4)};
      return bus::can::send_result::sent;
    };
  }

  void hear(const messages::payload& said, runtime::instant time) {
    node.hear(bus::message::plane::telemetry,
              {"system", 1, ++sequence, time, messages::utc_quality::unknown}, said);
  }

  void hear_battery(runtime::instant time) {
    messages::telemetry said{"system", described.fingerprint, {}};
    constexpr std::array values = {100.0, 120.0, 1'584.0};
    for (std::size_t each = 0; each < values.size(); ++each) {
      messages::block block;
      block.point = static_cast<std::uint16_t>(each);
      block.source_time_us = time.monotonic_us;
      block.quality = messages::quality::good;
      block.values = messages::block::reals{values.at(each)};
      said.blocks.push_back(std::move(block));
    }
    hear(said, time);
  }

  /// The bus's port up to `time`, with a heartbeat in it.
  void hear_inverter(runtime::instant time) {
    bus::can::batch batch;
    batch.now_us = time.monotonic_us;
    batch.utc_offset_us = time.utc_us - time.monotonic_us;
    messages::can::frame alive;
    alive.id = alive_frame;
    alive.length = 8;
    alive.data[0] = ++counter;
    alive.time_us = time.monotonic_us;
    batch.frames.push_back(alive);
    node.post("inverter_0/link", std::make_shared<const bus::can::batch>(std::move(batch)));
  }

  /// Everybody speaks each half second, and is heard at once.
  void pass(std::int64_t for_us) {
    constexpr std::int64_t period_us = 500 * ms;
    for (std::int64_t passed = 0; passed < for_us; passed += period_us) {
      node.advance(period_us);
      hear_battery(node.clock.now());
      hear_inverter(node.clock.now());
    }
  }

  /// The node stands still for `for_us`, and is told then what was said in the first
  /// `spoken_us` of it.
  void stand_still(std::int64_t for_us, std::int64_t spoken_us) {
    const auto begin = node.clock.now();
    node.clock.advance(for_us);
    last.reset();
    for (std::int64_t at_us = 100 * ms; at_us < spoken_us; at_us += 100 * ms) {
      const runtime::instant time{begin.monotonic_us + at_us, begin.utc_us + at_us};
      hear_battery(time);
      hear_inverter(time);
    }
  }

  std::optional<told> last;
  messages::catalogue described;
  std::uint64_t sequence = 0;
  std::uint8_t counter = 0;
  tests::test_node node;
};

} // namespace

TEST_CASE("limits are not repeated from memory: what waited for a node at a standstill is old") {
  fixture link;
  link.pass(6 * second);
  REQUIRE(link.last);
  REQUIRE(link.last->charge_a == Approx(100));
  link.stand_still(12 * second, 6 * second);
  for (int each = 0; each < 4; ++each) {
    link.hear_inverter(link.node.clock.now());
    link.node.advance(500 * ms);
    REQUIRE(link.last);
    CHECK(link.last->charge_a == 0);
    CHECK(link.last->discharge_a == 0);
  }
  link.pass(6 * second);
  CHECK(link.last->charge_a == Approx(100));
}

TEST_CASE("F-167 heartbeats that waited through a standstill are no life of the inverter") {
  fixture link;
  link.pass(6 * second);
  link.stand_still(12 * second, 6 * second);
  link.last.reset();
  for (int each = 0; each < 8; ++each) {
    link.node.advance(500 * ms);
    link.hear_battery(link.node.clock.now());
  }
  REQUIRE(link.last);
  CHECK(link.last->charge_a == 0);
  link.pass(6 * second);
  CHECK(link.last->charge_a == Approx(100));
}

TEST_CASE("what a standstill was too short for to make it old counts at once") {
  fixture link;
  link.pass(6 * second);
  link.stand_still(900 * ms, 900 * ms);
  link.node.advance(300 * ms);
  link.hear_battery(link.node.clock.now());
  link.node.advance(500 * ms);
  REQUIRE(link.last);
  CHECK(link.last->charge_a == Approx(100));
}

TEST_CASE("to a link whose battery lives on a recording whatever it hears is new") {
  fixture link(true);
  const auto hour_before = [&] {
    auto time = link.node.clock.now();
    time.monotonic_us -= 3'000 * second;
    return time;
  };
  for (int each = 0; each < 12; ++each) {
    link.node.advance(500 * ms);
    link.hear_battery(hour_before());
    link.hear_inverter(hour_before());
  }
  REQUIRE(link.last);
  CHECK(link.last->charge_a == Approx(100));
}

} // namespace inverter_link_standstill_test
