#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "actors/modbus_device/modbus_device_actor.hpp"
#include "support/modbus_test_profile.hpp"
#include "support/test_node.hpp"

// The actor in a node on virtual time, with a line made of plain values.
namespace voltaic::actors::modbus_device {
namespace {

using bus::modbus::outcome;
using bus::modbus::poll;
using bus::modbus::write_answer;
using bus::modbus::write_request;
using messages::quality;
using tests::test_node;

enum point_id : std::uint16_t {
  voltage,
  energy,
  swapped,
  frequency,
  string_current,
  limit,
  run,
  absent
};

constexpr std::int64_t ms = messages::us_per_ms;
constexpr std::uint16_t limit_address = 50;
constexpr std::uint16_t run_address = 51;

struct fixture {
  fixture() : node({group()}) { node.advance(100 * ms); }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back({"meter_0", "modbus_device", [this](runtime::context& context) {
                               actor_options options;
                               options.model = {"meter_0", tests::modbus_test_profile()};
                               options.write = [this](write_request request) {
                                 if (line_throws) throw std::runtime_error("told to throw");
                                 if (line_full) return false;
                                 writes.push_back(std::move(request));
                                 return true;
                               };
                               return std::make_unique<modbus_device_actor>(context,
                                                                            std::move(options));
                             }});
    return made;
  }

  /// A round in which each read gives its own addresses plus 1000.
  poll good_round() {
    poll made;
    const auto plan =
        modbus_device_actor::make_unit_plans({"meter_0", tests::modbus_test_profile()}, 1);
    REQUIRE(plan);
    made.now_us = node.clock.now().monotonic_us;
    made.utc_offset_us = node.clock.now().utc_us - made.now_us;
    for (const auto& read : plan->front().reads) {
      bus::modbus::read_answer answer;
      answer.request = read;
      answer.outcome = outcome::done;
      answer.time_us = made.now_us;
      for (std::uint16_t offset = 0; offset < read.count; ++offset)
        answer.registers.push_back(static_cast<std::uint16_t>(1000 + read.address + offset));
      made.answers.push_back(std::move(answer));
    }
    return made;
  }
  poll round_of(outcome what, std::uint8_t code = 0) {
    poll made = good_round();
    for (auto& answer : made.answers) {
      answer.outcome = what;
      answer.exception_code = code;
      answer.reason = "as told";
      answer.registers.clear();
    }
    return made;
  }
  void deliver(poll round) { node.post("meter_0", std::make_shared<const poll>(std::move(round))); }
  void deliver(write_answer answer) {
    node.post("meter_0", std::make_shared<const write_answer>(std::move(answer)));
  }

  /// The newest block that was said of a point.
  messages::block newest(std::uint16_t point) {
    messages::block found;
    for (const auto& message : node.outside.all<messages::telemetry>())
      for (const auto& block : std::get<messages::telemetry>(message.payload).blocks)
        if (block.point == point) found = block;
    return found;
  }
  std::vector<std::string> states() {
    std::vector<std::string> found;
    for (const auto& message : node.outside.all<messages::event>())
      found.push_back(std::get<messages::event>(message.payload).state);
    return found;
  }

  messages::command make_set(const std::string& key, double value) {
    messages::command made;
    made.id = "id-" + key;
    made.key = key;
    made.target = "meter_0";
    made.operation = "set";
    made.point = "meter_0/current_limit";
    made.value = value;
    made.role = "engineer";
    made.deadline_utc_us = node.clock.now().utc_us + 5'000 * ms;
    made.reply_to = "client";
    return made;
  }
  void order(const messages::command& command) {
    node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, command);
  }
  /// What was answered since the last call.
  std::vector<messages::result> answers() {
    std::vector<messages::result> found;
    for (const auto& frame : std::exchange(node.outside.sent, {})) {
      const auto opened = messages::decode(*frame);
      if (const auto* each = std::get_if<messages::result>(&opened->payload))
        found.push_back(*each);
    }
    return found;
  }
  messages::result only_answer() {
    const auto found = answers();
    REQUIRE(found.size() == 1);
    return found[0];
  }
  /// The device's answer to the last write, holding `held` afterwards.
  void answer_write(outcome what, std::vector<std::uint16_t> held, bool sent = true,
                    std::uint8_t code = 0) {
    REQUIRE_FALSE(writes.empty());
    deliver(write_answer{writes.back().token, 1, what, sent, code, std::move(held),
                         node.clock.now().monotonic_us, ""});
  }

