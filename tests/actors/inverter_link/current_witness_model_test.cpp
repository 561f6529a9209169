#include "actors/inverter_link/current_witness_model.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <vector>

// What the racks show against what is measured on their DC bus: each bound at its value and beside
// it.
namespace voltaic::actors::inverter_link::current_witness_model_test {

using messages::current_agreement;
using enum messages::current_agreement;
using messages::us_per_ms;

namespace {

constexpr std::int64_t rack_period_us = 100 * us_per_ms;
constexpr std::int64_t measured_period_us = 200 * us_per_ms;

/// A rack as it is played: what it shows, of a rack that is not heard nothing.
struct played_rack {
  std::optional<double> shown_a = {};
  bool is_apart = false;
};

/// Racks of 100 Ah each, heard every 100 ms, and what is measured, heard every 200 ms.
struct bench {
  explicit bench(std::size_t racks)
      : played(racks), heard(racks), model(std::vector<double>(racks, 100)) {}

  void run(std::int64_t ms) {
    for (const auto end_us = now_us + ms * us_per_ms; now_us < end_us;) {
      now_us += 10 * us_per_ms;
      if (measures && now_us % measured_period_us == 0) {
        ripple_a = -ripple_a;
        last = measured_a ? std::optional(heard_current{*measured_a + ripple_a, now_us})
                          : std::nullopt;
      }
      for (std::size_t each = 0; each < played.size(); ++each) {
        heard[each].is_apart = played[each].is_apart;
        if (!speaks || now_us % rack_period_us != 0) continue;
        heard[each].current.reset();
        if (played[each].shown_a) heard[each].current = {{*played[each].shown_a, now_us}};
      }
      model.step(last, heard, now_us);
    }
  }
  void show(const std::vector<double>& shown_a, std::optional<double> truth_a) {
    for (std::size_t each = 0; each < shown_a.size(); ++each) played[each].shown_a = shown_a[each];
    measured_a = truth_a;
  }
  std::vector<current_agreement> words() const {
    std::vector<current_agreement> all;
    for (std::size_t each = 0; each < played.size(); ++each) all.push_back(model.of(each));
    return all;
  }
  /// For how long from now on nobody is meant; nothing: longer than 15 s.
  std::optional<std::int64_t> first_contradiction_ms() {
    const auto begin_us = now_us;
    while (now_us - begin_us < 15'000 * us_per_ms) {
      run(10);
      for (const auto each : words())
        if (each == contradicts) return (now_us - begin_us) / us_per_ms;
    }
    return std::nullopt;
  }

