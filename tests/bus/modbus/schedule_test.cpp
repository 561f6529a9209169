#include "bus/modbus/schedule.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>

#include "bus/modbus/error_rate.hpp"

namespace voltaic::bus::modbus::schedule_test {
namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t answer_ms = 10;

/// A line without a wire: units answer as told, time passes with each request.
struct bench {
  explicit bench(line_options given) : options(std::move(given)), plan(options, now_us) {}

  /// Does what is due for so long; silence costs the response timeout.
  void run(std::int64_t for_ms) {
    const auto end_us = now_us + for_ms * ms;
    while (now_us < end_us) {
      if (on_turn) on_turn();
      const auto turn = plan.next(waiting, now_us);
      if (turn.write) {
        write(*turn.write);
      } else if (turn.read) {
        read(*turn.read);
      } else {
        now_us = std::min(std::max(plan.due_us(waiting), now_us + 1), end_us);
      }
    }
  }
  void read(const schedule::task& task) {
    asked.push_back({now_us, task});
    auto gave = unit(task);
    pass(gave.outcome);
    if (auto round = plan.book(task, std::move(gave), now_us)) rounds.push_back(*round);
  }
  void write(std::size_t position) {
    const auto request = waiting[position];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(position));
    written.push_back({now_us, request});
    if (request.deadline_us != 0 && now_us >= request.deadline_us) return;
    const auto gave = unit({0, request.unit, {}, false}).outcome;
    pass(gave);
    plan.book_write(request.unit, gave, now_us);
  }
  void pass(outcome gave) {
    now_us += gave == outcome::timeout ? options.response_timeout_ms * ms : answer_ms * ms;
  }
  [[nodiscard]] std::int64_t count(std::uint8_t number) const {
    return std::ranges::count_if(asked,
                                 [&](const auto& each) { return each.second.unit == number; });
  }

  line_options options;
  std::int64_t now_us = 1'000'000'000;
  schedule plan;
  std::function<exchange(const schedule::task&)> unit = [](const schedule::task& task) {
    return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count, 1), ""};
  };
  std::deque<write_request> waiting;
  std::function<void()> on_turn; ///< before each turn
  std::vector<std::pair<std::int64_t, schedule::task>> asked;
  std::vector<std::pair<std::int64_t, write_request>> written;
  std::vector<poll> rounds;
};

line_options units(int count, transport how = transport::tcp) {
  line_options options;
  options.name = "plant";
  options.transport = how;
  options.response_timeout_ms = 300;
  for (int i = 1; i <= count; ++i)
    options.units.push_back({static_cast<std::uint8_t>(i), 500, {{table::holding, 0, 10}}});
  return options;
}

exchange silence() {
  return {outcome::timeout, 0, {}, "no answer in time"};
}

TEST_CASE("units are asked once a period, and what there was no time for is counted") {
  bench one(units(3));
  one.run(10'000);
  for (const std::uint8_t unit : std::initializer_list<std::uint8_t>{1, 2, 3})
    CHECK(one.count(unit) == 20);
  CHECK(one.plan.overruns() == 0);
  bench slow(units(1));
  slow.unit = [&](const schedule::task& task) {
    slow.now_us += 700 * ms;
    return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count), ""};
  };
  slow.run(10'000);
  CHECK(slow.count(1) == 10);       // every second period
  CHECK(slow.plan.overruns() == 9); // the first round found it unknown
}

