#include "actors/runtime/standing_value_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace voltaic::actors::runtime::standing_value_model_test {
namespace {

constexpr std::int64_t s = messages::us_per_s;
constexpr std::int64_t utc_s = 1'800'000'000;

enum class deed { set, unsure, wait, restart, restart_with_clock_back };
using enum deed;

struct step {
  int at_s = 0;
  deed what = wait;
  double value = 0;
  int length_s = 0;                 ///< 0: it stays
  std::optional<double> given = {}; ///< what the device is given because something is over
  std::optional<double> in_force = {};
};

struct story {
  std::string name;
  std::optional<double> fallback;
  std::vector<step> steps;
};

const std::vector<story> stories{
    {"back to the default",
     140,
     {{0, set, 50, 60, {}, 50}, {59, wait, 0, 0, {}, 50}, {60, wait, 0, 0, 140, 140}}},
    {"back to what was set before",
     140,
     {{0, set, 80, 0, {}, 80}, {1, set, 50, 60, {}, 50}, {61, wait, 0, 0, 80, 80}}},
    {"a raise goes back as well",
     140,
     {{0, set, 50, 0, {}, 50}, {1, set, 100, 60, {}, 100}, {61, wait, 0, 0, 50, 50}}},
    {"what still runs is tighter",
     140,
     {{0, set, 50, 600, {}, 50},
      {1, set, 20, 60, {}, 20},
      {61, wait, 0, 0, 50, 50},
      {600, wait, 0, 0, 140, 140}}},
    {"what still runs is looser than what stays",
     30,
     {{0, set, 50, 600, {}, 50},
      {1, set, 20, 60, {}, 20},
      {61, wait, 0, 0, 30, 30},
      {600, wait, 0, 0, {}, 30}}},
    {"the tightest of several",
     140,
     {{0, set, 50, 600, {}, 50},
      {1, set, 100, 300, {}, 100},
      {2, set, 20, 60, {}, 20},
      {62, wait, 0, 0, 50, 50},
      {301, wait, 0, 0, {}, 50},
      {600, wait, 0, 0, 140, 140}}},
    {"renewed again and again",
     140,
     {{0, set, 50, 10, {}, 50},
      {5, set, 50, 10, {}, 50},
      {10, set, 60, 10, {}, 60},
      {19, wait, 0, 0, {}, 60},
      {20, wait, 0, 0, 140, 140}}},
    {"what stays ends all others",
     140,
     {{0, set, 50, 60, {}, 50}, {1, set, 90, 0, {}, 90}, {60, wait, 0, 0, {}, 90}}},
    {"unsure and for a time: it ends",
     140,
     {{0, unsure, 50, 60, {}, 50}, {60, wait, 0, 0, 140, 140}}},
    {"unsure and tighter counts",
     140,
     {{0, unsure, 50, 0, {}, 50}, {1, set, 20, 60, {}, 20}, {61, wait, 0, 0, 50, 50}}},
    {"unsure and looser does not",
     50,
     {{0, unsure, 90, 0, {}, 50}, {1, set, 20, 60, {}, 20}, {61, wait, 0, 0, 50, 50}}},
    {"unsure ends no other",
     140,
     {{0, set, 20, 60, {}, 20}, {1, unsure, 90, 0, {}, 20}, {60, wait, 0, 0, 90, 90}}},
    {"a restart without anything to go back from",
     140,
     {{0, set, 80, 0, {}, 80}, {5, restart, 0, 0, {}, 80}}},
    {"a restart keeps a lower limit to its end",
     140,
     {{0, set, 50, 60, {}, 50},
      {10, restart, 0, 0, 50, 50},
      {59, wait, 0, 0, {}, 50},
      {60, wait, 0, 0, 140, 140}}},
    {"a restart ends a raise",
     50,
     {{0, set, 100, 60, {}, 100}, {10, restart, 0, 0, 50, 50}, {60, wait, 0, 0, {}, 50}}},
    {"a restart after the time", 140, {{0, set, 50, 60, {}, 50}, {90, restart, 0, 0, 140, 140}}},
    {"a clock that went back never makes it longer",
     140,
     {{0, set, 50, 60, {}, 50},
      {10, restart_with_clock_back, 0, 0, 50, 50},
      {69, wait, 0, 0, {}, 50},
      {70, wait, 0, 0, 140, 140}}},
    {"nobody ever said",
     {},
     {{0, wait, 0, 0, {}, {}},
      {1, set, 70, 0, {}, 70},
      {2, set, 20, 10, {}, 20},
      {12, wait, 0, 0, 70, 70}}},
    {"unsure and looser for a time does not lead, nor ends what is tighter",
     140,
     {{0, set, 50, 60, {}, 50},
      {1, unsure, 100, 120, {}, 50},
      {60, wait, 0, 0, 100, 100},
      {121, wait, 0, 0, 140, 140}}},
    {"unsure and looser beside what stays: at its end the device is given what stays",
     50,
     {{0, unsure, 100, 60, {}, 50}, {59, wait, 0, 0, {}, 50}, {60, wait, 0, 0, 50, 50}}},
    {"unsure and tighter than a raise: what may stand is tighter, and the raise ends in time",
     50,
     {{0, set, 100, 60, {}, 100}, {1, unsure, 20, 0, {}, 20}, {60, wait, 0, 0, 20, 20}}},
    {"unsure after a time was over: what is due stays due",
     50,
     {{0, set, 100, 60, {}, 100}, {61, unsure, 30, 0, 30, 30}}},
    {"of different signs what is nearer to zero follows",
     -50,
     {{0, set, 20, 10, {}, 20},
      {1, set, -90, 5, {}, -90},
      {6, wait, 0, 0, 20, 20},
      {10, wait, 0, 0, -50, -50}}},
};

} // namespace

