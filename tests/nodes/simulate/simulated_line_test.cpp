#include "nodes/simulate/simulated_line.hpp"

#include <catch2/catch.hpp>

namespace simulated_line_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::equipment_effect;
using bus::modbus::outcome;
using bus::modbus::table;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr messages::instant start{1'000'000, 5'000'000};

bus::modbus::line_options options() {
  bus::modbus::line_options result;
  result.name = "plant";
  result.response_timeout_ms = 300;
  result.units = {{1, 200, {{table::input, 0, 9}, {table::holding, 0, 8}}},
                  {2, 500, {{table::input, 0, 7}}}};
  result.units[0].writable = {{0, 8}};
  return result;
}

/// An inverter as unit 1 and an air conditioner as unit 2.
struct bench {
  simulate::simulated_line::told pass(std::int64_t milliseconds) {
    simulate::simulated_line::told all;
    for (const std::int64_t end = now.monotonic_us + milliseconds * ms; now.monotonic_us < end;) {
      now = {now.monotonic_us + 10 * ms, now.utc_us + 10 * ms};
      inverter->step(now.monotonic_us);
      hvac->step(now.monotonic_us);
      auto told = line.step(now);
      for (auto& each : told.polls) all.polls.push_back(std::move(each));
      for (auto& each : told.answers) all.answers.push_back(std::move(each));
    }
    return all;
  }
  static std::size_t rounds(const simulate::simulated_line::told& told, std::uint8_t unit) {
    return static_cast<std::size_t>(std::ranges::count(told.polls, unit, &bus::modbus::poll::unit));
  }

  messages::instant now = start;
  std::unique_ptr<actors::simulator::equipment_model> inverter =
      actors::simulator::make_equipment("inverter");
  std::unique_ptr<actors::simulator::equipment_model> hvac =
      actors::simulator::make_equipment("hvac");
  simulate::simulated_line line{options(),
                                [this](const bus::modbus::line_options& asked) {
                                  return simulate::make_modbus_end(
                                      asked.response_timeout_ms * ms,
                                      {{1, inverter.get()}, {2, hvac.get()}});
                                },
                                start.monotonic_us};
};

} // namespace

TEST_CASE("units on a simulated line are read by their periods, and written with read-back") {
  bench on;
  const auto told = on.pass(2'000);
  CHECK(bench::rounds(told, 1) == Approx(10).margin(1));
  CHECK(bench::rounds(told, 2) == Approx(4).margin(1));
  for (const auto& poll : told.polls) {
    CHECK(poll.utc_offset_us == start.utc_us - start.monotonic_us);
    for (const auto& each : poll.answers) CHECK(each.outcome == outcome::done);
  }
  REQUIRE(on.line.write({7, 1, 0, {1}, 0}));
  REQUIRE(on.line.write({8, 1, 5, {2'000}, 0}));
  REQUIRE(on.line.write({9, 2, 0, {1}, 0}));
  REQUIRE(on.line.write({10, 1, 0, {1}, on.now.monotonic_us}));
  const auto answers = on.pass(100).answers;
  REQUIRE(answers.size() == 4);
  CHECK(answers[0].token == 7);
  CHECK(answers[0].outcome == outcome::done);
  CHECK(answers[0].read_back == std::vector<std::uint16_t>{1});
  CHECK(answers[1].outcome == outcome::exception);
  CHECK(answers[1].exception_code == 3);
  CHECK(answers[2].outcome == outcome::refused);
  CHECK_FALSE(answers[2].sent);
  CHECK(answers[3].outcome == outcome::expired);
}

TEST_CASE("F-081 a silent unit costs its timeout and keeps another on the line from nothing more") {
  bench on;
  static_cast<void>(on.pass(1'000));
  REQUIRE(on.inverter->set("", {}, equipment_effect::silent, 0));
  const auto told = on.pass(10'000);
  CHECK(bench::rounds(told, 2) >= 18);
  bool timed_out = false;
  for (const auto& poll : told.polls)
    for (const auto& each : poll.answers) {
      timed_out = timed_out || each.outcome == outcome::timeout;
      CHECK((poll.unit == 1 || each.outcome == outcome::done));
    }
  CHECK(timed_out);
  REQUIRE(on.line.write({7, 1, 0, {1}, 0}));
  const auto answers = on.pass(1'000).answers;
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == outcome::timeout);
  CHECK(answers[0].sent);
  CHECK(answers[0].read_back.empty());
  REQUIRE(on.inverter->set("", {}, equipment_effect::release, 0));
  static_cast<void>(on.pass(31'000)); // the longest backoff
  CHECK(bench::rounds(on.pass(2'000), 1) >= 9);
}

TEST_CASE(
    "F-082 a unit that is late beyond the timeout is counted, one within it only waited for") {
  bench on;
  REQUIRE(on.inverter->set("", {}, equipment_effect::late, 100));
  const auto slow = on.pass(2'000);
  CHECK(bench::rounds(slow, 1) >= 4); // two reads a round, and the other unit between
  CHECK(on.line.late() == 0);
  REQUIRE(on.inverter->set("", {}, equipment_effect::late, 400));
  static_cast<void>(on.pass(5'000));
  CHECK(on.line.late() > 2);
}

TEST_CASE("the same calls to a simulated line tell the same") {
  const auto play = [] {
    bench on;
    static_cast<void>(on.inverter->set("power", {}, equipment_effect::exception, 4));
    std::vector<std::vector<std::uint16_t>> seen;
    for (const auto& poll : on.pass(20'000).polls)
      for (const auto& each : poll.answers) {
        seen.push_back(each.registers);
        seen.back().push_back(static_cast<std::uint16_t>(each.time_us / 10));
      }
    return seen;
  };
  const auto once = play();
  CHECK(once.size() > 100);
  CHECK(once == play());
}

} // namespace simulated_line_test