TEST_CASE("F-081 a request of a healthy unit is asked again twice, then the unit is left alone") {
  bench one(units(1));
  one.run(1'000);
  one.asked.clear();
  one.rounds.clear();
  one.unit = [](const auto&) { return silence(); };
  one.run(850); // less than the first backoff
  CHECK(one.asked.size() == 3);
  one.run(150);
  REQUIRE(one.rounds.size() == 1);
  CHECK(one.rounds[0].answers[0].outcome == outcome::timeout);
  CHECK(one.plan.skipped() == 1);
  // One request each backoff, which doubles: after 1, 2, 4, 8, 16 and 30 seconds.
  one.asked.clear();
  one.run(64'000);
  CHECK(one.asked.size() == 6);
  one.unit = [](const schedule::task& task) {
    return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count), ""};
  };
  one.run(31'000);
  CHECK(one.plan.skipped() == 0);
  one.asked.clear();
  one.run(5'000);
  CHECK(one.asked.size() == 10);
  CHECK(one.plan.overruns() == 0); // what was left out on purpose is no overrun
}

TEST_CASE("F-081 with 31 of 32 units dead the live one keeps its period within one timeout") {
  for (const auto how : {transport::tcp, transport::rtu}) {
    bench line(units(32, how));
    line.unit = [](const schedule::task& task) {
      if (task.unit != 32) return silence();
      return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count), ""};
    };
    line.run(20'000);
    line.asked.clear();
    line.run(60'000);
    std::int64_t last_us = 0;
    std::int64_t longest_us = 0;
    for (const auto& [at_us, task] : line.asked) {
      if (task.unit != 32) continue;
      if (last_us != 0) longest_us = std::max(longest_us, at_us - last_us);
      last_us = at_us;
    }
    CHECK(line.count(32) >= 119);
    CHECK(longest_us <= (500 + 300) * ms);
    CHECK(line.plan.overruns() == 0);
  }
}

TEST_CASE("F-081 a unit that dies lets others pass between its retries") {
  bench line(units(2));
  line.run(1'000);
  line.unit = [](const schedule::task& task) {
    if (task.unit == 1) return silence();
    return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count), ""};
  };
  line.asked.clear();
  line.run(3'000);
  CHECK(line.count(2) == 6);
}

TEST_CASE("F-080 exceptions 01 to 03 are told and asked on, 05, 06, 0A and 0B rest") {
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{1, 2, 3, 4, 5, 6, 10, 11}) {
    CAPTURE(int(code));
    auto options = units(1);
    options.units[0].reads.push_back({table::input, 100, 2});
    bench line(std::move(options));
    line.unit = [&](const schedule::task& task) {
      if (task.request.table == table::holding) return exchange{outcome::exception, code, {}, "x"};
      return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count), ""};
    };
    line.run(900);
    const bool rests = code >= 5;
    CHECK(line.asked.size() == (rests ? 1 : 4)); // never a retry
    REQUIRE_FALSE(line.rounds.empty());
    CHECK(line.rounds[0].answers[0].exception_code == code);
    // No last value lives on where the unit said that it has none to give.
    CHECK(line.rounds[0].answers[1].outcome == (rests ? outcome::exception : outcome::done));
  }
}

TEST_CASE("F-083 after a missing answer an RTU unit is not asked while that may still come") {
  bench line(units(1, transport::rtu));
  line.run(1'000);
  line.asked.clear();
  line.unit = [](const auto&) { return silence(); };
  line.run(900);
  REQUIRE(line.asked.size() == 2);
  // The timeout itself, and as long again.
  CHECK(line.asked[1].first - line.asked[0].first >= 600 * ms);
}

TEST_CASE("F-083 guard registers are read before anything of a suspect unit is believed") {
  auto options = units(1, transport::rtu);
  options.units[0].guard = guard_read{{table::input, 90, 2}, {11, 22}};
  bench line(std::move(options));
  line.run(1'000);
  CHECK(std::ranges::none_of(line.asked, [](const auto& each) { return each.second.is_guard; }));
  line.asked.clear();
  line.rounds.clear();
  int step = 0;
  line.unit = [&](const schedule::task& task) {
    ++step;
    if (step == 1) return silence();
    if (!task.is_guard)
      return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count, 7), ""};
    // First the late answer, which looks like one to the guard, then the right one.
    return exchange{
        outcome::done, 0,
        step == 2 ? std::vector<std::uint16_t>{3, 4} : std::vector<std::uint16_t>{11, 22}, ""};
  };
  line.run(500);
  REQUIRE(line.asked.size() >= 4);
  CHECK(line.asked[1].second.is_guard);
  CHECK(line.asked[2].second.is_guard);
  CHECK_FALSE(line.asked[3].second.is_guard);
  REQUIRE(line.rounds.size() == 1);
  CHECK(line.rounds[0].answers[0].registers == std::vector<std::uint16_t>(10, 7));
}

TEST_CASE("a unit's silence is kept after each exchange, others are asked meanwhile") {
  auto options = units(2);
  options.units[0].min_gap_ms = 100;
  options.units[0].reads.assign(3, {table::holding, 0, 1});
  bench line(std::move(options));
  line.run(500);
  std::vector<std::int64_t> ends;
  for (const auto& [at_us, task] : line.asked)
    if (task.unit == 1) ends.push_back(at_us);
  REQUIRE(ends.size() == 3);
  CHECK(ends[1] - ends[0] >= (100 + answer_ms) * ms);
  CHECK(line.count(2) == 1);
  CHECK(line.asked[1].second.unit == 2);
}

