#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "actors/protection/quick_rack.hpp"

// Several points of a rack's own, each judged by its own candidates.
namespace voltaic::actors::protection::own_point_test {

namespace {

messages::protection::candidate too_hot(const std::string& name) {
  messages::protection::candidate made;
  made.name = name;
  made.unit = "degC";
  made.limits.resize(1);
  made.limits[0].set = 40;
  made.limits[0].clear = 38;
  return made;
}

protection_options with_two_points() {
  auto options = testing::quick_options();
  options.table.candidates.push_back(too_hot("room_high"));
  options.table.candidates.push_back(too_hot("hall_high"));
  options.points[position_of(own_point(0))] = {1, 0, 1'000, "hall", 3'000};
  options.points[position_of(own_point(1))] = {1, 0, 1'000, "room", 3'000};
  return options;
}

} // namespace

TEST_CASE("a candidate of an own point is judged by the point of its name") {
  const protection_model model(with_two_points());
  const auto point_of = [&](std::string_view candidate) {
    return std::ranges::find(model.rows(), candidate, &row::candidate)->from.of;
  };
  CHECK(point_of("hall_high") == own_point(0));
  CHECK(point_of("room_high") == own_point(1));
}

TEST_CASE("each row has a key of its own, also where two own points fail alike") {
  const protection_model model(with_two_points());
  std::set<std::string> keys;
  for (const auto& each : model.rows()) {
    CAPTURE(each.key);
    CHECK(keys.insert(each.key).second);
  }
}

TEST_CASE("what opens a rack is told as what is left undone where nothing can open it") {
  for (const bool can_open : {true, false}) {
    auto options = testing::quick_options();
    options.can_open = can_open;
    protection_model model(options);
    const stored_latch former[] = {{"gone", "fault", "user", "rack"}}; // no table has it any more
    model.load_latches(former, false);
    REQUIRE(model.rows().back().candidate == "gone");
    for (const auto& each : model.rows()) {
      if (!messages::protection::opens(each.limit)) continue;
      CAPTURE(each.reason);
      CHECK((std::ranges::find(each.actions, cannot_open) != each.actions.end()) == !can_open);
    }
  }
}

} // namespace voltaic::actors::protection::own_point_test
