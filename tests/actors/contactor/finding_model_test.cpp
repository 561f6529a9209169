#include "actors/contactor/finding_model.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "actors/contactor/evidence_model.hpp"

namespace finding_model_test {

using namespace voltaic::actors::contactor;
using voltaic::messages::us_per_ms;
using voltaic::messages::us_per_s;

namespace {

/// What came or went until `until_ms`, in steps of 50 ms: "+name", "-name".
struct watcher {
  finding_model model{open_current_limit_a(150)};
  std::int64_t now_ms = 0;
  std::vector<std::string> told;

  void take() {
    for (const auto& one : model.take_changes())
      told.push_back((one.stands ? "+" : "-") + one.candidate);
  }
  void flow(std::optional<bool> is_open, std::optional<double> current_a, int duration_ms) {
    for (int passed = 0; passed < duration_ms; passed += 50) {
      now_ms += 50;
      model.observe(is_open, current_a, now_ms * us_per_ms);
      take();
    }
  }
  void inputs(const std::vector<unreadable_input>& lost, int duration_ms) {
    for (int passed = 0; passed < duration_ms; passed += 50) {
      now_ms += 50;
      model.hear_inputs(lost, now_ms * us_per_ms);
      take();
    }
  }
};

using all = std::vector<std::string>;

} // namespace

TEST_CASE("current through contactors that read open is told after it settled, and bars closing") {
  watcher rack;
  CHECK(open_current_limit_a(150) == 3.0);
  CHECK(open_current_limit_a(10) == 2.0);
  rack.flow(true, 2.9, 20'000);
  rack.flow(false, 100, 20'000);
  rack.flow(true, 100, 1'900); // an opening whose current is told late
  rack.flow(true, 0, 50);
  rack.flow(true, -3.0, 2'000);
  CHECK(rack.told.empty());
  CHECK(rack.model.bar_to_closing().empty());
  rack.flow(true, -3.0, 50);
  CHECK(rack.told == all{"+current_while_open"});
  CHECK(rack.model.bar_to_closing().find("3.0 A") != std::string::npos);
  // Whoever does not know holds it; whoever sees that it is gone ends it later.
  rack.flow(true, std::nullopt, 20'000);
  rack.flow(std::nullopt, 0, 20'000);
  rack.flow(true, 0, 5'000);
  CHECK(rack.told.size() == 1);
  rack.flow(true, 0, 50);
  CHECK(rack.told == all{"+current_while_open", "-current_while_open"});
  CHECK(rack.model.bar_to_closing().empty());
}

TEST_CASE("current while open says why, and is over 5 s after the contactors read closed") {
  finding_model model(open_current_limit_a(150));
  model.observe(true, -60, 0);
  model.observe(true, -60, 2 * us_per_s);
  const auto told = model.take_changes();
  REQUIRE(told.size() == 1);
  CHECK(told[0].candidate == current_while_open);
  CHECK(told[0].stands);
  CHECK(told[0].reason == "feedback says that the contactors are open");
  CHECK(told[0].actions == all{"inhibit_close"});
  CHECK(told[0].value == -60);
  CHECK(told[0].threshold == open_current_limit_a(150));
  // Whatever flows through closed ones, also where nobody knows how much. The time begins here.
  const std::int64_t closed_us = 2 * us_per_s + 1;
  model.observe(false, std::nullopt, closed_us);
  model.observe(false, std::nullopt, closed_us + 5 * us_per_s - 1);
  CHECK(model.take_changes().empty());
  model.observe(false, std::nullopt, closed_us + 5 * us_per_s);
  const auto over = model.take_changes();
  REQUIRE(over.size() == 1);
  CHECK_FALSE(over[0].stands);
  CHECK(over[0].reason.empty());
  CHECK(over[0].actions.empty());
}

TEST_CASE("what has just changed takes its whole time to change again") {
  settled_flag flag(100, 50);
  struct row {
    std::optional<bool> is_so;
    std::int64_t at_us;
    bool changes;
  };
  const row rows[] = {{true, 1'000, false},  {true, 1'099, false},  {true, 1'100, true},
                      {false, 1'101, false}, {false, 1'150, false}, {false, 1'151, true},
                      {true, 1'152, false},  {true, 1'251, false},  {true, 1'252, true}};
  for (const auto& each : rows) {
    CAPTURE(each.at_us);
    CHECK(flag.step(each.is_so, each.at_us) == each.changes);
  }
}

TEST_CASE("feedback tells whether a rack is interrupted, or that it does not know") {
  const auto of = [](std::optional<bool> minus, std::optional<bool> plus,
                     std::optional<bool> precharge) {
    device_values device;
    device.minus_closed = minus;
    device.plus_closed = plus;
    device.precharge_closed = precharge;
    return interrupted(device);
  };
  CHECK(of(false, false, false) == true);
  CHECK(of(false, true, true) == true);
  CHECK(of(true, false, false) == true);
  CHECK(of(true, false, true) == false);
  CHECK(of(true, true, false) == false);
  CHECK(of(true, true, std::nullopt) == false);
  CHECK(of(std::nullopt, false, false) == true);
  CHECK(of(std::nullopt, true, false) == std::nullopt);
  CHECK(of(true, std::nullopt, false) == std::nullopt);
  CHECK(of(std::nullopt, std::nullopt, std::nullopt) == std::nullopt);
}

TEST_CASE("an input that cannot be read is told after a second, and is over after five") {
  watcher rack;
  const unreadable_input stop{emergency_stop_unreadable, "dio_0/stop"};
  const unreadable_input fire{fire_unreadable, "dio_0/fire"};
  rack.inputs({stop}, 1'000); // nobody spoke yet: as at each start
  CHECK(rack.told.empty());
  rack.inputs({stop}, 50);
  CHECK(rack.told == all{"+emergency_stop_unreadable"});
  rack.inputs({stop, fire}, 1'050);
  CHECK(rack.told == all{"+emergency_stop_unreadable", "+fire_unreadable"});
  rack.inputs({fire}, 5'000);
  rack.inputs({stop, fire}, 50);
  rack.inputs({fire}, 5'000);
  CHECK(rack.told.size() == 2);
  rack.inputs({fire}, 50);
  CHECK(rack.told.back() == "-emergency_stop_unreadable");
  CHECK(rack.model.bar_to_closing().empty()); // the input bars by itself
}

TEST_CASE("a reset key that is stuck is told after 30 s, and is over after five at rest") {
  finding_model model(2);
  std::int64_t now_us = 100 * us_per_s;
  const auto pass = [&](std::optional<bool> is_active, std::int64_t seconds) {
    for (std::int64_t each = 0; each < seconds; ++each)
      model.hear_key("dio_0/key", is_active, now_us += us_per_s);
    return model.take_changes();
  };
  CHECK(pass(true, 29).empty());
  CHECK(pass(false, 1).empty());
  CHECK(pass(true, 30).empty());
  const auto told = pass(true, 1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].candidate == reset_key_stuck);
  CHECK(told[0].stands);
  CHECK(told[0].reason ==
        "dio_0/key is turned all the time: it resets nothing before it was at rest");
  CHECK(told[0].actions.empty());
  CHECK(pass(std::nullopt, 60).empty()); // nobody knows whether it is over
  CHECK(pass(false, 5).empty());
  const auto over = pass(false, 1);
  REQUIRE(over.size() == 1);
  CHECK_FALSE(over[0].stands);
}

} // namespace finding_model_test
