#include <catch2/catch.hpp>

#include "actors/protection/bench_chain.hpp"
#include "actors/runtime/present.hpp"

// A node that stood still, or whose port did, gets what happened meanwhile batch
// by batch, each with the time of then. Until it has caught up it lives in the past.
namespace voltaic::actors::protection::chain_lag_test {

using testing::stage;

namespace {

constexpr std::int64_t lag_us = 3'000'000;
/// Longer than a mailbox could hold the ticks of.
constexpr std::int64_t long_lag_us = 700'000'000;

messages::command asked(const std::string& target, const std::string& operation) {
  messages::command said;
  said.id = said.key = operation;
  said.target = target;
  said.operation = operation;
  said.role = "service";
  said.deadline_utc_us = stage::utc(stage().now_us) + 60'000'000;
  return said;
}

/// From now on the chain's time is that far behind, until it has caught up.
std::int64_t fall_behind(stage& chain) {
  chain.node_us = chain.now_us + lag_us;
  return *chain.node_us;
}

} // namespace

TEST_CASE("safety rule 4: a chain that lags closes only when it has seen the present") {
  stage chain;
  chain.run(1'000);
  const auto present_us = fall_behind(chain);
  chain.deliver("cli", asked("rack_0/contactor", "close"));
  while (chain.now_us < present_us) {
    REQUIRE_FALSE(chain.order.lease);
    chain.beat();
  }
  chain.run(2'000);
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome == messages::outcome::done);
  CHECK(chain.order.lease);
}

TEST_CASE("safety rule 4: what was accepted before a standstill waits for the present") {
  stage chain;
  chain.run(1'000);
  chain.deliver("cli", asked("rack_0/contactor", "close"));
  chain.beat(); // accepted: it acts in the next step
  const auto present_us = fall_behind(chain);
  while (chain.now_us < present_us - runtime::lag_max_us) {
    REQUIRE_FALSE(chain.order.lease);
    chain.beat();
  }
  chain.run(2'000);
  CHECK(chain.order.lease);
}

TEST_CASE("safety rule 5: a reset does not act on a past in which the fault was gone") {
  stage chain;
  chain.run(1'000);
  chain.cell_mv[19] = 3'660;
  chain.run(2'500);
  chain.cell_mv[19] = 3'300;
  chain.run(15'000);
  const bool comes_back = GENERATE(true, false);
  fall_behind(chain);
  chain.deliver("cli", asked("rack_0/protection", "reset"));
  chain.run(500);
  CHECK(chain.results.empty());
  if (comes_back) chain.cell_mv[19] = 3'660;
  chain.run(4'000);
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome ==
        (comes_back ? messages::outcome::rejected : messages::outcome::done));
  CHECK(chain.permit.close_allowed != comes_back);
}

TEST_CASE("safety rule 7: a chain that lags makes no next attempt of a closing") {
  stage chain;
  chain.run(1'000);
  chain.lease_works = false; // its contactors do not follow the order
  chain.deliver("cli", asked("rack_0/contactor", "close"));
  while (chain.now_us < 10'000'000 && chain.texts("contactor").back() != "open contactor_feedback")
    chain.beat();
  fall_behind(chain);
  chain.run(2'000);
  CHECK_FALSE(chain.order.lease);
  CHECK(chain.texts("contactor").back() == "open time_lags");
}

TEST_CASE("safety rule 7: after a standstill of any length what is over does not act") {
  stage chain;
  chain.run(1'000);
  const auto close = asked("rack_0/contactor", "close");
  const bool is_taken = GENERATE(true, false);
  if (is_taken) {
    chain.deliver("cli", close);
    chain.beat(); // taken: it acts in the next step
  }
  chain.node_us = chain.now_us + long_lag_us;
  if (!is_taken) chain.deliver("cli", close);
  for (int backlog = 0; backlog < 60; ++backlog) {
    chain.beat();
    REQUIRE_FALSE(chain.order.lease);
  }
  // What has not been taken waits for its time, and is judged then.
  REQUIRE(chain.results.size() == (is_taken ? 1 : 0));
  if (is_taken) CHECK(chain.results.back().outcome == messages::outcome::expired);
}

TEST_CASE("a chain that lives on a recording lags behind no clock") {
  stage chain;
  chain.on_recording = true;
  chain.start();
  // Of a machine that was booted a moment before, or is ahead of it by days.
  const std::int64_t ahead_us = GENERATE(lag_us, long_lag_us, -500'000);
  chain.run(1'000);
  chain.node_us = chain.now_us + ahead_us;
  chain.deliver("cli", asked("rack_0/contactor", "close"));
  chain.run(3'000);
  CHECK(chain.order.lease);
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome == messages::outcome::done);
}

TEST_CASE("F-019 a chain that is late again and again warns, then stops the current and opens") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(3'000);
  REQUIRE(chain.order.lease);
  const auto states = [&] {
    std::vector<std::string> all;
    for (const auto& each : chain.events)
      if (each.code == "DEADLINE_MISS") all.push_back(each.state);
    return all;
  };
  // Its lease lasts as long as no step is older than that.
  const auto late = [&] {
    chain.node_us = chain.now_us + 50'000 + step_deadline_us + 1'000;
    chain.beat();
    chain.node_us.reset();
    chain.run(250);
  };
  for (int miss = 0; miss < 9; ++miss) late();
  CHECK(states() == std::vector<std::string>{"deadline_warning"});
  CHECK(chain.permit.granted);
  late();
  CHECK(states().back() == "deadline_open");
  CHECK_FALSE(chain.permit.granted);
  CHECK_FALSE(chain.permit.close_allowed);
  chain.run(1'000);
  CHECK_FALSE(chain.order.lease);
  CHECK(chain.texts("contactor").back() == "open deadline_miss");
  chain.run(15'000);
  CHECK(states().back() == "in_time");
  CHECK(chain.permit.close_allowed);
  CHECK_FALSE(chain.order.lease); // it closes by command alone
}

} // namespace voltaic::actors::protection::chain_lag_test
