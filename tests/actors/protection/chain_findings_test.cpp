#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "actors/protection/bench_chain.hpp"

/// What the contactor finds is told by protection, as any alarm.
namespace voltaic::actors::protection::chain_findings_test {

using testing::stage;

namespace {

/// The newest event of a candidate; it must be there.
const messages::event& newest(const stage& chain, const std::string& candidate) {
  const auto found = std::ranges::find(chain.events.rbegin(), chain.events.rend(), candidate,
                                       &messages::event::candidate);
  REQUIRE(found != chain.events.rend());
  return *found;
}

bool is_told(const stage& chain, const std::string& candidate) {
  return std::ranges::find(chain.events, candidate, &messages::event::candidate) !=
         chain.events.end();
}

} // namespace

TEST_CASE("current through open contactors is an alarm, bars closing, and is over by itself") {
  stage chain;
  chain.run(1'000);
  chain.current_a = -30;
  chain.run(2'000);
  CHECK_FALSE(is_told(chain, "current_while_open"));
  chain.run(500);
  const auto alarm = newest(chain, "current_while_open");
  CHECK(alarm.kind == "protection");
  CHECK(alarm.level == "alarm");
  CHECK(alarm.edge == "set");
  CHECK(alarm.value == -30);
  CHECK(alarm.unit == "A");
  CHECK(alarm.actions == std::vector<std::string>{"inhibit_close"});
  chain.command("rack_0/protection", "acknowledge", "operator",
                "rack_0-boot-" + std::to_string(alarm.sequence));
  CHECK(chain.results.back().outcome == messages::outcome::done);
  CHECK(newest(chain, "current_while_open").edge == "acknowledge");
  chain.command("rack_0/contactor", "close");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  REQUIRE_FALSE(chain.results.back().reasons.empty());
  CHECK(chain.results.back().reasons.front().starts_with("current_while_open"));
  chain.current_a = 0;
  chain.run(5'500);
  CHECK(newest(chain, "current_while_open").edge == "clear");
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  CHECK(chain.results.back().outcome == messages::outcome::done);
  // What flows through a rack that is closed is no finding, however long.
  chain.current_a = -30;
  chain.run(10'000);
  CHECK(newest(chain, "current_while_open").edge == "clear");
}

TEST_CASE("an unreadable emergency stop is an alarm beside what it does") {
  stage chain;
  chain.inputs = {{contactor::input_role::stop, "dio_0/stop", "dio_0"}};
  chain.start();
  chain.run(900);
  CHECK_FALSE(is_told(chain, "emergency_stop_unreadable"));
  chain.run(500);
  const auto& alarm = newest(chain, "emergency_stop_unreadable");
  CHECK(alarm.kind == "protection");
  CHECK(alarm.edge == "set");
  CHECK(alarm.reason == "dio_0/stop is not heard, or has no good value");
  CHECK(alarm.actions == std::vector<std::string>{"open_immediate", "inhibit_close"});
  chain.command("rack_0/contactor", "close");
  CHECK(chain.results.back().reasons.front() == "emergency_stop is not heard");
}

TEST_CASE("an input that waited while the node stood still is as old as it is") {
  stage chain;
  chain.inputs = {{contactor::input_role::stop, "dio_0/stop", "dio_0"}};
  chain.start();
  messages::point_description point;
  point.name = "dio_0/stop";
  const auto described = messages::points::make_catalogue("dio_0", {point});
  chain.deliver("dio_0", described);
  const auto say_inactive = [&] {
    messages::block block;
    block.source_time_us = chain.now_us;
    block.quality = messages::quality::good;
    block.values = messages::block::words{0};
    chain.deliver("dio_0", messages::telemetry{described.owner, described.fingerprint, {block}});
  };
  const auto run = [&](int beats) {
    for (int beat = 0; beat < beats; ++beat) {
      chain.beat();
      say_inactive();
    }
  };
  run(40);
  chain.command("rack_0/contactor", "close");
  run(40);
  REQUIRE(chain.order.lease);
  chain.now_us += 50'000;
  chain.node_us = chain.now_us + 2 * contactor::input_silence_us_min;
  say_inactive();
  CHECK(chain.texts("contactor").back().find("emergency_stop_unreadable") != std::string::npos);
  CHECK(chain.order.contactor != messages::contactor_order::close);
}

} // namespace voltaic::actors::protection::chain_findings_test
