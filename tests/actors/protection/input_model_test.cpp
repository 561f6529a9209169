#include "actors/protection/input_model.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

#include "messages/protection/table.hpp"

namespace voltaic::actors::protection::input_model_test {

namespace {

constexpr std::int64_t s = messages::us_per_s;

/// Four cells in modules of two, and everything else that a device may report.
measured_options everything() {
  return {{{4, 2, 200},
           {3, 0, 1'000},
           {2, 0, 1'000},
           {1, 0, 100},
           {1, 0, 100},
           {1, 0, 100},
           {1, 0, 1'000}}};
}

/// A rack of 100 A to charge and 200 A to discharge.
class heard {
 public:
  explicit heard(const measured_options& points = everything())
      : model(points, {280, 100, 200, 3, 60}) {}

  std::uint32_t tell(measured what, const std::vector<double>& values, quality is = quality::good) {
    std::vector<std::int32_t> raw;
    for (const auto each : values) raw.push_back(*fixed(each, describe(what).parts));
    const element_block blocks[] = {{0, now_us, raw, is, {}, what}};
    return model.take(blocks, now_us);
  }
  [[nodiscard]] double value(input_kind kind, measured of = measured::cell_voltage) const {
    const input from{kind, of};
    const auto& all = model.values(from);
    REQUIRE(all.any_valid);
    REQUIRE(all.minimum == all.value[0]);
    REQUIRE(all.maximum == all.value[0]);
    return all.value[0] / input_model::parts(from);
  }
  [[nodiscard]] bool known(input_kind kind) const {
    const auto& all = model.values({kind});
    REQUIRE(all.any_valid == (all.valid[0] != 0));
    return all.any_valid;
  }

  input_model model;
  std::int64_t now_us = s;
};

std::uint32_t bits(std::initializer_list<measured> points) {
  std::uint32_t all = 0;
  for (const auto each : points) all |= 1U << position_of(each);
  return all;
}

} // namespace

TEST_CASE("every candidate of a table is judged by the points that the table's format names") {
  for (const auto& known : messages::protection::known_candidates) {
    CAPTURE(known.name);
    const auto from = input_for(known.name);
    CHECK(from.kind != input_kind::none);
    CHECK(describe(from.of).point == known.point);
    std::uint32_t named = 0;
    for (std::size_t each = 0; each < known_count; ++each) {
      const auto point = measured_points[each].point;
      if (point == known.point || point == known.second_point) named |= 1U << each;
    }
    CHECK((input_model::needs(from) & named) == named);
  }
  CHECK(input_for("cell_temperament") == input{});
}

TEST_CASE("an input is bound while the device reports all that it needs") {
  const input inputs[] = {{input_kind::measured, measured::terminal_temperature},
                          {input_kind::rack_voltage_per_cell, measured::voltage},
                          {input_kind::insulation_per_volt, measured::insulation_resistance},
                          {input_kind::voltage_sum_mismatch, measured::voltage},
                          {input_kind::charge_ratio, measured::current},
                          {input_kind::silence, measured::soc},
                          {input_kind::none}};
  const std::uint32_t needed[] = {bits({measured::terminal_temperature}),
                                  bits({measured::voltage}),
                                  bits({measured::voltage, measured::insulation_resistance}),
                                  bits({measured::voltage, measured::cell_voltage}),
                                  bits({measured::current}),
                                  bits({measured::soc}),
                                  0};
  for (std::size_t each = 0; each < std::size(inputs); ++each) {
    CAPTURE(each);
    CHECK(input_model::needs(inputs[each]) == needed[each]);
    CHECK(heard().model.is_bound(inputs[each]) == (needed[each] != 0));
    for (std::size_t missing = 1; missing < known_count; ++missing) {
      auto points = everything();
      points[missing] = {};
      CHECK(heard(points).model.is_bound(inputs[each]) ==
            (needed[each] != 0 && (needed[each] >> missing & 1U) == 0));
      CHECK_FALSE(heard(points).model.is_bound(static_cast<measured>(missing)));
    }
  }
}

TEST_CASE("an input is current where all of it came, until it is silent for 1.5 periods") {
  constexpr input from{input_kind::measured, measured::terminal_temperature};
  heard rack;
  const auto is_current_after = [&](std::int64_t ms) {
    rack.model.pass(rack.now_us + ms * messages::us_per_ms);
    return rack.model.is_current(from);
  };
  CHECK_FALSE(is_current_after(0));
  rack.tell(measured::terminal_temperature, {25}); // of two
  CHECK_FALSE(is_current_after(0));
  rack.tell(measured::terminal_temperature, {25, 25});
  CHECK(is_current_after(1'499));
  CHECK_FALSE(is_current_after(1'500));
}

TEST_CASE("the time without a usable value counts from the last usable one, or the first word on") {
  constexpr auto what = measured::insulation_resistance;
  const auto after = [](heard& rack, std::int64_t seconds) {
    rack.now_us += seconds * s;
    rack.model.pass(rack.now_us);
    return rack.value(input_kind::unusable_time, what);
  };
  heard rack;
  CHECK(after(rack, 0) == 0);
  CHECK(after(rack, 10) == 0);
  rack.tell(what, {1e6}, quality::invalid);
  CHECK(after(rack, 5) == 5'000);
  rack.tell(what, {1e6});
  CHECK(after(rack, 0) == 0);
  CHECK(after(rack, 5) == 0);
  heard never;
  never.now_us = 0; // also from the first instant of all time on
  never.tell(what, {1e6}, quality::invalid);
  CHECK(after(never, 0) == 0);
  CHECK(after(never, 5) == 5'000);
}

TEST_CASE("an own point is kept in millionths, or in less where its largest value needs that") {
  CHECK(own_parts(std::numeric_limits<double>::infinity()) == 1e6);
  CHECK(own_parts(0) == 1e6);
  CHECK(own_parts(2'147) == 1e6);
  CHECK(own_parts(2'148) == Approx(1e5));
  CHECK(own_parts(fixed_max) == Approx(1));
  CHECK(own_parts(fixed_max + 1.0) == Approx(0.1));
}

TEST_CASE("what an input counts, in which parts, and how its elements are called") {
  const heard rack;
  const auto& model = rack.model;
  const input cells{input_kind::measured, measured::cell_voltage};
  CHECK(model.count(cells) == 4);
  CHECK(model.count({input_kind::silence, measured::cell_voltage}) == 1);
  CHECK(input_model::parts({input_kind::measured, measured::current}) == 1e4);
  CHECK(input_model::parts({input_kind::measured, measured::insulation_resistance}) == 1);
  CHECK(input_model::parts({input_kind::insulation_per_volt}) == 1e3);
  CHECK(input_model::parts({input_kind::invalid_count}) == 1);
  CHECK(input_model::parts({input_kind::silence}) == 1);
  CHECK(input_model::parts({input_kind::none}) == 1);
  CHECK(input_model::parts({input_kind::charge_ratio}) == 1e6);
  CHECK(model.scope_of(cells, 3) == "module_1:cell_1");
  CHECK(model.scope_of({input_kind::measured, measured::cell_temperature}, 2) == "temperature_2");
  CHECK(model.scope_of({input_kind::measured, measured::current}, 0) == "rack");
  CHECK(model.scope_of({input_kind::temperature_spread, measured::cell_temperature}, 0) == "rack");
  CHECK(model.scope_of({input_kind::silence, measured::cell_voltage}, 0) == "cell_voltage");
  CHECK(model.scope_of({input_kind::silence, measured::current}, 0) == "current");
}

TEST_CASE("one unusable element is named, several by their point, a single one by its point") {
  heard rack;
  const input cells{input_kind::invalid_count, measured::cell_voltage};
  std::vector<quality> is(4, quality::good);
  const std::vector<std::int32_t> values(4, 3'300'000);
  const auto tell = [&] {
    const element_block blocks[] = {{0, ++rack.now_us, values, quality::good, is}};
    rack.model.take(blocks, rack.now_us);
  };
  is[2] = quality::invalid;
  tell();
  CHECK(rack.value(input_kind::invalid_count) == 1);
  CHECK(rack.model.scope_of(cells, 0) == "module_1:cell_0");
  is[1] = quality::invalid;
  tell();
  CHECK(rack.value(input_kind::invalid_count) == 2);
  CHECK(rack.model.scope_of(cells, 0) == "cell_voltage");
  is = std::vector<quality>(4, quality::good);
  tell();
  CHECK(rack.value(input_kind::invalid_count) == 0);
  rack.tell(measured::current, {0}, quality::invalid);
  CHECK(rack.value(input_kind::invalid_count, measured::current) == 1);
  CHECK(rack.model.scope_of({input_kind::invalid_count, measured::current}, 0) == "current");
}

TEST_CASE("a value is known while the device reports a valid one") {
  auto points = everything();
  points[position_of(measured::soc)] = {};
  heard rack(points);
  CHECK_FALSE(rack.model.value_of(measured::soc));
  CHECK(rack.tell(measured::soc, {50}) == 0); // the device never said that it has one
  CHECK_FALSE(rack.model.value_of(measured::current));
  CHECK(rack.tell(measured::current, {-7.5}) == bits({measured::current}));
  CHECK(rack.model.value_of(measured::current) == -7.5);
  CHECK(rack.model.for_conditions().current_a == -7.5);
  CHECK_FALSE(rack.model.for_conditions().soc_percent);
  rack.now_us += 1;
  rack.tell(measured::current, {0}, quality::invalid);
  CHECK_FALSE(rack.model.value_of(measured::current));
}

TEST_CASE("nothing is closed before each point was heard that protects") {
  for (std::size_t missing = 0; missing < known_count; ++missing) {
    heard rack;
    for (std::size_t each = 0; each < known_count; ++each) {
      if (each == missing) continue;
      rack.tell(static_cast<measured>(each), std::vector<double>(everything()[each].count, 1));
    }
    CAPTURE(measured_points[missing].point);
    CHECK(rack.model.heard_all() == !measured_points[missing].needed_to_close);
  }
  measured_options cells_alone{};
  cells_alone[0] = everything()[0];
  heard rack(cells_alone);
  CHECK_FALSE(rack.model.heard_all());
  rack.tell(measured::cell_voltage, {1, 1, 1, 1});
  CHECK(rack.model.heard_all());
}

TEST_CASE("spreads are of the newest values, and of nothing where none is valid") {
  heard rack;
  CHECK_FALSE(rack.known(input_kind::cell_voltage_spread));
  rack.tell(measured::cell_voltage, {3.3, 3.4, 3.25, 3.3});
  CHECK(rack.value(input_kind::cell_voltage_spread) == Approx(0.15));
  CHECK_FALSE(rack.known(input_kind::temperature_spread));
  rack.tell(measured::cell_temperature, {25, 20, 31});
  CHECK(rack.value(input_kind::temperature_spread) == Approx(11));
  rack.now_us += 1;
  rack.tell(measured::cell_voltage, {3.3, 3.3, 3.3, 3.3}, quality::invalid);
  CHECK_FALSE(rack.known(input_kind::cell_voltage_spread));
  CHECK(rack.known(input_kind::temperature_spread));
}

TEST_CASE("voltage per cell, insulation per volt and the mismatch follow from the rack's voltage") {
  heard rack;
  rack.tell(measured::voltage, {13.2});
  CHECK(rack.value(input_kind::rack_voltage_per_cell) == Approx(3.3));
  CHECK_FALSE(rack.known(input_kind::insulation_per_volt));
  CHECK_FALSE(rack.known(input_kind::voltage_sum_mismatch));
  rack.tell(measured::insulation_resistance, {6'600});
  CHECK(rack.value(input_kind::insulation_per_volt) == Approx(500));
  rack.tell(measured::cell_voltage, {3.3, 3.3, 3.3, 3.432});
  CHECK(rack.value(input_kind::voltage_sum_mismatch) == Approx(1));
  rack.now_us += 1;
  rack.tell(measured::cell_voltage, {3.3, 3.3, 3.3, 3.168});
  CHECK(rack.value(input_kind::voltage_sum_mismatch) == Approx(1));
  // Without voltage nothing can leak, and there is nothing to compare with.
  rack.now_us += 1;
  rack.tell(measured::voltage, {0});
  CHECK(rack.value(input_kind::rack_voltage_per_cell) == 0);
  CHECK_FALSE(rack.known(input_kind::insulation_per_volt));
  CHECK_FALSE(rack.known(input_kind::voltage_sum_mismatch));
  rack.now_us += 1;
  rack.tell(measured::voltage, {-5});
  CHECK_FALSE(rack.known(input_kind::insulation_per_volt));
  CHECK_FALSE(rack.known(input_kind::voltage_sum_mismatch));
  rack.now_us += 1;
  rack.tell(measured::voltage, {13.2}, quality::invalid);
  CHECK_FALSE(rack.known(input_kind::rack_voltage_per_cell));
}

TEST_CASE("F-147 a sum of cells of which one is unknown is compared with nothing") {
  heard rack;
  rack.tell(measured::voltage, {13.2});
  rack.tell(measured::cell_voltage, {3.3, 3.3, 3.3, 3.3});
  REQUIRE(rack.known(input_kind::voltage_sum_mismatch));
  const std::vector<quality> is{quality::good, quality::good, quality::invalid, quality::good};
  const std::vector<std::int32_t> values(4, 3'300'000);
  const element_block blocks[] = {{0, rack.now_us + 1, values, quality::good, is}};
  rack.model.take(blocks, rack.now_us + 1);
  CHECK_FALSE(rack.known(input_kind::voltage_sum_mismatch));
}

TEST_CASE("an overcurrent is judged in its direction alone, by at least 5 percent of the rating") {
  heard rack;
  CHECK_FALSE(rack.known(input_kind::charge_ratio));
  rack.tell(measured::current, {-110});
  CHECK(rack.value(input_kind::charge_ratio) == Approx(1.1));
  CHECK(rack.value(input_kind::charge_ratio_followed) == Approx(1.1));
  CHECK(rack.value(input_kind::discharge_ratio) == 0);
  rack.now_us += 1;
  rack.tell(measured::current, {110});
  CHECK(rack.value(input_kind::discharge_ratio) == Approx(0.55));
  CHECK(rack.value(input_kind::discharge_ratio_followed) == Approx(0.55));
  CHECK(rack.value(input_kind::charge_ratio) == 0);
  rack.model.follow(0, 0, rack.now_us += 10 * s);
  CHECK(rack.value(input_kind::discharge_ratio) == Approx(11)); // of 10 A
  rack.now_us += 1;
  rack.tell(measured::current, {-110});
  CHECK(rack.value(input_kind::charge_ratio) == Approx(22)); // of 5 A
  rack.now_us += 1;
  rack.tell(measured::current, {0}, quality::invalid);
  CHECK_FALSE(rack.known(input_kind::charge_ratio));
  CHECK_FALSE(rack.known(input_kind::discharge_ratio_followed));
}

TEST_CASE(
    "a limit that falls is followed after two seconds to the microsecond, one that rises at once") {
  heard rack;
  rack.tell(measured::current, {100});
  rack.model.follow(100, 200, 0);
  rack.model.follow(100, 100, limit_follow_us - 1);
  CHECK(rack.value(input_kind::discharge_ratio) == Approx(1));
  CHECK(rack.value(input_kind::discharge_ratio_followed) == Approx(0.5));
  rack.model.follow(100, 100, limit_follow_us);
  CHECK(rack.value(input_kind::discharge_ratio_followed) == Approx(1));
  // From then on the next fall has its own two seconds.
  rack.model.follow(100, 50, 2 * limit_follow_us - 1);
  CHECK(rack.value(input_kind::discharge_ratio) == Approx(2));
  CHECK(rack.value(input_kind::discharge_ratio_followed) == Approx(1));
  rack.model.follow(100, 400, 2 * limit_follow_us - 1);
  CHECK(rack.value(input_kind::discharge_ratio_followed) == Approx(0.25));
  // Charging has a limit of its own.
  rack.now_us += 1;
  rack.tell(measured::current, {-100});
  CHECK(rack.value(input_kind::charge_ratio) == Approx(1));
  rack.model.follow(50, 400, 2 * limit_follow_us);
  CHECK(rack.value(input_kind::charge_ratio) == Approx(2));
  CHECK(rack.value(input_kind::charge_ratio_followed) == Approx(1));
}

TEST_CASE("of a time, each point's values are held until they are stale") {
  heard rack;
  rack.tell(measured::voltage, {13.2});              // held for 300 ms
  rack.tell(measured::insulation_resistance, {1e4}); // held for 1500 ms
  const auto held = rack.model.charges_us(rack.now_us, rack.now_us + 10 * s);
  CHECK(held[position_of(measured::insulation_resistance)] == 1'500'000);
  CHECK(held[position_of(measured::voltage)] == 300'000);
  CHECK(held[position_of(measured::cell_voltage)] == 0); // never came
}

TEST_CASE("silence is counted per point, from its oldest element on") {
  heard rack;
  rack.model.pass(rack.now_us);
  CHECK_FALSE(rack.model.values({input_kind::silence, measured::voltage}).any_valid);
  rack.tell(measured::voltage, {13.2});
  rack.model.pass(rack.now_us + 299'999);
  CHECK(rack.value(input_kind::silence, measured::voltage) == 299);
  CHECK_FALSE(rack.model.values({input_kind::silence, measured::current}).any_valid);
  rack.model.pass(rack.now_us + 300'000);
  CHECK(rack.value(input_kind::silence, measured::voltage) == 300);
  rack.model.pass(rack.now_us + 7 * s);
  CHECK(rack.value(input_kind::silence, measured::voltage) == 7'000);
}

TEST_CASE("what nothing waits for is silent from the first step on where it never came") {
  heard rack;
  rack.model.pass(rack.now_us);
  CHECK(rack.value(input_kind::silence, measured::soc) == 0);
  rack.model.pass(rack.now_us += 7 * s);
  CHECK(rack.value(input_kind::silence, measured::soc) == 7'000);
  CHECK(rack.value(input_kind::silence, measured::insulation_resistance) == 7'000);
  CHECK_FALSE(rack.model.values({input_kind::silence, measured::voltage}).any_valid);
  for (int scan = 1; scan <= 3; ++scan, rack.now_us += 100'000) {
    rack.tell(measured::soc, {50});
    rack.model.pass(rack.now_us);
    CHECK((rack.value(input_kind::silence, measured::soc) == 0) == (scan == 3));
  }
}

TEST_CASE("what was heard and is said to be unknown is silent since it was heard") {
  heard rack;
  rack.model.pass(rack.now_us);
  rack.tell(measured::voltage, {13});
  rack.model.pass(rack.now_us += 100'000);
  rack.tell(measured::voltage, {0}, quality::never);
  rack.model.pass(rack.now_us += 4 * s);
  CHECK(rack.value(input_kind::silence, measured::voltage) == 4'100);
}

TEST_CASE("after a silence the third complete scan in a row is speech, before it none was needed") {
  for (const std::int64_t silent_us : {299'999, 300'000}) {
    heard rack;
    for (int scan = 0; scan < 5; ++scan, rack.now_us += 100'000) rack.tell(measured::voltage, {13});
    rack.now_us += silent_us - 100'000;
    rack.model.pass(rack.now_us);
    for (int scan = 1; scan <= 3; ++scan, rack.now_us += 100'000) {
      rack.tell(measured::voltage, {13});
      rack.model.pass(rack.now_us);
      const bool counts_as_silent = silent_us == 300'000 && scan < 3;
      CAPTURE(silent_us, scan);
      CHECK(rack.value(input_kind::silence, measured::voltage) == (counts_as_silent ? 300 : 0));
    }
  }
}

TEST_CASE("a sample that comes late ends the row that is speech, and is the first of the next") {
  for (const bool is_seen : {true, false}) {
    for (const std::int64_t gap_us : {299'999, 300'000}) {
      CAPTURE(is_seen, gap_us);
      heard rack;
      const auto shown_after = [&](std::int64_t passed_us, bool step_before) {
        rack.now_us += passed_us;
        if (step_before) rack.model.pass(rack.now_us);
        rack.tell(measured::voltage, {13});
        rack.model.pass(rack.now_us);
        return rack.value(input_kind::silence, measured::voltage);
      };
      for (int scan = 0; scan < 5; ++scan) (void)shown_after(100'000, true);
      CHECK(shown_after(2 * s, true) == 300);
      CHECK(shown_after(100'000, true) == 300);
      const bool is_late = gap_us == 300'000;
      CHECK(shown_after(gap_us, is_seen) == (is_late ? 300 : 0));
      if (!is_late) continue;
      CHECK(shown_after(100'000, true) == 300);
      CHECK(shown_after(100'000, true) == 0);
    }
  }
}

TEST_CASE("a device that only ever speaks late stays silent to protection") {
  heard rack;
  for (int scan = 0; scan < 10; ++scan) {
    rack.now_us += scan < 3 ? 100'000 : 2 * s;
    rack.model.pass(rack.now_us);
    rack.tell(measured::voltage, {13});
    rack.model.pass(rack.now_us);
    CHECK(rack.value(input_kind::silence, measured::voltage) == (scan < 3 ? 0 : 300));
  }
}

TEST_CASE("both currents are judged by limits that change together, at once and once followed") {
  constexpr auto of = measured::current;
  for (const double current_a : {50.0, -50.0}) {
    const bool discharges = current_a > 0;
    const auto in_force = discharges ? input_kind::discharge_ratio : input_kind::charge_ratio;
    const auto followed =
        discharges ? input_kind::discharge_ratio_followed : input_kind::charge_ratio_followed;
    heard rack;
    rack.tell(of, {current_a});
    rack.model.follow(100, 200, rack.now_us);
    const double rated = rack.value(in_force, of);
    rack.model.follow(50, 100, rack.now_us + 1);
    CHECK(rack.value(in_force, of) == Approx(2 * rated));
    CHECK(rack.value(followed, of) == Approx(rated));
    rack.model.follow(50, 100, rack.now_us + limit_follow_us);
    CHECK(rack.value(followed, of) == Approx(2 * rated));
  }
}

TEST_CASE("F-143 where a wire was open is told until another one is") {
  heard rack;
  constexpr input from{input_kind::open_wire, measured::cell_voltage};
  rack.tell(measured::cell_voltage, {3.3, 3.3, 3.6, 3.0});
  REQUIRE(rack.value(input_kind::open_wire) == 2);
  const auto scope = rack.model.scope_of(from, 0);
  CHECK(scope == "module_1:cell_0");
  rack.now_us += s;
  rack.tell(measured::cell_voltage, {3.3, 3.3, 3.3, 3.3});
  REQUIRE(rack.value(input_kind::open_wire) == 0);
  CHECK(rack.model.scope_of(from, 0) == scope);
}

} // namespace voltaic::actors::protection::input_model_test
