#include <catch2/catch.hpp>

#include "actors/protection/bench_rack.hpp"
#include "actors/protection/held_extremes_model.hpp"
#include "actors/protection/ladder_model.hpp"

/// What limits follow from while an input is late.
namespace voltaic::actors::protection::testing::held_extremes_test {
namespace {

struct shown {
  double minimum, maximum;
  bool known, complete;
  friend bool operator==(const shown&, const shown&) = default;
};
shown of(const extremes& given) {
  return given.known ? shown{given.minimum, given.maximum, true, given.complete}
                     : shown{0, 0, false, given.complete};
}
constexpr shown nothing{0, 0, false, false};

/// A rack of which each limit follows from a point that may be lost.
protection_options derated() {
  auto options = options_for("lfp", 480);
  options.derating = messages::protection::derating_of({}, options.table);
  return options;
}

} // namespace

TEST_CASE("F-033 what is late counts by the worst that is or was known, until it is lost") {
  held_extremes_model model;
  CHECK(of(model.step({3.2, 3.4, true, true}, heard::whole)) == shown{3.2, 3.4, true, true});
  CHECK(of(model.step({}, heard::late)) == shown{3.2, 3.4, true, false});
  CHECK(of(model.step({3.1, 3.3, true, true}, heard::late)) == shown{3.1, 3.4, true, false});
  CHECK(of(model.step({3.3, 3.5, true, true}, heard::late)) == shown{3.2, 3.5, true, false});
  CHECK(of(model.step({}, heard::lost)) == nothing);
  // What was let go of does not come back.
  CHECK(of(model.step({}, heard::late)) == nothing);
  CHECK(of(model.step({3.3, 3.3, true, true}, heard::late)) == shown{3.3, 3.3, true, false});
  CHECK(of(model.step({3.3, 3.3, true, true}, heard::whole)) == shown{3.3, 3.3, true, true});
}

TEST_CASE("F-145 what is said and unusable is never held") {
  held_extremes_model model;
  static_cast<void>(model.step({3.2, 3.4, true, true}, heard::whole));
  CHECK(of(model.step({}, heard::whole)) == nothing);
  CHECK(of(model.step({}, heard::late)) == nothing);
}

TEST_CASE("F-033 cells that are said to be stale leave the limits alone until their alarm") {
  const auto silent = silence_after(data_ms);
  // All of them, or one beside others that look harmless.
  const bool is_all = GENERATE(true, false);
  CAPTURE(is_all);
  bench_rack rack(derated());
  rack.settle();
  rack.set(0, 3.575);
  rack.run(2 * data_ms);
  const auto before = rack.tick().limits.charge_a;
  REQUIRE(before == Approx(70));
  rack.mark();
  for (std::size_t cell = 0; cell < (is_all ? rack.qualities.size() : 1); ++cell)
    rack.qualities[cell] = quality::stale;
  rack.scan();
  rack.silent = is_all;
  // The last scan that was good came a moment ago.
  rack.run(silent.alarm_ms - data_ms - 2 * rack.tick_ms);
  CHECK(rack.time_of("set", "communication_loss/warning") >= 0);
  CHECK(rack.time_of("set", "communication_loss/alarm") < 0);
  CHECK(rack.tick().limits.charge_a == before);
  CHECK(rack.tick().limits.discharge_a == 120);
  // One that goes on being said to be stale holds its silence for a while (recovery_model).
  const auto hold_ms = is_all ? 0 : recovery_hold_us(data_ms) / messages::us_per_ms;
  rack.run(data_ms + 2 * rack.tick_ms + hold_ms);
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.tick().limits.discharge_a == 0);
}

TEST_CASE("F-146 a cell that is worse than all before falls the limits while others are late") {
  bench_rack rack(derated());
  rack.settle();
  rack.qualities[7] = quality::stale;
  rack.set(0, 3.575);
  rack.run(2 * data_ms);
  CHECK(rack.tick().limits.charge_a == Approx(70));
}

TEST_CASE(
    "F-033 an SOC that is late holds its share of the limits, and its doubt, until its alarm") {
  auto options = derated();
  options.points[position_of(measured::soc)] = {1, 0, data_ms};
  // Of a rack that is empty by its SOC: of one whose cells say so too nothing is left.
  const bool is_doubted = GENERATE(true, false);
  CAPTURE(is_doubted);
  bench_rack rack(options);
  const auto say = [&](double percent, quality quality) {
    const std::int32_t values[] = {*millionths(percent)};
    const element_block blocks[] = {{0, rack.now_us, values, quality, {}, measured::soc}};
    inputs news;
    news.blocks = blocks;
    return currents_of(rack.model.step(news, {rack.now_us, rack.now_us}));
  };
  for (int scan = 0; scan < 5; ++scan) {
    say(50, quality::good);
    rack.run(data_ms);
  }
  const auto before = say(is_doubted ? 0 : 50, quality::good);
  REQUIRE(std::get<1>(before) > 0);
  rack.run(data_ms);
  CHECK(say(is_doubted ? 0 : 50, quality::stale) == before);
  const auto [warning_ms, alarm_ms, unused] = silence_after(data_ms);
  static_cast<void>(unused);
  rack.run(alarm_ms - data_ms - rack.tick_ms);
  CHECK(currents_of(rack.tick()) == before);
  rack.run(2 * rack.tick_ms);
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.tick().limits.discharge_a == 0);
}

} // namespace voltaic::actors::protection::testing::held_extremes_test
