#include <catch2/catch.hpp>

#include "bus/message/relay_state.hpp"
#include "support/message_bus.hpp"

namespace relay_state_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

constexpr std::int64_t ms = messages::us_per_ms;

frame_ptr command_frame(const std::string& target, const std::string& reply_to) {
  messages::command command;
  command.id = "1";
  command.key = "k";
  command.target = target;
  command.operation = "open";
  command.reply_to = reply_to;
  return messages::encode(header_of(reply_to, 0), command);
}

messages::result result_in(const frame_ptr& frame) {
  return std::get<messages::result>(messages::decode(*frame)->payload);
}

messages::snapshot end_of(const relay_state& state, std::int64_t now_us) {
  const auto frames = state.snapshot("x", now_us, now_us);
  const auto last = *messages::decode(*frames.back());
  CHECK(last.header.sequence == frames.size());
  return std::get<messages::snapshot>(last.payload);
}

} // namespace

TEST_CASE("a command goes to the node whose health names its target") {
  relay_state state;
  CHECK_FALSE(state.received("node-a", health_frame("rack_0", 1, {"rack_0/contactor"}), 0).refused);
  const auto known = state.received("cli", command_frame("rack_0/contactor", "cli"), 0);
  REQUIRE(known.deliveries.size() == 1);
  CHECK(known.deliveries[0].to == "node-a");
}

TEST_CASE("a command to nobody is rejected by name") {
  relay_state state;
  const auto routed = state.received("cli", command_frame("rack_9/contactor", "cli"), 0);
  REQUIRE(routed.deliveries.size() == 1);
  CHECK(routed.deliveries[0].to == "cli");
  const auto result = result_in(routed.deliveries[0].frame);
  CHECK(result.outcome == messages::outcome::rejected);
  CHECK(result.reasons == std::vector<std::string>{"no such actor: rack_9/contactor"});
  CHECK(result.key == "k");
}

TEST_CASE("a command that cannot be handed to its node is rejected: it surely has not acted") {
  relay_state state;
  static_cast<void>(state.received("node-a", health_frame("rack_0", 1, {"rack_0"}), 0));
  static_cast<void>(state.received("site", health_frame("site", 1, {"command"}), 0));
  const auto routed = state.received("site", command_frame("rack_0", "command"), 0);
  const auto answer = state.undeliverable(routed.deliveries[0], 0);
  REQUIRE(answer.has_value());
  CHECK(answer->to == "site");
  CHECK(result_in(answer->frame).outcome == messages::outcome::rejected);
  CHECK_FALSE(state.undeliverable(*answer, 0).has_value());
}

TEST_CASE("a result goes to the actor's node or to the client that waits") {
  relay_state state;
  static_cast<void>(state.received("node-s", health_frame("site", 1, {"command"}), 0));
  messages::result result;
  result.reply_to = GENERATE(as<std::string>{}, "command", "client-1");
  const auto routed = state.received("node-a", messages::encode(header_of("rack_0", 0), result), 0);
  REQUIRE(routed.deliveries.size() == 1);
  CHECK(routed.deliveries[0].to == (result.reply_to == "command" ? "node-s" : "client-1"));
}

TEST_CASE("an actor that lives is not taken over, one whose node is silent is") {
  relay_state state;
  static_cast<void>(state.received("a", health_frame("node_a", 1, {"rack_0"}), 0));
  static_cast<void>(state.received("b", health_frame("node_b", 1, {"rack_0"}), 1000 * ms));
  CHECK(state.received("cli", command_frame("rack_0", "cli"), 0).deliveries[0].to == "a");
  static_cast<void>(state.received("b", health_frame("node_b", 2, {"rack_0"}), 3000 * ms));
  CHECK(state.received("cli", command_frame("rack_0", "cli"), 0).deliveries[0].to == "b");
}

