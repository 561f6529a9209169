#include <catch2/catch.hpp>

#include <algorithm>

#include "actors/protection/bench_chain.hpp"

// Who opened a rack, or looks at it, has to hear what locked it.
namespace voltaic::actors::contactor::contactor_locks_test {

namespace {

using messages::outcome;
using protection::testing::stage;
using lines = std::vector<std::string>;

/// Closed at 60 A, where the contactors may interrupt 20 A.
void close_and_load(stage& chain) {
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(5'000);
  REQUIRE(chain.results.back().outcome == outcome::done);
  chain.current_a = 60;
  chain.run(500);
}

std::vector<messages::event> told_of(const stage& chain, const std::string& reason) {
  std::vector<messages::event> found;
  for (const auto& one : chain.events)
    if (one.kind == "contactor" && one.reason == reason) found.push_back(one);
  return found;
}

} // namespace

TEST_CASE("F-162 an opening under load tells its lock and the current, and so does its answer") {
  stage chain;
  close_and_load(chain);
  chain.command("rack_0/contactor", "open");
  chain.run(5'000);
  const auto told = told_of(chain, break_under_load);
  REQUIRE(told.size() == 1);
  CHECK(told[0].subject == "rack_0");
  CHECK(told[0].state == "opening");
  CHECK(told[0].has_value);
  CHECK(told[0].value == 60);
  CHECK(told[0].unit == "A");
  CHECK(chain.results.back().key == chain.last_command.key);
  CHECK(chain.results.back().outcome == outcome::done);
  CHECK(chain.results.back().reasons == lines{"break_under_load is latched: reset first"});
  chain.run(10'000);
  CHECK(told_of(chain, break_under_load).size() == 1);
}

TEST_CASE("a lock that the event of its opening names is not told twice") {
  stage chain;
  chain.run(1'000);
  chain.welded = true;
  chain.run(6'000);
  CHECK(std::ranges::count(chain.texts("contactor"), "fault contactor_weld") == 1);
  CHECK(told_of(chain, contactor_weld).size() == 1);
}

} // namespace voltaic::actors::contactor::contactor_locks_test