TEST_CASE("orders to silent units cost one timeout between those to others, and reads go on") {
  constexpr int silent_from = 5;
  bench line(units(16));
  line.unit = [](const schedule::task& task) {
    if (task.unit >= silent_from) return silence();
    return exchange{outcome::done, 0, std::vector<std::uint16_t>(task.request.count, 1), ""};
  };
  line.run(60'000);
  const auto reads_before = line.count(1);
  // Each unit has an order each 500 ms that is worthless after 250 ms.
  std::int64_t next_us = line.now_us;
  line.on_turn = [&] {
    if (line.now_us < next_us) return;
    for (std::uint8_t number = 1; number <= 16; ++number)
      line.waiting.push_back({number, number, 0, {1}, line.now_us + 250 * ms});
    next_us += 500 * ms;
  };
  line.run(30'000);
  std::map<std::uint64_t, std::int64_t> last_us;
  std::int64_t longest_us = 0;
  for (const auto& [at_us, request] : line.written) {
    if (request.unit >= silent_from || at_us >= request.deadline_us) continue;
    if (last_us.contains(request.unit))
      longest_us = std::max(longest_us, at_us - last_us[request.unit]);
    last_us[request.unit] = at_us;
  }
  CHECK(last_us.size() == silent_from - 1);
  CHECK(longest_us < 1'200 * ms);
  CHECK(line.count(1) - reads_before > 20); // of 60 without any order
  CHECK(line.waiting.size() <= 32);
}

TEST_CASE("a write is told at once when its deadline passes, whatever its unit waits for") {
  bench line(units(1, transport::rtu));
  line.unit = [](const schedule::task&) { return silence(); };
  line.waiting.push_back({1, 1, 0, {1}, 0});
  line.run(310); // a late answer may still come
  line.waiting.push_back({2, 1, 0, {1}, line.now_us + 50 * ms});
  const auto due_us = line.waiting.back().deadline_us;
  line.run(100);
  REQUIRE(line.written.size() == 2);
  CHECK(line.written[1].first >= due_us);
  CHECK(line.written[1].first < due_us + 10 * ms);
}

TEST_CASE("before each request on an RTU line there is the silence of 3.5 characters") {
  auto options = units(3, transport::rtu);
  options.serial.baud = 9'600;
  CHECK(frame_silence_us(options) == 4'010);
  options.serial.baud = 115'200;
  CHECK(frame_silence_us(options) == 1'750);
  CHECK(frame_silence_us(units(1)) == 0);
  options.serial.baud = 9'600;
  bench line(std::move(options));
  line.run(100);
  REQUIRE(line.asked.size() == 3);
  CHECK(line.asked[1].first - line.asked[0].first >= answer_ms * ms + 4'010);
}

TEST_CASE("reads of one unit with different periods are told apart") {
  auto options = units(1);
  options.units[0].period_ms = 100;
  options.units.push_back({1, 1'000, {{table::input, 0, 4}}, 1});
  bench line(std::move(options));
  line.run(2'000);
  const auto of = [&](std::uint16_t first_read) {
    return std::ranges::count(line.rounds, first_read, &poll::first_read);
  };
  CHECK(of(0) == 20);
  CHECK(of(1) == 2);
}

TEST_CASE("F-085 over 1 % of broken answers in ten seconds is a warning, over 10 % an alarm") {
  constexpr std::int64_t second = 1'000'000;
  error_rate rate;
  std::int64_t now_us = 5'000 * second;
  const auto pass = [&](int answers, int errors) {
    for (int i = 0; i < answers; ++i) {
      now_us += 10 * second / answers;
      rate.add(now_us, i >= answers - errors);
    }
    return rate.judge(now_us);
  };
  CHECK(pass(200, 0) == line_quality::good);
  CHECK(pass(200, 1) == line_quality::good);
  CHECK(pass(200, 10) == line_quality::warning);
  CHECK(pass(200, 40) == line_quality::alarm);
  CHECK(pass(200, 200) == line_quality::alarm);
  CHECK(pass(3, 3) == line_quality::alarm); // too few to say anything new
  CHECK(pass(200, 0) == line_quality::good);
}

} // namespace
} // namespace voltaic::bus::modbus::schedule_test