  std::int64_t now_us = 100 * messages::us_per_s;
  std::vector<played_rack> played;
  std::vector<shown_current> heard;
  std::optional<double> measured_a;
  double ripple_a = 0; ///< each measured value is so much more or less than the one before
  std::optional<heard_current> last;
  bool measures = true; ///< the inverter's values come
  bool speaks = true;   ///< the racks' do
  current_witness_model model;
};

using words = std::vector<current_agreement>;

} // namespace

TEST_CASE("F-148 what one rack shows is held against what the inverter measures") {
  struct row {
    double shown_a;
    double measured_a;
    current_agreement word;
  };
  const row rows[] = {
      {50, 50, agrees},       {-50, -50, agrees},     {50, -50, contradicts}, // reversed
      {-50, 50, contradicts}, {500, 50, contradicts}, // gain of ten either way
      {5, 50, contradicts},   {100, 50, contradicts}, // a factor of two
      {99, 50, unclaimed},                            // less of it
      {26, 50, unclaimed},    {54.9, 50, agrees},     // within a tenth of the larger, and 5 A
      {0, 50, contradicts},                           // dead
      {50, 0, contradicts},                           // nothing flows
      {4.9, 0, unclaimed}, // nothing that is more than noise: nothing to tell by
      {-5, 5, contradicts},   {0, 0, unclaimed},      {2.4, -2.4, unclaimed},
  };
  for (const auto& [shown_a, measured_a, word] : rows) {
    INFO(shown_a << " A shown, " << measured_a << " A measured");
    bench of(1);
    of.show({shown_a}, measured_a);
    of.run(8'000);
    CHECK(of.words() == words{word});
    CHECK(of.model.sum_a() == shown_a);
  }
}

TEST_CASE("F-148 a contradiction is told after 5 s and the periods of both, not before") {
  for (const double shown_a : {-50.0, 500.0}) {
    bench of(1);
    of.show({50}, 50);
    of.run(6'000);
    REQUIRE(of.words() == words{agrees});
    of.show({shown_a}, 50);
    const auto told_ms = of.first_contradiction_ms();
    REQUIRE(told_ms);
    CHECK(*told_ms >= 5'000);
    CHECK(*told_ms <= 5'000 + 100 + 200);
  }
}

TEST_CASE(
    "F-149 a sensor that dies is told 300 ms after what is measured was seen to be alive, at any "
    "instant") {
  struct row {
    double ripple_a;
    std::int64_t told_ms_min;
    std::int64_t told_ms_max;
  };
  // Two values that differ, or a second; then 300 ms; the periods of both.
  for (const auto& [ripple_a, told_ms_min, told_ms_max] :
       {row{0.2, 500, 100 + 2 * 200 + 300 + 200}, row{0, 1'300, 1'300 + 100 + 200}}) {
    for (int offset_ms = 0; offset_ms < 400; offset_ms += 10) {
      INFO(ripple_a << " A of ripple, " << offset_ms << " ms later");
      bench of(2);
      of.ripple_a = ripple_a;
      of.show({50, 60}, 110);
      of.run(6'000 + offset_ms);
      of.show({0, 60}, 110);
      const auto told_ms = of.first_contradiction_ms();
      REQUIRE(told_ms);
      CHECK(*told_ms >= told_ms_min);
      CHECK(*told_ms <= told_ms_max);
      CHECK(of.words() == words{contradicts, unclaimed});
    }
  }
}

TEST_CASE("F-149 a current that begins, ends or fades out is no sensor that died") {
  bench of(2);
  of.ripple_a = GENERATE(0.0, 0.1);
  for (int round = 0; round < 40; ++round) {
    of.show({80, 80}, 160);
    of.run(1'010 + 10 * round);
    of.show({0, 0}, 0);
    of.run(1'010 + 10 * round);
    CHECK(of.words().front() != contradicts);
  }
  // A register that is made anew each second, and polled more often, shows what flowed before.
  for (int lag_ms = 0; lag_ms <= 1'000; lag_ms += 40) {
    INFO("a register that lags " << lag_ms << " ms");
    bench lagging(2);
    lagging.show({80, 80}, 160);
    lagging.run(6'000 + lag_ms / 8 * 10);
    lagging.show({0, 0}, 160);
    lagging.run(lag_ms);
    lagging.measured_a = 0;
    lagging.run(2'000);
    CHECK(lagging.words() == words{unclaimed, unclaimed});
  }
  // What smooths the measured current, by 0.5 s, 2 s and 10 s, shows what flows no more.
  for (const double left_of_it : {0.67, 0.905, 0.98}) {
    of.show({80, 80}, 160);
    of.run(6'000);
    of.show({0, 80}, 160); // one of them says it first
    of.run(50);
    for (double fading_a = 160; fading_a > 1; fading_a *= left_of_it) {
      of.show({0, 0}, fading_a);
      of.run(200);
      CHECK(of.words().front() != contradicts);
    }
  }
}

TEST_CASE("F-149 a rack that stood at zero before others step has 5 s to follow") {
  for (const std::vector<double>& shown_a : {std::vector<double>{50, 0}, {0, 0}}) {
    bench of(2);
    of.show({0, 0}, 0);
    of.run(6'000);
    // Either is before the other: what the racks show, or what is measured.
    of.show(shown_a, shown_a.front() > 0 ? 0 : 50);
    const auto told_ms = of.first_contradiction_ms();
    REQUIRE(told_ms);
    CHECK(*told_ms >= 5'000);
    CHECK(of.words() == words{contradicts, contradicts});
  }
}

TEST_CASE("F-149 racks that show exactly zero may carry a fortieth of their capacity each") {
  for (const auto& [unshown_a, word] : {std::pair{9.9, unclaimed}, {10.1, contradicts}}) {
    bench of(4);
    of.show({0, 0, 0, 0}, unshown_a);
    of.run(8'000);
    CHECK(of.words() == words(4, word));
  }
}

TEST_CASE("a current that is not known claims nothing, and is never taken for zero") {
  bench of(2);
  of.show({50, 50}, 100);
  of.run(6'000);
  REQUIRE(of.words() == words{agrees, agrees});
  SECTION("the inverter says none") {
    of.measured_a.reset();
    of.run(20'000);
    CHECK(of.words() == words{unclaimed, unclaimed});
  }
  SECTION("a rack says none") {
    of.played[1].shown_a.reset();
    of.run(20'000);
    CHECK(of.words() == words{unclaimed, unclaimed});
    CHECK_FALSE(of.model.sum_a());
  }
  SECTION("the inverter's is only kept: nobody says what came after it") {
    of.measures = false;
    of.show({-50, -50}, 100);
    of.run(4'000);
    CHECK(of.words() == words{unclaimed, unclaimed});
    of.show({0, 0}, 100);
    of.run(4'000);
    CHECK(of.words() == words{unclaimed, unclaimed});
  }
  SECTION("the racks' are only kept") {
    of.speaks = false;
    of.show({50, 50}, -100);
    of.run(20'000);
    CHECK(of.words() == words{unclaimed, unclaimed});
  }
}

TEST_CASE("F-148 of several racks each is meant whose sensor alone would explain the difference") {
  struct row {
    std::vector<double> shown_a;
    double measured_a;
    words said;
  };
  const row rows[] = {
      {{-50, 50, 50, 50}, 200, {contradicts, contradicts, contradicts, contradicts}},
      {{500, 50, 50, 50}, 200, {contradicts, contradicts, contradicts, contradicts}},
      // One at zero does not clear those whose reversal or factor explains it as well.
      {{0, 50, 50, 50}, 200, {contradicts, contradicts, contradicts, contradicts}},
      {{0, 60, 60, 60}, 230, {contradicts, unclaimed, unclaimed, unclaimed}},
      {{0, 30, 0, 0}, -30, {contradicts, contradicts, contradicts, contradicts}}, // reversed
      {{0, 75, 0, 0}, 30, {contradicts, contradicts, contradicts, contradicts}},  // factor 2.5
      {{0, 300, 0, 0}, 30, {contradicts, contradicts, contradicts, contradicts}}, // of ten
      // A small rack that is reversed: no fault of the large one makes 80 A of 60 A.
      {{-10, 60}, 70 + 10, {contradicts, unclaimed}},
      // Racks that charge each other are a sum of nothing.
      {{40, -40}, 0, {unclaimed, unclaimed}},
      {{100, -40}, 60, {agrees, agrees}},
  };
  for (const auto& [shown_a, measured_a, said] : rows) {
    bench of(shown_a.size());
    of.show(shown_a, measured_a);
    of.run(8'000);
    CAPTURE(shown_a, measured_a);
    CHECK(of.words() == said);
  }
}

TEST_CASE("F-148 a rack that is open takes no part, whatever it shows or does not") {
  bench of(3);
  of.show({50, 50, 77}, 100);
  of.played[2].is_apart = true;
  of.run(8'000);
  CHECK(of.words() == words{agrees, agrees, unclaimed});
  CHECK(of.model.sum_a() == 100.0);
  of.played[2].shown_a.reset();
  of.run(8'000);
  CHECK(of.words() == words{agrees, agrees, unclaimed});
  for (auto& each : of.played) each.is_apart = true;
  of.run(8'000);
  CHECK(of.words() == words{unclaimed, unclaimed, unclaimed});
  CHECK_FALSE(of.model.sum_a());
}

TEST_CASE("the band grows with the racks' capacity: 2 percent of C are no current to tell by") {
  for (const auto& [capacity_ah, word] : {std::pair{1'000.0, contradicts}, {1'250.0, unclaimed}}) {
    current_witness_model model({capacity_ah});
    for (std::int64_t now_us = 0; now_us < 8'000 * us_per_ms; now_us += 100 * us_per_ms) {
      const shown_current shown{heard_current{1, now_us}, false};
      model.step(heard_current{25, now_us}, std::span(&shown, 1), now_us);
    }
    CHECK(model.of(0) == word);
  }
}

TEST_CASE(
    "F-148 a contradiction that is not steady is none, and one that was told needs 5 s to end") {
  bench of(1);
  for (int round = 0; round < 20; ++round) {
    of.show({-50}, 50);
    of.run(4'000);
    CHECK(of.words() == words{unclaimed});
    of.show({50}, 50);
    of.run(400);
  }
  of.show({-50}, 50);
  of.run(6'000);
  REQUIRE(of.words() == words{contradicts});
  of.show({50}, 50);
  of.run(4'900);
  CHECK(of.words() == words{contradicts});
  of.run(600);
  CHECK(of.words() == words{agrees});
}

TEST_CASE("F-148 a doubt stands until the rack's own current agrees, whatever else comes") {
  bench of(2);
  of.show({60, 60}, 120);
  of.run(6'000);
  const double gain = GENERATE(-1.0, 0.0, 2.0, 10.0, 0.1);
  CAPTURE(gain);
  of.show({60, 60 * gain}, 120);
  of.run(8'000);
  REQUIRE(of.words()[1] == contradicts);
  // So little flows that both are within the band of the group.
  for (const auto& [first_a, second_a] :
       {std::pair{9.0, 5.0}, {9.0, 0.0}, {40.0, 4.0}, {0.0, 0.0}}) {
    of.show({first_a, second_a * gain}, first_a + second_a);
    of.run(20'000);
    CHECK(of.words()[1] == contradicts);
  }
  of.measured_a.reset();
  of.run(20'000);
  CHECK(of.words()[1] == contradicts);
  of.played[1].is_apart = true;
  of.show({60, 0}, 60);
  of.run(20'000);
  CHECK(of.words() == words{agrees, contradicts});
  of.played[1].is_apart = false;
  of.show({60, 60}, 120);
  of.run(6'000);
  CHECK(of.words() == words{agrees, agrees});
}

TEST_CASE("F-148 a doubt can end in a group of which each rack is a small part") {
  bench of(12);
  std::vector<double> shown_a(12, 60);
  shown_a[5] = -60;
  of.show(shown_a, 720);
  of.run(8'000);
  REQUIRE(of.words()[5] == contradicts);
  shown_a[5] = 60;
  of.show(shown_a, 720);
  of.run(6'000);
  CHECK(of.words() == words(12, agrees));
}

TEST_CASE("F-149 of equal racks a dead sensor is found among nine, a reversed one among nineteen") {
  struct row {
    std::size_t racks;
    double gain;
    current_agreement word;
  };
  for (const auto& [racks, gain, word] : {row{9, 0, contradicts},
                                          {10, 0, unclaimed},
                                          {12, 0, unclaimed},
                                          {19, -1, contradicts},
                                          {20, -1, unclaimed}}) {
    CAPTURE(racks, gain);
    bench of(racks);
    std::vector<double> shown_a(racks, 60);
    of.show(shown_a, 60.0 * static_cast<double>(racks));
    of.run(6'000);
    shown_a.back() *= gain;
    of.show(shown_a, of.measured_a);
    of.run(8'000);
    CHECK(of.words().back() == word);
  }
}

TEST_CASE("F-149 what is missing as a rack jumps to zero counts only where more than the band is") {
  bench of(1);
  of.show({5.5}, 5.5);
  of.run(6'000);
  of.show({0}, 4.95);
  of.run(3'000);
  of.show({0}, 5.04); // above the band, and hardly another than before
  of.run(1'000);
  CHECK(of.words() == words{unclaimed});
  of.run(5'000);
  CHECK(of.words() == words{contradicts});
}

TEST_CASE("F-149 a jump to zero before the measured current was lost says nothing after it") {
  bench of(2);
  of.ripple_a = 0.2;
  of.show({50, 60}, 110);
  of.run(6'000);
  of.show({0, 60}, 110);
  of.run(200);
  of.measured_a.reset();
  of.run(400);
  of.measured_a = 110;
  of.run(2'000);
  CHECK(of.words() == words{unclaimed, unclaimed});
}

TEST_CASE("F-148 time in which nothing is known, or flows, is none of agreement") {
  for (const bool is_known : {false, true}) {
    CAPTURE(is_known);
    bench of(1);
    of.show({5.5}, 5.5);
    of.run(2'000);
    of.show({is_known ? 1.0 : 5.5}, is_known ? std::optional(1.0) : std::nullopt);
    of.run(10'000);
    of.show({5.5}, 5.5);
    of.run(2'000);
    CHECK(of.words() == words{unclaimed});
    of.run(2'000); // but what was seen before counts on
    CHECK(of.words() == words{agrees});
  }
}

TEST_CASE("F-148 a rack that was open in between is meant anew, by what is missing then") {
  for (const double shown_a : {-100.0, -50.0}) {
    CAPTURE(shown_a);
    bench of(1);
    of.show({-100}, 100);
    of.run(4'000);
    of.played[0].is_apart = true;
    of.show({shown_a}, -shown_a);
    of.run(500);
    of.played[0].is_apart = false;
    of.run(4'000);
    CHECK(of.words() == words{unclaimed});
    of.run(2'000);
    CHECK(of.words() == words{contradicts});
  }
}

TEST_CASE("F-148 a contradiction of which less than four fifths are left begins anew, and ends") {
  struct row {
    double left_a; ///< of 100 A that were missing
    current_agreement after_6_s;
  };
  for (const auto& [left_a, after_6_s] : {row{80, contradicts}, row{79, unclaimed}}) {
    CAPTURE(left_a);
    bench of(1);
    of.show({-50}, 50);
    of.run(4'000);
    of.show({-left_a / 2}, left_a / 2);
    of.run(2'000);
    CHECK(of.words() == words{after_6_s});
    of.run(6'000);
    CHECK(of.words() == words{contradicts});
  }
}

TEST_CASE("F-148 by a current that is just the band, or just a rack's noise, nothing is told") {
  struct row {
    std::vector<double> shown_a;
    double measured_a;
    current_agreement first;
  };
  // Racks of 100 Ah: noise is 5 A, the band of six racks 12 A.
  const row rows[] = {{{5}, 5.5, unclaimed},
                      {{5.1}, 5.5, agrees},
                      {{6, 6, 0.1, -0.1, 0.1, -0.1}, 12, unclaimed},
                      {{6.1, 6, 0.1, -0.1, 0.1, -0.1}, 12.1, agrees}};
  for (const auto& each : rows) {
    CAPTURE(each.shown_a);
    bench of(each.shown_a.size());
    of.show(each.shown_a, each.measured_a);
    of.run(8'000);
    CHECK(of.words().front() == each.first);
  }
}

TEST_CASE("F-148 polls that are lost starve no contradiction") {
  bench of(2);
  of.show({60, 60}, 120);
  of.run(6'000);
  of.show({-60, -60}, 120);
  const bool is_rack = GENERATE(false, true);
  for (int round = 0; round < 6; ++round) {
    of.run(1'000);
    (is_rack ? of.played[1].shown_a : of.measured_a).reset();
    of.run(1'000);
    CHECK((round >= 5 || of.words() == words{unclaimed, unclaimed}));
    of.show({-60, -60}, 120);
  }
  of.run(1'000);
  CHECK(of.words() == words{contradicts, contradicts});
}

} // namespace voltaic::actors::inverter_link::current_witness_model_test
