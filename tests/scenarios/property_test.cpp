#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "scenarios/property/play.hpp"
#include "scenarios/property/wire.hpp"
#include "scenarios/property/workers.hpp"

namespace property_test {

using namespace voltaic::tests::property;

namespace {

/// Each set has as many, with seeds of its own.
constexpr std::uint64_t set_scenarios = 60;
constexpr std::uint64_t bus_scenarios = 24;
/// Nightly runs begin where the sets of every day end.
constexpr std::uint64_t nightly_first_seed = 10'001;
constexpr std::uint64_t nightly_scenarios = 5'000;
constexpr std::chrono::seconds progress_period{5};

/// Every kind of fault and outcome that a set of scenarios must have seen.
constexpr const char* wanted_hits[] = {"cell high",
                                       "cell low",
                                       "cell invalid",
                                       "cell frozen",
                                       "cell silent",
                                       "current",
                                       "cell_temperature laid down",
                                       "cell_temperature lost",
                                       "terminal_temperature laid down",
                                       "voltage laid down",
                                       "voltage lost",
                                       "soc laid down",
                                       "soc lost",
                                       "insulation_resistance laid down",
                                       "current_gain laid down",
                                       "key turned",
                                       "device limit",
                                       "frame from the rack lost",
                                       "frame with a wrong length",
                                       "frame to the rack lost",
                                       "order corrupted",
                                       "order replayed",
                                       "order of an old epoch replayed",
                                       "crash of bms",
                                       "crash of rack",
                                       "crash of protection",
                                       "crash of contactor",
                                       "crash of command",
                                       "crash at message",
                                       "crash at after_message",
                                       "crash at batch",
                                       "crash at wake",
                                       "crash at stored",
                                       "crash at construction",
                                       "node killed",
                                       "node stalled",
                                       "backlog in one batch",
                                       "backlog tick by tick",
                                       "backlog cut anywhere",
                                       "steps on which a port lagged",
                                       "journal corrupt",
                                       "journal lost",
                                       "disk refused",
                                       "node cut off",
                                       "relay cut off",
                                       "message lost by the hub",
                                       "message doubled by the hub",
                                       "message reordered by the hub",
                                       "asked to close",
                                       "asked to open",
                                       "asked to reset",
                                       "asked to set",
                                       "asked to set for a time",
                                       "set reverted",
                                       "asked as viewer",
                                       "command repeated",
                                       "command sent late",
                                       "command came after its deadline",
                                       "command done",
                                       "command rejected",
                                       "command expired",
                                       "closed",
                                       "rack without orders",
                                       "opened by order",
                                       "opened by the end of the lease",
                                       "protection warning set",
                                       "protection alarm set",
                                       "protection fault set",
                                       "protection fault reset",
                                       "protection hard set",
                                       "rack of NMC",
                                       "rack with two evaluators",
                                       "rack with inputs",
                                       "input active",
                                       "locked: fire_detected",
                                       "locked: contactor_weld",
                                       "output on",
                                       "inverter silent",
                                       "inverter told zero",
                                       "inverter told that current may flow",
                                       "link disturbed",
                                       "crash of evaluator",
                                       "second evaluator lags",
                                       "protection lags",
                                       "evaluators differ",
                                       "current lost",
                                       "contactor: welded",
                                       "contactor: welded both",
                                       "closing disturbed",
                                       "feedback disturbed"};

/// One seed again, when somebody asks for it.
std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// False: it broke a rule.
bool passes(std::uint64_t seed, player with, hit_counters& hits) {
  const auto what = make_schedule(seed);
  const auto broken = with(what, hits);
  if (!broken.empty()) FAIL_CHECK(describe(what, broken, with));
  return broken.empty();
}

/// Stops early when too many failed.
void pass_all(std::uint64_t first, std::uint64_t count, player with, hit_counters& hits) {
  std::size_t failures = 0;
  for (auto seed = first; seed < first + count && failures < failures_max; ++seed) {
    if (!passes(seed, with, hits)) ++failures;
  }
}

/// The set of one number; or only the seed that the environment names.
void pass_set(std::uint64_t set) {
  hit_counters hits;
  if (const auto seed = number_from("VOLTAIC_PROPERTY_SEED", 0); seed != 0) {
    passes(seed, play, hits);
    return;
  }
  pass_all(1 + set * set_scenarios, set_scenarios, play, hits);
  for (const auto* wanted : wanted_hits) {
    INFO("no scenario of the set had: " << wanted);
    CHECK(hits[wanted] > 0);
  }
}

} // namespace

TEST_CASE("property: all rules hold in random scenarios, set 0") {
  pass_set(0);
}
TEST_CASE("property: all rules hold in random scenarios, set 1") {
  pass_set(1);
}
TEST_CASE("property: all rules hold in random scenarios, set 2") {
  pass_set(2);
}
TEST_CASE("property: all rules hold in random scenarios, set 3") {
  pass_set(3);
}
TEST_CASE("property: all rules hold in random scenarios, set 4") {
  pass_set(4);
}
TEST_CASE("property: all rules hold in random scenarios, set 5") {
  pass_set(5);
}
TEST_CASE("property: all rules hold in random scenarios, set 6") {
  pass_set(6);
}
TEST_CASE("property: all rules hold in random scenarios, set 7") {
  pass_set(7);
}

TEST_CASE("property: safety rule 1: without the message bus every rack gets the same orders") {
  hit_counters hits;
  pass_all(1, bus_scenarios, play_without_bus, hits);
  CHECK(hits["orders compared without the bus"] > bus_scenarios * 500);
}

TEST_CASE("property: a rack without orders is judged by its limits, and an order for it is found") {
  schedule what;
  what.seed = 1;
  what.watched = 1;
  what.duration_ms = 20'000;
  deed high;
  high.t_ms = 5'000;
  high.count = 480;
  high.value = 3.7;
  what.deeds = {high};
  hit_counters hits;
  CHECK(play(what, hits).empty());
  CHECK(hits["protection fault set"] > 0);
  CHECK(hits["closed"] == 0);
  voltaic::messages::can::frame order;
  order.id = 0x080;
  wire watched(
      0, {.watched = true}, [](const fact&) {}, hits);
  CHECK_THROWS_AS(watched.send(order, 0), std::logic_error);
  wire ordered(
      0, {}, [](const fact&) {}, hits);
  CHECK_NOTHROW(ordered.send(order, 0));
}

TEST_CASE("property: the same seed gives the same history") {
  hit_counters first, second;
  CHECK(play(make_schedule(7), first).size() == play(make_schedule(7), second).size());
  CHECK(first == second);
}

TEST_CASE("property: workers play every seed once, and what breaks in one is told") {
  const auto fine = [](const schedule& what, hit_counters& hits) {
    ++hits[std::to_string(what.seed)];
    return std::vector<violation>{};
  };
  std::uint64_t told = 0;
  const auto whole = play_in_workers(1, 40, 3, fine, [&](const harvest&) { ++told; });
  CHECK(whole.played == 40);
  CHECK(told == 40);
  CHECK(whole.failures.empty());
  CHECK(whole.hits.size() == 40);

  const auto faulty = [](const schedule& what, hit_counters&) -> std::vector<violation> {
    if (what.seed == 3) throw std::runtime_error("seed three throws");
    if (what.seed == 5) ::raise(SIGKILL);
    if (what.seed == 7) return {{5, 1'000, "seed seven breaks a rule"}};
    return {};
  };
  const auto partly = play_in_workers(1, 9, 2, faulty, [](const harvest&) {});
  CHECK(partly.played == 8); // all but the one whose worker ended
  REQUIRE(partly.failures.size() == 3);
  const auto all = fmt::format("{}", fmt::join(partly.failures, "\n"));
  CHECK_THAT(all, Catch::Contains("seed 3: seed three throws"));
  CHECK_THAT(all, Catch::Contains("seed 5: its worker ended by signal 9"));
  CHECK_THAT(all, Catch::Contains("seed seven breaks a rule"));
}

namespace {

/// Plays with a line of progress now and then; failures fail the test.
harvest play_many(std::uint64_t first, std::uint64_t count, player with, const char* what) {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  auto shown = begin;
  const auto seconds = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };
  const auto jobs = static_cast<unsigned>(
      number_from("VOLTAIC_PROPERTY_JOBS", std::max(std::thread::hardware_concurrency(), 1u)));
  std::size_t told = 0;
  auto whole = play_in_workers(first, count, jobs, with, [&](const harvest& so_far) {
    for (; told < so_far.failures.size(); ++told) fmt::print("{}\n", so_far.failures[told]);
    if (so_far.played != count && clock::now() - shown < progress_period) return;
    shown = clock::now();
    fmt::print("{} of {} {} from seed {}: {} broke a rule, {:.0f} s\n", so_far.played, count, what,
               first, so_far.failures.size(), seconds());
    std::fflush(stdout);
  });
  for (const auto& failure : whole.failures) FAIL_CHECK(failure);
  return whole;
}

} // namespace

TEST_CASE("property: many more scenarios", "[.nightly]") {
  const auto first = number_from("VOLTAIC_PROPERTY_SEED", nightly_first_seed);
  const auto count = number_from("VOLTAIC_PROPERTY_SCENARIOS", nightly_scenarios);
  auto hits = play_many(first, count, play, "scenarios").hits;
  hits.merge(play_many(first, count / 10, play_without_bus, "pairs without the bus").hits);
  for (const auto& [name, times] : hits) fmt::print("{:>10}  {}\n", times, name);
}

} // namespace property_test
