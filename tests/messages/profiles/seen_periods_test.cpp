#include "messages/profiles/seen_periods.hpp"

#include <catch2/catch.hpp>

namespace seen_periods_test {

using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

device_profile cells_each_100_ms() {
  device_profile profile;
  profile.points.resize(1);
  profile.points[0].name = "cell_voltage";
  profile.points[0].count = 8;
  profile.points[0].period_ms = 100;
  return profile;
}

can::log_entry at(std::int64_t time_us, can::log_time time = can::log_time::relative) {
  can::log_entry entry;
  entry.frame.time_us = time_us;
  entry.time = time;
  return entry;
}

/// Eight pages, one every 100 ms, one element each.
void take_pages(seen_periods& periods, int pages, std::int64_t step_us, can::log_time time) {
  for (int page = 0; page < pages; ++page) {
    sample one;
    one.index = static_cast<std::uint32_t>(page % 8);
    periods.take(at(page * step_us, time), {one});
  }
}

} // namespace

TEST_CASE("multiplexed elements that come slower than their period are named with both") {
  const auto profile = cells_each_100_ms();
  seen_periods periods(profile);
  take_pages(periods, 40, 100'000, can::log_time::relative);
  const auto said = periods.complaints();
  REQUIRE(said.size() == 1);
  CHECK(said[0] ==
        "cell_voltage: each element comes every 800 ms, its period_ms says 100: it "
        "would be stale most of the time");
}

TEST_CASE("elements in time, too few of them, or without a time are not complained of") {
  const auto profile = cells_each_100_ms();
  SECTION("in time") {
    seen_periods periods(profile);
    take_pages(periods, 80, 12'500, can::log_time::relative);
    CHECK(periods.complaints().empty());
  }
  SECTION("too few") {
    seen_periods periods(profile);
    take_pages(periods, 24, 100'000, can::log_time::relative);
    CHECK(periods.complaints().empty());
  }
  SECTION("without a time") {
    seen_periods periods(profile);
    take_pages(periods, 80, 100'000, can::log_time::none);
    CHECK(periods.complaints().empty());
  }
}

} // namespace seen_periods_test
