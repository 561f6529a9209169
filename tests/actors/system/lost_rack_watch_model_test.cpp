#include "actors/system/lost_rack_watch_model.hpp"

#include <catch2/catch.hpp>

namespace lost_rack_watch_model_test {

using voltaic::actors::system::lost_rack_patience_us;
using voltaic::actors::system::lost_rack_watch;
using racks = std::vector<std::string>;

TEST_CASE("lost racks that stop the site are told once that lasts, and so is their end") {
  constexpr std::int64_t start_us = 7'000'000;
  lost_rack_watch watch("system");
  CHECK_FALSE(watch.step({}, start_us));
  CHECK_FALSE(watch.step({"rack_1"}, start_us));
  CHECK_FALSE(watch.step({"rack_1"}, start_us + lost_rack_patience_us - 1));
  const auto begun = watch.step({"rack_1"}, start_us + lost_rack_patience_us);
  REQUIRE(begun);
  CHECK(begun->kind == "system");
  CHECK(begun->subject == "system");
  CHECK(begun->code == "RACK_LOST");
  CHECK(begun->state == "stops");
  CHECK(begun->reason == "rack_1 is lost: no current may flow");
  auto now_us = start_us + lost_rack_patience_us;
  const auto after = [&](const racks& stopping, std::int64_t passed_us) {
    static_cast<void>(watch.step(stopping, now_us));
    return watch.step(stopping, now_us += passed_us);
  };
  CHECK_FALSE(after({"rack_1"}, 3 * lost_rack_patience_us));
  // One that comes and goes brings nothing new.
  CHECK_FALSE(after({}, lost_rack_patience_us - 1));
  CHECK_FALSE(after({"rack_1"}, lost_rack_patience_us));
  const auto more = after({"rack_0", "rack_1"}, lost_rack_patience_us);
  REQUIRE(more);
  CHECK(more->reason == "rack_0, rack_1 are lost: no current may flow");
  const auto ended = after({}, lost_rack_patience_us);
  REQUIRE(ended);
  CHECK(ended->state == "none_stops");
  CHECK(ended->reason.empty());
}

TEST_CASE("lost racks that take turns stop the site as much, and are told") {
  constexpr std::int64_t half_us = lost_rack_patience_us / 2;
  std::int64_t now_us = 7'000'000;
  lost_rack_watch watch("system");
  CHECK_FALSE(watch.step({"rack_0"}, now_us));
  CHECK_FALSE(watch.step({"rack_0", "rack_1"}, now_us += half_us));
  const auto begun = watch.step({"rack_1"}, now_us += half_us);
  REQUIRE(begun);
  CHECK(begun->state == "stops");
  CHECK(begun->reason == "rack_1 is lost: no current may flow");
  // Who does so now is told when it stays: not with each turn.
  for (int turn = 0; turn < 4; ++turn) {
    CHECK_FALSE(watch.step({"rack_0"}, now_us += half_us));
    CHECK_FALSE(watch.step({"rack_0", "rack_1"}, now_us += half_us));
  }
  const auto stays = watch.step({"rack_0", "rack_1"}, now_us += lost_rack_patience_us);
  REQUIRE(stays);
  CHECK(stays->reason == "rack_0, rack_1 are lost: no current may flow");
}

} // namespace lost_rack_watch_model_test
