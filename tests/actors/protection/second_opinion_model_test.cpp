#include "actors/protection/second_opinion_model.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace voltaic::actors::protection::second_opinion_model_test {

namespace {

using messages::opening;
using messages::us_per_ms;

/// What both say, and what becomes of it, in steps of 50 ms.
struct pair {
  second_opinion_model model{warm_up_us({})};
  outputs own;
  messages::permit word;
  messages::limits limits;
  requests wanted;
  bool speaks = true;
  bool says_limits = true;
  std::int64_t now_ms = 1'000;
  std::vector<std::string> turns; ///< "set 1050"
  second_opinion_model::joined said;

  pair() {
    own.verdict.granted = own.verdict.close_allowed = true;
    own.limits.charge_a = own.limits.discharge_a = 140;
    own.limits.charge_w = own.limits.discharge_w = 10'000;
    own.limits.charge_v = 166;
    word.granted = word.close_allowed = true;
    limits = {"rack_0", 140, 140, {}, 166, std::nullopt, 10'000, 10'000, {}, {}};
  }
  void run(int duration_ms) {
    for (int passed = 0; passed < duration_ms; passed += 50) {
      now_ms += 50;
      said = model.step(own, now_ms * us_per_ms);
      if (model.turned())
        turns.push_back((model.differs() ? "set " : "clear ") + std::to_string(now_ms));
      if (!speaks) continue;
      model.hear(word, now_ms * us_per_ms);
      if (says_limits) model.hear(limits, now_ms * us_per_ms);
      model.hear(wanted);
    }
  }
};

} // namespace

