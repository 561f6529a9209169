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
    REQUIRE(find_candidate(each.high) != nullptr);
    CHECK(find_candidate(each.high)->direction == direction::high);
    CHECK(find_candidate(each.high)->unit == each.unit);
    if (each.low.empty()) continue;
    REQUIRE(find_candidate(each.low) != nullptr);
    CHECK(find_candidate(each.low)->direction == direction::low);
    CHECK(find_candidate(each.low)->unit == each.unit);
  }
  CHECK(usual_quantity("degC")->name == "terminal_temperature");
  // What may be anything is nothing by itself.
  for (const auto* unit : {"%", "V", "bar", "K", ""}) CHECK(usual_quantity(unit) == nullptr);
  CHECK(quantity_names("V") == "cell_voltage, voltage_spread");
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
            .find("unknown quantity 'pressure', expected one of: cell_voltage") == 0);
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