TEST_CASE("a set for a time goes back to the tightest of what stands beside it") {
  for (const auto& [name, fallback, steps] : stories) {
    INFO(name);
    standing_value_model model(fallback);
    std::int64_t utc_offset_s = utc_s;
    for (const auto& one : steps) {
      INFO("at " << one.at_s << " s");
      if (one.what == restart || one.what == restart_with_clock_back) {
        const auto kept = model.state();
        model = standing_value_model(fallback);
        model.restore(kept);
      }
      if (one.what == restart_with_clock_back) utc_offset_s -= 3'600;
      const messages::instant now{one.at_s * s, (one.at_s + utc_offset_s) * s};
      if (one.what == set) model.take(one.value, one.length_s * s, now);
      if (one.what == unsure) model.take_unsure(one.value, one.length_s * s, now);
      const auto given = model.due(now);
      CHECK(given == one.given);
      // Asked again until somebody did it.
      CHECK(model.due(now) == given);
      if (given) model.went_back(*given);
      CHECK_FALSE(model.due(now));
      CHECK(model.in_force() == one.in_force);
    }
  }
}
TEST_CASE("a value that asks nothing has nothing that is given, held or believed") {
  for (const auto& [name, fallback, steps] : stories) {
    INFO(name);
    standing_value_model model(fallback);
    CHECK(model.asks_nothing());
    for (const auto& one : steps) {
      INFO("at " << one.at_s << " s");
      const messages::instant now{one.at_s * s, (one.at_s + utc_s) * s};
      if (one.what == set) model.take(one.value, one.length_s * s, now);
      if (one.what == unsure) model.take_unsure(one.value, one.length_s * s, now);
      if (one.what == set) CHECK_FALSE(model.asks_nothing());
      const bool asks_nothing = model.asks_nothing();
      const auto before = model.state();
      const auto given = model.due(now);
      if (asks_nothing) {
        CHECK_FALSE(given);
        CHECK_FALSE(model.held());
        CHECK_FALSE(model.report(one.value, now.monotonic_us, 1e9));
        CHECK(model.state() == before);
      }
      if (given) model.went_back(*given);
    }
  }
}

