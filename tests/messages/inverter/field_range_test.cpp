#include "messages/inverter/field_range.hpp"

#include <catch2/catch.hpp>

#include "messages/inverter/codec.hpp"
#include "messages/inverter/inverter_profiles.hpp"

namespace field_range_test {

using namespace voltaic;
using namespace voltaic::messages::inverter;

namespace {

payload measured(double volts, double amperes) {
  payload values;
  values.set(item_of("voltage"), volts);
  values.set(item_of("current"), amperes);
  values.set(item_of("temperature"), 20.0);
  return values;
}

} // namespace

TEST_CASE("a profile knows which voltages its frames have room for") {
  const auto range = [](const char* file) {
    const auto profile = tests::shared_inverter(file);
    return range_of(*profile, profile->options, item_of("voltage")).value();
  };
  for (const auto* file :
       {"victron.json", "sma_sunny_island.json", "pylontech_lv.json", "pytes.json"}) {
    INFO(file);
    CHECK(range(file).most == Approx(327.67));
  }
  CHECK(range("discover.json").most == Approx(3276.7));
  CHECK(range("pylontech_hv.json").most == Approx(6553.5));
  const auto profile = tests::shared_inverter("discover.json");
  CHECK_FALSE(range_of(*profile, profile->options, item_of("module_voltage_max")));
}

TEST_CASE("what a field has no room for is not said as something else") {
  const auto profile = tests::shared_inverter("victron.json");
  const auto& layout = tests::sent_layout(*profile, 0x356);
  CHECK(encode(layout, profile->options, measured(327.67, 10)));
  CHECK(encode(layout, profile->options, measured(327.674, 10))); // rounds to what it holds
  const auto beyond = encode(layout, profile->options, measured(1'584, 10));
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().text == "voltage does not fit into its field");
  CHECK_FALSE(encode(layout, profile->options, measured(50, 4'000)));
}

TEST_CASE("a limit of current above its field is the largest that fits, of voltage none") {
  const auto profile = tests::shared_inverter("discover.json");
  for (const auto& each : tests::sent_layout(*profile, 0x351).fields) {
    const bool is_current = items[each.item].unit == "A";
    CHECK(can_say(each, profile->options, 1e9) == is_current);
    CHECK(can_say(each, profile->options, 1'000));
    CHECK_FALSE(can_say(each, profile->options, -1e9));
  }
}

} // namespace field_range_test
