#include "actors/runtime/node_bus.hpp"

#include <catch2/catch.hpp>

#include "support/test_node.hpp"

using namespace voltaic;
using namespace voltaic::actors::runtime;
using tests::scripted_actor;
using tests::test_node;

namespace {

/// A talker that says this when it is told to, and a reader that keeps what it hears.
std::vector<group_spec> talker_and_reader(const messages::payload& content,
                                          std::vector<messages::message>& heard) {
  group_spec group{strategy::one_for_one, {}};
  group.children.push_back({"reader", "reader", [&heard](context& with) {
                              with.listen("talker", kind::telemetry);
                              return std::make_unique<scripted_actor>(
                                  with, [&heard](context&, const messages::message& message) {
                                    heard.push_back(message);
                                  });
                            }});
  group.children.push_back({"talker", "talker", [content](context& with) {
                              return std::make_unique<scripted_actor>(
                                  with, [content](context& me, const messages::message& order) {
                                    me.say(plane::telemetry, content, order.header.time);
                                  });
                            }});
  return {group};
}

messages::telemetry sample() {
  messages::telemetry content{"talker", 7, {}};
  content.blocks.push_back({.point = 3,
                            .first_index = 1,
                            .source_time_us = 5,
                            .quality = messages::quality::stale,
                            .values = messages::block::words{1, 2},
                            .element_quality = {messages::quality::good, messages::quality::stale},
                            .missing = {"module_1:cell_3"}});
  content.blocks.push_back({.quality = messages::quality::good, .values = std::string("closed")});
  return content;
}

void tell_to_talk(test_node& node) {
  messages::command order;
  order.id = "1";
  order.target = "talker";
  node.hear(plane::commands, {"client", 1, 0, node.clock.now(), {}}, order);
}

} // namespace

TEST_CASE("a subscriber in the node reads the very message that the bytes outside decode to") {
  std::vector<messages::message> heard;
  test_node node(talker_and_reader(sample(), heard));
  tell_to_talk(node);
  tell_to_talk(node);
  CHECK(node.outside.all<messages::telemetry>() == heard);
  REQUIRE(heard.size() == 2);
  CHECK(heard.back().header.sequence == 2);
  CHECK(heard.back().payload == messages::payload(sample()));
}

TEST_CASE("a message that every receiver outside refuses reaches nobody inside either") {
  auto content = sample();
  content.blocks.front().element_quality.pop_back();
  std::vector<messages::message> heard;
  test_node node(talker_and_reader(content, heard));
  tell_to_talk(node);
  CHECK(heard.empty());
  CHECK(node.outside.all<messages::telemetry>().empty());
}
