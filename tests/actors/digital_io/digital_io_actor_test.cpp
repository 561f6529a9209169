#include "actors/digital_io/digital_io_actor.hpp"

#include <catch2/catch.hpp>

#include "messages/points/catalogue.hpp"

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

/// An output of a coupler, which the test plays.
struct coupled {
  test_node node{{group()}};
  messages::catalogue described = catalogue();
  std::uint64_t sequence = 0;

  static messages::catalogue catalogue() {
    messages::point_description point;
    point.name = point.channel = "coupler_0/output";
    point.raw_type = "u16";
    point.period_ms = 100;
    point.writable = true;
    return messages::points::make_catalogue("coupler_0", {point});
  }
  static runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back(
        {"dio_0", "digital_io", [](runtime::context& context) {
           actor_options options;
           options.model = {"dio_0", {}, {{.name = "enable", .point = "coupler_0/output"}}};
           return std::make_unique<digital_io_actor>(context, std::move(options));
         }});
    return made;
  }
  coupled() {
    hear(bus::message::plane::telemetry, described);
    show(false);
    node.advance(50 * ms);
  }
  void hear(bus::message::plane from, const messages::payload& payload,
            std::int64_t waited_us = 0) {
    messages::header header;
    header.source = "coupler_0";
    header.incarnation = 1;
    header.sequence = ++sequence;
    header.time = node.clock.now();
    header.time.monotonic_us -= waited_us;
    header.time.utc_us -= waited_us;
    node.hear(from, header, payload);
  }
  /// What its output is at, or was, where that waited.
  void show(bool on, std::int64_t waited_us = 0) {
    messages::telemetry said;
    said.owner = "coupler_0";
    said.fingerprint = described.fingerprint;
    messages::block block;
    block.quality = quality::good;
    block.source_time_us = node.clock.now().monotonic_us - waited_us;
    block.values = words{static_cast<std::uint16_t>(on)};
    said.blocks.push_back(block);
    hear(bus::message::plane::telemetry, said, waited_us);
  }
  void run(std::int64_t duration_ms, std::optional<bool> shown) {
    for (std::int64_t passed = 0; passed < duration_ms; passed += 100) {
      node.advance(100 * ms);
      if (shown) show(*shown);
    }
  }
  void set(const std::string& key, double value, std::int64_t deadline_ms = 20'000,
           std::uint32_t lease_ms = 0) {
    messages::command asked;
    asked.id = asked.key = key;
    asked.target = "dio_0";
    asked.operation = "set";
    asked.point = "dio_0/enable";
    asked.value = value;
    asked.role = "service";
    asked.reply_to = "client";
    asked.lease_ms = lease_ms;
    asked.deadline_utc_us = node.clock.now().utc_us + deadline_ms * ms;
    messages::header from;
    from.source = "client";
    from.incarnation = 1;
    node.hear(bus::message::plane::commands, from, asked);
  }
  /// Of a command; nothing: not answered yet.
  [[nodiscard]] std::optional<messages::result> answer(const std::string& key) const {
    for (const auto& sent : node.outside.sent) {
      const auto message = messages::decode(*sent);
      const auto* told = std::get_if<messages::result>(&message->payload);
      if (told != nullptr && told->key == key) return *told;
    }
    return std::nullopt;
  }
  /// What the coupler was told last.
  [[nodiscard]] messages::command told() const {
    std::optional<messages::command> last;
    for (const auto& sent : node.outside.sent) {
      const auto message = messages::decode(*sent);
      const auto* asked = std::get_if<messages::command>(&message->payload);
      if (asked != nullptr && asked->target == "coupler_0") last = *asked;
    }
    REQUIRE(last);
    return *last;
  }
};

} // namespace

TEST_CASE("F-134 a coupler's output is set when its coupler shows it, and not before") {
  coupled io;
  io.set("a", 1);
  CHECK(std::get<double>(io.told().value) == 1);
  io.run(1'000, false);
  CHECK_FALSE(io.answer("a"));
  io.run(100, true);
  REQUIRE(io.answer("a"));
  CHECK(io.answer("a")->outcome == outcome::done);
  CHECK(io.answer("a")->read_back == "1");
  // Set again: what was shown before proves nothing of now.
  io.set("b", 1);
  CHECK_FALSE(io.answer("b"));
  io.run(100, true);
  REQUIRE(io.answer("b"));
  CHECK(io.answer("b")->outcome == outcome::done);
}

TEST_CASE("F-134 an output that its coupler does not show in time is unknown, with the reason") {
  coupled io;
  const bool is_silent = GENERATE(true, false);
  const bool is_refused = GENERATE(true, false);
  const std::int64_t deadline_ms = GENERATE(20'000, 1'500);
  CAPTURE(is_silent, is_refused, deadline_ms);
  const auto shown = is_silent ? std::nullopt : std::optional(false);
  io.set("a", 1, deadline_ms);
  if (is_refused) {
    messages::result refusal;
    refusal.id = refusal.key = io.told().key;
    refusal.reply_to = "dio_0";
    refusal.outcome = outcome::rejected;
    refusal.reasons = {"not ready yet"};
    io.hear(bus::message::plane::commands, refusal);
  }
  const auto in_time_ms = std::min(deadline_ms, coupler_shown_us / ms);
  io.run(in_time_ms - 200, shown);
  CHECK_FALSE(io.answer("a"));
  io.run(400, shown);
  REQUIRE(io.answer("a"));
  CHECK(io.answer("a")->outcome == outcome::unknown);
  const std::string why = "coupler_0/output does not show it; it stays ordered";
  CHECK(io.answer("a")->reasons ==
        std::vector<std::string>{is_refused ? why + ": not ready yet" : why});
  CHECK(io.answer("a")->read_back.empty());
}

TEST_CASE("F-134 what a coupler showed while its node stood still is as old as it is") {
  coupled io;
  io.run(1'000, false);
  io.set("a", 1);
  io.node.clock.advance(1'000 * ms);
  io.show(true, 900 * ms);
  CHECK_FALSE(io.answer("a"));
  io.run(100, true);
  REQUIRE(io.answer("a"));
  CHECK(io.answer("a")->outcome == outcome::done);
}

TEST_CASE("a set of a coupler's output that another follows, or whose time ends, is unknown") {
  coupled io;
  io.set("a", 1);
  io.run(100, false);
  io.set("b", 0);
  REQUIRE(io.answer("a"));
  CHECK(io.answer("a")->outcome == outcome::unknown);
  CHECK(io.answer("a")->reasons ==
        std::vector<std::string>{"another set followed before coupler_0/output showed it"});
  io.run(100, false);
  REQUIRE(io.answer("b"));
  CHECK(io.answer("b")->outcome == outcome::done);
  io.set("c", 1, 20'000, 300);
  io.run(500, false);
  REQUIRE(io.answer("c"));
  CHECK(io.answer("c")->reasons ==
        std::vector<std::string>{"it fell to its safe level before coupler_0/output showed it"});
}

TEST_CASE("more sets of couplers' outputs than may wait are rejected") {
  coupled io;
  for (std::size_t each = 0; each <= waiting_sets_max; ++each)
    io.set("set_" + std::to_string(each), 1);
  CHECK_FALSE(io.answer("set_0"));
  const auto last = io.answer("set_" + std::to_string(waiting_sets_max));
  REQUIRE(last);
  CHECK(last->outcome == outcome::rejected);
}

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
