#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "actors/protection/bench_chain.hpp"

// Points of equipment that act on a rack.
namespace voltaic::actors::protection::equipment_test {

using messages::protection::action_kind;
using messages::protection::latch;
using messages::protection::level;
using testing::stage;

namespace {

messages::protection::candidate room_too_hot() {
  messages::protection::candidate made;
  made.name = "hvac_0/room_temperature_high";
  made.unit = "degC";
  made.direction = messages::protection::direction::high;
  made.period_ms = 1'000;
  made.minimum = -40;
  made.maximum = 90;
  made.limits = {
      {level::warning, 40, 38, 1'000, 1'000, latch::none, {{action_kind::log, 0}}, {}, {}},
      {level::fault,
       50,
       45,
       2'000,
       1'000,
       latch::user,
       {{action_kind::stop_charge, 0}, {action_kind::stop_discharge, 0}},
       {},
       {}}};
  return made;
}

/// A chain whose rack is judged by the room that an air conditioner measures as well.
class cooled_stage : public stage {
 public:
  cooled_stage() {
    adjust = [](protection_options& rules) {
      rules.table.candidates.push_back(room_too_hot());
      rules.points[position_of(own_point(0))] = {1, 0, 1'000, "hvac_0/room_temperature", 3'000};
    };
    equipment = {"hvac_0"};
    messages::point_description room;
    room.name = "hvac_0/room_temperature";
    room.raw_type = "i16";
    room.scale = 0.1;
    // A point called as one of the rack's own is none of it.
    messages::point_description cells;
    cells.name = "hvac_0/cell_voltage";
    cells.raw_type = "u16";
    cells.count = testing::cells;
    described_ = messages::points::make_catalogue("hvac_0", {room, cells});
    start();
    learn();
  }

  /// A life hears from it what it says.
  void learn() { deliver("hvac_0", described_); }

  void say(double room_c, messages::quality is = messages::quality::good) {
    messages::telemetry said;
    said.owner = "hvac_0";
    said.fingerprint = described_.fingerprint;
    said.blocks.resize(2);
    said.blocks[0].source_time_us = said.blocks[1].source_time_us = ++said_us_;
    said.blocks[0].quality = said.blocks[1].quality = is;
    said.blocks[0].values =
        messages::block::words{static_cast<std::uint16_t>(static_cast<std::int16_t>(room_c * 10))};
    said.blocks[1].point = 1;
    said.blocks[1].values = messages::block::words(testing::cells, 9);
    deliver("hvac_0", said);
  }
  void run_saying(double room_c, int seconds) {
    for (int each = 0; each < seconds; ++each) {
      say(room_c);
      run(1'000);
    }
  }

 private:
  messages::catalogue described_;
  std::int64_t said_us_ = 7; // another machine's clock
};

} // namespace

TEST_CASE("a level of equipment acts on the rack, latches and is reset as any other") {
  cooled_stage chain;
  chain.run_saying(25, 5);
  REQUIRE(chain.permit.close_allowed);
  CHECK(chain.limits.charge_current_a == 140);
  chain.run_saying(40, 4);
  CHECK(chain.texts("protection") ==
        std::vector<std::string>{"set hvac_0/room_temperature_high/warning rack"});
  CHECK(chain.limits.charge_current_a == 140);
  chain.run_saying(50, 4);
  CHECK(chain.limits.charge_current_a == 0);
  CHECK(chain.limits.discharge_current_a == 0);
  CHECK(chain.permit.granted); // nothing of it opens
  chain.run_saying(25, 4);
  CHECK(chain.limits.charge_current_a == 0);
  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome == messages::outcome::done);
  chain.run_saying(25, 3);
  CHECK(chain.limits.charge_current_a > 0);
}

TEST_CASE(
    "equipment that falls silent stops the current where its levels could, and opens nothing") {
  cooled_stage chain;
  chain.run_saying(25, 5);
  chain.run(1'500);
  CHECK(chain.limits.charge_current_a == 140);
  chain.run(20'000);
  CHECK(chain.limits.charge_current_a == 0);
  CHECK(chain.permit.granted);
  const auto told = chain.texts("protection");
  CHECK(std::ranges::find(told, "set communication_loss/alarm hvac_0/room_temperature") !=
        told.end());
  chain.run_saying(25, 20);
  CHECK(chain.limits.charge_current_a > 0);
}

TEST_CASE("equipment that never speaks is silent from the start on, and a restart lifts nothing") {
  cooled_stage chain;
  const auto is_told = [&] {
    const auto told = chain.texts("protection");
    return std::ranges::find(told, "set communication_loss/alarm hvac_0/room_temperature") !=
           told.end();
  };
  SECTION("never") {
    chain.run(20'000);
  }
  SECTION("not since a restart") {
    chain.run_saying(25, 5);
    chain.run(20'000);
    REQUIRE(chain.limits.charge_current_a == 0);
    chain.events.clear();
    chain.start();
    chain.run(20'000);
  }
  SECTION("not since it says that it knows nothing") {
    chain.run_saying(25, 5);
    REQUIRE(chain.limits.charge_current_a == 140);
    chain.say(0, messages::quality::never);
    chain.run(20'000);
  }
  CHECK(is_told());
  CHECK(chain.limits.charge_current_a == 0);
  CHECK(chain.limits.discharge_current_a == 0);
  CHECK(chain.permit.granted);
  chain.learn();
  chain.run_saying(25, 20);
  CHECK(chain.limits.charge_current_a > 0);
}

TEST_CASE("equipment that opens by an approved table stops the current where it falls silent") {
  cooled_stage chain;
  const auto before = chain.adjust;
  chain.adjust = [before](protection_options& rules) {
    before(rules);
    auto& fault = rules.table.candidates.back().limits.back();
    fault.actions.push_back({action_kind::open_ordered, 0});
  };
  chain.start();
  chain.learn();
  chain.run_saying(25, 5);
  REQUIRE(chain.permit.granted);
  chain.run(20'000);
  CHECK(chain.limits.charge_current_a == 0);
  CHECK(chain.permit.granted);
}

TEST_CASE("what equipment says of other points changes no value of the rack") {
  cooled_stage chain;
  chain.run_saying(25, 10);
  // 9 mV of 32 cells would be no cells at all.
  CHECK(chain.texts("protection").empty());
  CHECK(chain.permit.close_allowed);
}

} // namespace voltaic::actors::protection::equipment_test
