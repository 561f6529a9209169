#include "actors/runtime/pulse_schedule.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace pulse_schedule_test {

using namespace voltaic::actors::runtime;

namespace {

constexpr std::int64_t start_us = 1'000'000;

/// A node whose mail comes at these times, and its timer when it was asked to.
struct played {
  pulse_schedule pulses{start_us};
  std::vector<std::int64_t> made;
  int timer_wakes = 0;
  int late = 0;

  void make(std::int64_t now_us, bool goes_along) {
    late += pulses.is_late(now_us) ? 1 : 0;
    pulses.made(now_us, goes_along);
    made.push_back(now_us);
  }
  void play(const std::vector<std::int64_t>& mail, std::int64_t until_us) {
    std::int64_t timer_us = start_us;
    auto next = mail.begin();
    while (true) {
      const auto mail_us = next == mail.end() ? until_us : *next;
      if (std::min(mail_us, timer_us) >= until_us) return;
      if (mail_us < timer_us) {
        if (pulses.may_ride(mail_us)) make(mail_us, true);
        ++next;
        continue;
      }
      ++timer_wakes;
      if (pulses.is_for_timer(timer_us)) make(timer_us, false);
      timer_us = std::max(pulses.timer_us(), timer_us + 1);
    }
  }
  [[nodiscard]] std::int64_t longest_us(std::int64_t from_us) const {
    std::int64_t longest = 0;
    for (std::size_t i = 1; i < made.size(); ++i)
      if (made[i] > from_us) longest = std::max(longest, made[i] - made[i - 1]);
    return longest;
  }
};

std::vector<std::int64_t> mail_every(std::int64_t period_us, std::int64_t until_us) {
  std::vector<std::int64_t> times;
  for (auto at = start_us + 1'300; at < until_us; at += period_us) times.push_back(at);
  return times;
}

} // namespace

TEST_CASE("without mail each pulse comes by the timer, one a period") {
  played node;
  node.play({}, start_us + 10'000'000);
  CHECK(node.made.size() == 200);
  CHECK(node.timer_wakes == 200);
  CHECK(node.longest_us(0) == wake_period_us);
  CHECK(node.late == 0);
}

TEST_CASE("with steady mail pulses keep their number and the timer rests") {
  const std::int64_t period_us = GENERATE(1'000, 10'000, 12'000);
  played node;
  node.play(mail_every(period_us, start_us + 10'000'000), start_us + 10'000'000);
  CHECK(std::abs(static_cast<int>(node.made.size()) - 200) <= 1);
  CHECK(node.timer_wakes <= 101);
  CHECK(node.longest_us(0) <= wake_period_us + ride_ahead_us);
  CHECK(node.late == 0);
}

TEST_CASE(
    "when mail ends the timer takes over, long before anybody is wedged, and no deadline is "
    "missed") {
  for (std::int64_t last_us = start_us + 1'000'000; last_us < start_us + 1'200'000;
       last_us += 3'700) {
    played node;
    node.play(mail_every(10'000, last_us), start_us + 3'000'000);
    CAPTURE(last_us);
    CHECK(node.longest_us(0) <= wake_period_us + ride_ahead_us + ride_wait_us);
    CHECK(node.longest_us(last_us + 4 * wake_period_us) == wake_period_us);
    CHECK(node.late == 0);
  }
}

TEST_CASE(
    "a pulse that nobody made for more than a period is late, after a stop the schedule begins "
    "anew") {
  pulse_schedule pulses(start_us);
  pulses.made(start_us, false);
  CHECK_FALSE(pulses.is_late(start_us + 2 * wake_period_us));
  CHECK(pulses.is_late(start_us + 2 * wake_period_us + 1));
  pulses.made(start_us + 5'000'000, false);
  CHECK(pulses.timer_us() == start_us + 5'000'000 + wake_period_us);
}

} // namespace pulse_schedule_test
