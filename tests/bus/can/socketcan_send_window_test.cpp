#include <catch2/catch.hpp>

#include "bus/can/can_support.hpp"
#include "bus/can/socketcan/send_window.hpp"

namespace socketcan_send_window_test {

using can_support::make_frame;
using voltaic::bus::can::send_window;

TEST_CASE("one frame at a time is given to the kernel, in order") {
  send_window window;
  CHECK(window.offer(make_frame(1), 0));
  CHECK(window.offer(make_frame(2), 0));
  REQUIRE(window.next(10) != nullptr);
  CHECK(window.next(10)->id == 1);
  window.written(10);
  CHECK(window.given_us() == 10);
  CHECK(window.next(20) == nullptr);
  CHECK_FALSE(window.confirmed(make_frame(2)));
  CHECK(window.confirmed(make_frame(1)));
  REQUIRE(window.next(20) != nullptr);
  CHECK(window.next(20)->id == 2);
  CHECK(window.dropped() == 0);
}

TEST_CASE("F-060 nothing that waited through a bus-off is sent after it") {
  send_window window;
  CHECK(window.offer(make_frame(1), 0));
  REQUIRE(window.next(0) != nullptr);
  window.written(0);
  CHECK(window.offer(make_frame(2), 0));
  CHECK(window.offer(make_frame(3), 0));
  window.drop_waiting();
  window.released();
  CHECK(window.next(1) == nullptr);
  CHECK(window.dropped() == 3);
}

TEST_CASE("F-062 nothing follows a frame that nobody acknowledged, however long that takes") {
  send_window window;
  CHECK(window.offer(make_frame(1), 0));
  REQUIRE(window.next(0) != nullptr);
  window.written(0);
  constexpr std::int64_t day_us = 86'400'000'000;
  CHECK_FALSE(window.is_overdue(day_us, 0));
  // What others said just when it was given was before the cable was cut.
  CHECK_FALSE(window.is_overdue(day_us, send_window::confirm_us_max));
}

TEST_CASE("a frame whose confirmation got lost is given up once others are heard") {
  send_window window;
  CHECK(window.offer(make_frame(1), 0));
  CHECK_FALSE(window.is_overdue(0, 0)); // nothing was given yet
  REQUIRE(window.next(0) != nullptr);
  window.written(0);
  CHECK_FALSE(window.is_overdue(send_window::lost_us, send_window::lost_us));
  CHECK(window.is_overdue(send_window::lost_us + 1, send_window::lost_us));
}

TEST_CASE("F-060 a frame that the controller forgot is soon given up, the next one is not") {
  send_window window;
  window.doubt();
  for (std::int64_t given_us : {0, 50'000}) {
    CAPTURE(given_us);
    CHECK(window.offer(make_frame(1), given_us));
    REQUIRE(window.next(given_us) != nullptr);
    window.written(given_us);
    const auto asked_us = given_us + send_window::confirm_us_max + 1;
    CHECK_FALSE(window.is_overdue(asked_us, 0));
    window.doubt();
    CHECK_FALSE(window.is_overdue(asked_us - 1, 0));
    CHECK(window.is_overdue(asked_us, 0));
    window.released();
    CHECK_FALSE(window.is_overdue(asked_us, 0));
  }
}

TEST_CASE("what waited for too long is dropped, not sent late") {
  send_window window;
  CHECK(window.offer(make_frame(1), 0));
  CHECK(window.offer(make_frame(2), 1));
  const auto late_us = send_window::waiting_us_max + 1;
  REQUIRE(window.next(late_us) != nullptr);
  CHECK(window.next(late_us)->id == 2);
  CHECK(window.dropped() == 1);
  CHECK(window.next(late_us + 1) == nullptr);
  CHECK(window.dropped() == 2);
}

TEST_CASE("the queue of what waits is bounded, and what finds no room is counted") {
  send_window window;
  for (std::size_t i = 0; i < send_window::waiting_max; ++i) CHECK(window.offer(make_frame(1), 0));
  CHECK_FALSE(window.offer(make_frame(2), 0));
  CHECK(window.dropped() == 1);
}

TEST_CASE("a frame that the interface cannot carry is dropped, and the next one goes") {
  send_window window;
  CHECK(window.offer(make_frame(1), 0));
  CHECK(window.offer(make_frame(2), 0));
  REQUIRE(window.next(0) != nullptr);
  window.refused();
  REQUIRE(window.next(0) != nullptr);
  CHECK(window.next(0)->id == 2);
  CHECK(window.dropped() == 1);
}

} // namespace socketcan_send_window_test
