#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "actors/protection/bench_chain.hpp"
#include "actors/protection/link_fault_model.hpp"

// A CAN controller that leaves its bus, and what that comes to for the rack behind it.
namespace voltaic::actors::protection::link_fault_test {

using testing::stage;

namespace {

constexpr std::int64_t s = messages::us_per_s;

/// A chain whose node says each second how its bus fares.
class linked_stage : public stage {
 public:
  explicit linked_stage(bool is_doubled = false) {
    has_second = is_doubled;
    adjust = [](protection_options& rules) { rules.bus = "can0"; };
    start();
  }
  void say_link(const std::string& state, std::uint64_t offs, std::uint16_t errors = 0) {
    messages::health said;
    said.node = "rack_0";
    said.buses.resize(2);
    said.buses[0].name = "can7"; // another one is worse, and none of this rack's business
    said.buses[0].state = "bus-off";
    said.buses[0].bus_off = 99;
    said.buses[1].name = "can0";
    said.buses[1].state = state;
    said.buses[1].bus_off = offs;
    said.buses[1].receive_errors = errors;
    deliver("rack_0/health", said);
  }
  void run_saying(const std::string& state, std::uint64_t offs, int seconds) {
    for (int each = 0; each < seconds; ++each) {
      say_link(state, offs);
      run(1'000);
    }
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const auto& each : texts("protection"))
      if (each.find(" bus_") != std::string::npos) all.push_back(each);
    return all;
  }
  [[nodiscard]] bool is_told(const std::string& line) const {
    const auto all = told();
    return std::ranges::find(all, line) != all.end();
  }
};

using lines = std::vector<std::string>;
constexpr const char* alarm = "set bus_off/alarm can0";

} // namespace

TEST_CASE("F-060 bus-offs count for a minute, and one that nobody ends as too many") {
  link_fault_model model;
  CHECK_FALSE(model.is_known());
  model.hear({false, 40, 0}, s);
  REQUIRE(model.is_known());
  CHECK(model.offs(s) == 0); // before this life
  model.hear({true, 41, 128}, 2 * s);
  CHECK(model.offs(2 * s) == 1);
  model.hear({false, 41, 0}, 3 * s);
  CHECK(model.offs(62 * s - 1) == 1);
  CHECK(model.offs(62 * s) == 0);
  // It was off and back between two words.
  model.hear({false, 44, 0}, 70 * s);
  CHECK(model.offs(70 * s) == 3);
  model.hear({true, 45, 255}, 71 * s);
  CHECK(model.offs(91 * s - 1) == 4);
  CHECK(model.offs(91 * s) == 6); // for 20 s
  CHECK(model.offs(900 * s) == 6);
  model.hear({false, 45, 0}, 901 * s);
  CHECK(model.offs(901 * s) == 0);
}

TEST_CASE("F-060 a port that begins anew counts from zero, and off is off from the first word on") {
  link_fault_model model;
  model.hear({true, 9, 255}, s);
  CHECK(model.offs(s) == 1);
  model.hear({false, 9, 0}, 2 * s);
  model.hear({false, 0, 0}, 3 * s);
  CHECK(model.offs(3 * s) == 1);
  model.hear({false, 1, 0}, 4 * s);
  CHECK(model.offs(4 * s) == 2);
  // More than anybody counts.
  model.hear({false, 400, 0}, 5 * s);
  CHECK(model.offs(5 * s) == 6);
}

TEST_CASE(
    "F-060 a bus that is restarted and off again five times is an alarm until a person resets") {
  linked_stage chain;
  chain.run_saying("error-active", 0, 5);
  REQUIRE(chain.permit.close_allowed);
  for (std::uint64_t off = 1; off <= 5; ++off) {
    chain.run_saying("bus-off", off, 1);
    chain.run_saying("error-active", off, 1);
  }
  CHECK(chain.told() == lines{"set bus_off/warning can0", "set bus_errors/warning can0"});
  CHECK(chain.permit.close_allowed);
  chain.run_saying("bus-off", 6, 1);
  CHECK(chain.is_told(alarm));
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(std::ranges::find(chain.permit.reasons, "bus_off/alarm can0") !=
        chain.permit.reasons.end());
  const auto event = std::ranges::find_if(chain.events, [](const messages::event& each) {
    return each.candidate == "bus_off" && each.level == "alarm";
  });
  REQUIRE(event != chain.events.end());
  CHECK(event->value == 6);
  CHECK(event->unit == "per minute");
  CHECK(event->actions == lines{"inhibit_close"});

  // Not by itself, nor by a restart, nor while it may go on.
  chain.command("rack_0/protection", "reset", "operator");
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  chain.run_saying("error-active", 6, 90);
  CHECK(chain.is_told("latch bus_off/alarm can0"));
  CHECK_FALSE(chain.permit.close_allowed);
  chain.start();
  chain.run_saying("error-active", 6, 5);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.reasons == lines{"bus_off/alarm can0 is latched: reset first"});
  chain.results.clear();
  chain.command("rack_0/protection", "reset", "operator");
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome == messages::outcome::done);
  CHECK(chain.is_told("reset bus_off/alarm can0"));
  chain.run(200);
  CHECK(chain.permit.close_allowed);
}

TEST_CASE("F-060 a bus that nobody restarts for 20 s is the same alarm") {
  linked_stage chain;
  chain.run_saying("error-active", 0, 5);
  chain.run_saying("bus-off", 1, 19);
  CHECK_FALSE(chain.is_told(alarm));
  chain.run_saying("bus-off", 1, 3);
  CHECK(chain.is_told(alarm));
  CHECK_FALSE(chain.permit.close_allowed);
}

TEST_CASE("F-060 two evaluators hear the same of a bus and do not differ") {
  linked_stage chain(true);
  chain.run_saying("error-active", 0, 5);
  REQUIRE(chain.permit.close_allowed);
  chain.run_saying("error-active", 6, 5);
  CHECK(chain.is_told(alarm));
  const auto told = chain.texts("protection");
  CHECK(std::ranges::none_of(told, [](const std::string& each) {
    return each.find("evaluator_difference") != std::string::npos;
  }));
}

TEST_CASE("F-061 a controller that counts many errors is a warning") {
  linked_stage chain;
  const auto say = [&](const char* state, std::uint16_t errors) {
    chain.say_link(state, 0, errors);
    chain.run(200);
  };
  say("error-active", 95);
  CHECK(chain.told().empty());
  say("error-active", 96);
  CHECK(chain.told() == lines{"set bus_errors/warning can0"});
  CHECK(chain.permit.close_allowed == false); // it is not ready yet
  chain.run(3'000);
  CHECK(chain.permit.close_allowed);
  say("error-active", 95);
  chain.run(9'000);
  CHECK(chain.told().size() == 1);
  chain.run(2'000);
  CHECK(chain.told().back() == "clear bus_errors/warning can0");
  // Whose counters nobody can read has a state.
  say("error-warning", 0);
  CHECK(chain.told().size() == 3);
  say("error-active", 0);
  chain.run(11'000);
  say("error-passive", 0);
  CHECK(chain.told().size() == 5);
}

TEST_CASE("F-060 a rack without a controller of its own hears nobody of one") {
  linked_stage chain;
  chain.adjust = {};
  chain.start();
  chain.run_saying("bus-off", 9, 30);
  CHECK(chain.told().empty());
}

} // namespace voltaic::actors::protection::link_fault_test
