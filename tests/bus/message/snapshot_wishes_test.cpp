#include "bus/message/snapshot_wishes.hpp"

#include <catch2/catch.hpp>
#include <utility>

namespace snapshot_wishes_test {

using namespace voltaic::bus::message;

namespace {

using grants = std::vector<std::pair<topic, std::string>>;

grants due(snapshot_wishes& wishes, std::int64_t now_us) {
  grants found;
  for (auto& each : wishes.take_due(now_us)) found.emplace_back(each.which, each.id);
  return found;
}

} // namespace

TEST_CASE("who subscribes gets the full state, and each wish after it waits for its turn") {
  snapshot_wishes wishes;
  CHECK_FALSE(wishes.any());
  REQUIRE(wishes.begin(1, 0));
  CHECK(wishes.any());
  CHECK(due(wishes, 0) == grants{{1, ""}});
  CHECK_FALSE(wishes.any());
  wishes.ask(1, "a");
  wishes.ask(1, "b");
  CHECK(due(wishes, snapshot_spacing_us - 1).empty());
  CHECK(wishes.any());
  CHECK(due(wishes, snapshot_spacing_us) == grants{{1, "b"}}); // the last one's
  CHECK(due(wishes, 2 * snapshot_spacing_us).empty());
}

TEST_CASE("who asks before he subscribed, or after he left, is not served") {
  snapshot_wishes wishes;
  wishes.ask(1, "early");
  CHECK_FALSE(wishes.any());
  REQUIRE(wishes.begin(1, 0));
  CHECK(wishes.end(1));
  CHECK_FALSE(wishes.any());
  wishes.ask(1, "late");
  CHECK(due(wishes, snapshot_spacing_us).empty());
  CHECK_FALSE(wishes.end(2));
}

TEST_CASE("F-037 leaving and coming back gains no full state") {
  snapshot_wishes wishes;
  REQUIRE(wishes.begin(1, 0));
  CHECK(due(wishes, 0).size() == 1);
  CHECK(wishes.end(1));
  REQUIRE(wishes.begin(2, 10)); // those who left are looked for now
  CHECK(due(wishes, 10) == grants{{2, ""}});
  REQUIRE(wishes.begin(1, 20));
  CHECK(due(wishes, 20).empty());
  CHECK(due(wishes, snapshot_spacing_us) == grants{{1, ""}});
}

TEST_CASE("a connection that ends after its successor began takes no subscription away") {
  snapshot_wishes wishes;
  REQUIRE(wishes.begin(1, 0));
  REQUIRE(wishes.begin(1, 1));
  CHECK(wishes.end(1));
  CHECK(due(wishes, 1) == grants{{1, ""}});
}

TEST_CASE("F-036 subscribers beyond the table are refused until some have left") {
  snapshot_wishes wishes;
  for (topic which = 0; which < subscribers_max; ++which) REQUIRE(wishes.begin(which, 0));
  CHECK_FALSE(wishes.begin(subscribers_max, 0));
  CHECK(wishes.begin(0, 0)); // who is in it may subscribe again
  CHECK(due(wishes, 0).size() == subscribers_max);
  CHECK(wishes.end(7));
  CHECK_FALSE(wishes.begin(subscribers_max, snapshot_spacing_us - 1));
  CHECK(wishes.begin(subscribers_max, snapshot_spacing_us));
}

} // namespace snapshot_wishes_test
