#include <catch2/catch.hpp>

#include "actors/protection/quick_rack.hpp"

// First-out groups: what came first, and what belongs to it.
namespace voltaic::actors::protection::groups_test {

using testing::quick_options;
using testing::quick_rack;

TEST_CASE("a group is open for ten seconds to the microsecond, though its first event is over") {
  for (const std::int64_t late_us : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}}) {
    quick_rack rack;
    CHECK(rack.scan(0, 3.56).opens_group);
    CHECK_FALSE(rack.scan(0, 3.3).opens_group); // the end of a level opens nothing
    CHECK(rack.told.in_group);
    rack.now_us += first_out_us - 2 + late_us;
    const auto& next = rack.scan(1, 2.95);
    REQUIRE(next.edge == report::kind::set);
    CHECK(next.in_group == (late_us <= 0));
    CHECK(next.opens_group == (late_us > 0));
  }
}

TEST_CASE("a new group has ten seconds of its own") {
  quick_rack rack;
  rack.scan(0, 3.56);
  rack.scan(0, 3.3);
  rack.now_us += 2 * first_out_us;
  REQUIRE(rack.scan(0, 3.56).opens_group);
  rack.scan(0, 3.3);
  rack.now_us += first_out_us / 2;
  CHECK(rack.scan(1, 2.95).in_group);
}

TEST_CASE("a group goes on while the level that opened it is active") {
  quick_rack rack;
  REQUIRE(rack.scan(0, 3.56).opens_group);
  rack.now_us += 10 * first_out_us;
  CHECK(rack.scan(1, 2.95).in_group);
  rack.scan(0, 3.3);
  rack.scan(1, 3.3);
  // The next group is looked at by the level that opened it, not by that of the last one.
  rack.now_us += 10 * first_out_us;
  REQUIRE(rack.scan(1, 2.95).opens_group);
  rack.now_us += 10 * first_out_us;
  CHECK(rack.scan(0, 3.56).in_group);
}

TEST_CASE("a warning that goes on keeps no group of others open, an alarm does") {
  for (const bool alarm : {false, true}) {
    quick_rack rack;
    REQUIRE(rack.scan(1, 2.95).opens_group);
    CHECK(rack.scan(0, alarm ? 3.61 : 3.56).in_group);
    rack.scan(1, 3.3); // what opened it is over
    rack.now_us += 2 * first_out_us;
    const auto& next = rack.scan(1, 2.95);
    REQUIRE(next.edge == report::kind::set);
    CAPTURE(alarm);
    CHECK(next.in_group == alarm);
  }
}

TEST_CASE("before anything was set, nothing belongs to a group") {
  quick_rack rack;
  rack.model.load_latches({}, true);
  REQUIRE(rack.model.reset(messages::lock_right::given, true).empty());
  REQUIRE(rack.model.last().reports.size() == 1);
  CHECK_FALSE(rack.model.last().reports[0].in_group);
  rack.scan(0, 3.7);
  rack.scan(0, 3.3);
  REQUIRE(rack.model.reset(messages::lock_right::given, true).empty());
  REQUIRE_FALSE(rack.model.last().reports.empty());
  CHECK(rack.model.last().reports[0].in_group);
}

} // namespace voltaic::actors::protection::groups_test
