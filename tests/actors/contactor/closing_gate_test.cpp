#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "actors/command/command_actor.hpp"
#include "actors/contactor/contactor_actor.hpp"
#include "messages/confirm_close.hpp"
#include "messages/points/catalogue.hpp"
#include "support/test_node.hpp"

// What only others know of a closing is judged again where it acts: the test stands between the
// dispatcher and the contactors, and changes what is true in between.
namespace voltaic::actors::contactor::closing_gate_test {
namespace {

using messages::outcome;
using runtime::plane;

constexpr std::int64_t ms = messages::us_per_ms;

messages::catalogue describe(const std::string& owner, const std::vector<std::string>& names) {
  std::vector<messages::point_description> points(names.size());
  for (std::size_t each = 0; each < names.size(); ++each) {
    points[each].name = names[each];
    points[each].raw_type = "f64";
  }
  return messages::points::make_catalogue(owner, std::move(points));
}

template <class Value>
messages::telemetry saying(const messages::catalogue& by, const std::vector<Value>& values,
                           std::int64_t now_us) {
  messages::telemetry said{by.owner, by.fingerprint, {}};
  for (std::size_t each = 0; each < values.size(); ++each) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(each);
    block.source_time_us = now_us;
    block.quality = messages::quality::good;
    if constexpr (std::is_same_v<Value, std::string>)
      block.values = values[each];
    else
      block.values = messages::block::reals{values[each]};
    said.blocks.push_back(std::move(block));
  }
  return said;
}

/// Dispatcher and contactors of rack_0 in a node; the test plays its device and protection, the
/// other rack of its DC bus, its inverter, and the way between dispatcher and contactors.
struct fixture {
  fixture() : node({chain()}), site({dispatcher()}) {
    others_say(own_device);
    others_say(device_of_other);
    others_say(rack_of_other);
    others_say(link);
    run(2'000);
  }

  runtime::group_spec chain() {
    runtime::group_spec chain;
    const auto puppet = [](runtime::context*& into) {
      return [&into](runtime::context& context) {
        into = &context;
        return std::make_unique<tests::scripted_actor>(
            context, [](runtime::context&, const messages::message&) {});
      };
    };
    chain.children.push_back({"bms_0", "device", puppet(device)});
    chain.children.push_back({"rack_0/protection", "protection", puppet(protection)});
    chain.children.push_back({"rack_0/contactor", "contactor", [](runtime::context& context) {
                                actor_options options;
                                options.rules.rack = "rack_0";
                                options.rules.break_current_a = 20;
                                options.rules.shares_bus = true;
                                options.device = "bms_0";
                                options.asks_before_closing = true;
                                return std::make_unique<contactor_actor>(context, options);
                              }});
    chain.children.push_back(
        {"ear", "ear", [this](runtime::context& context) {
           context.listen("rack_0/contactor", runtime::kind::order);
           return std::make_unique<tests::scripted_actor>(
               context, [this](runtime::context&, const messages::message& heard) {
                 if (const auto* said = std::get_if<messages::order>(&heard.payload)) {
                   order = *said;
                   has_leased = has_leased || said->lease;
                 }
               });
         }});
    return chain;
  }

  static runtime::group_spec dispatcher() {
    runtime::group_spec site;
    site.children.push_back({"command", "command", [](runtime::context& context) {
                               command::dispatcher_options options;
                               options.devices = {"bms_0", "bms_1"};
                               options.rack_devices = {{"rack_0", "bms_0"}, {"rack_1", "bms_1"}};
                               options.dc_buses = {{"rack_0", "dc_0"}, {"rack_1", "dc_0"}};
                               options.inverters = {{"rack_0", "inverter_0"}};
                               return std::make_unique<command::command_actor>(context, options);
                             }});
    return site;
  }

  template <class Said>
  void others_say(const Said& said) {
    site.hear(bus::message::plane::telemetry,
              {said.owner, 1, ++sequence, site.clock.now(), messages::utc_quality::unknown}, said);
  }
  void pass_on(tests::test_node& to, const messages::payload& said) {
    to.hear(bus::message::plane::commands,
            {"cli", 1, ++sequence, to.clock.now(), messages::utc_quality::unknown}, said);
  }

  void beat() {
    node.advance(50 * ms);
    site.advance(50 * ms);
    const auto now = node.clock.now();
    if (!described) device->say(plane::telemetry, own_device, now);
    described = true;
    const bool lease = order.lease && obeys;
    const bool precharge = lease && order.contactor == messages::contactor_order::precharge;
    const bool close = lease && order.contactor == messages::contactor_order::close;
    const auto own = saying<double>(own_device,
                                    {precharge || close ? 1.0 : 0.0, close ? 1.0 : 0.0,
                                     precharge ? 1.0 : 0.0, 0, 0, 1'584, bus_v, 0},
                                    now.monotonic_us);
    device->say(plane::telemetry, own, now);
    others_say(own);
    others_say(saying<double>(device_of_other, {other_v, other_a}, now.monotonic_us));
    others_say(saying<std::string>(rack_of_other, {other_contactor, other_lock}, now.monotonic_us));
    others_say(saying<std::string>(link, {compatibility}, now.monotonic_us));
    permit.rack = "rack_0";
    permit.epoch = 1;
    ++permit.counter;
    permit.granted = permit.close_allowed = true;
    protection->say(plane::local, permit, now);
    protection->say(plane::local, messages::tick{now.monotonic_us, 0}, now);
    node.engine->run_until_quiet();
    carry();
  }
  void run(int for_ms) {
    for (int passed = 0; passed < for_ms; passed += 50) beat();
  }

  /// The way between the two. What is for the contactors waits until `deliver`.
  void carry() {
    while (!node.outside.sent.empty() || !site.outside.sent.empty()) {
      auto frames = std::exchange(node.outside.sent, {});
      for (auto& frame : std::exchange(site.outside.sent, {})) frames.push_back(std::move(frame));
      for (const auto& frame : frames) carry(messages::decode(*frame)->payload);
    }
  }
  void carry(const messages::payload& said) {
    if (const auto* told = std::get_if<messages::result>(&said)) {
      if (told->reply_to == "cli")
        answers.push_back(*told);
      else
        pass_on(told->reply_to == "command" ? site : node, *told);
    } else if (const auto* asked = std::get_if<messages::command>(&said)) {
      if (asked->operation != messages::confirm_close) return hops.push_back(*asked);
      ++questions;
      asked_about = asked->point;
      if (carries_questions) pass_on(site, *asked);
    }
  }
  void ask(const std::string& operation, const std::string& key,
           std::int64_t deadline_ms = 30'000) {
    messages::command asked;
    asked.id = asked.key = key;
    asked.target = "command";
    asked.operation = operation;
    asked.point = "rack_0";
    asked.role = "operator";
    asked.user = "ada";
    asked.reply_to = "cli";
    asked.deadline_utc_us = node.clock.now().utc_us + deadline_ms * ms;
    pass_on(site, asked);
    carry();
  }
  void deliver() {
    for (const auto& hop : std::exchange(hops, {})) pass_on(node, hop);
    carry();
  }
  /// Of the one command that was asked for.
  messages::result answer() {
    REQUIRE(answers.size() == 1);
    return answers.front();
  }

  runtime::context* device = nullptr;
  runtime::context* protection = nullptr;
  messages::catalogue own_device =
      describe("bms_0", {"rack_0/minus_closed", "rack_0/plus_closed", "rack_0/precharge_closed",
                         "rack_0/opened_by_lease", "rack_0/current", "rack_0/voltage",
                         "rack_0/bus_voltage", "rack_0/accepted_epoch"});
  messages::catalogue device_of_other = describe("bms_1", {"rack_1/voltage", "rack_1/current"});
  messages::catalogue rack_of_other =
      describe("rack_1/contactor", {"rack_1/contactor", "rack_1/contactor_lock"});
  messages::catalogue link = describe("inverter_0/link", {"inverter_0/compatibility"});
  double other_v = 1'584;
  double other_a = 0;
  double bus_v = 1'584; ///< as the other rack holds it
  std::string other_contactor = "closed";
  std::string other_lock = "none";
  std::string compatibility = "compatible";
  bool obeys = true;
  bool described = false;
  bool carries_questions = true;
  bool has_leased = false;
  int questions = 0;
  std::string asked_about;
  std::uint64_t sequence = 0;
  messages::permit permit;
  messages::order order;
  std::vector<messages::command> hops;
  std::vector<messages::result> answers;
  tests::test_node node;
  tests::test_node site;
};

} // namespace

TEST_CASE_METHOD(fixture, "a closing that nobody bars is confirmed once more, and acts") {
  ask("close", "a");
  REQUIRE(hops.size() == 1);
  CHECK(questions == 0);
  deliver();
  run(5'000);
  CHECK(questions == 1);
  CHECK(answer().outcome == outcome::done);
  CHECK(order.lease);
}

TEST_CASE_METHOD(fixture,
                 "F-159 F-165 what bars a closing after it was sent on bars it where it acts") {
  ask("close", "a");
  REQUIRE(hops.size() == 1); // the dispatcher saw nothing wrong
  std::string reason;
  SECTION("another rack welded") {
    other_lock = "contactor_weld";
    reason = "parallel_block: rack_1 on the same DC bus dc_0 has contactor_weld";
  }
  SECTION("another rack's voltage moved away") {
    other_v = 1'590;
    reason = "parallel_block: rack_1 has 1590.0 V";
  }
  SECTION("another rack carries too much") {
    other_a = -21;
    reason = "parallel_block: rack_1 carries -21.0 A";
  }
  SECTION("the inverter told that it is another one") {
    compatibility = "incompatible";
    reason = "inverter_incompatible: inverter_0";
  }
  run(100);
  deliver();
  run(3'000);
  CHECK(answer().outcome == outcome::rejected);
  REQUIRE(answer().reasons.size() == 1);
  CHECK_THAT(answer().reasons.front(), Catch::StartsWith(reason));
  CHECK_FALSE(has_leased);
}

TEST_CASE_METHOD(fixture, "F-165 the own voltage is judged where a closing acts as well") {
  ask("close", "a");
  bus_v = 1'588;
  run(100);
  deliver();
  run(3'000);
  CHECK(answer().outcome == outcome::rejected);
  CHECK_THAT(answer().reasons.front(), Catch::StartsWith("parallel_block: rack_0 has 1584.0 V"));
  CHECK_FALSE(has_leased);
}

TEST_CASE_METHOD(fixture, "a closing that nobody confirms is refused after a second") {
  carries_questions = false;
  ask("close", "a");
  deliver();
  run(900);
  CHECK(answers.empty());
  run(400);
  CHECK(answer().outcome == outcome::rejected);
  CHECK(answer().reasons ==
        std::vector<std::string>{
            "nobody confirms that the other racks of its DC bus and its inverter allow it"});
  run(3'000);
  CHECK_FALSE(has_leased);
}

TEST_CASE_METHOD(fixture, "an open that comes while a closing is asked about ends it") {
  carries_questions = false;
  ask("close", "a");
  deliver();
  run(200);
  REQUIRE(questions == 1);
  carries_questions = true;
  ask("open", "b");
  deliver();
  run(3'000);
  REQUIRE(answers.size() == 2);
  const auto closing = std::ranges::find(answers, "a", &messages::result::key);
  REQUIRE(closing != answers.end());
  CHECK(closing->outcome == outcome::rejected);
  CHECK(closing->reasons == std::vector<std::string>{"a command to open followed"});
  CHECK_FALSE(has_leased);
}

TEST_CASE_METHOD(fixture,
                 "F-130 a closing whose deadline passes while it is asked about never acts") {
  carries_questions = false;
  ask("close", "a", 500);
  deliver();
  run(3'000);
  CHECK(answer().outcome != outcome::done);
  CHECK_FALSE(has_leased);
}

TEST_CASE_METHOD(fixture,
                 "F-159 a next attempt is asked about again, and not made where it is barred") {
  obeys = false; // no feedback: the first attempt fails
  ask("close", "a");
  deliver();
  run(1'000);
  REQUIRE(has_leased);
  REQUIRE_FALSE(order.lease);
  CHECK(questions == 1);
  const bool is_barred = GENERATE(true, false);
  if (is_barred) other_lock = "contactor_weld";
  has_leased = false;
  obeys = true;
  run(8'000);
  CHECK(questions == 2);
  CHECK(has_leased == !is_barred);
  CHECK(answer().outcome == (is_barred ? outcome::rejected : outcome::done));
  if (is_barred)
    CHECK_THAT(answer().reasons.back(),
               Catch::Contains("rack_1") && Catch::Contains("contactor_weld"));
}

TEST_CASE_METHOD(fixture, "the question is about the gate's own rack, whatever the command says") {
  ask("close", "a");
  REQUIRE(hops.size() == 1);
  hops.front().point = "rack_7/contactor";
  deliver();
  run(1'000);
  CHECK(questions == 1);
  CHECK(asked_about == "rack_0");
}

TEST_CASE_METHOD(fixture, "a closing whose pause ends before its answer comes waits for that") {
  ask("close", "a");
  deliver();
  run(2'000);
  REQUIRE(answer().outcome == outcome::done);
  ask("open", "b");
  deliver();
  run(1'000);
  REQUIRE(answers.size() == 2);
  answers.clear();
  // So that what is left of the spacing is anything from nothing to some steps.
  run(GENERATE(range(6'300, 7'150, 50)));
  has_leased = false;
  ask("close", "c");
  deliver();
  SECTION("it is answered") {
    run(4'000);
    CHECK(answer().outcome == outcome::done);
    CHECK(answer().reasons.empty());
  }
  SECTION("nobody answers, and that is the reason that is told") {
    const auto before = questions;
    while (questions == before) beat();
    carries_questions = false; // the one about its beginning went through
    run(4'000);
    if (questions == before + 1) return; // no pause was left, and no second question
    CHECK(answer().outcome == outcome::rejected);
    CHECK(answer().reasons.back() ==
          "nobody confirms that the other racks of its DC bus and its inverter allow it");
    CHECK_FALSE(has_leased);
  }
}

} // namespace voltaic::actors::contactor::closing_gate_test
