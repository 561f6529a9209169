#include "actors/runtime/command_gate.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace voltaic::actors::runtime::command_gate_test {
namespace {

using messages::command;
using messages::outcome;
using messages::result;

constexpr std::int64_t now_us = 1'700'000'000 * messages::us_per_s;
constexpr std::int64_t second_us = messages::us_per_s;

command make_command(const std::string& key, double value = 1) {
  command made;
  made.id = "id-" + key;
  made.key = key;
  made.target = "meter_0";
  made.operation = "set";
  made.point = "meter_0/limit";
  made.value = value;
  made.deadline_utc_us = now_us + 5 * second_us;
  made.reply_to = "client";
  return made;
}

result done_with(const command& finished, const std::string& read_back) {
  result made = make_result(finished, outcome::done, "");
  made.read_back = read_back;
  return made;
}

TEST_CASE("F-131 the same key and body acts once and gets the same result a hundred times") {
  command_gate gate;
  const command first = make_command("k");
  REQUIRE(gate.judge(first, now_us).verdict == gate_verdict::act);
  const auto answers = gate.conclude(done_with(first, "1.0"));
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].reply_to == "client");
  for (int repetition = 0; repetition < 100; ++repetition) {
    command again = make_command("k");
    again.id = fmt::format("again-{}", repetition);
    again.reply_to = "other";
    again.deadline_utc_us += repetition * second_us;
    const auto judged = gate.judge(again, now_us + repetition * second_us);
    REQUIRE(judged.verdict == gate_verdict::answer);
    REQUIRE(judged.answer.outcome == outcome::done);
    REQUIRE(judged.answer.read_back == "1.0");
    REQUIRE(judged.answer.id == again.id);
    REQUIRE(judged.answer.reply_to == "other");
  }
  CHECK(gate.conclude(done_with(first, "2.0")).empty());
}

TEST_CASE("F-131 a repetition of an unfinished command waits and is answered with it") {
  command_gate_options options;
  options.waiting_max = 2;
  command_gate gate(options);
  command again = make_command("k");
  again.id = "second";
  REQUIRE(gate.judge(make_command("k"), now_us).verdict == gate_verdict::act);
  CHECK(gate.judge(again, now_us).verdict == gate_verdict::wait);
  CHECK(gate.judge(again, now_us).answer.outcome == outcome::rejected);
  CHECK(gate.unfinished() == 1);
  const auto answers = gate.conclude(done_with(make_command("k"), "1"));
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].id == "id-k");
  CHECK(answers[1].id == "second");
  CHECK(gate.unfinished() == 0);
}

TEST_CASE("F-132 the same key with another body is refused and does not act") {
  command_gate gate;
  REQUIRE(gate.judge(make_command("k", 1), now_us).verdict == gate_verdict::act);
  for (auto change : {+[](command& changed) { changed.value = 2.0; },
                      +[](command& changed) { changed.value = "1"; },
                      +[](command& changed) { changed.point = "x"; },
                      +[](command& changed) { changed.index = 1; },
                      +[](command& changed) { changed.operation = "open"; },
                      +[](command& changed) { changed.target = "x"; },
                      +[](command& changed) { changed.lease_ms = 1; },
                      +[](command& changed) { changed.user = "x"; },
                      +[](command& changed) { changed.role = "x"; }}) {
    command other = make_command("k", 1);
    change(other);
    const auto judged = gate.judge(other, now_us);
    CHECK(judged.verdict == gate_verdict::answer);
    CHECK(judged.answer.outcome == outcome::rejected);
  }
  CHECK(gate.conclude(done_with(make_command("k"), "1")).size() == 1);
}

TEST_CASE("F-130 a command never acts at or after its deadline") {
  command_gate gate;
  const command late = make_command("k");
  CHECK(gate.judge(late, late.deadline_utc_us).answer.outcome == outcome::expired);
  CHECK(gate.judge(late, late.deadline_utc_us + 1).answer.outcome == outcome::expired);
  CHECK(gate.keys() == 0);
  CHECK(gate.judge(late, late.deadline_utc_us - 1).verdict == gate_verdict::act);
}

TEST_CASE("a command without key, without deadline or with one too far ahead is refused") {
  command_gate gate;
  CHECK(gate.judge(make_command(""), now_us).answer.outcome == outcome::rejected);
  for (const std::int64_t deadline : {std::int64_t{0}, INT64_MIN, INT64_MAX}) {
    command odd = make_command("k");
    odd.deadline_utc_us = deadline;
    CHECK(gate.judge(odd, now_us).answer.outcome == outcome::rejected);
  }
  CHECK(gate.keys() == 0);
}

TEST_CASE("a full key table refuses rather than forget a key that could act again") {
  command_gate_options options;
  options.keys_max = 3;
  command_gate gate(options);
  for (const char* key : {"a", "b", "c"}) {
    REQUIRE(gate.judge(make_command(key), now_us).verdict == gate_verdict::act);
    (void)gate.conclude(done_with(make_command(key), "1"));
  }
  CHECK(gate.judge(make_command("d"), now_us).answer.outcome == outcome::rejected);
  // Past their deadlines the old keys cannot act any more and make room.
  const std::int64_t later = now_us + 6 * second_us;
  command next = make_command("d");
  next.deadline_utc_us = later + second_us;
  CHECK(gate.judge(next, later).verdict == gate_verdict::act);
  // A clock that was set back does not revive a forgotten key.
  CHECK(gate.judge(make_command("a"), now_us).answer.outcome == outcome::expired);
}

