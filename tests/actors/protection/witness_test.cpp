#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "actors/protection/bench_chain.hpp"
#include "actors/protection/witness_model.hpp"

// What an inverter's link says of a rack's current sensor, and what follows for the rack.
namespace voltaic::actors::protection::witness_test {

using messages::current_agreement;
using enum messages::current_agreement;
using testing::stage;

namespace {

/// A chain before which the link of an inverter compares currents, with or without a second
/// evaluator.
class witnessed_stage : public stage {
 public:
  explicit witnessed_stage(bool is_doubled = false) {
    witness = "inverter_0/link";
    has_second = is_doubled;
    adjust = [](protection_options& rules) {
      rules.points[position_of(measured::current)] = {1, 1, 50};
    };
    const auto point = [](std::string name, std::string type) {
      messages::point_description made;
      made.name = std::move(name);
      made.raw_type = std::move(type);
      return made;
    };
    described_ = messages::points::make_catalogue("inverter_0/link",
                                                  {point("inverter_0/current_check_rack_1", "u16"),
                                                   point("inverter_0/current_check_rack_0", "u16"),
                                                   point("inverter_0/current_check", "text")});
    start();
    learn();
  }
  void learn() { deliver("inverter_0/link", described_); }

  void say(current_agreement word, messages::quality is = messages::quality::good) {
    messages::telemetry said;
    said.owner = "inverter_0/link";
    said.fingerprint = described_.fingerprint;
    said.blocks.resize(3);
    for (std::uint16_t each = 0; each < 3; ++each) {
      said.blocks[each].point = each;
      said.blocks[each].quality = is;
      said.blocks[each].source_time_us = ++said_us_;
    }
    // The other rack's is none of this one's business.
    said.blocks[0].values = messages::block::words{
        static_cast<std::uint16_t>(word == contradicts ? agrees : contradicts)};
    said.blocks[1].values = messages::block::words{static_cast<std::uint16_t>(word)};
    said.blocks[2].values = std::string("inverter_0/current measures 50.0 A, rack_0 shows -50.0 A");
    deliver("inverter_0/link", said);
  }
  void run_saying(current_agreement word, int ms) {
    for (int each = 0; each < ms; each += 500) {
      say(word);
      run(500);
    }
  }
  bool is_told(const std::string& line) {
    const auto told = texts("protection");
    return std::ranges::find(told, line) != told.end();
  }

 private:
  messages::catalogue described_;
  std::int64_t said_us_ = 7;
};

constexpr const char* set = "set current_implausible/alarm rack";
constexpr const char* clear = "clear current_implausible/alarm rack";

} // namespace

TEST_CASE("a doubt of the current is over when current flows by which both agree, not before") {
  struct step {
    std::optional<current_agreement> said;
    std::int64_t now_ms;
    std::optional<bool> expected;
  };
  const std::vector<step> steps = {
      {{}, 0, false}, // nobody ever said anything
      {unclaimed, 100, false},
      {contradicts, 200, true},
      {{}, 1'700, true},         // 1.5 s old
      {{}, 1'710, std::nullopt}, // silent: nobody knows
      {unclaimed, 2'000, std::nullopt},
      {contradicts, 2'100, true},
      {unclaimed, 2'200, std::nullopt},
      {agrees, 2'300, false},
      {{}, 9'000, false},
      {unclaimed, 9'100, false},
  };
  witness_model model;
  for (const auto& each : steps) {
    INFO("at " << each.now_ms << " ms");
    if (each.said) model.hear(*each.said, each.now_ms * messages::us_per_ms);
    CHECK(model.contradicts(each.now_ms * messages::us_per_ms) == each.expected);
  }
}

TEST_CASE("F-148 an inverter that measures another current halves the rack's and says both") {
  witnessed_stage chain;
  chain.run_saying(agrees, 5'000);
  const auto before = chain.limits;
  REQUIRE(before.charge_current_a == 140);
  REQUIRE_FALSE(chain.is_told(set));
  chain.run_saying(contradicts, 500);
  CHECK(chain.is_told(set));
  CHECK(chain.limits.charge_current_a == before.charge_current_a / 2);
  CHECK(chain.limits.discharge_current_a == before.discharge_current_a / 2);
  CHECK(chain.permit.granted); // it opens nothing
  const auto found =
      std::ranges::find(chain.events, "current_implausible", &messages::event::candidate);
  REQUIRE(found != chain.events.end());
  CHECK(found->reason.starts_with(
      "inverter_0/current measures 50.0 A, rack_0 shows -50.0 A: voltage, SOC or the inverter"));
  chain.run_saying(agrees, 9'500);
  CHECK_FALSE(chain.is_told(clear));
  chain.run_saying(agrees, 1'500);
  CHECK(chain.is_told(clear));
}

TEST_CASE("F-148 an alarm by what an inverter says comes and goes, and never latches by that") {
  witnessed_stage chain;
  chain.run_saying(agrees, 5'000);
  constexpr int rounds = 7; // five in an hour latch any other alarm
  for (int round = 0; round < rounds; ++round) {
    chain.run_saying(contradicts, 1'000);
    chain.run_saying(agrees, 12'000);
  }
  const auto told = chain.texts("protection");
  CHECK(std::ranges::count(told, set) == rounds);
  CHECK(std::ranges::count(told, clear) == rounds);
}

TEST_CASE("F-148 what nobody says sets no alarm of the current and lifts none") {
  witnessed_stage chain;
  SECTION("the link never speaks") {
    chain.run(20'000);
    CHECK_FALSE(chain.is_told(set));
    CHECK(chain.limits.charge_current_a == 140);
  }
  SECTION("it says words that are stale") {
    for (int each = 0; each < 40; ++each) {
      chain.say(contradicts, messages::quality::stale);
      chain.run(500);
    }
    CHECK_FALSE(chain.is_told(set));
  }
  SECTION("it falls silent while the alarm stands") {
    chain.run_saying(contradicts, 2'000);
    REQUIRE(chain.is_told(set));
    chain.run(60'000);
    CHECK_FALSE(chain.is_told(clear));
    CHECK(chain.limits.charge_current_a == 70);
  }
  SECTION("nothing flows by which it could tell") {
    chain.run_saying(contradicts, 2'000);
    chain.run_saying(unclaimed, 60'000);
    CHECK_FALSE(chain.is_told(clear));
  }
}

TEST_CASE("F-157 two evaluators hear the same of the current and do not differ by it") {
  witnessed_stage chain(true);
  chain.run_saying(agrees, 5'000);
  chain.run_saying(contradicts, 5'000);
  CHECK(chain.is_told(set));
  chain.run_saying(agrees, 15'000);
  CHECK(chain.is_told(clear));
  for (const auto& each : chain.texts("protection"))
    CHECK(each.find("evaluator_difference") == std::string::npos);
}

} // namespace voltaic::actors::protection::witness_test
