#include "actors/can_device/set_bench.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

// Set commands in a node on virtual time: when they act, and who may.
namespace voltaic::actors::can_device::set_commands_test {
namespace {

using messages::outcome;
using namespace testing;

TEST_CASE_METHOD(set_bench, "F-130 a set that became durable after its deadline sends nothing") {
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

TEST_CASE_METHOD(set_bench, "a set is sent when it is durable, not before") {
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

TEST_CASE_METHOD(set_bench, "F-137 a CAN device's limit for a time goes back to the one before") {
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

TEST_CASE_METHOD(set_bench, "who may set a CAN device's limit is judged by what is in force") {
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

TEST_CASE_METHOD(set_bench, "F-135 who is not at the plant tightens a limit and never loosens it") {
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

TEST_CASE_METHOD(set_bench, "of two sets on their way the newer one decides what is in force") {
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

TEST_CASE_METHOD(set_bench, "the role of a set is judged again when it acts") {
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

TEST_CASE_METHOD(set_bench, "the same limit set again sends no frame and is done") {
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

TEST_CASE_METHOD(set_bench, "a lease of the same limit is renewed without a frame, and ends") {
  CHECK(set("a", 50).outcome == outcome::done);
  CHECK(set("b", 30, 2'000).outcome == outcome::done);
  for (const auto* key : {"c", "d", "e"}) CHECK(set(key, 30, 2'000).outcome == outcome::done);
  CHECK(sent == values{50, 30});
  run(3'000);
  CHECK(sent == values{50, 30, 50});
  CHECK(reverted().size() == 1);
}

TEST_CASE_METHOD(set_bench, "F-137 a setpoint whose writer died goes back when its lease is over") {
  CHECK(set("a", 50).outcome == outcome::done);
  CHECK(set("b", 30, 1'000).outcome == outcome::done);
  run(2'000);
  CHECK(sent == values{50, 30, 50});
  REQUIRE(reverted().size() == 1);
  CHECK(reverted()[0].first == 50);
}

TEST_CASE_METHOD(set_bench, "the same limit is sent again to a device that does not report it") {
  CHECK(set("a", 50).outcome == outcome::done);
  held = 1'400;
  order("b", 50);
  run(500);
  CHECK(only_answer().outcome == outcome::done);
  CHECK(sent.size() >= 2);
}

TEST_CASE_METHOD(set_bench,
                 "F-138 a limit that is no number, negative or too high changes nothing") {
  for (const double wrong : {std::nan(""), -1.0, 1e9, -std::numeric_limits<double>::infinity()}) {
    const auto said = set(fmt::format("k{}", wrong), wrong);
    CHECK(said.outcome == outcome::rejected);
    CHECK(said.reasons.size() == 1);
  }
  CHECK(sent.empty());
}

TEST_CASE_METHOD(set_bench, "F-133 an older set that comes late does not act, by whatever name") {
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

} // namespace
} // namespace voltaic::actors::can_device::set_commands_test
