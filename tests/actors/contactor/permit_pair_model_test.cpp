#include "actors/contactor/permit_pair_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
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

/// Every combination of what a word says.
std::vector<permit> all_words() {
  std::vector<permit> all;
  for (const bool grants : {false, true})
    for (const bool allows : {false, true})
      for (const auto how : {opening::none, opening::ordered, opening::immediate})
        for (const bool locks : {false, true})
          all.push_back({"", 0, 0, grants, allows, how, locks, {}});
  return all;
}

} // namespace

TEST_CASE("F-157 of two words the one that permits less counts in each thing by itself") {
  for (auto one : all_words()) {
    for (auto other : all_words()) {
      one.rack = "rack_0", one.epoch = 3, one.counter = 8;
      other.rack = "rack_1", other.epoch = 4, other.counter = 9;
      one.reasons = {"a", "both"};
      other.reasons = {"b", "both"};
      const bool is_second =
          other.opening > one.opening || (one.granted && !other.granted); // its reasons come first
      using reasons = std::vector<std::string>;
      CHECK(strictest(one, other) ==
            permit{"rack_0", 3, 8, one.granted && other.granted,
                   one.close_allowed && other.close_allowed, std::max(one.opening, other.opening),
                   one.locked || other.locked,
                   is_second ? reasons{"b", "both", "a"} : reasons{"a", "both", "b"}});
    }
  }
}

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

TEST_CASE("F-157 the other evaluator is awaited for 100 ms, and no longer") {
  for (const auto alone : {first, second}) {
    bench fresh; // the other one never spoke
    for (const std::int64_t at_ms : {1'000, 1'050, 1'100}) fresh.say(alone, granted(), at_ms);
    CHECK(fresh.told().empty());
    fresh.say(alone, granted(), 1'101);
    CHECK(fresh.told() == "1000- 1050- 1100- 1101-");
    // That it never spoke is no old word.
    for (const auto& each : fresh.all) CHECK(each.said_us == each.at.monotonic_us);
    bench lost; // it fell silent
    lost.both(granted(), 1'000);
    for (const std::int64_t at_ms : {1'050, 1'100}) lost.say(alone, granted(), at_ms);
    CHECK(lost.told() == "1000+");
    lost.say(alone, granted(), 1'101);
    CHECK(lost.told() == "1000+ 1050+ 1100+ 1101+");
  }
}

TEST_CASE("F-157 a word that permits less passes what was said until its instant, and no more") {
  struct row {
    std::vector<std::int64_t> first_ms; ///< of what the first grants, after both granted at 50
    std::int64_t refused_ms;            ///< by the second
    std::string told;
  };
  const row rows[] = {
      {{100}, 150, "50+ 100+ 150-"},          // what was said before it counts as it was said
      {{100, 120}, 100, "50+ 100-"},          // what is said of later waits on
      {{120}, 100, "50+ 100-"},               // of an instant between two
      {{100, 260}, 40, "50+ 100+ 260+ 260-"}, // of one that was passed already
  };
  for (const auto& each : rows) {
    CAPTURE(each.told, each.refused_ms);
    bench pair;
    pair.both(granted(), 50);
    for (const auto at_ms : each.first_ms) pair.say(first, granted(), at_ms);
    pair.say(second, refused(opening::none, "why"), each.refused_ms);
    CHECK(pair.told() == each.told);
  }
}

TEST_CASE("F-157 a word that grants what it did and opens harder counts at once") {
  bench pair;
  pair.both(refused(opening::ordered, "why"), 50);
  pair.say(second, refused(opening::immediate, "worse"), 100);
  REQUIRE(pair.told() == "50- 100-");
  CHECK(pair.all.back().word.opening == opening::immediate);
}

TEST_CASE("F-157 no more than 64 instants of one evaluator wait for the other, the newest") {
  bench pair;
  pair.say(second, granted(), 1'000);
  for (std::int64_t at_ms = 1'000; at_ms < 1'070; ++at_ms) pair.say(first, granted(), at_ms);
  pair.say(second, granted(), 1'069);
  REQUIRE(pair.all.size() == 1 + pair_instants_max); // the first was passed
  CHECK(pair.all[1].at.monotonic_us == (1'070 - 64) * us_per_ms);
  CHECK(pair.all.back().at.monotonic_us == 1'069 * us_per_ms);
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

TEST_CASE("F-157 a difference in one thing alone holds for 100 ms") {
  struct row {
    const char* what;
    void (*differ)(permit& word);
  };
  const row rows[] = {{"granted", [](permit& word) { word.granted = false; }},
                      {"closing", [](permit& word) { word.close_allowed = false; }},
                      {"opening", [](permit& word) { word.opening = opening::ordered; }},
                      {"lock", [](permit& word) { word.locked = true; }}};
  for (const auto& each : rows) {
    CAPTURE(each.what);
    auto strict = granted();
    each.differ(strict);
    bench pair;
    pair.say(first, granted(), 1'000);
    pair.say(second, strict, 1'000);
    for (const std::int64_t at_ms : {1'099, 1'100}) pair.both(granted(), at_ms);
    REQUIRE(pair.all.size() == 3);
    const auto permits_all = [&](std::size_t at) {
      auto word = granted();
      word.counter = pair.all[at].word.counter;
      return pair.all[at].word == word;
    };
    CHECK_FALSE(permits_all(0));
    CHECK_FALSE(permits_all(1));
    CHECK(permits_all(2));
  }
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
  struct row {
    std::uint32_t epoch;
    std::uint64_t counter;
    bool is_heard;
  };
  // Both said counter 1 of epoch 3.
  const row rows[] = {{2, 1'000, false}, {3, 0, false}, {3, 1, false}, {3, 2, true}, {4, 0, true}};
  for (const auto who : {first, second}) {
    for (const auto& each : rows) {
      CAPTURE(each.epoch, each.counter);
      bench pair;
      pair.both(granted(), 50);
      auto word = refused(opening::ordered, "why");
      word.epoch = each.epoch;
      word.counter = each.counter;
      CHECK(pair.model.take(who, word, {100 * us_per_ms, 0}).empty() != each.is_heard);
    }
  }
}

TEST_CASE("F-157 each permit of both is newer than the one before it, whoever spoke") {
  bench pair;
  pair.both(granted(), 50);
  pair.say(second, refused(opening::ordered, "why"), 100);
  pair.say(second, refused(opening::immediate, "why"), 150);
  pair.both(granted(), 200);
  REQUIRE(pair.told() == "50+ 100- 150- 200-");
  for (std::size_t at = 1; at < pair.all.size(); ++at)
    CHECK(pair.all[at].word.counter > pair.all[at - 1].word.counter);
}

} // namespace permit_pair_model_test