TEST_CASE("what a device has to hold is what somebody set and it was given, and until when") {
  standing_value_model model(140);
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  CHECK_FALSE(model.due(at(0)));
  CHECK_FALSE(model.held()); // nobody set the default
  model.take(50, 60 * s, at(0));
  CHECK(model.held() == held_value{50, 50, 50});
  CHECK(model.held_until_us() == 60 * s);
  CHECK(model.due(at(60)) == 140);
  CHECK_FALSE(model.held()); // its time is over, and the device was not given what follows
  model.went_back(140);
  CHECK_FALSE(model.held());
  model.take(80, 0, at(61));
  CHECK(model.held() == held_value{80, 80, 80});
  CHECK_FALSE(model.held_until_us());
  model.take(30, 0, at(63));
  standing_value_model next(140);
  next.restore(model.state());
  CHECK_FALSE(next.due(at(64)));
  CHECK(next.held() == held_value{30, 30, 30});
}

TEST_CASE("after an unsure set the device has to hold what was confirmed, or what may be") {
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  const auto confirmed_70 = [&] {
    standing_value_model model(140);
    model.take(70, 0, at(0));
    return model;
  };
  auto model = confirmed_70();
  model.take_unsure(20, 0, at(1));
  CHECK(model.held() == held_value{70, 0, 70});
  CHECK(model.in_force() == 20); // who loosens is judged by the tightest of what may stand
  CHECK_FALSE(model.held_until_us());
  model.take_unsure(90, 60 * s, at(2));
  CHECK(model.held() == held_value{70, 0, 90});
  model.take_unsure(-10, 0, at(3));
  CHECK(model.held() == held_value{70, -10, 90});
  // Also across a restart, and for what a restart left unfinished.
  model = confirmed_70();
  model.take_unsure(20, 0, at(1));
  standing_value_model next(140);
  next.restore(model.state());
  CHECK_FALSE(next.due(at(2)));
  CHECK(next.held() == held_value{70, 0, 70});
  next = standing_value_model(140);
  next.restore(confirmed_70().state());
  next.restore_unfinished(20, 0, 0);
  CHECK_FALSE(next.due(at(2)));
  CHECK(next.held() == held_value{70, 0, 70});
  CHECK(next.in_force() == 20);
  // Where nobody set anything before, there is nothing to hold.
  standing_value_model fresh(140);
  fresh.take_unsure(20, 0, at(1));
  CHECK_FALSE(fresh.held());
  // What is given for a set that is over is sure again.
  model = confirmed_70();
  model.take_unsure(20, 10 * s, at(1));
  CHECK(model.due(at(11)) == 70);
  CHECK_FALSE(model.held());
  model.went_back(70);
  CHECK(model.held() == held_value{70, 70, 70});
}

TEST_CASE("an unsure set that the device reports later is sure, one that is looser is not") {
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  standing_value_model model(140);
  model.take(70, 0, at(0));
  model.take_unsure(20, 0, at(5));
  CHECK_FALSE(model.report(20, 4 * s, 0.1)); // as of before
  CHECK_FALSE(model.report(70, 6 * s, 0.1));
  CHECK(model.report(20, 7 * s, 0.1));
  CHECK(model.held() == held_value{20, 20, 20});
  CHECK_FALSE(model.report(20, 8 * s, 0.1)); // no news
  model.take_unsure(90, 0, at(10));
  CHECK_FALSE(model.report(20, 11 * s, 0.1)); // 90 may act yet
  CHECK_FALSE(model.report(90, 12 * s, 0.1));
  CHECK(model.held() == held_value{20, 0, 90});
}

