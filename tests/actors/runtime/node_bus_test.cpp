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

class repeating_actor final : public actor {
 public:
  explicit repeating_actor(context& context) : context_(context) {}
  using actor::receive;
  void receive(const messages::message&) override {}
  void linked() override { context_.repeat(sample(), {5, 6}); }

 private:
  context& context_;
};

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

TEST_CASE("what is repeated to a relay that begins to hear the node is unnumbered, and not heard") {
  std::vector<messages::message> heard;
  auto groups = talker_and_reader(sample(), heard);
  groups.back().children.back().factory = [](context& with) {
    return std::make_unique<repeating_actor>(with);
  };
  test_node node(std::move(groups));
  CHECK(node.outside.all<messages::telemetry>().empty());
  node.inbox.on_link(true);
  node.engine->run_until_quiet();
  const auto said = node.outside.all<messages::telemetry>();
  REQUIRE(said.size() == 1);
  CHECK(said[0].header.source == "talker");
  CHECK(said[0].header.sequence == 0);
  CHECK(said[0].header.time == messages::instant{5, 6});
  CHECK(said[0].payload == messages::payload(sample()));
  CHECK(heard.empty());
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