TEST_CASE("a source is alive while its node says so, and silent telemetry is not") {
  relay_state state;
  messages::catalogue catalogue{"bms_0", 7, {{}}};
  catalogue.points[0].name = "rack_0/voltage";
  catalogue.points[0].period_ms = 100;
  CHECK(state.heard(plane::telemetry, messages::encode(header_of("bms_0", 1), catalogue)->bytes(),
                    0));
  CHECK(state.heard(plane::telemetry, words_frame("bms_0", 2, {1})->bytes(), 0));
  CHECK(state.heard(plane::health, health_frame("rack_0", 1, {"bms_0"})->bytes(), 0));
  auto sources = end_of(state, 1000 * ms).sources;
  REQUIRE(sources.size() == 2);
  CHECK(sources[0].source == "bms_0");
  CHECK(sources[0].sequence == 2);
  CHECK(sources[0].alive);
  CHECK(state.heard(plane::health, health_frame("rack_0", 2, {"bms_0"})->bytes(), 2500 * ms));
  sources = end_of(state, 2500 * ms).sources;
  CHECK_FALSE(sources[0].alive);
  CHECK(sources[1].alive);
  CHECK(state.heard(plane::telemetry, words_frame("bms_0", 3, {1})->bytes(), 4600 * ms));
  sources = end_of(state, 4600 * ms).sources;
  CHECK_FALSE(sources[0].alive);
  CHECK_FALSE(sources[1].alive);
}

TEST_CASE("F-050 what another life of a node said is not served as its state") {
  relay_state state;
  CHECK(state.heard(plane::health, health_frame("rack_0", 1, {"bms_0"}, "boot-1")->bytes(), 0));
  CHECK(state.heard(plane::telemetry, words_frame("bms_0", 1, {1})->bytes(), 0));
  CHECK(state.snapshot("x", 0, 0).size() == 4);
  CHECK(state.heard(plane::health, health_frame("rack_0", 1, {"bms_0"}, "boot-2", 900'000)->bytes(),
                    0));
  CHECK(state.snapshot("x", 0, 0).size() == 3);
}

TEST_CASE("F-039 an endpoint that sends bad frames is ignored for a minute") {
  relay_state state;
  static_cast<void>(state.received("node-a", health_frame("rack_0", 1, {"rack_0"}), 0));
  for (std::uint32_t n = 0; n <= bad_frames_per_minute_max; ++n) state.misbehaved("cli", 0);
  CHECK(state.received("cli", command_frame("rack_0", "cli"), 1000 * ms).refused);
  CHECK_FALSE(state.received("other", command_frame("rack_0", "other"), 1000 * ms).refused);
  CHECK_FALSE(state.received("cli", command_frame("rack_0", "cli"), 61'000 * ms).refused);
}

TEST_CASE("F-036 actors that a broken node invents fill no table beyond its bound") {
  relay_state state;
  static_cast<void>(state.received("node-a", health_frame("rack_0", 1, {"rack_0"}), 0));
  constexpr std::size_t said_per_node = actors_of_node_max + 1;
  constexpr std::size_t nodes = actors_max / actors_of_node_max + 1;
  for (std::size_t node = 0; node < nodes; ++node) {
    std::vector<std::string> actors;
    for (std::size_t n = 0; n < said_per_node; ++n) {
      actors.push_back(std::to_string(node) + "/" + std::to_string(n));
    }
    const auto name = "hostile_" + std::to_string(node);
    CHECK_FALSE(state.received(name, health_frame(name, 1, actors), 0).refused);
  }
  // One place was taken before.
  CHECK(state.not_kept() == nodes * said_per_node - (actors_max - 1));
  const auto receiver_of = [&](const std::string& target) {
    return state.received("cli", command_frame(target, "cli"), 0).deliveries.at(0).to;
  };
  CHECK(receiver_of("rack_0") == "node-a");
  CHECK(receiver_of("0/0") == "hostile_0");
  CHECK(receiver_of("0/" + std::to_string(actors_of_node_max)) == "cli");
  static_cast<void>(state.received("node-a", health_frame("rack_0", 2, {"rack_0"}), 1 * ms));
  CHECK(receiver_of("rack_0") == "node-a");
}

TEST_CASE("only planes that are published and frames that decode pass") {
  relay_state state;
  const auto frame = words_frame("bms_0", 1, {1});
  CHECK_FALSE(state.heard(plane::commands, frame->bytes(), 0));
  CHECK_FALSE(state.heard(plane::snapshot, frame->bytes(), 0));
  CHECK_FALSE(state.heard(plane::telemetry, frame->bytes().first(8), 0));
  CHECK(state.heard(plane::telemetry, frame->bytes(), 0));
  CHECK(state.refused() == 3);
}

} // namespace relay_state_test
