#include <catch2/catch.hpp>

#include "actors/protection/deadline_model.hpp"

namespace deadline_test {

using voltaic::actors::protection::deadline_model;
using voltaic::actors::protection::deadline_window_us;
using voltaic::actors::protection::step_deadline_us;

namespace {

constexpr std::int64_t ms = 1'000;

/// Ticks of 10 ms, dealt with `late_us` after their time.
deadline_model::level pass(deadline_model& chain, std::int64_t& now_us, std::int64_t milliseconds,
                           std::int64_t late_us) {
  auto level = chain.level_now();
  for (const auto end_us = now_us + milliseconds * ms; now_us < end_us; now_us += 10 * ms)
    level = chain.step(now_us, late_us);
  return level;
}

} // namespace

TEST_CASE("F-019 three missed deadlines are a warning, ten open the rack, and quiet clears both") {
  using level = deadline_model::level;
  deadline_model chain;
  std::int64_t now_us = 1'000'000;
  for (int miss = 1; miss <= 12; ++miss) {
    CHECK(pass(chain, now_us, 300, 5 * ms) == chain.level_now());
    const auto after = chain.step(now_us, step_deadline_us + ms);
    CAPTURE(miss);
    CHECK(after == (miss < 3 ? level::good : miss < 10 ? level::warning : level::open));
  }
  // Fewer misses do not close what has begun to open, until there are nearly none.
  CHECK(pass(chain, now_us, 8'000, 0) == level::open);
  CHECK(pass(chain, now_us, 4'000, 0) == level::good);
  CHECK(chain.misses() == 0);
}

TEST_CASE("F-019 a standstill is one miss, staying behind is one per deadline") {
  using level = deadline_model::level;
  deadline_model chain;
  std::int64_t now_us = 1'000'000;
  // All that waited is dealt with within a few milliseconds.
  for (int step = 0; step < 200; ++step) chain.step(now_us += 20, 2'000 * ms - step * 10 * ms);
  CHECK(chain.misses() == 1);
  CHECK(chain.level_now() == level::good);
  CHECK(pass(chain, now_us, 500, step_deadline_us + ms) == level::warning);
  CHECK(pass(chain, now_us, 600, step_deadline_us + ms) == level::open);
  CHECK(chain.misses() <= 10);
}

TEST_CASE("F-019 misses that are far apart are forgotten") {
  deadline_model chain;
  std::int64_t now_us = 1'000'000;
  for (int hour = 0; hour < 100; ++hour) {
    chain.step(now_us, 2 * step_deadline_us);
    pass(chain, now_us, deadline_window_us / 2 / ms, 0);
    CHECK(chain.level_now() == deadline_model::level::good);
  }
}

TEST_CASE("F-019 deadline, window and the time between two misses end with their microsecond") {
  using level = deadline_model::level;
  deadline_model punctual;
  punctual.step(0, step_deadline_us);
  CHECK(punctual.misses() == 0);
  punctual.step(1, step_deadline_us + 1);
  CHECK(punctual.misses() == 1);
  punctual.step(step_deadline_us, step_deadline_us + 1); // one microsecond short of a deadline
  CHECK(punctual.misses() == 1);
  punctual.step(step_deadline_us + 1, step_deadline_us + 1);
  CHECK(punctual.misses() == 2);
  CHECK(punctual.step(2 * step_deadline_us + 1, step_deadline_us + 1) == level::warning);
  CHECK(punctual.step(1 + deadline_window_us, 0) == level::warning);
  CHECK(punctual.misses() == 3);
  CHECK(punctual.step(2 + deadline_window_us, 0) == level::good);
  CHECK(punctual.misses() == 2);
}

TEST_CASE("F-019 what opened stays so until fewer misses than a warning takes are left") {
  using level = deadline_model::level;
  deadline_model chain;
  std::int64_t now_us = 0;
  for (int miss = 0; miss < 15; ++miss)
    chain.step(now_us += step_deadline_us, 2 * step_deadline_us);
  CHECK(chain.misses() == 10);
  // The last three of them, at 1.3, 1.4 and 1.5 s, are within the window.
  CHECK(chain.step(13 * step_deadline_us + deadline_window_us, 0) == level::open);
  CHECK(chain.misses() == 3);
  CHECK(chain.step(13 * step_deadline_us + deadline_window_us + 1, 0) == level::good);
  CHECK(chain.misses() == 2);
}

} // namespace deadline_test
