#include "actors/runtime/node_bus.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/test_node.hpp"

namespace node_bus_test {

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

/// A mailbox that keeps who said what.
class kept_mail final : public mailbox {
 public:
  bool post(mail content) override {
    if (const auto* said = std::get_if<received_ptr>(&content))
      sources.push_back((*said)->header.source);
    return true;
  }
  const std::string& owner() const override { return owner_; }
  std::size_t position() const override { return 0; }
  std::vector<std::string> sources;

 private:
  std::string owner_ = "reader";
};

void say_catalogue(node_bus& to, const std::string& source) {
  messages::header header;
  header.source = source;
  header.incarnation = 1;
  header.sequence = 1;
  to.deliver(plane::telemetry, messages::encode(header, messages::catalogue{source, 1, {}}));
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

TEST_CASE("what is repeated, late or doubled is no gap, and what never came is one") {
  test_node node({});
  const auto gaps_after = [&](const std::vector<std::uint64_t>& numbers) {
    for (const auto number : numbers) {
      node.hear(plane::telemetry, {"bms_9", 1, number, node.clock.now(), {}},
                messages::telemetry{"bms_9", 7, {}});
    }
    return node.engine->health().gaps;
  };
  CHECK(gaps_after({1, 2, 3, 0, 4}) == 0);
  CHECK(gaps_after({2, 5, 5, 6}) == 0);
  CHECK(gaps_after({9, 0, 10}) == 2);
  CHECK(gaps_after({8}) == 1);
}

TEST_CASE("a node keeps a bounded number of catalogues, and rather those it listens to") {
  node_bus bus("node_0", nullptr);
  const auto reader = std::make_shared<kept_mail>();
  bus.subscribe(reader, "wanted", kind::catalogue);
  for (std::size_t i = 0; i < catalogues_max + 10; ++i) {
    say_catalogue(bus, "bms_" + std::to_string(i));
  }
  say_catalogue(bus, "wanted");
  CHECK(reader->sources == std::vector<std::string>{"wanted"});
  const auto late = std::make_shared<kept_mail>();
  bus.subscribe(late, "", kind::catalogue);
  CHECK(late->sources.size() == catalogues_max);
  CHECK(std::count(late->sources.begin(), late->sources.end(), "wanted") == 1);
}

} // namespace node_bus_test
