#include "messages/protection/loosening.hpp"

#include <catch2/catch.hpp>
#include <functional>

namespace loosening_test {

using namespace voltaic::messages::protection;

namespace {

using words = std::vector<std::string>;

candidate high() {
  candidate made;
  made.name = "cell_overvoltage";
  made.limits = {
      {level::alarm, 3.6, 3.5, 1000, 5000, latch::none, {{action_kind::stop_charge, 0}}, {}, {}},
      {level::fault,
       3.65,
       3.4,
       1000,
       5000,
       latch::user,
       {{action_kind::stop_charge, 0}, {action_kind::open_ordered, 0}},
       {},
       {}}};
  return made;
}

table rules(const std::function<void(candidate&)>& change = [](candidate&) {}) {
  table made;
  made.candidates = {high()};
  change(made.candidates[0]);
  return made;
}

words changed(const std::function<void(limit&)>& change) {
  return loosenings(rules(), rules([&](candidate& each) { change(each.limits[1]); }));
}

} // namespace

TEST_CASE("rules that only tighten loosen nothing") {
  CHECK(loosenings(rules(), rules()).empty());
  CHECK(changed([](limit& one) { one.set = 3.62; }).empty());
  CHECK(changed([](limit& one) { one.clear = 3.3; }).empty());
  CHECK(changed([](limit& one) { one.set_ms = 10; }).empty());
  CHECK(changed([](limit& one) { one.clear_ms = 60'000; }).empty());
  CHECK(changed([](limit& one) { one.latch = latch::lock; }).empty());
  CHECK(changed([](limit& one) { one.actions[1].kind = action_kind::open_immediate; }).empty());
  CHECK(changed([](limit& one) { one.actions.push_back({action_kind::lock, 0}); }).empty());
}

TEST_CASE("each respect in which a level protects less is told") {
  const auto is = [](const char* part) {
    return words{std::string("cell_overvoltage/fault: ") + part};
  };
  CHECK(changed([](limit& one) { one.set = 3.66; }) == is("set"));
  CHECK(changed([](limit& one) { one.clear = 3.45; }) == is("clear"));
  CHECK(changed([](limit& one) { one.set_ms = 1001; }) == is("set_ms"));
  CHECK(changed([](limit& one) { one.clear_ms = 4999; }) == is("clear_ms"));
  CHECK(changed([](limit& one) { one.latch = latch::none; }) == is("latch"));
  CHECK(changed([](limit& one) { one.actions.pop_back(); }) == is("actions"));
  CHECK(changed([](limit& one) { one.condition = "charging over 0.02 C"; }) == is("condition"));
  CHECK(loosenings(rules(), rules([](candidate& each) { each.limits.pop_back(); })) ==
        words{"cell_overvoltage/fault is gone"});
  CHECK(loosenings(rules(), rules([](candidate& each) { each.period_ms = 500; })) ==
        words{"cell_overvoltage: period_ms"});
  CHECK(loosenings(rules(), {}) == words{"cell_overvoltage is gone"});
  CHECK(loosenings({}, rules()).empty());
}

TEST_CASE("a low limit is looser where it lies lower") {
  auto before = rules();
  before.candidates[0].direction = direction::low;
  auto after = before;
  after.candidates[0].limits[0].set -= 0.1;
  CHECK(loosenings(before, after) == words{"cell_overvoltage/alarm: set"});
  CHECK(loosenings(after, before).empty());
}

TEST_CASE("a derating of a greater percent is looser, and a stop covers it") {
  const auto with = [](action one) {
    return rules([&](candidate& each) { each.limits[0].actions = {one}; });
  };
  const auto half = with({action_kind::derate_charge, 50});
  CHECK(loosenings(half, with({action_kind::derate_charge, 60})).size() == 1);
  CHECK(loosenings(half, with({action_kind::derate_charge, 40})).empty());
  CHECK(loosenings(half, with({action_kind::stop_charge, 0})).empty());
}

TEST_CASE("curves are compared wherever they could differ") {
  derating before;
  before.cell_voltage.charge = {{3.5, 100}, {3.6, 0}};
  auto after = before;
  after.cell_voltage.charge = {{3.45, 100}, {3.52, 85}, {3.6, 0}};
  CHECK(loosenings(before, after) == words{"derating: cell voltage"});
  after.cell_voltage.charge = {{3.45, 100}, {3.55, 0}};
  CHECK(loosenings(before, after).empty());
  after.cell_voltage.charge = {};
  CHECK(loosenings(before, after) == words{"derating: cell voltage"});
  after = before;
  after.recovery_percent_per_s = 2;
  after.trend_horizon_s = 0;
  CHECK(loosenings(before, after) ==
        words{"derating: recovery_percent_per_s", "derating: trend_horizon_s"});
  CHECK(loosenings(after, before).empty());
}

} // namespace loosening_test
