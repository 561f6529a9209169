#include <catch2/catch.hpp>

#include <algorithm>

#include "actors/protection/bench_chain.hpp"

// The newest word counts: a command to close that still waits when somebody asks
// to open closes nothing any more, whatever it waits for.
namespace voltaic::actors::protection::chain_open_test {

using messages::outcome;
using testing::stage;

namespace {

constexpr std::int64_t lag_us = 3'000'000;

messages::command asked(const std::string& operation, const std::string& key) {
  messages::command said;
  said.id = said.key = key;
  said.target = "rack_0/contactor";
  said.operation = operation;
  said.role = "operator";
  said.deadline_utc_us = stage::utc(stage().now_us) + 60'000'000;
  return said;
}

/// What became of the command with this key.
const messages::result& result_of(const stage& chain, const std::string& key) {
  const auto found = std::ranges::find(chain.results, key, &messages::result::key);
  REQUIRE(found != chain.results.end());
  return *found;
}

void check_that_it_stays_open(stage& chain) {
  for (int beat = 0; beat < 60; ++beat) {
    chain.beat();
    REQUIRE_FALSE(chain.order.lease);
  }
  REQUIRE(chain.results.size() == 2);
  CHECK(result_of(chain, "a").outcome == outcome::rejected);
  CHECK(result_of(chain, "a").reasons == std::vector<std::string>{"a command to open followed"});
  CHECK(result_of(chain, "b").outcome == outcome::done);
}

} // namespace

TEST_CASE("a rack that is charged by a small current opens at once, and locks nothing") {
  stage chain;
  chain.run(1'000);
  chain.current_a = 0;
  chain.command("rack_0/contactor", "close");
  chain.run(5'000);
  REQUIRE(result_of(chain, chain.last_command.key).outcome == outcome::done);
  chain.current_a = -5; // the contactors may interrupt 20 A
  chain.run(500);
  chain.command("rack_0/contactor", "open");
  chain.run(1'000);
  CHECK_FALSE(chain.order.lease);
  CHECK(std::ranges::count(chain.texts("contactor"), "fault break_under_load") == 0);
  CHECK(result_of(chain, chain.last_command.key).outcome == outcome::done);
}

TEST_CASE("safety rule 5: a close whose record waits for the disk does not follow an open") {
  stage chain;
  chain.run(1'000);
  chain.journal.holds = true;
  chain.deliver("cli", asked("close", "a"));
  chain.beat();
  chain.deliver("cli", asked("open", "b"));
  SECTION("both are durable in one step") {
    chain.beat();
  }
  SECTION("the close is durable before the next step") {}
  chain.journal.holds = false;
  chain.journal.release();
  check_that_it_stays_open(chain);
}

TEST_CASE("safety rule 5: a close that waits for the present does not follow an open") {
  stage chain;
  chain.run(1'000);
  const bool is_taken = GENERATE(true, false);
  if (is_taken) {
    chain.deliver("cli", asked("close", "a"));
    chain.beat(); // taken: it acts in the next step
  }
  chain.node_us = chain.now_us + lag_us;
  if (!is_taken) chain.deliver("cli", asked("close", "a")); // held
  chain.beat();
  chain.deliver("cli", asked("open", "b"));
  chain.deliver("cli", asked("close", "a")); // repeated
  while (chain.now_us < *chain.node_us) {
    chain.beat();
    REQUIRE_FALSE(chain.order.lease);
  }
  CHECK(std::ranges::count(chain.results, "a", &messages::result::key) == 2);
  std::erase_if(chain.results,
                [&](const auto& one) { return one.key == "a" && &one != &result_of(chain, "a"); });
  check_that_it_stays_open(chain);
}

TEST_CASE(
    "safety rule 5: a close that was repeated on a closed rack that lags does not reclose it") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(3'000);
  REQUIRE(chain.order.contactor == messages::contactor_order::close);
  chain.results.clear();
  chain.deliver("cli", asked("close", "a"));
  chain.beat();
  chain.node_us = chain.now_us + lag_us;
  chain.beat();
  chain.deliver("cli", asked("open", "b"));
  chain.run(500);
  check_that_it_stays_open(chain);
}

TEST_CASE("a close that was given after an open closes") {
  stage chain;
  chain.run(1'000);
  chain.journal.holds = true;
  chain.deliver("cli", asked("open", "b"));
  chain.deliver("cli", asked("close", "a"));
  chain.beat();
  chain.journal.holds = false;
  chain.journal.release();
  chain.run(3'000);
  CHECK(chain.order.lease);
  CHECK(result_of(chain, "a").outcome == outcome::done);
  CHECK(result_of(chain, "b").outcome == outcome::done);
}

} // namespace voltaic::actors::protection::chain_open_test