TEST_CASE("F-157 two evaluators that say the same change nothing") {
  pair both;
  both.run(20'000);
  CHECK(both.turns.empty());
  CHECK(both.said.limits == both.own.limits);
  CHECK(both.said.requests == requests{});
}

TEST_CASE("F-157 the smaller limit of two evaluators counts, with its reason, in each direction") {
  pair both;
  both.run(500);
  both.limits.charge_current_a = 50;
  both.limits.charge_power_limit_w = 4'000;
  both.limits.charge_voltage_limit_v = 160;
  both.limits.charge_reasons = {"soc_high/warning"};
  both.own.limits.discharge_a = 70;
  both.own.limits.discharge_reasons = both.own.limits.reasons = {"soc_low/warning"};
  both.run(100);
  CHECK(both.said.limits.charge_a == 50);
  CHECK(both.said.limits.charge_w == 4'000);
  CHECK(both.said.limits.charge_v == 160);
  CHECK(both.said.limits.discharge_a == 70);
  CHECK(both.said.limits.charge_reasons == std::vector<std::string>{"soc_high/warning"});
  CHECK(both.said.limits.discharge_reasons == std::vector<std::string>{"soc_low/warning"});
  CHECK(both.said.limits.reasons ==
        std::vector<std::string>{"soc_low/warning", "soc_high/warning"});
}

TEST_CASE("F-157 of two evaluators' limits each is the stricter one, with what holds it down") {
  const current_limits low{10, 20, {"a"}, 160, 120, 1'000, 2'000, {"a"}, {"b"}};
  const current_limits high{11, 21, {"c"}, 166, 110, 1'100, 2'100, {"c"}, {"d"}};
  auto expected = low;
  expected.reasons = {"a", "b"};
  CHECK(strictest(low, high) == expected);
  expected.reasons = {"c", "a", "b"};
  CHECK(strictest(high, low) == expected);
  // Where both are the same the first one's reasons stay, where one states no bound the other's
  // holds.
  auto bare = low;
  bare.charge_v = bare.discharge_v = std::nullopt;
  bare.charge_reasons = bare.discharge_reasons = {"e"};
  expected.reasons = {"a", "b"};
  CHECK(strictest(low, bare) == expected);
  expected.charge_reasons = expected.discharge_reasons = {"e"};
  expected.reasons = {"a", "e"};
  CHECK(strictest(bare, low) == expected);
}

TEST_CASE("F-157 what one of two evaluators asks for is asked for") {
  for (const auto one : {&requests::fan, &requests::heater, &requests::balance}) {
    requests expected;
    expected.*one = true;
    pair first;
    first.own.requests.*one = true;
    first.run(100);
    CHECK(first.said.requests == expected);
    pair second;
    second.wanted.*one = true;
    second.run(100);
    CHECK(second.said.requests == expected);
  }
}

TEST_CASE("F-157 of limits a difference of one percent or 0.1 is none, whoever has more") {
  struct row {
    double one_a, other_a;
    bool is_same;
  };
  const row rows[] = {{100, 99, true}, {100, 98.99, false}, {99, 100, true}, {98.99, 100, false},
                      {0.1, 0, true},  {0.11, 0, false},    {0, 0.1, true},  {0, 0.11, false}};
  for (const auto& each : rows) {
    CAPTURE(each.one_a, each.other_a);
    pair both;
    both.own.limits.charge_a = each.one_a;
    both.limits.charge_current_a = each.other_a;
    both.run(2'000);
    CHECK(both.turns.empty() == each.is_same);
  }
}

TEST_CASE("F-157 it is told what each of two evaluators says that differ") {
  struct row {
    void (*apply)(messages::permit& word);
    const char* told;
  };
  const row rows[] = {
      {[](auto& word) { word.close_allowed = false; }, "grants no closing"},
      {[](auto& word) { word.locked = true; }, "grants, locks"},
      {[](auto& word) { word.granted = false; }, "grants nothing"},
      {[](auto& word) { word.granted = word.close_allowed = false; }, "grants nothing"},
      {[](auto& word) { word.granted = false, word.opening = opening::ordered; }, "opens"},
      {[](auto& word) { word.granted = false, word.opening = opening::immediate; },
       "opens at once"},
  };
  for (const auto& each : rows) {
    pair both;
    both.limits.discharge_current_a = 50;
    each.apply(both.word);
    both.run(100);
    const auto words = "the first grants, 140.0 A charge, 140.0 A discharge; the second " +
                       std::string(each.told) + ", 140.0 A charge, 50.0 A discharge";
    CHECK(both.model.words() == words);
    both.word.reasons = {"soc_low/fault rack", "another"};
    both.run(100);
    CHECK(both.model.words() == words + " (soc_low/fault rack)");
  }
}

TEST_CASE("F-157 two evaluators are compared once the second one said permit and limits") {
  second_opinion_model model{warm_up_us({})};
  const pair both;
  for (std::int64_t now_ms = 1'000; now_ms < 3'500; now_ms += 50) {
    model.hear(messages::permit{}, now_ms * us_per_ms); // grants nothing
    CHECK(model.step(both.own, now_ms * us_per_ms).limits == both.own.limits);
    CHECK_FALSE(model.differs());
  }
}

TEST_CASE("F-157 a second evaluator that permits and says no limits is told, and nothing flows") {
  for (const bool ever : {true, false}) {
    INFO("it said limits before: " << ever);
    pair both;
    both.says_limits = ever;
    if (ever) both.run(5'000);
    both.says_limits = false;
    both.run(2'400);
    CHECK(both.said.limits == both.own.limits);
    both.run(200);
    CHECK(both.said.limits.charge_a == 0);
    CHECK(both.said.limits.discharge_a == 0);
    CHECK(both.said.limits.reasons == std::vector<std::string>{evaluator_silent});
    CHECK(both.turns.empty());
    both.run(1'100);
    CHECK(both.turns.size() == 1);
    CHECK(both.model.differs());
    CHECK(both.model.words() == "the second evaluator says a permit and no limits");
    both.says_limits = true;
    both.run(200);
    CHECK(both.said.limits == both.own.limits);
    CHECK(both.model.differs());
    both.run(10'000);
    CHECK_FALSE(both.model.differs());
  }
}

TEST_CASE("F-157 the age of a second evaluator does not explain that it says no limits") {
  pair both;
  both.run(5'000);
  ++both.word.epoch;
  both.says_limits = false;
  both.run(3'700);
  CHECK(both.model.differs());
  CHECK_FALSE(both.model.is_warming_up());
}

TEST_CASE("F-157 the stricter limit holds at least 100 ms after two evaluators agree again") {
  pair both;
  both.run(500);
  both.limits.charge_current_a = 50;
  both.run(100);
  both.limits.charge_current_a = 140;
  both.run(50); // the last step at which they differed
  CHECK(both.said.limits.charge_a == 50);
  both.run(50);
  CHECK(both.said.limits.charge_a == 50);
  both.run(50);
  CHECK(both.said.limits.charge_a == 140);
  CHECK(both.turns.empty());
}

TEST_CASE("F-157 a difference of more than a second is an alarm until ten seconds of agreement") {
  struct change {
    const char* what;
    void (*apply)(pair& both);
  };
  const change changes[] = {
      {"permit", [](pair& both) { both.word.granted = both.word.close_allowed = false; }},
      {"closing", [](pair& both) { both.word.close_allowed = false; }},
      {"opening", [](pair& both) { both.own.verdict.opening = opening::ordered; }},
      {"lock", [](pair& both) { both.word.locked = true; }},
      {"charge", [](pair& both) { both.limits.charge_current_a = 138; }},
      {"discharge", [](pair& both) { both.limits.discharge_current_a = 138; }},
      {"charge power", [](pair& both) { both.limits.charge_power_limit_w = 9'800; }},
      {"discharge power", [](pair& both) { both.limits.discharge_power_limit_w = 9'800; }},
      {"voltage", [](pair& both) { both.limits.charge_voltage_limit_v = 164; }},
      {"no voltage", [](pair& both) { both.limits.charge_voltage_limit_v.reset(); }},
      {"fan", [](pair& both) { both.wanted.fan = true; }},
  };
  for (const auto& each : changes) {
    INFO(each.what);
    pair both;
    both.run(500);
    each.apply(both);
    both.run(50); // heard with it
    both.turns.clear();
    both.run(1'050);
    const bool is_own = std::string_view(each.what) == "opening"; // counts a step earlier
    CHECK(both.turns ==
          (is_own ? std::vector<std::string>{"set 2600"} : std::vector<std::string>{}));
    both.run(50);
    REQUIRE(both.turns.size() == 1);
    CHECK(both.turns.front().starts_with("set 26"));
    CHECK(both.model.words().starts_with("the first "));
    CHECK(both.model.words().find("; the second ") != std::string::npos);
    const pair fresh;
    both.own = fresh.own;
    both.word = fresh.word;
    both.limits = fresh.limits;
    both.wanted = {};
    both.run(9'900);
    CHECK(both.turns.size() == 1);
    both.run(300);
    REQUIRE(both.turns.size() == 2);
    CHECK(both.turns.back().starts_with("clear"));
  }
}

TEST_CASE("F-157 a difference and an agreement are each counted from where they begin") {
  pair both;
  both.run(500);
  both.own.verdict.locked = true; // from 1550 ms on
  both.run(1'050);
  CHECK(both.turns.empty());
  both.run(50);
  both.own.verdict.locked = false; // from 2650 ms on
  both.run(10'000);
  CHECK(both.turns == std::vector<std::string>{"set 2600"});
  both.run(50);
  both.own.verdict.locked = true; // from 12700 ms on
  both.run(1'050);
  CHECK(both.turns == std::vector<std::string>{"set 2600", "clear 12650"});
  both.run(50);
  CHECK(both.turns == std::vector<std::string>{"set 2600", "clear 12650", "set 13750"});
}

TEST_CASE("F-157 a difference within one percent, or of less than a second, is none") {
  pair both;
  both.run(500);
  both.limits.charge_current_a = 139;
  both.run(5'000);
  CHECK(both.said.limits.charge_a == 139); // the smaller counts all the same
  for (int round = 0; round < 10; ++round) {
    both.word.granted = false;
    both.run(900);
    both.word.granted = true;
    both.run(200);
  }
  CHECK(both.turns.empty());
}

TEST_CASE("F-157 a second evaluator that says nothing leaves no current, and is an alarm") {
  pair both;
  both.speaks = false;
  both.run(500);
  CHECK(both.said.limits.charge_a == 140); // it may just have begun, and nothing is closed yet
  both.run(50);
  CHECK(both.said.limits.charge_a == 0);
  CHECK(both.said.limits.discharge_w == 0);
  CHECK(both.said.limits.charge_reasons.back() == evaluator_silent);
  both.run(1'050);
  REQUIRE(both.turns.size() == 1);
  CHECK(both.model.words() == "the second evaluator says nothing");
  both.speaks = true;
  both.run(12'000);
  CHECK(both.turns.size() == 2);
  CHECK(both.said.limits.charge_a == 140);
  both.speaks = false;
  both.run(600);
  CHECK(both.said.limits.charge_a == 0);
}

TEST_CASE("F-157 what a second evaluator that is new differs about is no alarm, and holds") {
  const auto warm_up_ms = warm_up_us({}) / us_per_ms;
  pair both;
  both.run(5'000);
  ++both.word.epoch;
  both.word.granted = both.word.close_allowed = false; // it is not ready
  both.limits.charge_current_a = 0;
  both.run(2'000);
  CHECK(both.said.limits.charge_a == 0);
  both.word.granted = both.word.close_allowed = true;
  both.limits.charge_current_a = 70; // and then knows less of what was
  both.run(static_cast<int>(warm_up_ms) - 3'000);
  CHECK(both.turns.empty());
  CHECK(both.model.is_warming_up());
  CHECK(both.said.limits.charge_a == 70);
  const bool agrees = GENERATE(true, false);
  CAPTURE(agrees);
  if (agrees) both.limits.charge_current_a = 140;
  both.run(20'000);
  CHECK(both.turns.size() == (agrees ? 0 : 1)); // however old it is by now, they differ
  CHECK_FALSE(both.model.is_warming_up());
  CHECK(both.model.differs() == !agrees);
}

TEST_CASE("F-157 an alarm of two evaluators that stands is not lifted by a start of the second") {
  pair both;
  both.run(500);
  both.word.locked = true;
  both.run(2'000);
  REQUIRE(both.turns.size() == 1);
  ++both.word.epoch;
  both.run(20'000);
  CHECK(both.turns.size() == 1);
  CHECK(both.model.differs());
}

TEST_CASE("F-157 a second evaluator that is new and says nothing leaves no current, as any other") {
  pair both;
  both.run(5'000);
  ++both.word.epoch;
  both.run(500);
  both.speaks = false;
  both.run(600);
  CHECK(both.said.limits.charge_a == 0);
}

TEST_CASE("F-157 what a new second evaluator's age does not explain is an alarm as ever") {
  struct change {
    const char* what;
    void (*apply)(pair& both);
  };
  const change changes[] = {
      {"it is silent", [](pair& both) { both.speaks = false; }},
      {"it opens",
       [](pair& both) {
         both.word.granted = both.word.close_allowed = false;
         both.word.opening = opening::ordered;
       }},
      {"the first opens",
       [](pair& both) {
         both.own.verdict.granted = both.own.verdict.close_allowed = false;
         both.own.verdict.opening = opening::ordered;
       }},
      {"the first opens, it is not ready",
       [](pair& both) {
         both.own.verdict.granted = both.own.verdict.close_allowed = false;
         both.own.verdict.opening = opening::ordered;
         both.word.granted = both.word.close_allowed = false;
       }},
      {"it locks", [](pair& both) { both.word.locked = true; }},
      {"the first locks", [](pair& both) { both.own.verdict.locked = true; }},
      {"the first grants nothing",
       [](pair& both) { both.own.verdict.granted = both.own.verdict.close_allowed = false; }},
      {"it bars closing", [](pair& both) { both.word.close_allowed = false; }},
  };
  for (const auto& each : changes) {
    const bool differs_before = GENERATE(true, false); // by limits, which age explains
    CAPTURE(each.what, differs_before);
    pair both;
    both.run(5'000);
    ++both.word.epoch;
    if (differs_before) both.limits.charge_current_a = 70;
    both.run(5'000);
    REQUIRE(both.turns.empty());
    REQUIRE(both.model.is_warming_up() == differs_before);
    each.apply(both);
    both.run(1'000);
    CHECK(both.turns.empty()); // no longer than a difference may last
    both.run(700);
    CHECK(both.turns.size() == 1);
    CHECK(both.model.differs());
  }
}

TEST_CASE("F-157 other limits, requests and a permit not given yet of a new one are no alarm") {
  struct change {
    const char* what;
    void (*apply)(pair& both);
  };
  const change changes[] = {
      {"limits", [](pair& both) { both.limits.discharge_current_a = 0; }},
      {"requests", [](pair& both) { both.wanted.fan = true; }},
      {"not ready", [](pair& both) { both.word.granted = both.word.close_allowed = false; }},
  };
  for (const auto& each : changes) {
    CAPTURE(each.what);
    pair both;
    both.run(5'000);
    ++both.word.epoch;
    each.apply(both);
    both.run(60'000);
    CHECK(both.turns.empty());
    CHECK(both.model.is_warming_up());
  }
}

TEST_CASE("F-157 a second evaluator that starts again and again is an alarm after one warm-up") {
  const auto warm_up_ms = static_cast<int>(warm_up_us({}) / us_per_ms);
  pair both;
  both.run(5'000);
  const auto loop = [&](int duration_ms) {
    for (int passed = 0; passed < duration_ms; passed += 5'000) {
      ++both.word.epoch;
      both.limits.charge_current_a = 0;
      both.run(2'000);
      both.limits.charge_current_a = 140; // and agrees for less than it has to
      both.run(3'000);
    }
  };
  loop(warm_up_ms - 5'000);
  CHECK(both.turns.empty());
  loop(15'000);
  CHECK(both.turns.size() == 1);
  CHECK(both.model.differs());
  // Once both agreed, a start is one anew.
  both.run(11'000);
  CHECK(both.turns.size() == 2);
  loop(warm_up_ms - 5'000);
  CHECK(both.turns.size() == 2);
}

TEST_CASE("F-157 the first word of a second evaluator is no start anew") {
  pair both;
  both.word.epoch = 7;
  both.word.locked = true;
  both.run(2'000);
  CHECK(both.turns.size() == 1);
}

TEST_CASE("a life of an evaluator is new until its limits could rise and its trend is whole") {
  const auto seconds = [](double recovery_percent_per_s, double trend_window_s) {
    messages::protection::derating rules;
    rules.recovery_percent_per_s = recovery_percent_per_s;
    rules.trend_window_s = trend_window_s;
    return warm_up_us(rules) / messages::us_per_s;
  };
  CHECK(seconds(1, 60) == 110);
  CHECK(seconds(0.5, 60) == 210);
  CHECK(seconds(5, 120) == 130);
  CHECK(seconds(5, 30) == 70); // what became unusable just before is known for so long
  CHECK(seconds(0, 60) == 1'810);
  CHECK(seconds(1e-9, 60) == 1'810);
}

} // namespace voltaic::actors::protection::second_opinion_model_test
