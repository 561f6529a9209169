#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "actors/can_device/can_device_actor.hpp"
#include "messages/command_priority.hpp"
#include "support/small_device.hpp"
#include "support/test_node.hpp"

// Set commands in a node on virtual time, with a bus made of plain values.
namespace voltaic::actors::can_device::set_commands_test {
namespace {

using messages::outcome;
using tests::test_node;

constexpr std::int64_t ms = messages::us_per_ms;

struct fixture {
  fixture() : fixture(tests::small_device()) {}
  explicit fixture(std::shared_ptr<const messages::profiles::device_profile> of)
      : profile(std::move(of)), node({group()}) {
    run(200);
  }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back(
        {"bms_0", "can_device", [this](runtime::context& context) {
           return std::make_unique<can_device>(
               context, model_options{"bms_0", "rack_0", 0, profile},
               [this](const messages::can::frame& frame) { return take(frame); });
         }});
    return made;
  }

  bus::can::send_result take(const messages::can::frame& frame) {
    if (bus_throws) throw std::runtime_error("told to throw");
    if (bus_full) return bus::can::send_result::full;
    if (frame.id == 0x082) {
      sent.push_back((frame.data[0] | frame.data[1] << 8) / 10.0);
      sent_us.push_back(node.clock.now().monotonic_us);
      if (device_obeys) held = static_cast<std::uint16_t>(frame.data[0] | frame.data[1] << 8);
    }
    return bus::can::send_result::sent;
  }

  /// The device reports its limit every 100 ms.
  void run(std::int64_t milliseconds) {
    for (std::int64_t passed = 0; passed < milliseconds; passed += 100) {
      node.advance(100 * ms);
      bus::can::batch batch;
      const auto now = node.clock.now();
      batch.now_us = now.monotonic_us;
      batch.utc_offset_us = now.utc_us - now.monotonic_us;
      if (speaks) batch.frames = {tests::limit_frame(held, batch.now_us)};
      node.post("bms_0", std::make_shared<const bus::can::batch>(std::move(batch)));
    }
  }

