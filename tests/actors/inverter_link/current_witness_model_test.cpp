#include "actors/inverter_link/current_witness_model.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <vector>

#include "actors/inverter_link/witness_bench.hpp"

// What the racks show against what is measured on their DC bus: each bound at its value and beside
// it.
namespace voltaic::actors::inverter_link::current_witness_model_test {

using messages::current_agreement;
using enum messages::current_agreement;
using messages::us_per_ms;

using testing::witness_bench;
using words = std::vector<current_agreement>;

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
    witness_bench of(1);
    of.show({shown_a}, measured_a);
    of.run(8'000);
    CHECK(of.words() == words{word});
    CHECK(of.model.sum_a() == shown_a);
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
      witness_bench of(2);
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
  witness_bench of(2);
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
    witness_bench lagging(2);
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
    witness_bench of(2);
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
    witness_bench of(4);
    of.show({0, 0, 0, 0}, unshown_a);
    of.run(8'000);
    CHECK(of.words() == words(4, word));
  }
}

TEST_CASE("a current that is not known claims nothing, and is never taken for zero") {
  witness_bench of(2);
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
    witness_bench of(shown_a.size());
    of.show(shown_a, measured_a);
    of.run(8'000);
    CAPTURE(shown_a, measured_a);
    CHECK(of.words() == said);
  }
}

TEST_CASE("F-148 a rack that is open takes no part, whatever it shows or does not") {
  witness_bench of(3);
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
  witness_bench of(1);
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
    witness_bench of(racks);
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
  witness_bench of(1);
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
  witness_bench of(2);
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
    witness_bench of(each.shown_a.size());
    of.show(each.shown_a, each.measured_a);
    of.run(8'000);
    CHECK(of.words().front() == each.first);
  }
}

} // namespace voltaic::actors::inverter_link::current_witness_model_test
