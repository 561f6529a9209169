#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "actors/protection/full_rack.hpp"
#include "actors/protection/plausibility_model.hpp"

// What values say about each other, piece by piece.
namespace voltaic::actors::protection::built_in_test {

using messages::protection::candidate;
using lines = std::vector<std::string>;

namespace {

lines text_of(const candidate& made) {
  lines all{made.name + " " + made.unit + " " + std::to_string(made.period_ms)};
  for (const auto& each : made.limits) {
    auto line = fmt::format("{} {} {} {} {} {}", to_string(each.level), each.set, each.clear,
                            each.set_ms, each.clear_ms, to_string(each.latch));
    for (const auto& action : each.actions) line += " " + to_string(action);
    all.push_back(line);
  }
  return all;
}

element_values cells(const std::vector<std::int32_t>& values) {
  element_values made(values.size());
  std::ranges::copy(values, made.value.begin());
  std::fill_n(made.valid.begin(), values.size(), -1);
  made.summarise();
  return made;
}

constexpr std::int64_t s = messages::us_per_s;

} // namespace

TEST_CASE("the candidates that stand in no table are these") {
  std::vector<lines> all;
  for (const auto& each : plausibility_candidates()) all.push_back(text_of(each));
  CHECK(all[0] == lines{"soc_implausible  0",
                        "alarm 1 0 2000 10000 none derate_charge:50 derate_discharge:50"});
  CHECK(all[1] == lines{"current_implausible  0",
                        "alarm 1 0 0 10000 none derate_charge:50 derate_discharge:50"});
  CHECK(all[2] ==
        lines{"limit_ignored ratio 0", "alarm 1 0.98 2000 10000 none log",
              "fault 1.001 0.98 5000 10000 user stop_charge stop_discharge open_ordered"});
  CHECK(all[3] == lines{"sensor_step elements 0", "warning 1 0 0 10000 none log"});
  CHECK(all[4] ==
        lines{"thermal_runaway K/s 0",
              "hard 1 0.5 1000 10000 lock stop_charge stop_discharge open_immediate lock"});
  CHECK(all[5] == lines{"open_wire elements 0",
                        "warning 1 0 300 10000 none derate_charge:50 derate_discharge:50",
                        "alarm 2 1 1000 10000 none stop_charge stop_discharge"});
  CHECK(all[6] == lines{"cooling_failed ms 0", "warning 10000 0 0 10000 none log",
                        "alarm 60000 0 0 10000 none derate_charge:50 derate_discharge:50"});
  CHECK(all[7] == lines{"profile_mismatch  0",
                        "alarm 1 0 0 0 none stop_charge stop_discharge inhibit_close"});
  CHECK(text_of(sensor_frozen_candidate()) ==
        lines{"sensor_frozen ms 0", "warning 60000 0 0 0 none log",
              "alarm 600000 0 0 0 none derate_charge:50 derate_discharge:50"});
  CHECK(text_of(all_frozen_candidate()) ==
        lines{"sensor_frozen  0", "alarm 1 0 0 10000 none stop_charge stop_discharge"});
  CHECK(advice_of("limit_ignored").find("inverter") != std::string_view::npos);
  CHECK(advice_of("soc_implausible").find("fuse") != std::string_view::npos);
  CHECK(advice_of("cell_overvoltage").empty());
}

TEST_CASE("F-140 a cell is frozen for the time with current in which most others moved") {
  frozen_model model(4, 200, 100); // moves are expected above 5 A
  std::int64_t now_us = 0;
  std::int32_t value = 100;
  const auto step = [&](double ampere, std::int64_t passed_us) {
    ++value;
    model.step(cells({value, value, value, 7}), {ampere, {}}, now_us += passed_us);
    return model.ages_ms().value[3];
  };
  step(6, s);
  CHECK(step(6, s) == 1'000); // the others moved: it is behind
  CHECK(step(6, s) == 2'000);
  CHECK(step(5, s) == 2'000); // that is not above
  CHECK(step(-6, s) == 3'000);
  CHECK(model.ages_ms().value[0] == 0);
  ++value;
  model.step(cells({value, value, value, 8}), {6.0, {}}, now_us += s);
  CHECK(model.ages_ms().value[3] == 0);
  CHECK(step(6, s) == 0);     // it moves once more,
  CHECK(step(6, s) == 1'000); // and stands still from the beginning
}

TEST_CASE("F-140 cells that all rest, or of which most rest, are not frozen") {
  frozen_model model(4, 200, 100);
  std::int64_t now_us = 0;
  for (std::int32_t value = 0; value < 20; ++value) {
    model.step(cells({value, 7, 7, 7}), {20.0, {}}, now_us += s);
    CHECK(model.ages_ms().maximum == 0);
  }
  // Half of the known ones are enough.
  frozen_model half(4, 200, 100);
  for (std::int32_t value = 0; value < 4; ++value) {
    half.step(cells({value, value, 7, 7}), {20.0, {}}, now_us += s);
  }
  CHECK(half.ages_ms().value[2] >= 2'000);
  frozen_model unrated(4, 200, 0); // nobody knows how much current is much
  for (std::int32_t value = 0; value < 4; ++value) {
    unrated.step(cells({value, value, value, 7}), {500.0, {}}, now_us += s);
    CHECK(unrated.ages_ms().maximum == 0);
  }
}

TEST_CASE("F-140 all cells are frozen ten periods after a current that they do not answer to") {
  struct answer {
    double from_a;
    double to_a;
    std::optional<double> from_v;
    std::optional<double> to_v;
    bool frozen;
  };
  for (const auto& [from_a, to_a, from_v, to_v, frozen] :
       std::vector<answer>{{0, 20, {}, {}, true},
                           {20, 0, {}, {}, true},
                           {0, 5, {}, {}, false}, // not by more than 0.05 C
                           {0, 5.1, {}, {}, true},
                           {0, 20, 1'000, 999, false}, // the rack answered no more than they
                           {0, 20, 1'000, 998.9, true},
                           {0, 20, 1'000, 1'001.1, true},
                           {0, 20, 1'000, {}, true},
                           {0, 20, {}, 1'000, true}}) {
    CAPTURE(from_a, to_a, from_v.value_or(-1), to_v.value_or(-1));
    frozen_model model(2, 200, 100);
    model.step(cells({1, 1}), {from_a, from_v}, s);
    model.step(cells({2, 2}), {from_a, from_v}, 2 * s);
    model.step(cells({2, 2}), {to_a, to_v}, 10 * s);
    model.step(cells({2, 2}), {to_a, to_v}, 12 * s - 1);
    CHECK(model.all().value[0] == 0);
    model.step(cells({2, 2}), {to_a, to_v}, 12 * s);
    CHECK(model.all().value[0] == (frozen ? 1 : 0));
    model.step(cells({3, 2}), {to_a, to_v}, 13 * s);
    CHECK(model.all().value[0] == 0);
  }
  frozen_model unknown(2, 200, 100);
  unknown.step(cells({1, 1}), {20.0, {}}, s);
  unknown.step(cells({1, 1}), {{}, {}}, 100 * s);
  CHECK(unknown.all().value[0] == 0);
}

TEST_CASE("F-170 a rise is that of three seconds, and of both their halves") {
  const auto rate = [](const std::vector<std::int32_t>& values, std::uint32_t period_ms,
                       std::size_t pieces = 1) {
    rise_model model(1, period_ms);
    std::int64_t now_us = 50 * s;
    for (const auto each : values) {
      for (std::size_t piece = 0; piece < pieces; ++piece)
        model.step(cells({each}), now_us + static_cast<std::int64_t>(piece));
      now_us += period_ms * messages::us_per_ms;
    }
    return model.rates().any_valid ? std::optional(model.rates().maximum) : std::nullopt;
  };
  CHECK_FALSE(rate({0, 1'000, 2'000}, 1'000)); // not yet three seconds
  CHECK(rate({0, 1'000, 2'000, 3'000}, 1'000) == 1'000);
  CHECK(rate({0, 1'000, 2'000, 3'000}, 1'000, 3) == 1'000); // in pieces
  CHECK(rate({0, 9'000, 9'000, 9'000}, 1'000) == 0);        // a jump
  CHECK(rate({3'000, 2'000, 1'000, 0}, 1'000) == 0);
  CHECK_FALSE(rate({0, 100, 200, 300, 400, 500}, 500));
  CHECK(rate({0, 500, 1'000, 1'500, 2'000, 2'500, 3'000}, 500) == 1'000);
}

TEST_CASE(
    "F-151 a value as far from the last as no physics is sets nothing until it is confirmed") {
  for (const bool whole : {true, false}) {
    for (const std::int32_t sign : {1, -1}) {
      scan_model scan(2, s, 100);
      std::int64_t now_us = s;
      std::vector<quality> is;
      if (!whole) is = {quality::good, quality::good};
      const auto tell = [&](std::int32_t value) {
        const std::vector<std::int32_t> values{0, sign * value};
        ++now_us;
        scan.apply({0, now_us, values, quality::good, is}, now_us);
        CHECK(scan.values().value[1] == sign * value);
        CHECK(scan.values().confirmed[0] != 0);
        CHECK((scan.unconfirmed_count() == 0) == (scan.values().confirmed[1] != 0));
        return scan.unconfirmed_count();
      };
      CAPTURE(whole, sign);
      CHECK(tell(500) == 0); // the first has nothing before it
      CHECK(tell(599) == 0);
      CHECK(tell(699) == 1); // by the whole of it
      CHECK(tell(699) == 0);
      CHECK(tell(600) == 0);
      CHECK(tell(500) == 1);
      CHECK(tell(600) == 0); // twice in a row: it is not healthy, whatever it does
    }
  }
  scan_model any(1, s, 0);
  for (const std::int32_t value : {0, 2'000'000'000, 0}) {
    const std::vector<std::int32_t> values{value};
    any.apply({0, value + 1, values, quality::good, {}}, s);
    CHECK(any.unconfirmed_count() == 0);
  }
}

TEST_CASE("a value that waits to be confirmed is charged, no further than full, and sets after") {
  level_model model(messages::protection::direction::high, {{100, 90, 1'000, 0}}, 1);
  auto cell = cells({100});
  std::vector<transition> changes;
  cell.confirmed[0] = 0;
  model.step(cell, 5'000, changes);
  CHECK(changes.empty());
  cell.confirmed[0] = -1;
  auto well = cells({0});
  model.step(well, 600, changes);
  model.step(cell, 599, changes);
  CHECK(changes.empty());
  model.step(cell, 1, changes);
  CHECK(changes.size() == 1);
  level_model ready(messages::protection::direction::high, {{100, 90, 1'000, 0}}, 1);
  changes.clear();
  cell.confirmed[0] = 0;
  ready.step(cell, 1'000, changes);
  cell.confirmed[0] = -1;
  ready.step(cell, 0, changes); // full already: no more time is needed
  CHECK(changes.size() == 1);
}

TEST_CASE("levels are quiet while no value is beyond, none is pending and none active") {
  level_model model(messages::protection::direction::high, {{100, 90, 1'000, 500}}, 1);
  std::vector<transition> changes;
  const auto quiet = [&](std::int32_t value, std::int32_t charge_us) {
    model.step(cells({value}), charge_us, changes);
    return model.quiet();
  };
  CHECK(quiet(99, 1'000));
  CHECK_FALSE(quiet(100, 0));
  CHECK_FALSE(quiet(100, 500));
  CHECK_FALSE(quiet(99, 499)); // its integrator is not empty
  CHECK(quiet(99, 1));
  CHECK_FALSE(quiet(100, 1'000));
  CHECK_FALSE(quiet(90, 499));
  quiet(90, 1); // it clears
  CHECK(quiet(90, 1));
}

TEST_CASE("an alarm that sets five times within an hour flaps, to the microsecond") {
  constexpr std::int64_t hour_us = 3'600 * s;
  for (const std::int64_t late_us : {0, 1}) {
    row alarm;
    alarm.limit.level = messages::protection::level::alarm;
    for (const std::int64_t at_us : {0, 1, 2, 3}) CHECK_FALSE(alarm.flaps(at_us));
    CHECK(alarm.flaps(hour_us + late_us) == (late_us == 0));
    // The next five are counted from the second.
    CHECK(alarm.flaps(hour_us + 1 + late_us) == (late_us == 0));
    CHECK(alarm.flaps(hour_us + 2 + late_us) == (late_us == 0));
    CHECK_FALSE(alarm.flaps(3 * hour_us));
    CHECK_FALSE(alarm.flaps(3 * hour_us));
    CHECK_FALSE(alarm.flaps(3 * hour_us));
    CHECK_FALSE(alarm.flaps(3 * hour_us));
    CHECK(alarm.flaps(3 * hour_us));
  }
  row warning;
  for (int set = 0; set < 20; ++set) CHECK_FALSE(warning.flaps(set));
}

TEST_CASE("what is latched without a latch of its own is a user's to let go of") {
  using messages::protection::latch;
  row one;
  CHECK(one.kept() == latch::none);
  one.latched = true;
  CHECK(one.kept() == latch::user);
  one.limit.latch = latch::lock;
  CHECK(one.kept() == latch::lock);
  one.latched = false;
  CHECK(one.kept() == latch::lock);
}

TEST_CASE("the two ways of being frozen have keys of their own") {
  const auto made = make_row(all_frozen_candidate(), 0, {input_kind::frozen_all});
  CHECK(made.key == "sensor_frozen/alarm/all");
  CHECK(make_row(sensor_frozen_candidate(), 1, {input_kind::frozen}).key == "sensor_frozen/alarm");
}

} // namespace voltaic::actors::protection::built_in_test
