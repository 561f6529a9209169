#include "actors/protection/condition_model.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "messages/protection/condition.hpp"

namespace voltaic::actors::protection::condition_model_test {

using messages::protection::candidate;
using messages::protection::direction;
using messages::protection::level;
using messages::protection::limit;
using messages::protection::table;

namespace {

candidate make(const std::string& name, direction side, double fault) {
  candidate made;
  made.name = name;
  made.direction = side;
  limit alarm;
  alarm.level = level::alarm;
  alarm.set = fault / 2;
  limit last;
  last.level = level::fault;
  last.set = fault;
  made.limits = {alarm, last};
  return made;
}

const table faults{
    "",
    "",
    {make("charge_overtemperature", direction::high, 55),
     make("discharge_overtemperature", direction::high, 60),
     make("charge_undertemperature", direction::low, -5),
     make("discharge_undertemperature", direction::low, -25), make("soc_low", direction::low, 5)}};

struct asked {
  std::string text;
  std::optional<double> current_a;
  std::optional<double> soc_percent;
  std::optional<double> worst;
  bool holds;
  std::string watched = "charge_overtemperature";
  double capacity_ah = 280;
};

bool judge(const asked& given, const table& all = faults) {
  const auto watched = std::ranges::find(all.candidates, given.watched, &candidate::name);
  const condition_model model(*messages::protection::parse_condition(given.text), *watched, all,
                              given.capacity_ah);
  return model.holds({given.current_a, given.soc_percent}, given.worst);
}

} // namespace

TEST_CASE("a condition holds from its number on, in its direction, and where nobody knows") {
  const std::optional<double> none;
  const std::string low = "charge_undertemperature";
  const asked all[] = {
      {"", 0, 50, 20, true},
      {"charging over 0.5 C", -140, none, none, false},
      {"charging over 0.5 C", -140.1, none, none, true},
      {"charging over 0.02 C", 100, none, none, false},
      {"charging over 0.02 C", none, none, none, true},
      {"charging over 0.02 C", 0, none, none, true, "charge_overtemperature", 0},
      {"discharging over 0.5 C", 140, none, none, false},
      {"discharging over 0.5 C", 140.1, none, none, true},
      {"discharging over 0.02 C", -100, none, none, false},
      {"discharging over 0.02 C", none, none, none, true},
      {"discharging over 0.02 C", 0, none, none, true, "charge_overtemperature", 0},
      {"current under 0.1 C", 27.9, none, none, true},
      {"current under 0.1 C", 28, none, none, false},
      {"current under 0.1 C", -27.9, none, none, true},
      {"current under 0.1 C", -28, none, none, false},
      {"current under 0.1 C", none, none, none, true},
      {"current under 0.1 C", 500, none, none, true, "charge_overtemperature", 0},
      {"soc between 15 and 95", none, 14.9, none, false},
      {"soc between 15 and 95", none, 15, none, true},
      {"soc between 15 and 95", none, 95, none, true},
      {"soc between 15 and 95", none, 95.1, none, false},
      {"soc between 15 and 95", none, none, none, true},
      {"soc between 15 and 95", none, 5, none, false, "charge_overtemperature", 0},
      {"above the discharge fault value", none, none, 59.9, false},
      {"above the discharge fault value", none, none, 60, true},
      {"above the discharge fault value", none, none, none, true},
      {"above the discharge fault value", none, none, -24, false, low},
      {"above the discharge fault value", none, none, -25, true, low},
      {"above the discharge fault value", none, none, -26, true, low},
      {"above the discharge fault value", none, none, 5, true, "soc_low"}, // nothing to compare
      {"soc between 15 and 95 or current under 0.1 C", 100, 10, none, false},
      {"soc between 15 and 95 or current under 0.1 C", 10, 10, none, true},
      {"soc between 15 and 95 or current under 0.1 C", 100, 50, none, true},
  };
  for (const auto& each : all) {
    CAPTURE(each.text, each.current_a.value_or(-999), each.soc_percent.value_or(-999),
            each.worst.value_or(-999), each.watched, each.capacity_ah);
    CHECK(judge(each) == each.holds);
  }
}

TEST_CASE("without a fault value to compare with, the condition counts as holding") {
  auto without = faults;
  without.candidates[1].limits.pop_back(); // the alarm alone
  const asked cold{"above the discharge fault value", 0, 50, -1, true};
  CHECK(judge(cold, without));
  CHECK_FALSE(judge(cold));
  without.candidates.erase(without.candidates.begin() + 1);
  CHECK(judge(cold, without));
}

} // namespace voltaic::actors::protection::condition_model_test
