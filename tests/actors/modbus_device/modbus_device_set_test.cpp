#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "actors/modbus_device/device_fixture.hpp"

// What becomes of one set command.
namespace voltaic::actors::modbus_device::modbus_device_set_test {
namespace {

TEST_CASE_METHOD(device_fixture, "a set command is written, read back and done") {
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

TEST_CASE_METHOD(device_fixture,
                 "what a set was read back as is said at once, of that point alone") {
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

TEST_CASE_METHOD(device_fixture, "F-138 a value out of range is refused, never clamped") {
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

TEST_CASE_METHOD(device_fixture, "what became of a write decides its result") {
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

TEST_CASE_METHOD(device_fixture,
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

TEST_CASE_METHOD(device_fixture,
                 "F-131 a repeated command writes once and every asker gets the result") {
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

TEST_CASE_METHOD(device_fixture, "F-130 an expired command is not written") {
  auto late = make_set("k", 12.5);
  late.deadline_utc_us = node.clock.now().utc_us - 1;
  order(late);
  CHECK(only_answer().outcome == messages::outcome::expired);
  CHECK(writes.empty());
}

TEST_CASE_METHOD(device_fixture, "a command that cannot be kept or queued is refused") {
  node.journal.refuse = true;
  order(make_set("a", 12.5));
  CHECK(only_answer().outcome == messages::outcome::rejected);
  CHECK(writes.empty());
  node.journal.refuse = false;
  line_full = true;
  order(make_set("b", 12.5));
  CHECK(only_answer().outcome == messages::outcome::rejected);
}

TEST_CASE_METHOD(device_fixture,
                 "F-005 a key that was accepted before a crash does not act again") {
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

} // namespace
} // namespace voltaic::actors::modbus_device::modbus_device_set_test
