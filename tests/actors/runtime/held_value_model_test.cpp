#include "actors/runtime/held_value_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

namespace voltaic::actors::runtime::held_value_model_test {
namespace {

using verdict = held_value_model::verdict;

constexpr std::int64_t s = messages::us_per_s;
constexpr std::int64_t step_us = s / 10;
constexpr double tolerance = 0.1;

/// A device that reports every 100 ms, and who gives it the value again.
struct bench {
  void run(std::int64_t duration_us) {
    const auto end_us = now_us + duration_us;
    while (now_us < end_us) step();
  }
  void step() {
    now_us += step_us;
    std::optional<reported_value> reported;
    if (speaks) reported = {holds, now_us - report_age_us};
    std::optional<held_value> held;
    if (wanted) held = {*wanted, lowest.value_or(*wanted), highest.value_or(*wanted)};
    const auto said = model.look(held, reported, tolerance, now_us);
    if (said == verdict::nothing) return;
    history.push_back(said);
    if (said != verdict::write && said != verdict::resume) return;
    writes_us.push_back(now_us);
    model.wrote(now_us);
    if (obeys) holds = *wanted;
  }

  held_value_model model{messages::tighter::toward_zero};
  std::optional<double> wanted = 50;
  std::optional<double> lowest = {}; ///< else the wanted
  std::optional<double> highest = {};
  double holds = 50;
  bool obeys = true;
  bool speaks = true;
  std::int64_t report_age_us = 0;
  std::int64_t now_us = 3'600 * s;
  std::vector<verdict> history;
  std::vector<std::int64_t> writes_us;
};

using verdicts = std::vector<verdict>;

} // namespace

TEST_CASE("a device that falls back to a looser value is given the value again, once") {
  bench device;
  device.run(10 * s);
  device.holds = 140;
  device.run(held_patience_us - 2 * step_us);
  CHECK(device.history.empty());
  device.run(60 * s);
  CHECK(device.history == verdicts{verdict::write});
}

TEST_CASE("a device that never takes the value is told of after three writes, and written seldom") {
  bench device;
  device.run(s);
  device.obeys = false;
  device.holds = 140;
  device.run(40 * s);
  CHECK(device.history ==
        verdicts{verdict::write, verdict::write, verdict::write, verdict::not_held});
  device.run(5 * rewrite_seldom_us);
  CHECK(device.writes_us.size() >= 3 + 4);
  CHECK(device.writes_us.size() <= 3 + 6);
  CHECK(std::ranges::count(device.history, verdict::not_held) == 1);
  device.obeys = true;
  device.run(2 * rewrite_seldom_us + held_again_us);
  CHECK(device.history.back() == verdict::held_again);
}

TEST_CASE("a tighter value is the device's own decision: told once, and left alone") {
  bench device;
  device.run(s);
  device.holds = 30;
  device.run(120 * s);
  CHECK(device.history == verdicts{verdict::left_tighter});
  device.holds = 50;
  device.run(held_again_us + s);
  CHECK(device.history == verdicts{verdict::left_tighter, verdict::held_again});
  // What is looser than the value is written, also right behind something tighter.
  device.holds = 30;
  device.run(10 * s);
  device.holds = 140;
  device.run(held_patience_us - 2 * step_us);
  CHECK(device.writes_us.empty());
  device.run(10 * s);
  CHECK(device.history.back() == verdict::write);
}

TEST_CASE("of a lower bound a lower value is written again, and a higher one left alone") {
  bench device{.model = held_value_model(messages::tighter::higher)};
  device.run(s);
  device.holds = 30;
  device.run(10 * s);
  CHECK(device.history == verdicts{verdict::write});
  CHECK(device.holds == 50);
  device.obeys = false;
  device.holds = 70;
  device.run(60 * s);
  CHECK(device.history == verdicts{verdict::write, verdict::left_tighter});
}

TEST_CASE("of a lower bound a former life's value is resumed over a lower one alone") {
  for (const double holds : {30.0, 70.0}) {
    bench device{.model = held_value_model(messages::tighter::higher), .holds = holds};
    device.model.resume(true);
    device.run(step_us * 3);
    CHECK(device.history == (holds < 50 ? verdicts{verdict::resume} : verdicts{}));
  }
}

TEST_CASE("a value that is not known, or older than the last write, counts for nothing") {
  bench device;
  device.run(s);
  device.holds = 140;
  device.speaks = false;
  device.run(60 * s);
  CHECK(device.history.empty());
  device.speaks = true;
  device.run(held_patience_us - 2 * step_us);
  device.speaks = false; // it begins anew
  device.step();
  device.speaks = true;
  device.run(held_patience_us - 2 * step_us);
  CHECK(device.history.empty());
  device.run(s);
  REQUIRE(device.history.size() == 1);
  device.holds = 140;
  device.report_age_us = 20 * s; // as of before the write
  device.run(19 * s);
  CHECK(device.history.size() == 1);
}

TEST_CASE("what an unsure set may have left is right, what is looser is written over") {
  bench device;
  device.wanted = 70;
  device.lowest = 0;
  device.highest = 90;
  for (const double holds : {70.0, 20.0, 0.0, 90.0}) {
    device.holds = holds;
    device.run(10 * s);
  }
  CHECK(device.history.empty());
  device.holds = 140;
  device.run(10 * s);
  CHECK(device.history == verdicts{verdict::write});
  CHECK(device.holds == 70);
  // The other side of zero is none of it.
  device.holds = -30;
  device.run(10 * s);
  CHECK(device.history == verdicts{verdict::write, verdict::write});
}

TEST_CASE("the first report of a life that is looser is written over at once, and only the first") {
  const auto resuming = [](double holds) {
    bench device;
    device.holds = holds;
    device.model.resume(true);
    return device;
  };
  auto device = resuming(140);
  device.run(3 * step_us);
  CHECK(device.history == verdicts{verdict::resume});
  CHECK(device.holds == 50);
  device.holds = 140; // from now on with patience
  device.run(held_patience_us - 2 * step_us);
  CHECK(device.history.size() == 1);
  device = resuming(50);
  device.run(s);
  device.holds = 140;
  device.run(held_patience_us - 2 * step_us);
  CHECK(device.history.empty());
  device = resuming(30); // its own decision
  device.run(10 * s);
  CHECK(device.history == verdicts{verdict::left_tighter});
  device = resuming(140);
  device.speaks = false;
  device.run(10 * s);
  CHECK(device.history.empty());
  device.speaks = true;
  device.run(3 * step_us);
  CHECK(device.history == verdicts{verdict::resume});
}

TEST_CASE("nothing is written for what nobody set, and another set begins anew") {
  bench device;
  device.wanted.reset();
  device.holds = 140;
  device.run(60 * s);
  CHECK(device.history.empty());
  device.wanted = 60;
  device.run(held_patience_us - step_us);
  device.wanted = 70;
  device.run(held_patience_us - step_us);
  CHECK(device.history.empty());
  device.run(s);
  CHECK(device.history == verdicts{verdict::write});
  CHECK(device.holds == 70);
}

TEST_CASE("on any walk no value is written faster than the bounds, nor for nobody, nor loosened") {
  std::size_t writes = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto one_of = [&](unsigned count) { return static_cast<int>(random() % count); };
    bench device;
    std::int64_t wanted_since_us = device.now_us;
    for (int step = 0; step < 6'000; ++step) {
      const auto wanted_before = device.wanted;
      if (one_of(300) == 0)
        device.wanted = one_of(4) == 0 ? std::nullopt : std::optional<double>(30 + one_of(3));
      if (device.wanted != wanted_before) wanted_since_us = device.now_us;
      if (one_of(40) == 0) device.holds = 25 + one_of(4) * 10;
      if (one_of(60) == 0) device.obeys = !device.obeys;
      if (one_of(100) == 0) device.speaks = !device.speaks;
      const auto held = device.holds;
      const auto before = device.writes_us.size();
      device.step();
      if (device.writes_us.size() == before) continue;
      ++writes;
      CHECK(device.wanted.has_value());
      CHECK(held > *device.wanted);
      CHECK(device.now_us - wanted_since_us >= held_patience_us);
      if (before > 0) CHECK(device.now_us - device.writes_us[before - 1] >= rewrite_spacing_us);
      if (before <= rewrites_max) continue;
      // Four of one set lie further apart than three spacings.
      const auto fourth_us = device.writes_us[before - rewrites_max];
      if (fourth_us > wanted_since_us) CHECK(device.now_us - fourth_us >= rewrite_seldom_us);
    }
  }
  CHECK(writes > 100);
}

} // namespace voltaic::actors::runtime::held_value_model_test
