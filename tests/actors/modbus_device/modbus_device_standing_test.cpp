#include <algorithm>
#include <catch2/catch.hpp>

#include "actors/modbus_device/device_fixture.hpp"
#include "messages/command_priority.hpp"

// What stays in force after a set, and who may change it.
namespace voltaic::actors::modbus_device::modbus_device_standing_test {
namespace {

TEST_CASE_METHOD(device_fixture, "a Modbus device that rounds to the step beside is left alone") {
  CHECK(carry_out(make_set("a", 70)) == messages::outcome::done);
  pass(10, limit_address, 701); // 70.10000000000001 in binary
  CHECK(writes.size() == 1);
  pass(3, limit_address, 702);
  CHECK(writes.size() == 2);
}

TEST_CASE_METHOD(device_fixture, "the same Modbus limit set again writes nothing and is done") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  pass(1, limit_address, 1'000);
  const auto told = states().size();
  for (const auto* key : {"b", "c", "d"}) {
    order(make_set(key, 100));
    const auto answer = only_answer();
    CHECK(answer.outcome == messages::outcome::done);
    CHECK(answer.read_back == "100.0");
  }
  pass(5, limit_address, 1'000);
  CHECK(writes.size() == 1);
  CHECK(states().size() == told);
}

TEST_CASE_METHOD(device_fixture, "F-133 an older Modbus set that comes late writes nothing") {
  const auto numbered = [&](const std::string& key, double value, std::uint64_t generation) {
    auto made = make_set(key, value);
    made.generation = generation;
    return made;
  };
  CHECK(carry_out(numbered("new", 20, 9)) == messages::outcome::done);
  order(numbered("old", 100, 8));
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(writes.size() == 1);
}

TEST_CASE_METHOD(device_fixture,
                 "F-137 a Modbus device's limit for a time goes back to the one before") {
  // The profile has no default, and nothing was set: there is nothing to go back to.
  order(make_timed("none", 50, 1'000));
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  CHECK(carry_out(make_timed("b", 50, 2'000)) == messages::outcome::done);
  CHECK(carry_out(make_timed("c", 20, 1'000)) == messages::outcome::done);
  node.advance(1'100 * ms);
  REQUIRE(writes.size() == 4);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{500});
  // A device that does not take it is asked again, but not at once.
  answer_write(outcome::timeout, {200});
  node.advance(500 * ms);
  CHECK(writes.size() == 4);
  CHECK(states().empty());
  node.advance(2'000 * ms);
  REQUIRE(writes.size() == 5);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{1'000});
  answer_write(outcome::done, {1'000});
  CHECK(states() == std::vector<std::string>{"reverted"});
  node.advance(5'000 * ms);
  CHECK(writes.size() == 5);
  CHECK(answers().empty());
}

TEST_CASE_METHOD(device_fixture, "a Modbus device that was restarted is given its limit again") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  const auto pass = [this](int seconds) {
    for (int passed_ms = 0; passed_ms < seconds * 1'000; passed_ms += 100) {
      node.advance(100 * ms);
      deliver(good_round()); // in which the limit is 105.0 A
    }
  };
  pass(1);
  CHECK(writes.size() == 1);
  pass(2);
  REQUIRE(writes.size() == 2);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{1'000});
  CHECK(writes.back().deadline_us > node.clock.now().monotonic_us);
  CHECK(states() == std::vector<std::string>{"running", "written_again"});
  pass(30);
  CHECK(writes.size() == 4);
  CHECK(states().back() == "not_held");
  // What was set for a time meanwhile is written until its end, and never after.
  CHECK(carry_out(make_timed("b", 50, 4'000)) == messages::outcome::done);
  const auto until_us = node.clock.now().monotonic_us + 4'000 * ms;
  pass(6);
  const auto rewritten = std::ranges::count_if(writes, [&](const auto& write) {
    return write.registers == std::vector<std::uint16_t>{500} && write.deadline_us <= until_us;
  });
  CHECK(rewritten == 1); // beside the set itself
  REQUIRE(writes.back().registers == std::vector<std::uint16_t>{1'000});
  answer_write(outcome::done, {1'000});
  const auto count = writes.size();
  node.advance(60'000 * ms); // a device that is silent is left alone
  CHECK(writes.size() == count);
}

/// Whose limit is a lower bound, as the voltage down to which is discharged.
struct lower_bound_fixture : device_fixture {
  static profile_ptr lower_bound() {
    auto made = *tests::modbus_test_profile();
    for (auto& each : made.commands) each.side = messages::tighter::higher;
    return std::make_shared<const messages::profiles::device_profile>(std::move(made));
  }
  lower_bound_fixture() : device_fixture(lower_bound()) {}
};

TEST_CASE_METHOD(lower_bound_fixture,
                 "a lower bound is written again to an inverter that fell back below it") {
  CHECK(carry_out(make_set("a", 80)) == messages::outcome::done);
  pass(3, limit_address, 500);
  REQUIRE(writes.size() == 2);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{800});
  CHECK(states().back() == "written_again");
  pass(10, limit_address, 900); // its own decision
  CHECK(writes.size() == 2);
  CHECK(states().back() == "not_held");
}

TEST_CASE_METHOD(lower_bound_fixture, "an operator raises a lower bound and never lowers it") {
  CHECK(carry_out(make_set("a", 80)) == messages::outcome::done);
  auto asked = make_set("b", 70);
  asked.role = "operator";
  order(asked);
  CHECK(only_answer().reasons ==
        std::vector<std::string>{
            "to loosen a limit needs role engineer, not operator; 80.0 A is in force"});
  CHECK(writes.size() == 1);
  asked = make_set("c", 90);
  asked.role = "operator";
  CHECK(carry_out(asked) == messages::outcome::done);
}

TEST_CASE_METHOD(device_fixture, "F-135 who is not at the plant loosens no limit of an inverter") {
  CHECK(carry_out(make_set("a", 80)) == messages::outcome::done);
  auto asked = make_set("b", 90);
  asked.priority = messages::command_priority::remote;
  asked.role = "service";
  order(asked);
  CHECK(only_answer().reasons ==
        std::vector<std::string>{
            "who is not at the plant may only tighten a limit; 80.0 A is in force"});
  CHECK(writes.size() == 1);
  asked.key = asked.id = "c";
  asked.value = 70.0;
  CHECK(carry_out(asked) == messages::outcome::done);
}

TEST_CASE_METHOD(device_fixture,
                 "an unsure set of a Modbus device does not drop the confirmed limit") {
  CHECK(carry_out(make_set("a", 40)) == messages::outcome::done);
  order(make_set("b", 30));
  answer_write(outcome::timeout, {});
  CHECK(only_answer().outcome == messages::outcome::unknown);
  pass(3, limit_address, 400); // which may stand
  CHECK(writes.size() == 2);
  pass(3, limit_address, 1'000);
  REQUIRE(writes.size() == 3);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{400});
  CHECK(states().back() == "written_again");
}

TEST_CASE_METHOD(device_fixture, "an inverter that stopped by itself is told and left alone") {
  auto start = make_set("a", 1);
  start.point = "meter_0/run";
  CHECK(carry_out(start) == messages::outcome::done);
  pass(3, run_address, 1);
  CHECK(states() == std::vector<std::string>{"running"});
  pass(3, run_address, 0);
  CHECK(states() == std::vector<std::string>{"running", "not_held"});
  CHECK(std::get<messages::event>(node.outside.all<messages::event>().back().payload).reason ==
        "the device holds 0, which is tighter, and is left alone");
  CHECK(writes.size() == 1);
  // One that starts by itself is stopped again.
  auto stop = make_set("b", 0);
  stop.point = "meter_0/run";
  CHECK(carry_out(stop) == messages::outcome::done);
  pass(3, run_address, 1);
  REQUIRE(writes.size() == 3);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{0});
}

TEST_CASE_METHOD(device_fixture, "the role of a Modbus set is judged again when it is written") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  node.journal.holds = true;
  order(make_set("b", 20));
  auto late = make_set("c", 50);
  late.role = "operator"; // tightens what is in force as it comes
  order(late);
  node.journal.holds = false;
  node.journal.release();
  node.advance(100 * ms);
  REQUIRE(writes.size() == 2);
  const auto refused = only_answer();
  CHECK(refused.key == "c");
  CHECK(refused.reasons == std::vector<std::string>{
                               "to loosen a limit needs role engineer, not operator; 20.0 A is on "
                               "its way"});
  answer_write(outcome::done, {200});
  CHECK(only_answer().outcome == messages::outcome::done);
}

TEST_CASE_METHOD(device_fixture, "of two Modbus sets on their way the newer one decides") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  order(make_timed("b", 140, 3'600'000));
  const auto first = writes.back();
  order(make_set("c", 20));
  REQUIRE(writes.size() == 3);
  // The line answers in the order in which it was asked.
  deliver(write_answer{first.token, 1, outcome::timeout, true, 0, {}, 0, ""});
  CHECK(only_answer().outcome == messages::outcome::unknown);
  answer_write(outcome::done, {200});
  CHECK(only_answer().outcome == messages::outcome::done);
  auto looser = make_set("d", 90);
  looser.role = "operator";
  order(looser);
  CHECK(only_answer().outcome == messages::outcome::rejected);
}

TEST_CASE_METHOD(device_fixture, "what is asked for while a limit goes back follows on it") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  CHECK(carry_out(make_timed("b", 50, 1'000)) == messages::outcome::done);
  order(make_set("c", 30)); // on its way when the time is over
  node.advance(1'500 * ms);
  CHECK(writes.size() == 3);
  answer_write(outcome::done, {300});
  node.advance(5'000 * ms);
  CHECK(writes.size() == 3);
}

TEST_CASE_METHOD(device_fixture,
                 "F-005 a Modbus device's limit for a time ends across a restart too") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  line_throws = true;
  order(make_timed("killed", 60, 5'000));
  line_throws = false;
  node.advance(1'000 * ms);
  REQUIRE(node.engine->ready());
  node.advance(3'000 * ms);
  CHECK(writes.size() == 1); // the device may hold it; it is not given it again, maybe late
  node.advance(2'000 * ms);
  REQUIRE(writes.size() == 2);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{1'000});
}

TEST_CASE_METHOD(device_fixture,
                 "who may set a Modbus device's limit is judged by what is in force") {
  const auto as_operator = [this](const std::string& key, double value) {
    auto made = make_set(key, value);
    made.role = "operator";
    return made;
  };
  order(as_operator("a", 100)); // nobody knows what is in force
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(carry_out(make_set("b", 100)) == messages::outcome::done);
  CHECK(carry_out(as_operator("c", 80)) == messages::outcome::done);
  order(as_operator("d", 90));
  CHECK(only_answer().reasons ==
        std::vector<std::string>{"to loosen a limit needs role engineer, not operator; 80.0 A is "
                                 "in force"});
  CHECK(writes.size() == 2);
}

} // namespace
} // namespace voltaic::actors::modbus_device::modbus_device_standing_test
