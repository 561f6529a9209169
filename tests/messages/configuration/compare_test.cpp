#include "messages/configuration/compare.hpp"

#include <algorithm>
#include <functional>
#include <random>

#include "messages/configuration/items.hpp"
#include "messages/configuration/text.hpp"
#include "messages/protection/level_rules.hpp"
#include "support/sample_configuration.hpp"

namespace configuration_compare_test {

using namespace voltaic::messages::configuration;
using namespace voltaic::messages::protection;
using voltaic::tests::sample_configuration;

namespace {

using edit = std::function<void(rack_configuration&)>;

comparison after(const edit& change) {
  auto wanted = sample_configuration();
  change(wanted);
  return compare(sample_configuration(), wanted);
}

candidate& find(rack_configuration& in, const char* name) {
  const auto found = std::ranges::find(in.limits.candidates, name, &candidate::name);
  REQUIRE(found != in.limits.candidates.end());
  return *found;
}

/// The fault of the cells' upper voltage: 3.65 V, 3.40 V, 1 s, 10 s, latch user.
edit fault(const std::function<void(limit&)>& change) {
  return [change](rack_configuration& of) { change(find(of, "cell_overvoltage").limits[2]); };
}

std::vector<std::string> loosened(const comparison& found) {
  std::vector<std::string> items;
  for (const auto& each : found.to_approve())
    items.push_back(each.item + (each.effect == effect::replaces ? " replaces" : ""));
  return items;
}
using words = std::vector<std::string>;

/// Nothing of it needs approval, and all of it is taken.
void check_tighter(const edit& change) {
  auto wanted = sample_configuration();
  change(wanted);
  const auto found = after(change);
  CHECK(found.to_approve().empty());
  CHECK_FALSE(found.changes.empty());
  CHECK(found.tighter == wanted);
}

/// It needs approval, by this name, and none of it is taken.
void check_looser(const edit& change, const char* item) {
  const auto found = after(change);
  CHECK(loosened(found) == words{item});
  CHECK(found.tighter == sample_configuration());
}

/// A rack with inputs of a [[digital]] and an inverter before it.
rack_configuration wired_configuration() {
  auto before = sample_configuration();
  before.emergency_stop = before.interlock = before.fire = "dio_0/input";
  before.emergency_stop_wiring = before.interlock_wiring = before.fire_wiring =
      "gpiochip0 line 17, normally closed";
  before.inverter = "victron 0123, little endian, offset 0, address 0";
  before.inverter_match = "unknown";
  before.safety_relay = "dio_0/relay";
  before.equipment = "hvac_0: hvac 01 at 10.0.0.7:502 unit 1; meter_0: meter 02 at 10.0.0.8:502";
  before.limits_policy = "smallest_times_active";
  before.limits_lost_silent = before.limits_lost_invalid = "hold";
  before.limits_hold_ms = 10'000;
  for (const auto value :
       {&rack_configuration::emergency_stop_debounce_ms, &rack_configuration::interlock_debounce_ms,
        &rack_configuration::fire_debounce_ms, &rack_configuration::inverter_charge_voltage_v,
        &rack_configuration::inverter_discharge_voltage_v,
        &rack_configuration::inverter_charge_current_a,
        &rack_configuration::inverter_discharge_current_a,
        &rack_configuration::inverter_fold_back_v,
        &rack_configuration::inverter_discharge_fold_back_v,
        &rack_configuration::fallback_charge_current_a,
        &rack_configuration::fallback_discharge_current_a, &rack_configuration::fallback_lowest_v,
        &rack_configuration::fallback_highest_v})
    before.*value = 100;
  return before;
}

/// What of another one would have to be approved.
comparison after_wired(const edit& change) {
  auto wanted = wired_configuration();
  change(wanted);
  return compare(wired_configuration(), wanted);
}

} // namespace

TEST_CASE("the same configuration is no change") {
  CHECK(after([](auto&) {}).changes.empty());
  CHECK(after([](auto&) {}).tighter == sample_configuration());
}

TEST_CASE("limits that only tighten are taken") {
  check_tighter(fault([](limit& one) { one.set = 3.62; }));
  check_tighter(fault([](limit& one) { one.clear = 3.3; }));
  check_tighter(fault([](limit& one) { one.set_ms = 10; }));
  check_tighter(fault([](limit& one) { one.clear_ms = 60'000; }));
  check_tighter(fault([](limit& one) { one.latch = latch::lock; }));
  check_tighter([](auto& of) {
    find(of, "cell_overvoltage").limits[3].actions[1].kind = action_kind::open_immediate;
  });
  check_tighter(fault([](limit& one) { one.actions.push_back({action_kind::fan_on, 0}); }));
  check_tighter(fault([](limit& one) { one.reason = "told"; }));
  check_tighter([](auto& of) { find(of, "cell_overvoltage").period_ms = 10; });
  check_tighter([](auto& of) { of.limits.name = "own"; });
}

TEST_CASE("each respect in which a level protects less is named, and its row stays as approved") {
  const auto is_looser = [](const std::function<void(limit&)>& change, const char* part) {
    check_looser(fault(change), (std::string("cell_overvoltage/fault/") + part).c_str());
  };
  is_looser([](limit& one) { one.set = 3.66; }, "set");
  is_looser([](limit& one) { one.clear = 3.45; }, "clear");
  is_looser([](limit& one) { one.set_ms = 1001; }, "set_ms");
  is_looser([](limit& one) { one.clear_ms = 4999; }, "clear_ms");
  is_looser([](limit& one) { one.actions.pop_back(); }, "actions");
  is_looser([](limit& one) { one.condition = "charging over 0.02 C"; }, "condition");
  is_looser(
      [](limit& one) {
        one.latch = latch::none;
        one.reason = "why not";
      },
      "latch");
  check_looser([](auto& of) { find(of, "cell_overvoltage").limits.pop_back(); },
               "cell_overvoltage/hard");
  check_looser([](auto& of) { find(of, "cell_overvoltage").period_ms = 500; },
               "cell_overvoltage/period_ms");
}

TEST_CASE("levels that wait for each other are looser, ones that no longer do are not") {
  check_looser([](rack_configuration& of) { find(of, "cell_overvoltage").cascade = true; },
               "cell_overvoltage/cascade");
  auto before = sample_configuration();
  find(before, "cell_overvoltage").cascade = true;
  const auto found = compare(before, sample_configuration());
  CHECK(found.to_approve().empty());
  CHECK(found.changes.size() == 1);
  CHECK(found.tighter == sample_configuration());
  // The canonical text tells it, and reads back.
  const auto again = read_configuration(canonical_text(before));
  REQUIRE(again);
  CHECK(*again == before);
}

TEST_CASE("a candidate that is gone is kept, one that is new is taken") {
  const auto gone = after([](auto& of) {
    std::erase_if(of.limits.candidates, [](const auto& each) { return each.name == "soc_low"; });
  });
  CHECK(loosened(gone) == words{"soc_low"});
  auto kept = gone.tighter;
  CHECK(find(kept, "soc_low").limits.size() == 3);
  auto without = sample_configuration();
  std::erase_if(without.limits.candidates, [](const auto& each) { return each.name == "soc_low"; });
  const auto added = compare(without, sample_configuration());
  CHECK(added.to_approve().empty());
  CHECK(added.tighter == sample_configuration());
}

TEST_CASE("of one row that loosens in one part and tightens in another nothing is taken") {
  const auto found = after(fault([](limit& one) {
    one.set = 3.66;
    one.set_ms = 10;
  }));
  CHECK(loosened(found) == words{"cell_overvoltage/fault/set"});
  CHECK(found.changes.size() == 2);
  CHECK(found.tighter == sample_configuration());
}

TEST_CASE("rows are judged one by one: a tighter one is taken beside a looser one") {
  const auto found = after([](auto& of) {
    find(of, "cell_overvoltage").limits[2].set = 3.66;
    find(of, "cell_undervoltage").limits[2].set = 2.6;
    find(of, "cell_overvoltage").limits[0].set = 3.54;
  });
  auto kept = found.tighter;
  CHECK(find(kept, "cell_overvoltage").limits[2].set == 3.65);
  CHECK(find(kept, "cell_undervoltage").limits[2].set == 2.6);
  CHECK(find(kept, "cell_overvoltage").limits[0].set == 3.54);
}

TEST_CASE("rows of two tables that contradict each other leave the candidate as approved") {
  // The warning at 3.57 V is looser and stays at 3.55 V; the alarm must not come before it.
  const auto found = after([](auto& of) {
    auto& levels = find(of, "cell_overvoltage").limits;
    levels[0].set = 3.57;
    levels[1].set = 3.549;
  });
  CHECK(loosened(found) == words{"cell_overvoltage/warning/set"});
  CHECK(found.tighter == sample_configuration());
}

TEST_CASE("a low limit is looser where it lies lower") {
  check_looser([](auto& of) { find(of, "cell_undervoltage").limits[2].set = 2.4; },
               "cell_undervoltage/fault/set");
  check_tighter([](auto& of) { find(of, "cell_undervoltage").limits[2].set = 2.55; });
}

TEST_CASE("a derating of a greater percent is looser, and a stop covers it") {
  const auto with = [](action one) {
    return [one](auto& of) { find(of, "cell_overvoltage").limits[0].actions = {one}; };
  };
  check_looser(with({action_kind::derate_charge, 60}), "cell_overvoltage/warning/actions");
  check_tighter(with({action_kind::derate_charge, 40}));
  check_tighter(with({action_kind::stop_charge, 0}));
}

TEST_CASE("curves are compared wherever they could differ") {
  auto before = sample_configuration();
  before.derating.cell_voltage.charge = {{3.5, 100}, {3.6, 0}};
  auto wanted = before;
  auto& curve = wanted.derating.cell_voltage.charge;
  curve = {{3.45, 100}, {3.52, 85}, {3.6, 0}};
  CHECK(loosened(compare(before, wanted)) == words{"derating/charge_by_cell_voltage"});
  CHECK(compare(before, wanted).tighter == before);
  curve = {{3.45, 100}, {3.55, 0}};
  CHECK(compare(before, wanted).to_approve().empty());
  CHECK(compare(before, wanted).tighter == wanted);
  curve = {};
  CHECK(loosened(compare(before, wanted)) == words{"derating/charge_by_cell_voltage"});
}

TEST_CASE("ratings, lease and inputs loosen in the direction that protects less") {
  const auto up = [](double rack_configuration::*which) {
    return [which](auto& of) { of.*which += 1; };
  };
  check_looser(up(&rack_configuration::charge_current_a), "charge_current_a");
  check_looser(up(&rack_configuration::discharge_current_a), "discharge_current_a");
  check_looser(up(&rack_configuration::break_current_a), "break_current_a");
  check_looser([](auto& of) { of.closing_spacing_s = 9; }, "closing_spacing_s");
  check_tighter(up(&rack_configuration::closing_spacing_s));
  check_looser(up(&rack_configuration::capacity_ah), "capacity_ah");
  check_looser([](auto& of) { of.capacity_ah = 100; }, "capacity_ah");
  check_looser(up(&rack_configuration::lease_ms), "lease_ms");
  check_looser([](auto& of) { of.lease_ms = 0; }, "lease_ms");
  check_looser([](auto& of) { of.hard_wired_opening = "K1"; }, "hard_wired_opening");
  check_looser([](auto& of) { of.reset_key = "dio_0/key (gpiochip0 line 20, normally open)"; },
               "reset_key");
  check_tighter([](auto& of) { of.charge_current_a = 100; });
  check_tighter([](auto& of) { of.lease_ms = 400; });
  check_tighter([](auto& of) { of.commissioned = 0; });
  check_tighter([](auto& of) { of.fire = "dio_0/fire"; });
  auto with_input = sample_configuration();
  with_input.emergency_stop = "dio_0/stop";
  CHECK(loosened(compare(with_input, sample_configuration())) == words{"emergency_stop"});
  CHECK(compare(with_input, sample_configuration()).tighter == with_input);
  auto with_key = sample_configuration();
  with_key.reset_key = "dio_0/key (gpiochip0 line 20, normally open)";
  CHECK(loosened(compare(with_key, sample_configuration())).empty()); // nobody misses it
  auto rewired = with_key;
  rewired.reset_key = "dio_0/key (gpiochip0 line 21, normally open)";
  CHECK(loosened(compare(with_key, rewired)) == words{"reset_key"});
}

TEST_CASE("another address or other words of a device are no matter of tighter or looser") {
  for (const edit& change :
       {edit([](auto& of) { of.bus = "can1"; }), edit([](auto& of) { of.id_offset = 0; }),
        edit([](auto& of) { of.address = "3"; }), edit([](auto& of) { of.profile = "other"; }),
        edit([](auto& of) { of.profile_content = "0"; })}) {
    const auto found = after(change);
    REQUIRE(found.to_approve().size() == 1);
    CHECK(found.to_approve()[0].effect == effect::replaces);
    CHECK(found.tighter == sample_configuration());
  }
}

TEST_CASE("an envelope that is wider loosens, at either end, and the narrower one is kept") {
  const auto widen = [](double lower, double upper) {
    return edit([=](auto& of) {
      find(of, "cell_overvoltage").minimum -= lower;
      find(of, "cell_overvoltage").maximum += upper;
    });
  };
  check_looser(widen(0.1, 0), "cell_overvoltage/envelope");
  check_looser(widen(0, 0.1), "cell_overvoltage/envelope");
  check_tighter(widen(-0.001, 0));
  check_tighter(widen(0, -0.001));
}

TEST_CASE("what others act by at once keeps a rack open where it protects less") {
  struct bound {
    const char* name;
    double rack_configuration::*value;
    bool looser_up;
    bool looser_down;
    bool looser_without;
  };
  for (const auto& [name, value, looser_up, looser_down, looser_without] :
       {bound{"emergency_stop_debounce_ms", &rack_configuration::emergency_stop_debounce_ms, true,
              false, false},
        bound{"interlock_debounce_ms", &rack_configuration::interlock_debounce_ms, true, false,
              false},
        bound{"fire_debounce_ms", &rack_configuration::fire_debounce_ms, true, false, false},
        bound{"inverter_charge_voltage_v", &rack_configuration::inverter_charge_voltage_v, true,
              false, true},
        bound{"inverter_discharge_voltage_v", &rack_configuration::inverter_discharge_voltage_v,
              false, true, true},
        bound{"inverter_charge_current_a", &rack_configuration::inverter_charge_current_a, true,
              false, true},
        bound{"inverter_discharge_current_a", &rack_configuration::inverter_discharge_current_a,
              true, false, true},
        bound{"inverter_fold_back_v", &rack_configuration::inverter_fold_back_v, false, true, true},
        bound{"inverter_discharge_fold_back_v", &rack_configuration::inverter_discharge_fold_back_v,
              false, true, true},
        bound{"fallback_charge_current_a", &rack_configuration::fallback_charge_current_a, true,
              false, false},
        bound{"fallback_discharge_current_a", &rack_configuration::fallback_discharge_current_a,
              true, false, false},
        bound{"fallback_lowest_v", &rack_configuration::fallback_lowest_v, false, true, true},
        bound{"fallback_highest_v", &rack_configuration::fallback_highest_v, true, false, false}}) {
    INFO(name);
    const auto with = [&, which = value](double number) {
      return loosened(after_wired([&](auto& of) { of.*which = number; }));
    };
    const auto bars = std::string(name) + " replaces";
    CHECK(with(100.5) == (looser_up ? words{bars} : words{}));
    CHECK(with(99.5) == (looser_down ? words{bars} : words{}));
    CHECK(with(0) == (looser_without ? words{bars} : words{}));
  }
}

TEST_CASE("what others act by at once keeps a rack open where it is another") {
  for (const auto& [name, text] :
       {std::pair{"emergency_stop_wiring", &rack_configuration::emergency_stop_wiring},
        std::pair{"interlock_wiring", &rack_configuration::interlock_wiring},
        std::pair{"fire_wiring", &rack_configuration::fire_wiring},
        std::pair{"inverter", &rack_configuration::inverter},
        std::pair{"inverter_match", &rack_configuration::inverter_match},
        std::pair{"safety_relay", &rack_configuration::safety_relay}}) {
    const auto which = text;
    const auto bars = words{std::string(name) + " replaces"};
    CHECK(loosened(after_wired([&](auto& of) { of.*which = "another"; })) == bars);
    CHECK(loosened(after_wired([&](auto& of) { of.*which = ""; })) == bars);
    CHECK(after_wired([&](auto& of) { of.*which = "another"; }).tighter == wired_configuration());
  }
  CHECK(loosened(after_wired([](auto& of) { of.port = "virtual:can7"; })).empty());
  // What was not there before is tighter, but for limits by voltage.
  CHECK(loosened(compare(sample_configuration(), wired_configuration())) ==
        words{"fallback_charge_current_a replaces", "fallback_discharge_current_a replaces"});
}

TEST_CASE("rules of the site's limits keep a rack open where they protect less, in one direction") {
  const auto with = [](std::string rack_configuration::*which, const char* word) {
    return loosened(after_wired([&](auto& of) { of.*which = word; }));
  };
  CHECK(with(&rack_configuration::limits_policy, "sum") == words{"limits_policy replaces"});
  for (const auto& [name, which] :
       {std::pair{"limits_lost_silent", &rack_configuration::limits_lost_silent},
        std::pair{"limits_lost_invalid", &rack_configuration::limits_lost_invalid}}) {
    INFO(name);
    const auto bars = words{std::string(name) + " replaces"};
    CHECK(with(which, "exclude") == bars);
    CHECK(with(which, "who knows") == bars);
    CHECK(with(which, "stop").empty());
    auto stopping = wired_configuration();
    stopping.*which = "stop";
    CHECK(loosened(compare(stopping, wired_configuration())) == bars);
    auto excluding = wired_configuration();
    excluding.*which = "exclude";
    CHECK(compare(excluding, wired_configuration()).to_approve().empty());
  }
  CHECK(loosened(after_wired([](auto& of) { of.limits_hold_ms = 10'001; })) ==
        words{"limits_hold_ms replaces"});
  CHECK(loosened(after_wired([](auto& of) { of.limits_hold_ms = 9'999; })).empty());
  auto summing = wired_configuration();
  summing.limits_policy = "sum";
  CHECK(compare(summing, wired_configuration()).to_approve().empty());
}

TEST_CASE("equipment that judges keeps a rack open where it says other things, is moved or gone") {
  const auto with = [](const char* list) {
    return loosened(after_wired([&](auto& of) { of.equipment = list; }));
  };
  const auto bars = words{"equipment replaces"};
  CHECK(with("hvac_0: hvac 03 at 10.0.0.7:502 unit 1; meter_0: meter 02 at 10.0.0.8:502") == bars);
  CHECK(with("hvac_0: hvac 01 at 10.0.0.9:502 unit 1; meter_0: meter 02 at 10.0.0.8:502") == bars);
  CHECK(with("hvac_0: hvac 01 at 10.0.0.7:502 unit 1") == bars);
  CHECK(with("") == bars);
  // One more judges besides.
  CHECK(with("a: b 1 at c; hvac_0: hvac 01 at 10.0.0.7:502 unit 1; meter_0: meter 02 at "
             "10.0.0.8:502; z: y 1 at x")
            .empty());
  CHECK(compare(sample_configuration(), wired_configuration()).tighter.equipment ==
        wired_configuration().equipment);
}

TEST_CASE("a change is told as item, both values and what it means") {
  CHECK(to_string(after(fault([](limit& one) { one.set = 3.7; })).changes[0]) ==
        "cell_overvoltage/fault/set: 3.65 -> 3.7 (loosens)");
  CHECK(to_string(after([](auto& of) { of.fire = "dio_0/fire"; }).changes[0]) ==
        "fire: nothing -> dio_0/fire");
}

TEST_CASE("the tighter of any two configurations loosens neither, and is valid, and is stable") {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t count) { return random() % count; };
  for (int round = 0; round < 300; ++round) {
    auto wanted = sample_configuration();
    for (int edits = 0; edits < 6; ++edits) {
      auto& watched = wanted.limits.candidates[pick(wanted.limits.candidates.size())];
      auto& level = watched.limits[pick(watched.limits.size())];
      level.set += pick(2) == 0 ? 0.001 : -0.001;
      level.clear += pick(2) == 0 ? 0.0005 : -0.0005;
      level.set_ms += static_cast<std::uint32_t>(pick(3)) * 100;
      level.clear_ms += static_cast<std::uint32_t>(pick(3)) * 100;
    }
    const auto before = sample_configuration();
    const auto found = compare(before, wanted);
    CHECK(compare(before, found.tighter).to_approve().empty());
    CHECK(compare(found.tighter, wanted).tighter == found.tighter);
    for (const auto& each : found.tighter.limits.candidates) CHECK(mistakes_of(each).empty());
  }
}

} // namespace configuration_compare_test
