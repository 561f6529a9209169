#include <catch2/catch.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "actors/inverter_link/witness_bench.hpp"

// When a doubt of a rack's current begins, how long it stands, and what ends it.
namespace voltaic::actors::inverter_link::current_witness_doubt_test {

using messages::current_agreement;
using enum messages::current_agreement;
using testing::witness_bench;
using words = std::vector<current_agreement>;

TEST_CASE("F-148 a contradiction is told after 5 s and the periods of both, not before") {
  for (const double shown_a : {-50.0, 500.0}) {
    witness_bench of(1);
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

TEST_CASE("F-148 a doubt stands until the rack's own current agrees, whatever else comes") {
  witness_bench of(2);
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
  witness_bench of(12);
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

TEST_CASE("F-148 time in which nothing is known, or flows, is none of agreement") {
  for (const bool is_known : {false, true}) {
    CAPTURE(is_known);
    witness_bench of(1);
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
    witness_bench of(1);
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
    witness_bench of(1);
    of.show({-50}, 50);
    of.run(4'000);
    of.show({-left_a / 2}, left_a / 2);
    of.run(2'000);
    CHECK(of.words() == words{after_6_s});
    of.run(6'000);
    CHECK(of.words() == words{contradicts});
  }
}

TEST_CASE("F-148 polls that are lost starve no contradiction") {
  witness_bench of(2);
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

} // namespace voltaic::actors::inverter_link::current_witness_doubt_test
