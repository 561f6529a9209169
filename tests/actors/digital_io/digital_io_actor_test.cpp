#include "actors/digital_io/digital_io_actor.hpp"

#include <catch2/catch.hpp>

#include "support/test_node.hpp"

// The actor in a node on virtual time, with a chip made of plain values.
namespace voltaic::actors::digital_io::digital_io_actor_test {

namespace {

using messages::outcome;
using messages::quality;
using tests::test_node;

constexpr std::int64_t ms = messages::us_per_ms;

/// Takes what it is told, or refuses it; what a refused line is at, nobody sees.
struct fake_chip {
  bool refuses = false;
  std::vector<bool> taken;
  std::vector<std::vector<bool>> asked;

  bool write(const std::vector<bool>& levels) {
    asked.push_back(levels);
    if (!refuses) taken = levels;
    return !refuses;
  }
};

/// Two lines, whose safe levels differ.
struct stage {
  fake_chip chip;
  test_node node{{group()}};

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back(
        {"dio_0", "digital_io", [this](runtime::context& context) {
           actor_options options;
           options.model = {"dio_0", {}, {{.name = "enable"}, {.name = "horn", .safe = true}}};
           options.write = [this](const std::vector<bool>& levels) { return chip.write(levels); };
           return std::make_unique<digital_io_actor>(context, std::move(options));
         }});
    return made;
  }
  void run(std::int64_t duration_ms) {
    for (std::int64_t passed = 0; passed < duration_ms; passed += 10) {
      node.advance(10 * ms);
      bus::digital::sample sample;
      sample.now_us = node.clock.now().monotonic_us;
      sample.utc_offset_us = node.clock.now().utc_us - sample.now_us;
      node.post("dio_0", std::make_shared<const bus::digital::sample>(sample));
    }
  }
  void set(const std::string& key, const std::string& output, double value) {
    messages::command asked;
    asked.id = asked.key = key;
    asked.target = "dio_0";
    asked.operation = "set";
    asked.point = "dio_0/" + output;
    asked.value = value;
    asked.role = "service";
    asked.reply_to = "client";
    asked.deadline_utc_us = node.clock.now().utc_us + 1'000 * ms;
    messages::header from;
    from.source = "client";
    from.incarnation = 1;
    node.hear(bus::message::plane::commands, from, asked);
    run(20);
  }
  [[nodiscard]] messages::block newest(std::uint16_t point) const {
    messages::block found;
    for (const auto& message : node.outside.all<messages::telemetry>())
      for (const auto& block : std::get<messages::telemetry>(message.payload).blocks)
        if (block.point == point) found = block;
    return found;
  }
  [[nodiscard]] std::vector<std::string> states() const {
    std::vector<std::string> found;
    for (const auto& message : node.outside.all<messages::event>())
      found.push_back(std::get<messages::event>(message.payload).state);
    return found;
  }
  [[nodiscard]] messages::result answer() const {
    REQUIRE_FALSE(node.outside.sent.empty());
    return std::get<messages::result>(messages::decode(*node.outside.sent.back())->payload);
  }
};

using words = messages::block::words;

} // namespace

TEST_CASE("safety rule 4: an output that its chip refused is not told as good") {
  stage site;
  site.run(50);
  CHECK(site.newest(0).quality == quality::good);
  CHECK(site.newest(1).quality == quality::good);
  CHECK(site.states().empty()); // that it is taken is nothing new
  site.chip.refuses = true;
  const auto before_us = site.node.clock.now().monotonic_us;
  site.set("a", "enable", 1);
  CHECK(site.answer().outcome == outcome::unknown);
  CHECK(site.answer().reasons ==
        std::vector<std::string>{"the chip refused the line; it is ordered to its safe level"});
  site.run(200);
  for (const auto point : {std::uint16_t{0}, std::uint16_t{1}}) {
    CHECK(site.newest(point).quality == quality::invalid);
    CHECK(site.newest(point).source_time_us <= before_us); // when it was known last
  }
  CHECK(site.states() == std::vector<std::string>{"unwritable"}); // told once
}

TEST_CASE("lines that were refused fall to their safe levels, and not to what was asked long ago") {
  stage site;
  site.run(50);
  site.set("a", "horn", 0);
  REQUIRE(site.chip.taken == std::vector<bool>{false, false});
  CHECK(site.answer().outcome == outcome::done);
  site.chip.refuses = true;
  site.set("b", "enable", 1);
  CHECK(site.chip.asked.back() == std::vector<bool>{false, true}); // both are safe
  site.run(5'000);
  site.chip.refuses = false;
  site.run(100);
  CHECK(site.chip.taken == std::vector<bool>{false, true});
  CHECK(site.newest(0).quality == quality::good);
  CHECK(std::get<words>(site.newest(0).values) == words{0});
  CHECK(std::get<words>(site.newest(1).values) == words{1});
  CHECK(site.states() == std::vector<std::string>{"unwritable", "writable"});
  site.set("c", "enable", 1);
  CHECK(site.answer().outcome == outcome::done);
  CHECK(site.chip.taken == std::vector<bool>{true, true});
}

} // namespace voltaic::actors::digital_io::digital_io_actor_test