TEST_CASE("an unfinished command is not forgotten, however old") {
  command_gate_options options;
  options.keys_max = 1;
  command_gate gate(options);
  REQUIRE(gate.judge(make_command("a"), now_us).verdict == gate_verdict::act);
  const std::int64_t later = now_us + 3'600 * second_us;
  command next = make_command("b");
  next.deadline_utc_us = later + second_us;
  CHECK(gate.judge(next, later).answer.outcome == outcome::rejected);
  (void)gate.conclude(done_with(make_command("a"), "1"));
  CHECK(gate.judge(next, later).verdict == gate_verdict::act);
}

TEST_CASE("F-005 after a restart a retry gets the original result or acts once") {
  const command accepted = make_command("accepted");
  const command finished = make_command("finished");
  const command handed_on = make_command("handed_on");
  command_gate gate;
  gate.restore(accepted, std::nullopt);
  gate.restore(finished, done_with(finished, "1.0"));
  gate.restore(handed_on, make_result(handed_on, outcome::unknown, "the node died"));
  CHECK(gate.judge(finished, now_us).answer.read_back == "1.0");
  CHECK(gate.judge(handed_on, now_us).answer.outcome == outcome::unknown);
  CHECK(gate.judge(accepted, now_us).verdict == gate_verdict::act);
  CHECK(gate.judge(accepted, now_us).verdict == gate_verdict::wait);
  CHECK(gate.judge(make_command("accepted", 7), now_us).answer.outcome == outcome::rejected);
  CHECK(gate.conclude(done_with(accepted, "2.0")).size() == 2);
  CHECK(gate.judge(accepted, now_us).answer.read_back == "2.0");
}

TEST_CASE(
    "F-130 a restored command without a result is unknown after its deadline and does not act") {
  const command accepted = make_command("k");
  command_gate gate;
  gate.restore(accepted, std::nullopt);
  command retry = accepted;
  retry.deadline_utc_us += 60 * second_us;
  const auto judged = gate.judge(retry, accepted.deadline_utc_us);
  CHECK(judged.verdict == gate_verdict::answer);
  CHECK(judged.answer.outcome == outcome::unknown); // it may have been sent on before
}

TEST_CASE("restoring more keys than the table holds forgets the oldest safely") {
  command_gate_options options;
  options.keys_max = 2;
  command_gate gate(options);
  for (int number = 0; number < 5; ++number) {
    command each = make_command(fmt::format("{}", number));
    each.deadline_utc_us += number;
    gate.restore(each, done_with(each, "1"));
  }
  CHECK(gate.keys() == 2);
  CHECK(gate.judge(make_command("0"), now_us).answer.outcome == outcome::expired);
}

} // namespace
command of_generation(const std::string& key, std::uint64_t generation) {
  auto made = make_command(key);
  made.generation = generation;
  return made;
}

TEST_CASE("F-133 a command that comes after a later one of its lane never acts") {
  command_gate gate;
  CHECK(gate.judge(of_generation("stop", 7), now_us, "contactor").verdict == gate_verdict::act);
  const auto late = gate.judge(of_generation("start", 6), now_us, "contactor");
  CHECK(late.verdict == gate_verdict::answer);
  CHECK(late.answer.outcome == outcome::rejected);
  CHECK(late.answer.reasons.at(0).starts_with("superseded"));
  CHECK(gate.judge(of_generation("other", 6), now_us, "set 1").verdict == gate_verdict::act);
  CHECK(gate.judge(of_generation("none", 6), now_us).verdict == gate_verdict::act);
  CHECK(gate.judge(of_generation("old", 0), now_us, "contactor").verdict == gate_verdict::act);
  CHECK(gate.judge(of_generation("next", 8), now_us, "contactor").verdict == gate_verdict::act);
}

TEST_CASE("F-133 what opens always acts, also when it comes late, and rules out what is older") {
  command_gate gate;
  auto close = of_generation("close", 9);
  close.operation = "close";
  CHECK(gate.judge(close, now_us, "contactor").verdict == gate_verdict::act);
  auto open = of_generation("open", 8);
  open.operation = "open";
  CHECK(gate.judge(open, now_us, "contactor").verdict == gate_verdict::act);
  auto word = of_generation("word", 7);
  word.value = std::string("open");
  CHECK(gate.judge(word, now_us, "contactor").verdict == gate_verdict::act);
}

TEST_CASE("F-133 the order of commands outlives a restart") {
  command_gate gate;
  gate.restore(of_generation("stop", 7), std::nullopt, "contactor");
  CHECK(gate.judge(of_generation("start", 6), now_us, "contactor").verdict == gate_verdict::answer);
}

TEST_CASE("contactors are one lane, by whatever word they are moved") {
  auto asked = make_command("k");
  CHECK(contactor_lane(asked).empty());
  asked.value = std::string("close");
  CHECK(contactor_lane(asked) == "contactor");
  asked.value = {};
  for (const auto* word : {"open", "close"}) {
    asked.operation = word;
    CHECK(contactor_lane(asked) == "contactor");
  }
  asked.operation = "reset";
  CHECK(contactor_lane(asked).empty());
}

} // namespace voltaic::actors::runtime::command_gate_test
