#include "actors/contactor/permit_pair_model.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace permit_pair_model_test {

using namespace voltaic::actors::contactor;
using voltaic::messages::opening;
using voltaic::messages::permit;
using voltaic::messages::us_per_ms;

namespace {

permit granted() {
  permit word;
  word.rack = "rack_0";
  word.epoch = 3;
  word.granted = word.close_allowed = true;
  return word;
}

permit refused(opening how, std::string reason) {
  auto word = granted();
  word.granted = word.close_allowed = false;
  word.opening = how;
  word.reasons = {std::move(reason)};
  return word;
}

/// Two evaluators that speak of instants in ms.
struct bench {
  permit_pair_model model;
  std::uint64_t counters[2] = {0, 0};
  std::vector<permit_pair_model::joined> all; ///< that followed, in order

  void say(evaluator who, permit word, std::int64_t at_ms) {
    word.counter = ++counters[static_cast<std::size_t>(who)];
    for (auto& each : model.take(who, word, {at_ms * us_per_ms, 0})) all.push_back(std::move(each));
  }
  void both(const permit& word, std::int64_t at_ms) {
    say(evaluator::first, word, at_ms);
    say(evaluator::second, word, at_ms);
  }
  /// "50+ 100-": instants in ms, and whether they grant.
  [[nodiscard]] std::string told() const {
    std::string text;
    for (const auto& each : all)
      text += (text.empty() ? "" : " ") + std::to_string(each.at.monotonic_us / us_per_ms) +
              (each.word.granted ? "+" : "-");
    return text;
  }
};

constexpr auto first = evaluator::first;
constexpr auto second = evaluator::second;

} // namespace

TEST_CASE("F-157 contactors get a permit where both evaluators gave one, and from one alone none") {
  for (const auto alone : {first, second}) {
    bench pair;
    for (std::int64_t at_ms = 50; at_ms <= 1'000; at_ms += 50) pair.say(alone, granted(), at_ms);
    REQUIRE_FALSE(pair.all.empty()); // it is not waited for for ever
    for (const auto& each : pair.all) {
      CHECK_FALSE(each.word.granted);
      CHECK_FALSE(each.word.close_allowed);
      CHECK(each.word.reasons == std::vector<std::string>{evaluator_silent});
    }
  }
  bench pair;
  pair.both(granted(), 50);
  CHECK(pair.told() == "50+");
  CHECK(pair.all.back().word.close_allowed);
  CHECK(pair.all.back().word.epoch == 3);
}

TEST_CASE("F-157 what either evaluator withholds is withheld, at once and with its reason") {
  for (const auto strict : {first, second}) {
    bench pair;
    pair.both(granted(), 50);
    pair.both(granted(), 100);
    pair.say(strict, refused(opening::immediate, "thermal_runaway/hard rack"), 150);
    CHECK(pair.told() == "50+ 100+ 150-");
    CHECK(pair.all.back().word.opening == opening::immediate);
    CHECK(pair.all.back().word.reasons.front() == "thermal_runaway/hard rack");
    // Also of an instant that the other one had spoken of already.
    bench late;
    late.both(granted(), 50);
    late.both(granted(), 100);
    late.say(strict, refused(opening::ordered, "soc_low/fault rack"), 100);
    CHECK(late.told() == "50+ 100+ 100-");
  }
}

TEST_CASE("F-157 no closing is allowed, and a lock stands, where one evaluator says so") {
  bench pair;
  auto word = granted();
  word.close_allowed = false;
  word.locked = true;
  pair.say(first, granted(), 50);
  pair.say(second, word, 50);
  CHECK(pair.told() == "50+");
  CHECK_FALSE(pair.all.back().word.close_allowed);
  CHECK(pair.all.back().word.locked);
}

TEST_CASE("F-157 the stricter permit holds at least 100 ms after both agree again") {
  bench pair;
  pair.both(granted(), 50);
  pair.say(first, granted(), 100);
  pair.say(second, refused(opening::ordered, "cell_overvoltage/fault rack"), 100);
  for (std::int64_t at_ms = 120; at_ms <= 240; at_ms += 20) pair.both(granted(), at_ms);
  CHECK(pair.told() == "50+ 100- 120- 140- 160- 180- 200+ 220+ 240+");
}

TEST_CASE("F-157 a permit is as old as the older of both evaluators' words") {
  bench pair;
  pair.both(granted(), 50);
  // The second says nothing more: the first's instants pass, what was said grows old.
  for (std::int64_t at_ms = 100; at_ms <= 700; at_ms += 50) pair.say(first, granted(), at_ms);
  REQUIRE(pair.all.size() > 5);
  CHECK(pair.all.back().said_us == 50 * us_per_ms);
  CHECK(pair.all.back().at.monotonic_us == 700 * us_per_ms);
  pair.both(granted(), 750); // of an instant that passed already
  pair.both(granted(), 800);
  CHECK(pair.all.back().at.monotonic_us == 800 * us_per_ms);
  CHECK(pair.all.back().said_us == 800 * us_per_ms);
}

TEST_CASE(
    "both evaluators' words count at the instants they are of, however they are interleaved") {
  bench in_turn;
  bench in_batches;
  const auto word_at = [](std::int64_t at_ms) {
    return at_ms < 80 ? granted() : refused(opening::ordered, "soc_low/fault rack");
  };
  for (std::int64_t at_ms = 20; at_ms <= 120; at_ms += 20) in_turn.both(word_at(at_ms), at_ms);
  for (const auto& [from_ms, to_ms] : {std::pair{20, 60}, std::pair{80, 120}}) {
    for (const auto who : {first, second})
      for (std::int64_t at_ms = from_ms; at_ms <= to_ms; at_ms += 20)
        in_batches.say(who, word_at(at_ms), at_ms);
  }
  CHECK(in_turn.told() == "20+ 40+ 60+ 80- 100- 120-");
  CHECK(in_batches.told() == in_turn.told());
}

TEST_CASE("a word of a former epoch, or said before, is not heard") {
  bench pair;
  pair.both(granted(), 50);
  auto old = granted();
  old.epoch = 2;
  old.counter = 1'000;
  CHECK(pair.model.take(first, old, {100 * us_per_ms, 0}).empty());
  CHECK(pair.model.take(second, granted(), {100 * us_per_ms, 0}).empty());
  // Each join is newer than the one before it.
  pair.both(granted(), 100);
  REQUIRE(pair.all.size() == 2);
  CHECK(pair.all[1].word.counter > pair.all[0].word.counter);
}

} // namespace permit_pair_model_test
