#include <catch2/catch.hpp>

#include <span>
#include <vector>

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

/// A rack of which one point is alternately lost for 400 ms and good for two samples.
struct flickering {
  measured what;
  double value;
  bench_rack bench;

  static protection_options options_of(measured what) {
    auto options = derated();
    if (what != measured::cell_voltage) options.points[position_of(what)] = {1, 0, data_ms};
    return options;
  }
  flickering(measured point, double at) : what(point), value(at), bench(options_of(point)) {
    bench.silent = true; // scans are said below
    for (int scan = 0; scan < 6; ++scan) sample(true);
    bench.mark();
  }
  /// One sample of the point, then the time until the next; the cells are said all the while.
  void sample(bool is_good) {
    const auto cells = options_of(what).cells().count;
    const std::vector<std::int32_t> cell_v(
        cells, *millionths(what == measured::cell_voltage ? value : 3.3));
    const std::int32_t other[] = {*fixed(value, describe(what).parts)};
    const auto how = is_good ? quality::good : quality::stale;
    const bool is_cells = what == measured::cell_voltage;
    const element_block blocks[] = {
        {0, bench.now_us, cell_v, is_cells ? how : quality::good, {}, measured::cell_voltage},
        {0, bench.now_us, other, how, {}, what}};
    bench.say(std::span(blocks).first(is_cells ? 1 : 2));
    bench.run(data_ms);
  }
  void flicker(int rounds) {
    for (int round = 0; round < rounds; ++round)
      for (const bool is_good : {false, false, true, true}) sample(is_good);
  }
  current_limits limits() { return bench.tick().limits; }
};

} // namespace

TEST_CASE("F-033 what is late counts by the worst that is or was known, until it is lost") {
  held_extremes_model model;
  const auto step = [&](const extremes& now, heard how) { return of(model.step(now, how, 5, 10)); };
  CHECK(step({3.2, 3.4, true, true}, heard::whole) == shown{3.2, 3.4, true, true});
  CHECK(step({}, heard::late) == shown{3.2, 3.4, true, false});
  CHECK(step({3.1, 3.3, true, true}, heard::late) == shown{3.1, 3.4, true, false});
  CHECK(step({3.3, 3.5, true, true}, heard::late) == shown{3.2, 3.5, true, false});
  CHECK(step({}, heard::lost) == nothing);
  // What was let go of does not come back.
  CHECK(step({}, heard::late) == nothing);
  CHECK(step({3.3, 3.3, true, true}, heard::late) == shown{3.3, 3.3, true, false});
  CHECK(step({3.3, 3.3, true, true}, heard::whole) == shown{3.3, 3.3, true, true});
}

TEST_CASE("F-033 nothing is held for longer than its time since it was heard as a whole") {
  held_extremes_model model;
  static_cast<void>(model.step({3.2, 3.4, true, true}, heard::whole, 5, 10));
  static_cast<void>(model.step({3.2, 3.4, true, true}, heard::whole, 20, 10));
  CHECK(of(model.step({}, heard::late, 29, 10)) == shown{3.2, 3.4, true, false});
  // What is said meanwhile, and not by all, makes it no younger.
  CHECK(of(model.step({3.3, 3.3, true, true}, heard::late, 29, 10)) ==
        shown{3.2, 3.4, true, false});
  CHECK(of(model.step({3.3, 3.3, true, true}, heard::late, 30, 10)) ==
        shown{3.3, 3.3, true, false});
  CHECK(of(model.step({}, heard::late, 31, 10)) == nothing);
}

TEST_CASE("F-145 what is said and unusable is never held") {
  held_extremes_model model;
  static_cast<void>(model.step({3.2, 3.4, true, true}, heard::whole, 0, 10));
  CHECK(of(model.step({}, heard::whole, 1, 10)) == nothing);
  CHECK(of(model.step({}, heard::late, 2, 10)) == nothing);
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

TEST_CASE("F-033 an SOC that flickers keeps no limit that a newer, lower one does not leave") {
  flickering rack(measured::soc, 50);
  const auto before_a = rack.limits().discharge_a;
  REQUIRE(before_a > 0);
  rack.value = 1; // where the curve leaves next to nothing of the discharge
  rack.flicker(1);
  CHECK(rack.limits().discharge_a < before_a / 2);
  CHECK(rack.bench.time_of("set", "communication_loss/alarm") < 0);
}

TEST_CASE("F-033 an SOC that flickers for ever does not keep the charge when it is higher") {
  flickering rack(measured::soc, 50);
  const auto before_a = rack.limits().charge_a;
  REQUIRE(before_a > 0);
  rack.value = 99;
  rack.flicker(1);
  CHECK(rack.limits().charge_a < before_a / 2);
}

TEST_CASE("F-033 what flickers holds what was known last no longer than until its alarm") {
  const auto what = GENERATE(measured::soc, measured::cell_temperature, measured::cell_voltage);
  CAPTURE(position_of(what));
  flickering rack(what, what == measured::soc ? 50 : what == measured::cell_voltage ? 3.3 : 25);
  const auto before = rack.limits();
  REQUIRE(before.charge_a > 0);
  REQUIRE(before.discharge_a > 0);
  rack.flicker(5);
  // The silence is warned about all the time, and never long enough for its alarm.
  CHECK(rack.bench.time_of("set", "communication_loss/warning") >= 0);
  CHECK(rack.bench.time_of("clear", "communication_loss/warning") < 0);
  CHECK(rack.bench.time_of("set", "communication_loss/alarm") < 0);
  CHECK(rack.limits().charge_a == 0);
  CHECK(rack.limits().discharge_a == 0);
}

TEST_CASE("F-033 one lost sample of what could flicker costs nothing") {
  const auto what = GENERATE(measured::soc, measured::cell_temperature, measured::cell_voltage);
  CAPTURE(position_of(what));
  flickering rack(what, what == measured::soc ? 50 : what == measured::cell_voltage ? 3.3 : 25);
  const auto before = currents_of(rack.bench.tick());
  for (const bool is_good : {false, true, true, true, true}) {
    rack.sample(is_good);
    CHECK(currents_of(rack.bench.tick()) == before);
  }
}

} // namespace voltaic::actors::protection::testing::held_extremes_test
