#include <catch2/catch.hpp>

#include "messages/points/last_news.hpp"

namespace last_news_test {

using voltaic::messages::points::last_news;

constexpr std::int64_t age_us_max = 100;

TEST_CASE("a point is as old as its last news, and the same once more is none") {
  last_news point;
  CHECK_FALSE(point.any());
  CHECK_FALSE(point.is_fresh(0, age_us_max));
  CHECK(point.hear(1'000, 1'010));
  CHECK(point.any());
  CHECK(point.is_fresh(1'100, age_us_max));
  CHECK_FALSE(point.is_fresh(1'101, age_us_max));
  CHECK_FALSE(point.hear(1'000, 1'090));
  CHECK_FALSE(point.is_fresh(1'101, age_us_max));
}

TEST_CASE("what is heard for the first time is as old as its source") {
  last_news point;
  CHECK(point.hear(10, 1'000));
  CHECK_FALSE(point.is_fresh(1'000, age_us_max));
}

TEST_CASE("of a clock that is behind, the second word counts") {
  last_news point;
  CHECK(point.hear(10, 1'000));
  CHECK(point.hear(60, 1'050));
  CHECK(point.is_fresh(1'150, age_us_max));
  CHECK_FALSE(point.is_fresh(1'151, age_us_max));
}

TEST_CASE("a clock that is ahead makes nothing younger than its hearing") {
  last_news point;
  CHECK(point.hear(5'000, 1'000));
  CHECK_FALSE(point.is_fresh(1'101, age_us_max));
}

TEST_CASE("what jumps back is as old as its source") {
  last_news point;
  point.hear(2'000, 2'000);
  CHECK(point.hear(1'000, 2'050));
  CHECK_FALSE(point.is_fresh(2'050, age_us_max));
}

} // namespace last_news_test
