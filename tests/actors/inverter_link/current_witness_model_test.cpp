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
      if (measures && now_us % measured_period_us == 0)
        last = measured_a ? std::optional(heard_current{*measured_a, now_us}) : std::nullopt;
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
    of.run(3'000);
    REQUIRE(of.words() == words{agrees});
    of.show({shown_a}, 50);
    const auto told_ms = of.first_contradiction_ms();
    REQUIRE(told_ms);
    CHECK(*told_ms >= 5'000);
    CHECK(*told_ms <= 5'000 + 100 + 200);
  }
}

TEST_CASE(
    "F-149 a sensor that dies is told within 300 ms and the periods of both, at any instant") {
  for (int offset_ms = 0; offset_ms < 400; offset_ms += 10) {
    bench of(1);
    of.show({50}, 50);
    of.run(3'000 + offset_ms);
    of.show({0}, 50);
    const auto told_ms = of.first_contradiction_ms();
    REQUIRE(told_ms);
    CHECK(*told_ms >= 300);
    CHECK(*told_ms <= 300 + 100 + 200);
  }
}

TEST_CASE("F-149 a current that begins, ends or fades out is no sensor that died") {
  bench of(1);
  for (int round = 0; round < 40; ++round) {
    of.show({80}, 80);
    of.run(1'010 + 10 * round);
    of.show({0}, 0);
    of.run(1'010 + 10 * round);
    CHECK(of.words() == words{unclaimed});
  }
  // What smooths the measured current shows for seconds what flows no more.
  of.show({80}, 80);
  of.run(2'000);
  for (double fading_a = 80; fading_a > 1; fading_a *= 0.85) {
    of.show({0}, fading_a);
    of.run(200);
    CHECK(of.words().front() != contradicts);
  }
}

TEST_CASE("a current that is not known claims nothing, and is never taken for zero") {
  bench of(2);
  of.show({50, 50}, 100);
  of.run(3'000);
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
      // One that stands at zero under a current explains it alone.
      {{0, 50, 50, 50}, 200, {contradicts, unclaimed, unclaimed, unclaimed}},
      {{0, 0, 50, 50}, 200, {contradicts, contradicts, unclaimed, unclaimed}},
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

TEST_CASE("F-148 a contradiction that is not steady is none, and one that was told ends at once") {
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
  of.run(400);
  CHECK(of.words() == words{agrees});
}

} // namespace voltaic::actors::inverter_link::current_witness_model_test