  void order(const std::string& key, double value, std::int64_t length_ms = 0,
             const std::string& role = "engineer") {
    messages::command made;
    made.id = made.key = key;
    made.target = "bms_0";
    made.operation = "set";
    made.point = "rack_0/limit";
    made.value = value;
    made.lease_ms = static_cast<std::uint64_t>(length_ms);
    made.role = role;
    made.priority = priority;
    made.deadline_utc_us = node.clock.now().utc_us + 5'000 * ms;
    made.reply_to = "client";
    node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, made);
  }
  messages::result set(const std::string& key, double value, std::int64_t length_ms = 0,
                       const std::string& role = "engineer") {
    order(key, value, length_ms, role);
    run(500);
    return only_answer();
  }
  messages::result only_answer() {
    std::vector<messages::result> found;
    for (const auto& frame : std::exchange(node.outside.sent, {})) {
      const auto opened = messages::decode(*frame);
      if (const auto* each = std::get_if<messages::result>(&opened->payload))
        found.push_back(*each);
    }
    REQUIRE(found.size() == 1);
    return found[0];
  }
  /// Values and why.
  std::vector<std::pair<double, std::string>> told(const std::string& state) {
    std::vector<std::pair<double, std::string>> found;
    for (const auto& message : node.outside.all<messages::event>()) {
      const auto& event = std::get<messages::event>(message.payload);
      if (event.kind != "command" || event.state != state) continue;
      CHECK(event.subject == "rack_0/limit"); // what was typed
      CHECK(event.scope == "set");
      found.emplace_back(event.value, event.reason);
    }
    return found;
  }
  std::vector<std::pair<double, std::string>> reverted() { return told("reverted"); }
  /// The actor dies between the journal and the device, and its successor begins.
  void die_in(const std::string& key, double value, std::int64_t length_ms) {
    bus_throws = true;
    order(key, value, length_ms);
    run(300);
    bus_throws = false;
    run(1'000);
    REQUIRE(node.engine->ready());
  }

  std::shared_ptr<const messages::profiles::device_profile> profile;
  std::uint16_t held = 1'400;
  std::uint8_t priority = messages::command_priority::person;
  bool device_obeys = true;
  bool speaks = true;
  bool bus_full = false;
  bool bus_throws = false;
  std::vector<double> sent;
  std::vector<std::int64_t> sent_us;
  test_node node;
};

using values = std::vector<double>;
using reversions = std::vector<std::pair<double, std::string>>;
constexpr const char* is_over = "the time it was set for is over";
constexpr const char* is_resumed = "it was set before its actor started, and stands on";
constexpr const char* is_restarted = "its actor started anew while more was set for a time";

TEST_CASE_METHOD(fixture, "F-130 a set that became durable after its deadline sends nothing") {
  node.journal.holds = true;
  order("slow", 90);
  run(4'000);
  CHECK(sent.empty());
  node.clock.advance(2'000 * ms); // the node stands still, the disk does not
  node.journal.holds = false;
  node.journal.release();
  run(300);
  CHECK(sent.empty());
  CHECK(only_answer().outcome == outcome::expired);
}

TEST_CASE_METHOD(fixture, "a set is sent when it is durable, not before") {
  node.journal.holds = true;
  order("slow", 90);
  run(1'000);
  CHECK(sent.empty());
  node.journal.holds = false;
  node.journal.release();
  run(300);
  CHECK(sent == std::vector<double>{90});
  CHECK(only_answer().outcome == outcome::done);
}

TEST_CASE_METHOD(fixture, "F-137 a CAN device's limit for a time goes back to the one before") {
  CHECK(set("a", 100).outcome == outcome::done);
  CHECK(set("b", 50, 2'000).outcome == outcome::done);
  CHECK(sent == values{100, 50});
  bus_full = true;
  run(2'000);
  bus_full = false;
  CHECK(reverted().empty());
  run(200);
  CHECK(sent == values{100, 50, 100});
  CHECK(reverted() == reversions{{100, is_over}});
  run(3'000);
  CHECK(sent == values{100, 50, 100});
}

/// Its limit is wanted each second, 300 ms after the full one, and never twice in 500 ms.
struct repeated : fixture {
  repeated()
      : fixture(
            tests::small_device(R"(, "period_ms": 1000, "phase_ms": 300, "minimum_gap_ms": 500)")) {
  }
};

TEST_CASE_METHOD(repeated, "what is in force is sent again in each period, by its phase") {
  run(3'000);
  REQUIRE(sent == values{140, 140, 140}); // the default
  for (const auto each : sent_us) CHECK(each % (1'000 * ms) == 300 * ms);
  order("a", 90, 5'000);
  run(1'000);
  CHECK(only_answer().outcome == outcome::done);
  sent.clear();
  run(2'000);
  CHECK(sent == values{90, 90});
  run(3'000);
  CHECK(sent.back() == 140);
  // Where the bus does not take it, it goes out as soon as it does.
  bus_full = true;
  run(2'500);
  sent.clear();
  bus_full = false;
  run(100);
  CHECK(sent == values{140});
}

TEST_CASE_METHOD(repeated, "F-137 a value on its way is not sent back by the one before it") {
  device_obeys = false;
  order("slow", 90);
  run(4'000);
  REQUIRE(std::ranges::count(sent, 90) >= 3);
  CHECK(std::ranges::is_sorted(sent, std::ranges::greater()));
}

TEST_CASE_METHOD(repeated,
                 "frames of one command keep their gap, and the newest set waits for it") {
  for (int i = 0; i < 40; ++i) {
    order(fmt::format("k{}", i), 50 + i);
    run(i % 3 == 0 ? 100 : 200);
  }
  run(2'000);
  REQUIRE(sent.size() > 10);
  for (std::size_t i = 1; i < sent_us.size(); ++i) CHECK(sent_us[i] - sent_us[i - 1] >= 500 * ms);
  CHECK(sent.back() == 89);
  // Each was answered, once.
  std::map<std::string, int> answers;
  for (const auto& frame : node.outside.sent)
    if (const auto opened = messages::decode(*frame))
      if (const auto* each = std::get_if<messages::result>(&opened->payload)) ++answers[each->key];
  CHECK(answers.size() == 40);
  for (const auto& [key, count] : answers) CHECK(count == 1);
}

TEST_CASE_METHOD(repeated, "what the device tightened by itself is repeated, not loosened") {
  held = 300;
  device_obeys = false;
  sent.clear();
  run(4'000);
  CHECK(sent == values{30, 30, 30, 30});
  device_obeys = true;
  order("a", 90);
  run(3'000);
  CHECK(sent.back() == 90);
  // Where it tells nothing, nothing is sent either.
  speaks = false;
  run(2'000);
  sent.clear();
  run(3'000);
  CHECK(sent.empty());
}

TEST_CASE_METHOD(repeated, "F-130 what a restart left unfinished is not repeated") {
  die_in("a", 10, 60'000);
  run(7'000);
  CHECK(std::ranges::count(sent, 10) == 0);
  CHECK(sent.back() == 140);
}

TEST_CASE_METHOD(fixture, "who may set a CAN device's limit is judged by what is in force") {
  CHECK(set("a", 100, 0, "operator").outcome == outcome::done);
  const auto refused = set("b", 120, 0, "operator");
  CHECK(refused.outcome == outcome::rejected);
  CHECK(refused.reasons ==
        std::vector<std::string>{"to loosen a limit needs role engineer, not operator; 100.0 A is "
                                 "in force"});
  CHECK(set("c", 90, 1'000, "operator").outcome == outcome::done);
  CHECK(set("d", 95, 0, "operator").outcome == outcome::rejected);
  run(1'000);
  CHECK(set("e", 95, 0, "operator").outcome == outcome::done);
  CHECK(set("f", 120).outcome == outcome::done);
  CHECK(set("g", 90, 0, "viewer").outcome == outcome::rejected);
  CHECK(sent == values{100, 90, 100, 95, 120});
}

TEST_CASE_METHOD(fixture, "F-135 who is not at the plant tightens a limit and never loosens it") {
  CHECK(set("a", 100).outcome == outcome::done);
  priority = messages::command_priority::remote;
  CHECK(set("b", 120).reasons ==
        std::vector<std::string>{
            "who is not at the plant may only tighten a limit; 100.0 A is in force"});
  CHECK(set("c", 120, 5'000, "service").outcome == outcome::rejected);
  CHECK(set("d", 100).outcome == outcome::done);
  CHECK(set("e", 90).outcome == outcome::done);
  priority = messages::command_priority::controller;
  CHECK(set("f", 120).outcome == outcome::done);
  CHECK(sent == values{100, 90, 120});
}

TEST_CASE_METHOD(fixture, "after a restart a lower limit stays to its end, a raise is over") {
  CHECK(set("a", 100).outcome == outcome::done);
  CHECK(set("b", 50, 8'000).outcome == outcome::done);
  die_in("x", 120, 60'000);
  CHECK(sent == values{100, 50, 50});
  run(8'000);
  CHECK(sent == values{100, 50, 50, 100});
  CHECK(told("resumed") == reversions{{50, is_resumed}});
  CHECK(reverted() == reversions{{100, is_over}});
  node.outside.sent.clear();
  CHECK(set("x", 120, 60'000).outcome == outcome::unknown);
  CHECK(sent == values{100, 50, 50, 100});
}

TEST_CASE_METHOD(fixture,
                 "a raise that a restart ended is told as that, not as one whose time is over") {
  CHECK(set("a", 50).outcome == outcome::done);
  CHECK(set("b", 100, 60'000).outcome == outcome::done);
  die_in("x", 20, 0);
  // The command of which nobody knows whether it acted does not act now.
  CHECK(told("ended_by_restart") == reversions{{50, is_restarted}});
  CHECK(reverted().empty());
  CHECK(told("resumed").empty());
}

TEST_CASE_METHOD(fixture, "a battery that was restarted and reports its default is set again") {
  CHECK(set("a", 100).outcome == outcome::done);
  held = 1'400;
  run(1'500);
  CHECK(sent == values{100});
  run(10'000);
  CHECK(sent == values{100, 100});
  CHECK(told("written_again") == reversions{{100, "the device held 140.0 A"}});
  // Off for a while, it comes back with its default once more.
  speaks = false;
  held = 1'400;
  run(10'000);
  CHECK(sent.size() == 2);
  speaks = true;
  run(10'000);
  CHECK(sent == values{100, 100, 100});
}

TEST_CASE_METHOD(fixture, "a battery that never holds its limit is told of, and written seldom") {
  CHECK(set("a", 100).outcome == outcome::done);
  device_obeys = false;
  held = 1'400;
  run(30'000);
  CHECK(sent == values{100, 100, 100, 100});
  CHECK(told("written_again").size() == 3);
  CHECK(told("not_held") ==
        reversions{{100, "the device holds 140.0 A after 3 writes; it is written once a minute"}});
  run(60'000);
  CHECK(sent.size() == 5);
  CHECK(told("written_again").size() == 3);
}

TEST_CASE_METHOD(fixture, "a tighter limit of the device's own is left alone, and told") {
  CHECK(set("a", 100).outcome == outcome::done);
  held = 300;
  run(60'000);
  CHECK(sent == values{100});
  CHECK(told("not_held") ==
        reversions{{100, "the device holds 30.0 A, which is tighter, and is left alone"}});
}

TEST_CASE_METHOD(fixture, "after the time it was set for nothing is written for a limit again") {
  CHECK(set("a", 50, 3'000).outcome == outcome::done);
  run(1'500);
  held = 1'400; // its time is over before patience is
  run(60'000);
  CHECK(sent == values{50, 140});
  held = 1'000; // nobody ever set the default
  run(60'000);
  CHECK(sent == values{50, 140});
}

TEST_CASE_METHOD(fixture, "what was set anew is not fought by what was set before") {
  CHECK(set("a", 50).outcome == outcome::done);
  held = 1'400;
  run(1'500);
  CHECK(set("b", 120).outcome == outcome::done);
  run(60'000);
  CHECK(sent == values{50, 120});
  CHECK(told("written_again").empty());
}

TEST_CASE_METHOD(fixture, "a set of which nobody knows whether it acted is not written again") {
  device_obeys = false;
  order("lost", 50);
  run(6'000);
  CHECK(only_answer().outcome == outcome::unknown);
  run(60'000);
  CHECK(sent == values{50});
}

TEST_CASE_METHOD(fixture, "an unsure set does not drop the limit that was confirmed before") {
  CHECK(set("a", 70).outcome == outcome::done);
  device_obeys = false;
  order("lost", 20);
  run(6'000);
  CHECK(only_answer().outcome == outcome::unknown);
  run(10'000);
  CHECK(sent == values{70, 20}); // 70 may stand
  device_obeys = true;
  held = 1'400;
  run(10'000);
  CHECK(sent == values{70, 20, 70});
  CHECK(told("written_again") == reversions{{70, "the device held 140.0 A"}});
  // Nobody but an engineer may go beyond what may stand.
  CHECK(set("b", 30, 0, "operator").outcome == outcome::rejected);
}

TEST_CASE_METHOD(fixture, "an unsure set that acted late has to be held from then on") {
  CHECK(set("a", 70).outcome == outcome::done);
  device_obeys = false;
  order("late", 20);
  run(6'000);
  CHECK(only_answer().outcome == outcome::unknown);
  device_obeys = true;
  held = 200;
  run(1'000);
  held = 700;
  run(10'000);
  CHECK(sent == values{70, 20, 20});
}

TEST_CASE_METHOD(fixture, "of two sets on their way the newer one decides what is in force") {
  device_obeys = false;
  order("a", 100, 3'600'000);
  run(200);
  order("b", 20);
  run(200);
  CHECK(sent == values{100, 20});
  const auto first = only_answer();
  CHECK(first.key == "a");
  CHECK(first.outcome == outcome::unknown);
  CHECK(first.reasons ==
        std::vector<std::string>{"another set followed before the device reported the value"});
  held = 200;
  run(10'000);
  const auto second = only_answer();
  CHECK(second.key == "b");
  CHECK(second.outcome == outcome::done);
  device_obeys = true;
  CHECK(set("c", 90, 0, "operator").outcome == outcome::rejected);
  held = 1'400;
  run(3'000);
  CHECK(sent == values{100, 20, 20});
}

TEST_CASE_METHOD(fixture, "the role of a set is judged again when it acts") {
  CHECK(set("a", 100).outcome == outcome::done);
  node.journal.holds = true;
  order("engineer", 20);
  order("operator", 50, 0, "operator"); // tightens what is in force as it comes
  run(200);
  node.journal.holds = false;
  node.journal.release();
  run(1'000);
  CHECK(sent == values{100, 20});
  std::map<std::string, messages::result> found;
  for (const auto& frame : std::exchange(node.outside.sent, {})) {
    const auto opened = messages::decode(*frame);
    if (const auto* each = std::get_if<messages::result>(&opened->payload))
      found[each->key] = *each;
  }
  CHECK(found["engineer"].outcome == outcome::done);
  CHECK(found["operator"].outcome == outcome::rejected);
  CHECK(
      found["operator"].reasons ==
      std::vector<std::string>{"to loosen a limit needs role engineer, not operator; 20.0 A is on "
                               "its way"});
}

TEST_CASE_METHOD(fixture, "a plain limit is resumed at the first report after a restart") {
  CHECK(set("a", 100).outcome == outcome::done);
  CHECK(sent == values{100});
  speaks = false; // the device is restarted with the whole site
  held = 1'400;
  die_in("x", 20, 0);
  REQUIRE(sent == values{100});
  speaks = true;
  run(600);
  CHECK(sent == values{100, 100});
  CHECK(told("resumed") ==
        reversions{{100, std::string(is_resumed) + "; the device held 140.0 A"}});
  CHECK(told("written_again").empty());
  run(60'000);
  CHECK(sent == values{100, 100});
}

TEST_CASE_METHOD(fixture, "what a device has to hold is known across a restart of its actor") {
  CHECK(set("a", 100).outcome == outcome::done);
  held = 1'400;
  bus_throws = true; // it dies as it writes again
  run(2'300);
  bus_throws = false;
  run(5'000);
  REQUIRE(node.engine->ready());
  CHECK(sent == values{100, 100});
  CHECK(reverted().empty());
}

} // namespace
TEST_CASE_METHOD(fixture, "the same limit set again sends no frame and is done") {
  CHECK(set("a", 50).outcome == outcome::done);
  REQUIRE(sent == values{50});
  const auto written = node.journal.records.size();
  for (int again = 0; again < 20; ++again) {
    const auto said = set("a" + std::to_string(again), 50);
    CHECK(said.outcome == outcome::done);
    CHECK(said.read_back == "50.0");
  }
  CHECK(sent == values{50});
  // Each is journalled with its outcome, for its key; what stands is not kept anew.
  CHECK(node.journal.records.size() == written + 40);
  CHECK(told("written_again").empty());
}

TEST_CASE_METHOD(fixture, "a lease of the same limit is renewed without a frame, and ends") {
  CHECK(set("a", 50).outcome == outcome::done);
  CHECK(set("b", 30, 2'000).outcome == outcome::done);
  for (const auto* key : {"c", "d", "e"}) CHECK(set(key, 30, 2'000).outcome == outcome::done);
  CHECK(sent == values{50, 30});
  run(3'000);
  CHECK(sent == values{50, 30, 50});
  CHECK(reverted().size() == 1);
}

TEST_CASE_METHOD(fixture, "F-137 a setpoint whose writer died goes back when its lease is over") {
  CHECK(set("a", 50).outcome == outcome::done);
  CHECK(set("b", 30, 1'000).outcome == outcome::done);
  run(2'000);
  CHECK(sent == values{50, 30, 50});
  REQUIRE(reverted().size() == 1);
  CHECK(reverted()[0].first == 50);
}

TEST_CASE_METHOD(fixture, "the same limit is sent again to a device that does not report it") {
  CHECK(set("a", 50).outcome == outcome::done);
  held = 1'400;
  order("b", 50);
  run(500);
  CHECK(only_answer().outcome == outcome::done);
  CHECK(sent.size() >= 2);
}

TEST_CASE_METHOD(fixture, "F-138 a limit that is no number, negative or too high changes nothing") {
  for (const double wrong : {std::nan(""), -1.0, 1e9, -std::numeric_limits<double>::infinity()}) {
    const auto said = set(fmt::format("k{}", wrong), wrong);
    CHECK(said.outcome == outcome::rejected);
    CHECK(said.reasons.size() == 1);
  }
  CHECK(sent.empty());
}

TEST_CASE_METHOD(fixture, "F-133 an older set that comes late does not act, by whatever name") {
  const auto numbered = [&](const std::string& key, const std::string& point, double value,
                            std::uint64_t generation) {
    messages::command made;
    made.id = made.key = key;
    made.target = "bms_0";
    made.operation = "set";
    made.point = point;
    made.value = value;
    made.role = "engineer";
    made.generation = generation;
    made.deadline_utc_us = node.clock.now().utc_us + 5'000 * ms;
    made.reply_to = "client";
    node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, made);
    run(500);
    return only_answer();
  };
  CHECK(numbered("new", "rack_0/limit", 0, 9).outcome == outcome::done);
  CHECK(numbered("old", "bms_0/limit", 50, 8).outcome == outcome::rejected);
  CHECK(numbered("newer", "bms_0/limit", 40, 10).outcome == outcome::done);
  CHECK(sent == values{0, 40});
}

} // namespace voltaic::actors::can_device::set_commands_test
