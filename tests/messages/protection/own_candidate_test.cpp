#include "messages/protection/own_candidate.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "messages/protection/limits_file.hpp"
#include "messages/protection/override.hpp"
#include "messages/toml_text.hpp"

namespace voltaic::messages::protection::own_candidate_test {

namespace {

const std::string heading = R"([protection]
name = "own"
chemistry = "lto"

[terminal_overtemperature]
unit = "degC"
direction = "high"
period_ms = 1000
envelope = [40, 120]
warning = { set = 75, clear = 70, set_ms = 5000, clear_ms = 10000, latch = "none", actions = ["fan_on"] }
fault = { set = 95, clear = 85, set_ms = 5000, clear_ms = 10000, latch = "user", actions = ["stop_charge", "stop_discharge", "open_ordered"] }

)";

const std::string pressure = R"([coolant_pressure_low]
unit = "bar"
period_ms = 1000
envelope = [0, 6]
warning = { set = 1.5, clear = 1.8, set_ms = 5000, clear_ms = 5000, latch = "none", actions = ["log"] }
alarm = { set = 1.0, clear = 1.5, set_ms = 5000, clear_ms = 5000, latch = "none", actions = ["derate_charge:50", "derate_discharge:50"] }
fault = { set = 0.5, clear = 1.5, set_ms = 5000, clear_ms = 5000, latch = "user", actions = ["stop_charge", "stop_discharge", "open_ordered"] }
hard = { set = 0.2, clear = 1.5, set_ms = 500, clear_ms = 5000, latch = "lock", actions = ["stop_charge", "stop_discharge", "open_ordered", "lock"] }
)";

table must_load(const std::string& text) {
  auto loaded = load(text, "own.toml");
  if (const auto* wrong = std::get_if<findings>(&loaded)) FAIL(wrong->front().text);
  return std::get<table>(std::move(loaded));
}

std::string first_mistake(const std::string& text) {
  const auto loaded = load(text, "own.toml");
  REQUIRE(std::holds_alternative<findings>(loaded));
  return std::get<findings>(loaded).front().text;
}

const candidate& find(const table& in, std::string_view name) {
  const auto found = std::ranges::find(in.candidates, name, &candidate::name);
  REQUIRE(found != in.candidates.end());
  return *found;
}

findings change(table& base, const std::string& text) {
  const auto parsed = parse_toml(text, "site.toml");
  return override_limits(base, std::get<toml::table>(parsed), "site.toml");
}

} // namespace

TEST_CASE("a name that ends in _high or _low judges the point before it, unless it is known") {
  CHECK(parse_own("busbar_temperature_high")->point == "busbar_temperature");
  CHECK(parse_own("busbar_temperature_high")->direction == direction::high);
  CHECK(parse_own("coolant_pressure_low")->direction == direction::low);
  for (const auto* name : {"soc_low", "soc_high", "insulation_resistance_low", "cell_overvoltage",
                           "_high", "busbar_temperature", "cell_voltage_high", "voltage_low",
                           "current_high", "terminal_temperature_high"}) {
    INFO(name);
    CHECK_FALSE(parse_own(name));
  }
}

TEST_CASE("a quantity names candidates that there are, on the side and in the unit that it says") {
  for (const auto& each : quantities) {
    INFO(each.name);
    const bool is_value = each.stated_by == stated_by::value;
    if (!each.high.empty()) {
      REQUIRE(find_candidate(each.high) != nullptr);
      CHECK(find_candidate(each.high)->direction == direction::high);
      CHECK((find_candidate(each.high)->unit == each.unit) == is_value);
    }
    if (each.low.empty()) continue;
    REQUIRE(find_candidate(each.low) != nullptr);
    // Charging is told as a current below zero.
    CHECK((find_candidate(each.low)->direction == direction::low) ==
          (each.stated_by != stated_by::rated_current));
    CHECK((find_candidate(each.low)->unit == each.unit) == is_value);
  }
  CHECK(usual_quantity("degC")->name == "terminal_temperature");
  // What may be anything is nothing by itself.
  for (const auto* unit : {"%", "V", "bar", "K", ""}) CHECK(usual_quantity(unit) == nullptr);
  CHECK(quantity_names("V") == "cell_voltage, voltage_spread, rack_voltage");
  CHECK(quantity_names("Ohm") == "insulation_resistance");
  CHECK(quantity_names("W").empty());
  CHECK(quantity_names().find("humidity") != std::string::npos);
}