  messages::command make_timed(const std::string& key, double value, std::uint64_t length_ms) {
    auto made = make_set(key, value);
    made.lease_ms = length_ms;
    return made;
  }
  /// The device takes it and holds it.
  messages::outcome carry_out(const messages::command& command) {
    order(command);
    REQUIRE_FALSE(writes.empty());
    answer_write(outcome::done, writes.back().registers);
    return only_answer().outcome;
  }

  /// Good rounds every 100 ms, in which this register holds this.
  void pass(int seconds, std::uint16_t address, std::uint16_t holds) {
    for (int passed_ms = 0; passed_ms < seconds * 1'000; passed_ms += 100) {
      node.advance(100 * ms);
      auto round = good_round();
      for (auto& answer : round.answers) {
        const auto first = answer.request.address;
        if (answer.request.table != bus::modbus::table::holding || address < first) continue;
        const auto place = static_cast<std::size_t>(address - first);
        if (place < answer.registers.size()) answer.registers[place] = holds;
      }
      deliver(std::move(round));
    }
  }

  std::vector<write_request> writes;
  bool line_full = false;
  bool line_throws = false;
  test_node node;
};

TEST_CASE_METHOD(fixture, "a Modbus device says its catalogue and the exact values of a round") {
  const auto catalogues = node.outside.all<messages::catalogue>();
  REQUIRE_FALSE(catalogues.empty());
  const auto& catalogue = std::get<messages::catalogue>(catalogues[0].payload);
  CHECK(catalogue.owner == "meter_0");
  CHECK(catalogue.points[voltage].name == "meter_0/voltage");
  CHECK(catalogue.points[voltage].channel == "meter_0/Voltage");
  CHECK(catalogue.points[limit].writable);
  CHECK_FALSE(catalogue.points[voltage].writable);
  deliver(good_round());
  CHECK(newest(voltage).values == decltype(messages::block::values){messages::block::words{1000}});
  CHECK(std::get<messages::block::integers>(newest(energy).values)[0] == 1002 * 65536 + 1003);
  CHECK(std::get<messages::block::integers>(newest(swapped).values)[0] == 1005 * 65536 + 1004);
  CHECK(newest(string_current).values ==
        decltype(messages::block::values){messages::block::words{1008, 1009, 1010, 1011}});
  CHECK(newest(limit).quality == quality::good);
  CHECK(newest(limit).source_time_us == node.clock.now().monotonic_us);
}

TEST_CASE_METHOD(fixture, "F-080 a value that the device refuses is invalid at once") {
  deliver(good_round());
  poll round = good_round();
  for (auto& answer : round.answers) {
    if (answer.request.address != 250) continue;
    answer.outcome = outcome::exception;
    answer.exception_code = 2;
    answer.registers.clear();
  }
  deliver(round);
  CHECK(newest(absent).quality == quality::invalid);
  CHECK(newest(energy).quality == quality::good);
  CHECK(states().back() == "degraded");
  for (int count = 0; count < 3; ++count) deliver(good_round());
  CHECK(newest(absent).quality == quality::good);
  CHECK(states().back() == "running");
}

TEST_CASE_METHOD(fixture, "F-081 silence makes values stale after 1.5 periods, never fresh again") {
  deliver(good_round());
  const auto time_us = newest(energy).source_time_us;
  node.advance(100 * ms);
  deliver(round_of(outcome::timeout));
  CHECK(newest(energy).quality == quality::good);
  CHECK(states().back() == "backoff");
  node.advance(400 * ms);
  CHECK(newest(energy).quality == quality::stale);
  CHECK(newest(energy).source_time_us == time_us);
  const auto said = node.outside.all<messages::telemetry>().size();
  for (int count = 0; count < 5; ++count) {
    deliver(round_of(outcome::disconnected));
    node.advance(100 * ms);
  }
  CHECK(node.outside.all<messages::telemetry>().size() == said);
  deliver(good_round());
  CHECK(newest(energy).quality == quality::good);
}

TEST_CASE_METHOD(fixture, "a value out of its valid range is invalid, its neighbours are not") {
  poll round = good_round();
  for (auto& answer : round.answers)
    if (answer.request.table == bus::modbus::table::input) answer.registers[0] = 20'000;
  deliver(round);
  CHECK(newest(voltage).quality == quality::invalid);
  CHECK(newest(energy).quality == quality::good);
}

