#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>

#include "actors/command/command_actor.hpp"
#include "messages/points/catalogue.hpp"
#include "support/test_node.hpp"

// A closing is not judged by what waited while the dispatcher's node stood still.
namespace voltaic::actors::command::standstill_test {
namespace {

constexpr std::int64_t second = messages::us_per_s;

/// The dispatcher of two racks on one DC bus; the test plays the racks and time.
struct fixture {
  static runtime::group_spec dispatcher() {
    runtime::group_spec site;
    site.children.push_back({"command", "command", [](runtime::context& context) {
                               dispatcher_options options;
                               options.devices = {"bms_0", "bms_1"};
                               options.rack_devices = {{"rack_0", "bms_0"}, {"rack_1", "bms_1"}};
                               options.dc_buses = {{"rack_0", "dc_0"}, {"rack_1", "dc_0"}};
                               return std::make_unique<command_actor>(context, options);
                             }});
    return site;
  }
  fixture() {
    std::vector<messages::point_description> points(3);
    points[0].name = "rack_1/contactor";
    points[1].name = "rack_1/contactor_lock";
    points[2].name = "rack_1/contactor_joined";
    described = messages::points::make_catalogue("rack_1/contactor", points);
    hear(described, 0);
    for (int each = 0; each < 3; ++each) {
      node.advance(second);
      say_open(0);
    }
  }

  void hear(const messages::payload& said, std::int64_t waited_us) {
    auto time = node.clock.now();
    time.monotonic_us -= waited_us;
    time.utc_us -= waited_us;
    node.hear(runtime::plane::telemetry,
              {"rack_1/contactor", 1, ++sequence, time, messages::utc_quality::unknown}, said);
  }
  /// The other rack is open, as it said so long ago.
  void say_open(std::int64_t waited_us) {
    messages::telemetry said{described.owner, described.fingerprint, {}};
    const auto add = [&](auto value) {
      messages::block block;
      block.point = static_cast<std::uint16_t>(said.blocks.size());
      block.source_time_us = node.clock.now().monotonic_us - waited_us;
      block.quality = messages::quality::good;
      block.values = std::move(value);
      said.blocks.push_back(std::move(block));
    };
    add(std::string("open"));
    add(std::string("none"));
    add(messages::block::integers{0});
    hear(said, waited_us);
  }
  /// What a closing of rack_0 is refused with at once; nothing: it is sent on.
  std::optional<std::vector<std::string>> refused(const std::string& key) {
    messages::command asked;
    asked.id = asked.key = key;
    asked.target = "command";
    asked.operation = "close";
    asked.point = "rack_0/contactor";
    asked.role = "operator";
    asked.user = "ada";
    asked.reply_to = "cli";
    asked.deadline_utc_us = node.clock.now().utc_us + 5 * second;
    node.hear(runtime::plane::commands, {"cli", 1, 0, node.clock.now(), {}}, asked);
    for (const auto& frame : node.outside.sent) {
      const auto message = messages::decode(*frame);
      const auto* told = std::get_if<messages::result>(&message->payload);
      if (told != nullptr && told->key == key) return told->reasons;
    }
    return std::nullopt;
  }

  messages::catalogue described;
  std::uint64_t sequence = 0;
  tests::test_node node{{dispatcher()}};
};

} // namespace

TEST_CASE("F-165 a closing is not judged by what waited while the dispatcher's node stood still") {
  fixture site;
  REQUIRE_FALSE(site.refused("before"));
  site.node.clock.advance(8 * second);
  for (const auto waited_us : {7 * second, 6 * second, 5 * second}) site.say_open(waited_us);
  const auto reasons = site.refused("old");
  REQUIRE(reasons);
  REQUIRE(reasons->size() == 1);
  CHECK(reasons->front().find("rack_1 on the same DC bus dc_0 is not heard") != std::string::npos);
  site.say_open(0);
  CHECK_FALSE(site.refused("after"));
}

} // namespace voltaic::actors::command::standstill_test