namespace {

const std::string of_a_rack = heading + R"([rack_overvoltage]
unit = "V per cell"
direction = "high"
period_ms = 100
envelope = [2, 4]
warning = { set = 3.5, clear = 3.45, set_ms = 3000, clear_ms = 5000, latch = "none", actions = ["derate_charge:50"] }
hard = { set = 3.75, clear = 3.4, set_ms = 200, clear_ms = 5000, latch = "lock", actions = ["stop_charge", "open_ordered", "lock"] }

[charge_overcurrent]
unit = "ratio"
direction = "high"
period_ms = 10
envelope = [0.5, 3]
alarm = { set = 1.05, clear = 0.98, set_ms = 10000, clear_ms = 10000, latch = "none", actions = ["stop_charge"] }

[insulation_resistance_low]
unit = "ohm per V"
direction = "low"
period_ms = 1000
envelope = [1, 1000]
alarm = { set = 250, clear = 300, set_ms = 30000, clear_ms = 30000, latch = "none", actions = ["inhibit_close"] }
)";

} // namespace

TEST_CASE("limits that are stated of a cell, as a share or for each volt become those of a rack") {
  const auto rules = must_load(of_a_rack);
  const rack_size size{480, 140, 120};
  const auto made = [&](const char* name, const char* quantity, const char* unit) {
    const auto found = default_of(rules, name, *find_quantity(quantity), &size, unit);
    REQUIRE(found);
    CHECK(found->unit == unit);
    return *found;
  };
  const auto bus = made("link_voltage_high", "rack_voltage", "V");
  CHECK(bus.limits[0].set == 1'680);
  CHECK(bus.limits[0].clear == 1'656);
  CHECK(bus.maximum == 1'920);
  const auto charging = made("string_current_low", "current", "A");
  CHECK(charging.direction == direction::low);
  CHECK(charging.limits[0].set == Approx(-147));
  CHECK(charging.limits[0].clear == Approx(-137.2));
  CHECK(charging.minimum == -420);
  CHECK(charging.maximum == -70);
  // 250 ohm for each of 480 times 3.75 V.
  CHECK(made("frame_resistance_low", "insulation_resistance", "Ohm").limits[0].set == 450'000);
  CHECK(made("frame_resistance_low", "insulation_resistance", "kOhm").limits[0].set == 450);
  // Without a rack nobody knows, nor where the table or the kind has none.
  const auto none = [&](const char* name, const char* quantity, const rack_size* of) {
    return !default_of(rules, name, *find_quantity(quantity), of);
  };
  CHECK(none("link_voltage_high", "rack_voltage", nullptr));
  const rack_size unknown;
  CHECK(none("link_voltage_high", "rack_voltage", &unknown));
  CHECK(none("string_current_high", "current", &size));
  for (const auto* without : {"power", "state_of_health", "humidity", "pressure", "flow", "speed"})
    CHECK(none("x_high", without, &size));
}

TEST_CASE("a file for any rack cannot take limits that follow from a rack, a site file can") {
  CHECK(
      first_mistake(of_a_rack + "[link_voltage_high]\nquantity = \"rack_voltage\"\n") ==
      "limits of rack_voltage follow from the rack: state the quantity at the profile's point, or "
      "in [rack.override] of the site file");
  auto rules = must_load(of_a_rack);
  const rack_size size{480, 140, 120};
  const auto parsed = parse_toml("[link_voltage_high]\nquantity = \"rack_voltage\"\n", "site.toml");
  CHECK(override_limits(rules, std::get<toml::table>(parsed), "site.toml", &size).empty());
  CHECK(find(rules, "link_voltage_high").limits[0].set == 1'680);
}

TEST_CASE("equipment takes the levels of its quantity without opening and without lock") {
  auto rules = must_load(heading);
  CHECK(change(rules, "[\"hvac_0/room_temperature_high\"]\nquantity = \"terminal_temperature\"")
            .empty());
  const auto& own = find(rules, "hvac_0/room_temperature_high");
  CHECK(own.limits[0] == find(rules, "terminal_overtemperature").limits[0]);
  CHECK(own.limits[1].set == 95);
  CHECK(own.limits[1].latch == latch::user);
  CHECK(own.limits[1].actions ==
        std::vector<action>{{action_kind::stop_charge, 0}, {action_kind::stop_discharge, 0}});
  const auto hard = without_opening(find(must_load(of_a_rack), "rack_overvoltage")).limits[1];
  CHECK(hard.latch == latch::user);
  CHECK(hard.actions ==
        std::vector<action>{{action_kind::stop_charge, 0}, {action_kind::stop_discharge, 0}});
  const auto barred = without_opening(find(must_load(of_a_rack), "insulation_resistance_low"));
  CHECK(barred.limits[0].actions == std::vector<action>{{action_kind::log, 0}});
  CHECK(split_point("hvac_0/room").device == "hvac_0");
  CHECK(split_point("hvac_0/room").name == "room");
  CHECK(split_point("room").device.empty());
  CHECK(split_point("room").name == "room");
}

TEST_CASE("an own candidate has the limits of its quantity, as the rack's own table has them") {
  const auto rules = must_load(heading +
                               "[busbar_temperature_high]\n"
                               "quantity = \"terminal_temperature\"\n"
                               "fault = { set = 90 }\n");
  const auto& own = find(rules, "busbar_temperature_high");
  CHECK(own.unit == "degC");
  CHECK(own.period_ms == 1000);
  REQUIRE(own.limits.size() == 2);
  CHECK(own.limits[0] == find(rules, "terminal_overtemperature").limits[0]);
  CHECK(own.limits[1].set == 90); // what is stated beside it counts
  CHECK(own.limits[1].clear == 85);
  CHECK(own.limits[1].latch == latch::user);
  SECTION("wherever it stands in the file") {
    const auto split = heading.find("\n[terminal");
    CHECK(must_load(heading.substr(0, split) + "\n[busbar_temperature_high]\n" +
                    "quantity = \"terminal_temperature\"\n" + heading.substr(split))
              .candidates.size() == 2);
  }
}

TEST_CASE("an own candidate with levels of its own has up to three, and a hard one") {
  const auto rules = must_load(heading + pressure);
  const auto& own = find(rules, "coolant_pressure_low");
  CHECK(own.direction == direction::low);
  REQUIRE(own.limits.size() == 4);
  CHECK(own.limits[1].actions.size() == 2);
  CHECK(own.limits[3].latch == latch::lock);
  CHECK(own.limits[3].set_ms == 500);
}

TEST_CASE("an own candidate keeps the rules of all others") {
  const auto with = [](std::string_view what, std::string_view by) {
    auto text = heading + pressure;
    text.replace(text.find(what, heading.size()), what.size(), by);
    return first_mistake(text);
  };
  CHECK(with("clear = 1.8", "clear = 1.2") ==
        "coolant_pressure_low.warning: clear must be above set");
  CHECK(with("set = 1.0, clear = 1.5", "set = 1.7, clear = 1.9") ==
        "coolant_pressure_low.alarm: set must lie beyond the warning's");
  CHECK(with("set = 0.2", "set = -1") ==
        "coolant_pressure_low.hard: -1 lies outside the envelope 0 to 6");
  CHECK(with("unit = \"bar\"\n", "") == "unit of coolant_pressure_low is missing");
  CHECK(with("envelope = [0, 6]\n", "") == "envelope of coolant_pressure_low is missing");
  CHECK(with("unit = \"bar\"", "unit = \"bar\"\ndirection = \"high\"") ==
        "direction of coolant_pressure_low must be 'low'");
  CHECK(with("unit = \"bar\"", "quantity = \"pressure\"")
            .find("there are no limits of pressure for coolant_pressure_low") == 0);
  CHECK(with("unit = \"bar\"", "quantity = \"presure\"")
            .find("unknown quantity 'presure', expected one of: cell_voltage") == 0);
  CHECK(with("unit = \"bar\"", "quantity = \"soc\"") ==
        "there are no limits of soc for coolant_pressure_low: state its levels instead of a "
        "quantity");
  CHECK(with("set = 1.5", "sett = 1.5") == "set of warning is missing");
}

TEST_CASE("a site file adds an own candidate, changes one, or takes another quantity") {
  auto rules = must_load(heading);
  CHECK(change(rules, pressure).empty());
  CHECK(find(rules, "coolant_pressure_low").limits.size() == 4);
  CHECK(change(rules, "[coolant_pressure_low]\nwarning = { set_ms = 9000 }").empty());
  CHECK(find(rules, "coolant_pressure_low").limits[0].set_ms == 9000);
  CHECK(find(rules, "coolant_pressure_low").limits[0].set == 1.5);
  CHECK(change(rules, "[busbar_temperature_high]\nquantity = \"terminal_temperature\"").empty());
  CHECK(find(rules, "busbar_temperature_high").limits.size() == 2);
  SECTION("what is stated half is a mistake with its place") {
    const auto wrong = change(rules, "[pack_humidity_high]\nunit = \"%\"\n");
    REQUIRE_FALSE(wrong.empty());
    CHECK(wrong.front().file == "site.toml");
    CHECK(wrong.front().line == 1);
  }
  SECTION("a former change breaks no rule either") {
    CHECK(change(rules, "[coolant_pressure_low]\nwarning = { clear = 1.0 }").front().text ==
          "coolant_pressure_low.warning: clear must be above set");
  }
}

} // namespace voltaic::messages::protection::own_candidate_test