TEST_CASE_METHOD(fixture, "a set command is written, read back and done") {
  order(make_set("k", 12.5));
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].address == 50);
  CHECK(writes[0].registers == std::vector<std::uint16_t>{125});
  CHECK(writes[0].deadline_us > node.clock.now().monotonic_us);
  CHECK(answers().empty());
  answer_write(outcome::done, {125});
  const auto answer = only_answer();
  CHECK(answer.outcome == messages::outcome::done);
  CHECK(answer.requested == "12.5");
  CHECK(answer.read_back == "12.5");
  CHECK(answer.reply_to == "client");
}

TEST_CASE_METHOD(fixture, "what a set was read back as is said at once, of that point alone") {
  deliver(good_round());
  const auto polled_us = newest(run).source_time_us;
  const auto words_of = [this](std::uint16_t point) {
    return std::get<messages::block::words>(newest(point).values);
  };
  CHECK(words_of(limit) == messages::block::words{1'050});
  node.advance(50 * ms);
  order(make_set("k", 12.5));
  answer_write(outcome::done, {125});
  CHECK(words_of(limit) == messages::block::words{125});
  CHECK(newest(limit).quality == quality::good);
  CHECK(newest(limit).source_time_us == node.clock.now().monotonic_us);
  CHECK(words_of(run) == messages::block::words{1'051}); // of the same read
  CHECK(newest(run).source_time_us == polled_us);
  // Also where the device took another value; what is not known is not said.
  order(make_set("l", 20));
  answer_write(outcome::done, {130});
  CHECK(words_of(limit) == messages::block::words{130});
  order(make_set("m", 30));
  answer_write(outcome::timeout, {});
  CHECK(words_of(limit) == messages::block::words{130});
}

TEST_CASE_METHOD(fixture, "a Modbus device that rounds to the step beside is left alone") {
  CHECK(carry_out(make_set("a", 70)) == messages::outcome::done);
  pass(10, limit_address, 701); // 70.10000000000001 in binary
  CHECK(writes.size() == 1);
  pass(3, limit_address, 702);
  CHECK(writes.size() == 2);
}

TEST_CASE_METHOD(fixture, "F-138 a value out of range is refused, never clamped") {
  int number = 0;
  for (const double value : {-0.1, 140.1, 1e300, -1e300, std::nan(""), HUGE_VAL}) {
    CAPTURE(value);
    order(make_set(fmt::format("k{}", number++), value));
    // What is no number does not even pass the bus.
    for (const auto& answer : answers()) CHECK(answer.outcome == messages::outcome::rejected);
  }
  CHECK(writes.empty());
  for (auto change : {+[](messages::command& changed) { changed.point = "meter_0/voltage"; },
                      +[](messages::command& changed) { changed.index = 1; },
                      +[](messages::command& changed) { changed.value = "1"; },
                      +[](messages::command& changed) { changed.lease_ms = 1'000; },
                      +[](messages::command& changed) { changed.operation = "close"; }}) {
    auto odd = make_set(fmt::format("k{}", number++), 1);
    change(odd);
    order(odd);
    CHECK(only_answer().outcome == messages::outcome::rejected);
  }
  CHECK(writes.empty());
}

TEST_CASE_METHOD(fixture, "what became of a write decides its result") {
  const auto result_of = [this](outcome what, std::vector<std::uint16_t> held, bool sent = true,
                                std::uint8_t code = 0) {
    order(make_set(fmt::format("k{}", writes.size()), 12.5));
    answer_write(what, std::move(held), sent, code);
    return only_answer().outcome;
  };
  CHECK(result_of(outcome::done, {124}) == messages::outcome::rejected);
  CHECK(result_of(outcome::done, {}) == messages::outcome::unknown);
  CHECK(result_of(outcome::exception, {}, true, 2) == messages::outcome::rejected);
  CHECK(result_of(outcome::exception, {}, true, 4) == messages::outcome::unknown);
  CHECK(result_of(outcome::disconnected, {}, false) == messages::outcome::rejected);
  CHECK(result_of(outcome::expired, {}, false) == messages::outcome::expired);
}

TEST_CASE_METHOD(fixture,
                 "F-002 a write whose answer is lost is done only when read back says so") {
  order(make_set("a", 12.5));
  answer_write(outcome::timeout, {});
  CHECK(only_answer().outcome == messages::outcome::unknown);
  order(make_set("a", 12.5));
  CHECK(only_answer().outcome == messages::outcome::unknown);
  CHECK(writes.size() == 1);
  order(make_set("b", 12.5));
  answer_write(outcome::timeout, {125});
  CHECK(only_answer().outcome == messages::outcome::done);
  order(make_set("c", 12.5));
  answer_write(outcome::disconnected, {90});
  const auto answer = only_answer();
  CHECK(answer.outcome == messages::outcome::unknown);
  CHECK(answer.read_back == "9.0");
  CHECK(writes.size() == 3);
}

TEST_CASE_METHOD(fixture, "F-131 a repeated command writes once and every asker gets the result") {
  order(make_set("k", 12.5));
  order(make_set("k", 12.5));
  CHECK(writes.size() == 1);
  answer_write(outcome::done, {125});
  CHECK(answers().size() == 2);
  order(make_set("k", 12.5));
  CHECK(only_answer().outcome == messages::outcome::done);
  order(make_set("k", 99));
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(writes.size() == 1);
}

TEST_CASE_METHOD(fixture, "F-130 an expired command is not written") {
  auto late = make_set("k", 12.5);
  late.deadline_utc_us = node.clock.now().utc_us - 1;
  order(late);
  CHECK(only_answer().outcome == messages::outcome::expired);
  CHECK(writes.empty());
}

TEST_CASE_METHOD(fixture, "a command that cannot be kept or queued is refused") {
  node.journal.refuse = true;
  order(make_set("a", 12.5));
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(writes.empty());
  node.journal.refuse = false;
  line_full = true;
  order(make_set("b", 12.5));
  CHECK(only_answer().outcome == messages::outcome::rejected);
}

TEST_CASE_METHOD(fixture, "F-005 a key that was accepted before a crash does not act again") {
  order(make_set("finished", 12.5));
  answer_write(outcome::done, {125});
  CHECK(only_answer().outcome == messages::outcome::done);
  // It dies between the journal and the device; its successor knows the key.
  line_throws = true;
  order(make_set("accepted", 13));
  line_throws = false;
  node.advance(1'000 * ms);
  CHECK(states().back() == "crashed");
  REQUIRE(node.engine->ready());
  (void)answers();
  order(make_set("accepted", 13));
  CHECK(only_answer().outcome == messages::outcome::unknown);
  order(make_set("finished", 12.5));
  const auto original = only_answer();
  CHECK(original.outcome == messages::outcome::done);
  CHECK(original.read_back == "12.5");
  CHECK(writes.size() == 1);
  order(make_set("new", 14));
  CHECK(writes.size() == 2);
  // The answer to a write of the former incarnation is nobody's.
  deliver(write_answer{1, 1, outcome::done, true, 0, {125}, 0, ""});
  CHECK(answers().empty());
}

TEST_CASE_METHOD(fixture, "a Modbus device's limit for a time goes back to the one before") {
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

TEST_CASE_METHOD(fixture, "a Modbus device that was restarted is given its limit again") {
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

TEST_CASE_METHOD(fixture, "an unsure set of a Modbus device does not drop the confirmed limit") {
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

TEST_CASE_METHOD(fixture, "an inverter that stopped by itself is told and left alone") {
  auto start = make_set("a", 1);
  start.point = "meter_0/run";
  CHECK(carry_out(start) == messages::outcome::done);
  pass(3, run_address, 1);
  CHECK(states() == std::vector<std::string>{"running"});
  pass(3, run_address, 0);
  CHECK(states() == std::vector<std::string>{"running", "not_held"});
  CHECK(writes.size() == 1);
  // One that starts by itself is stopped again.
  auto stop = make_set("b", 0);
  stop.point = "meter_0/run";
  CHECK(carry_out(stop) == messages::outcome::done);
  pass(3, run_address, 1);
  REQUIRE(writes.size() == 3);
  CHECK(writes.back().registers == std::vector<std::uint16_t>{0});
}

TEST_CASE_METHOD(fixture, "the role of a Modbus set is judged again when it is written") {
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

TEST_CASE_METHOD(fixture, "of two Modbus sets on their way the newer one decides") {
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

TEST_CASE_METHOD(fixture, "what is asked for while a limit goes back follows on it") {
  CHECK(carry_out(make_set("a", 100)) == messages::outcome::done);
  CHECK(carry_out(make_timed("b", 50, 1'000)) == messages::outcome::done);
  order(make_set("c", 30)); // on its way when the time is over
  node.advance(1'500 * ms);
  CHECK(writes.size() == 3);
  answer_write(outcome::done, {300});
  node.advance(5'000 * ms);
  CHECK(writes.size() == 3);
}

TEST_CASE_METHOD(fixture, "F-005 a Modbus device's limit for a time ends across a restart too") {
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

TEST_CASE_METHOD(fixture, "who may set a Modbus device's limit is judged by what is in force") {
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
} // namespace voltaic::actors::modbus_device
