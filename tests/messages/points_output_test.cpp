#include "messages/points/output.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "messages/points/catalogue.hpp"

namespace points_output_test {

using namespace voltaic::messages;
using namespace voltaic::messages::points;

namespace {

constexpr std::int64_t noon_us = 1'769'860'800'000'000; // 2026-01-31T12:00:00Z

point_state cells() {
  const auto about = make_catalogue("bms_0", {{.name = "rack_0/cell_voltage",
                                               .channel = "bms_0/CellVoltage",
                                               .unit = "V",
                                               .raw_type = "u16",
                                               .count = 3,
                                               .scale = 0.001}});
  return {.description = about.points[0],
          .owner = "bms_0",
          .received = true,
          .source_time = {1, noon_us},
          .quality = quality::good,
          .numbers = {3301 * 0.001, 3302 * 0.001, 3.25},
          .element_quality = {quality::good, quality::good, quality::good}};
}

event overvoltage() {
  return {.id = "rack_0.b1.17",
          .node = "rack_0",
          .boot = "b1",
          .sequence = 17,
          .kind = "protection",
          .subject = "rack_0",
          .candidate = "cell_overvoltage",
          .scope = "module_1:cell_3",
          .level = "warning",
          .edge = "set",
          .value = 3560 * 0.001,
          .has_value = true,
          .unit = "V",
          .threshold = 3.55,
          .actions = {"derate_charge:50"},
          .first_out = 17};
}

} // namespace

TEST_CASE("a point's line has the keys in their order") {
  CHECK(point_line(cells(), noon_us + 12'345) ==
        R"({"point":"rack_0/cell_voltage","channel":"bms_0/CellVoltage","unit":"V",)"
        R"("quality":"good","source_time":"2026-01-31T12:00:00.000000Z","age_ms":12,"count":3,)"
        R"("values":[3.301,3.302,3.25]})");
}

TEST_CASE("an element that is not good is null and named") {
  auto point = cells();
  point.element_quality[1] = quality::stale;
  point.quality = quality::stale;
  const auto line = nlohmann::json::parse(point_line(point, noon_us));
  CHECK(line["values"] == nlohmann::json::parse("[3.301,null,3.25]"));
  CHECK(line["bad"] == nlohmann::json::parse(R"([{"index":1,"quality":"stale"}])"));
  CHECK(line["quality"] == "stale");
}

TEST_CASE("a scalar has a value, an aggregate says what is missing") {
  auto point = cells();
  point.description.name = "rack_0/cell_voltage_max";
  point.description.count = 1;
  point.numbers = {3.302};
  point.element_quality = {quality::good};
  point.missing = {"module_1:cell_3"};
  const auto line = point_line(point, noon_us);
  CHECK(line.ends_with(R"("count":1,"value":3.302,"missing":["module_1:cell_3"]})"));
  point.missing.clear();
  CHECK(point_line(point, noon_us).ends_with(R"("value":3.302,"missing":[]})"));
}

TEST_CASE("a point that never had a value says so") {
  point_state point = cells();
  point.received = false;
  point.quality = quality::never;
  for (auto& mark : point.element_quality) mark = quality::never;
  const auto line = nlohmann::json::parse(point_line(point, noon_us));
  CHECK(line["source_time"].is_null());
  CHECK(line["age_ms"].is_null());
  CHECK(line["values"] == nlohmann::json::parse("[null,null,null]"));
  CHECK(line["bad"].size() == 3);
}

TEST_CASE("texts and named raw values are printed as text") {
  point_state point = cells();
  point.description = {.name = "rack_0/contactor", .raw_type = "text"};
  point.text = "closed \"now\"";
  point.numbers = {0};
  point.element_quality = {quality::good};
  CHECK(nlohmann::json::parse(point_line(point, noon_us))["value"] == "closed \"now\"");
  CHECK(value_text(point) == "closed \"now\"");
  point.description = {.name = "rack_0/state", .raw_type = "u8", .texts = {"open", "closed"}};
  point.numbers = {1};
  CHECK(nlohmann::json::parse(point_line(point, noon_us))["value"] == "closed");
  point.numbers = {2};
  CHECK(nlohmann::json::parse(point_line(point, noon_us))["value"] == 2);
  point.element_quality = {quality::invalid};
  CHECK(value_text(point) == "-");
}

TEST_CASE("people see the full resolution and the range of many values") {
  point_state point = cells();
  point.description.decimals = 3;
  point.numbers = {3.3, 3.298, 9.9};
  point.element_quality = {quality::good, quality::good, quality::stale};
  CHECK(value_text(point) == "3.300");
  CHECK(values_text(point) == "3.298..3.300");
  for (auto& mark : point.element_quality) mark = quality::never;
  CHECK(values_text(point) == "-");
  point.numbers = {3.3};
  point.element_quality = {quality::good};
  CHECK(values_text(point) == "3.300");
}

TEST_CASE("people read an event as a sentence") {
  CHECK(event_sentence({.kind = "limits", .charge_current_a = 140, .discharge_current_a = 70}) ==
        "charge 140.0 A, discharge 70.0 A");
  CHECK(event_sentence({.kind = "contactor", .state = "open", .reason = "start"}) == "open: start");
  CHECK(event_sentence({.kind = "protection",
                        .candidate = "identity_changed",
                        .level = "alarm",
                        .edge = "set",
                        .reason = "serial_number 7, accepted is 5"}) ==
        "identity_changed alarm set: serial_number 7, accepted is 5");
  CHECK(event_sentence({.kind = "command",
                        .scope = "set",
                        .actions = {"close"},
                        .state = "done",
                        .user = "ada",
                        .role = "operator"}) == "set close done, by ada (operator)");
  CHECK(event_sentence({.kind = "system",
                        .subject = "rack_0",
                        .reason = "signal 9 (Killed)",
                        .code = "NODE_DOWN",
                        .pid = 4711,
                        .signal = 9}) == "NODE_DOWN process 4711: signal 9 (Killed)");
  CHECK(event_sentence({.kind = "command",
                        .scope = "set",
                        .value = 999,
                        .has_value = true,
                        .state = "rejected",
                        .reasons = {"too high"}}) == "set 999.0 rejected (too high)");
}

TEST_CASE("bytes that are no text do not stop the output") {
  auto point = cells();
  point.description.unit = "\xFF";
  CHECK(nlohmann::json::parse(point_line(point, noon_us)).contains("unit"));
}

TEST_CASE("a protection event has the keys in their order, simulated and recorded") {
  CHECK(simulated_event_line(overvoltage(), 8000) ==
        R"({"t_ms":8000,"kind":"protection","rack":"rack_0","candidate":"cell_overvoltage",)"
        R"("scope":"module_1:cell_3","level":"warning","edge":"set","value":3.56,"unit":"V",)"
        R"("threshold":3.55,"actions":["derate_charge:50"],"sequence":17,"first_out":17})");
  const auto begin =
      R"({"utc":"2026-01-31T12:00:00.000000Z","node":"rack_0","boot":"b1","id":"rack_0.b1.17",)"
      R"("kind":"protection","rack":"rack_0",)";
  const auto plain = event_line(overvoltage(), noon_us, {.text = "Too high"});
  CHECK(plain.starts_with(begin));
  CHECK(plain.ends_with(R"("sequence":17,"first_out":17,"text":"Too high"})"));
  CHECK(event_line(overvoltage(), noon_us, {"Too high", "why", "what follows", "do"})
            .ends_with(R"("text":"Too high","cause":"why","consequence":"what follows",)"
                       R"("remedy":"do"})"));
  CHECK(nlohmann::json::parse(event_line(overvoltage(), noon_us, {}))["text"] ==
        event_sentence(overvoltage()));
}

TEST_CASE("limits and contactor events have the keys in their order") {
  const event limits{.sequence = 3,
                     .kind = "limits",
                     .subject = "rack_0",
                     .charge_current_a = 0,
                     .discharge_current_a = 120,
                     .reasons = {"cell_overvoltage/alarm"},
                     .charge_voltage_limit_v = 1700.5};
  CHECK(simulated_event_line(limits, 8500) ==
        R"({"t_ms":8500,"kind":"limits","rack":"rack_0","charge_current_limit_a":0.0,)"
        R"("discharge_current_limit_a":120.0,"charge_voltage_limit_v":1700.5,)"
        R"("discharge_voltage_limit_v":null,"charge_power_limit_w":null,)"
        R"("discharge_power_limit_w":null,"reasons":["cell_overvoltage/alarm"],"sequence":3})");
  const event contactor{.sequence = 4,
                        .kind = "contactor",
                        .subject = "rack_0",
                        .state = "open",
                        .reason = "ordered"};
  CHECK(simulated_event_line(contactor, 9000) ==
        R"({"t_ms":9000,"kind":"contactor","rack":"rack_0","state":"open","reason":"ordered",)"
        R"("sequence":4})");
}

TEST_CASE("a command event says who asked for what and how it ended") {
  const event command{.sequence = 5,
                      .kind = "command",
                      .subject = "rack_0/contactor",
                      .state = "rejected",
                      .reason = "close",
                      .reasons = {"latched"},
                      .user = "operator_1",
                      .key = "k1",
                      .role = "operator"};
  CHECK(
      simulated_event_line(command, 1) ==
      R"({"t_ms":1,"kind":"command","subject":"rack_0/contactor","state":"rejected",)"
      R"("reason":"close","reasons":["latched"],"user":"operator_1","role":"operator","key":"k1",)"
      R"("sequence":5})");
}

TEST_CASE("a system event has its code, its process and how that ended") {
  event down{.sequence = 6,
             .kind = "system",
             .subject = "rack_0",
             .reason = "signal 9 (Killed)",
             .code = "NODE_DOWN",
             .pid = 4711,
             .signal = 9};
  const auto killed = nlohmann::json::parse(simulated_event_line(down, 1));
  CHECK(killed["code"] == "NODE_DOWN");
  CHECK(killed["subject"] == "rack_0");
  CHECK(killed["pid"] == 4711);
  CHECK(killed["signal"] == 9);
  CHECK_FALSE(killed.contains("exit_code"));
  down.signal = 0;
  down.exit_code = 0;
  const auto left = nlohmann::json::parse(simulated_event_line(down, 1));
  CHECK(left["exit_code"] == 0);
  CHECK_FALSE(left.contains("signal"));
}

TEST_CASE("a contactor event names who asked for it") {
  const event closed{.kind = "contactor",
                     .subject = "rack_0",
                     .state = "closed",
                     .reason = "command",
                     .user = "ada",
                     .key = "k1",
                     .role = "operator"};
  const auto line = nlohmann::json::parse(simulated_event_line(closed, 1));
  CHECK(line["user"] == "ada");
  CHECK(line["role"] == "operator");
  CHECK(line["key"] == "k1");
}

TEST_CASE("an event without a value has null for it") {
  auto event = overvoltage();
  event.has_value = false;
  CHECK(nlohmann::json::parse(simulated_event_line(event, 0))["value"].is_null());
}

TEST_CASE("times are printed in UTC with microseconds") {
  CHECK(utc_text(0) == "1970-01-01T00:00:00.000000Z");
  CHECK(utc_text(noon_us + 1) == "2026-01-31T12:00:00.000001Z");
  CHECK(utc_text(951'782'400'000'000) == "2000-02-29T00:00:00.000000Z");
  CHECK(utc_text(1'709'251'199'999'999) == "2024-02-29T23:59:59.999999Z");
  CHECK(utc_text(-1) == "1969-12-31T23:59:59.999999Z");
}

} // namespace points_output_test