TEST_CASE("of a lower bound the highest of what stands follows") {
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  standing_value_model model(1'000, messages::tighter::higher);
  model.take(1'400, 60 * s, at(0));
  model.take(1'200, 10 * s, at(1)); // looser, and leads for its time
  CHECK(model.in_force() == 1'200);
  CHECK(model.due(at(11)) == 1'400);
  model.went_back(1'400);
  CHECK(model.due(at(60)) == 1'000);
  model.went_back(1'000);

  model.take(1'300, 0, at(61));
  model.take_unsure(1'200, 0, at(62)); // looser: it does not count
  CHECK(model.in_force() == 1'300);
  CHECK(model.held() == held_value{1'300, 1'200, 1'300});
  model.take_unsure(1'500, 0, at(63));
  CHECK(model.in_force() == 1'500);
  CHECK(model.held() == held_value{1'300, 1'200, 1'500});
}

TEST_CASE("of a lower bound a restart keeps the higher value and ends the lower one") {
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  const auto after_restart = [&](double base, double timed) {
    standing_value_model model(1'000, messages::tighter::higher);
    model.take(base, 0, at(0));
    model.take(timed, 60 * s, at(1));
    standing_value_model next(1'000, messages::tighter::higher);
    next.restore(model.state());
    return next.due(at(2));
  };
  CHECK(after_restart(1'200, 1'400) == 1'400);
  CHECK(after_restart(1'400, 1'200) == 1'400);
  // One that was begun and never finished counts where it is higher.
  for (const double begun : {1'100.0, 1'300.0}) {
    standing_value_model model(1'000, messages::tighter::higher);
    model.take(1'200, 0, at(0));
    standing_value_model next(1'000, messages::tighter::higher);
    next.restore(model.state());
    next.restore_unfinished(begun, 0, (utc_s + 5) * s);
    CHECK(next.in_force() == std::max(begun, 1'200.0));
  }
}

TEST_CASE("what is due after a restart says whether it stood all along") {
  using cause = standing_value_model::cause;
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  const auto cause_after = [&](double base, double timed, int restart_s) {
    standing_value_model model(base);
    model.take(timed, 60 * s, at(0));
    standing_value_model next(base);
    next.restore(model.state());
    const auto due = next.due(at(restart_s));
    REQUIRE(due);
    return next.cause_of(*due);
  };
  CHECK(cause_after(140, 50, 10) == cause::resumed);
  CHECK(cause_after(140, 50, 90) == cause::over);
  CHECK(cause_after(50, 140, 10) == cause::restart);
  CHECK(cause_after(50, 140, 90) == cause::over);
}

TEST_CASE("sets for a time of one value are bounded, and their renewal needs no room") {
  standing_value_model model(140);
  const auto length = [](std::size_t each) {
    return static_cast<std::int64_t>(timed_sets_max - each) * s;
  };
  for (std::size_t each = 0; each < timed_sets_max; ++each) {
    REQUIRE(model.has_room());
    model.take(50, length(each), {});
  }
  CHECK_FALSE(model.has_room());
  model.take(50, length(0), {});
  CHECK(model.state().timed.size() == 1);
  CHECK(model.has_room());
  // Also of one that nobody reports.
  for (int second = 0; second < 100; ++second) {
    model.take_unsure(40, 60 * s, {second * s, (second + utc_s) * s});
  }
  CHECK(model.state().timed.size() == 2);
}

TEST_CASE("F-005 what a former life did not finish may stand, but is not given afterwards") {
  const auto at = [](int second) { return messages::instant{second * s, (second + utc_s) * s}; };
  const auto next_life = [&](double unfinished, int length_s, bool beside_50) {
    standing_value_model model(140);
    model.take(70, 0, at(0));
    if (beside_50) model.take(50, 60 * s, at(0));
    standing_value_model next(140);
    next.restore(model.state());
    next.restore_unfinished(unfinished, length_s * s, (length_s + utc_s) * s);
    return next;
  };
  auto tighter = next_life(20, 60, false);
  CHECK_FALSE(tighter.due(at(1)));
  CHECK(tighter.in_force() == 20); // by which roles are judged
  CHECK(tighter.held() == held_value{70, 0, 70});
  // The life after that knows it, too.
  standing_value_model later(140);
  later.restore(tighter.state());
  CHECK_FALSE(later.due(at(2)));
  CHECK(later.due(at(60)) == 70);
  later.went_back(70);
  CHECK(later.in_force() == 70);
  // The device reports that it was given it.
  REQUIRE(tighter.report(20, 2 * s, 0.1));
  CHECK(tighter.held() == held_value{20, 20, 20});
  CHECK(tighter.due(at(60)) == 70);

  auto looser = next_life(90, 60, false);
  CHECK(looser.due(at(1)) == 70);
  looser.went_back(70);
  CHECK_FALSE(looser.due(at(60)));

  for (const int length_s : {30, 0}) {
    auto beside = next_life(20, length_s, true);
    CHECK(beside.due(at(1)) == 50);
    beside.went_back(50);
    CHECK(beside.in_force() == 50);
    CHECK_FALSE(beside.due(at(30)));
    CHECK(beside.due(at(60)) == 70);
  }
}

} // namespace voltaic::actors::runtime::standing_value_model_test
