#include <catch2/catch.hpp>

#include "messages/support/profiles.hpp"

namespace multiplex_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

/// Frames of the foxBMS database: Motorola bits behind a selector.
constexpr std::string_view foxbms = R"({
  "name": "foxbms", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "cell_voltage": { "channel": "CellVoltage", "type": "u16", "count": 12, "scale": 0.001,
                      "unit": "V", "period_ms": 1000 },
    "cell_voltage_bad": { "channel": "CellVoltageBad", "type": "u16", "count": 12, "unit": "",
                          "period_ms": 1000 },
    "temperature_maximum": { "channel": "TemperatureMaximum", "type": "i16", "scale": 0.5,
                             "unit": "degC", "period_ms": 1000 },
    "temperature_minimum": { "channel": "TemperatureMinimum", "type": "i16", "scale": 0.5,
                             "unit": "degC", "period_ms": 1000 },
    "sensor": { "channel": "Sensor", "type": "u16", "count": 2, "unit": "", "period_ms": 1000 },
    "module": { "channel": "Module", "type": "u16", "count": 2, "unit": "", "period_ms": 1000 },
    "current": { "channel": "Current", "type": "i32", "scale": 0.01, "unit": "A",
                 "period_ms": 1000 },
    "voltage": { "channel": "Voltage", "type": "i32", "scale": 0.01, "unit": "V",
                 "period_ms": 1000 }
  },
  "messages": [
    { "name": "temperatures", "id": "0x241", "length": 8,
      "multiplexer": { "start": 3, "length": 4, "order": "motorola" },
      "signals": [
        { "point": "temperature_maximum", "start": 31, "length": 8, "order": "motorola", "mux": 0 },
        { "point": "temperature_minimum", "start": 39, "length": 8, "order": "motorola", "mux": 0 },
        { "point": "sensor", "index": 0, "start": 11, "length": 4, "order": "motorola", "mux": 0 },
        { "point": "sensor", "index": 1, "start": 15, "length": 4, "order": "motorola", "mux": 0 },
        { "point": "module", "index": 0, "start": 19, "length": 4, "order": "motorola", "mux": 0 },
        { "point": "module", "index": 1, "start": 23, "length": 4, "order": "motorola", "mux": 0 } ] },
    { "name": "values", "id": "0x243", "length": 8,
      "multiplexer": { "start": 7, "length": 3, "order": "motorola" },
      "signals": [
        { "point": "current", "start": 18, "length": 18, "order": "motorola", "mux": 0 },
        { "point": "voltage", "start": 4, "length": 18, "order": "motorola", "type": "signed",
          "mux": 0 } ] },
    { "name": "cells", "id": "0x250", "length": 8,
      "multiplexer": { "start": 7, "length": 8, "order": "motorola" },
      "signals": [ @CELLS@ ] }
  ]
})";

device_profile load_foxbms() {
  constexpr int starts[] = {11, 30, 33, 52};
  std::string cells;
  for (int cell = 0; cell < 12; ++cell) {
    const auto tail = ",\"order\":\"motorola\",\"mux\":" + std::to_string(cell / 4) + "}";
    cells += (cell == 0 ? "" : ",") + std::string("{\"point\":\"cell_voltage\",\"index\":") +
             std::to_string(cell) + ",\"length\":13,\"start\":" + std::to_string(starts[cell % 4]) +
             tail + ",{\"point\":\"cell_voltage_bad\",\"index\":" + std::to_string(cell) +
             ",\"length\":1,\"start\":" + std::to_string(12 + cell % 4) + tail;
  }
  std::string text(foxbms);
  const std::string mark = "@CELLS@";
  text.replace(text.find(mark), mark.size(), cells);
  return load_good(text);
}

} // namespace

TEST_CASE("multiplexed Motorola frames decode to the stated values") {
  const auto profile = load_foxbms();
  const decoded_frame temperatures(profile, make_frame(0x241, "001F587CA1A0CC00"));
  CHECK(temperatures.value("temperature_maximum") == Approx(62.0));
  CHECK(temperatures.value("temperature_minimum") == Approx(-47.5));
  CHECK(temperatures.sample("sensor", 0).raw == 15);
  CHECK(temperatures.sample("module", 0).raw == 8);
  CHECK(temperatures.sample("sensor", 1).raw == 1);
  CHECK(temperatures.sample("module", 1).raw == 5);
  const decoded_frame values(profile, make_frame(0x243, "00C7C80000000000"));
  CHECK(values.value("voltage") == Approx(63.93));
  const decoded_frame cells(profile, make_frame(0x250, "0203E61F54FA27CF"));
  REQUIRE(cells.samples.size() == 8);
  CHECK(cells.sample("cell_voltage", 8).raw == 1996);
  CHECK(cells.sample("cell_voltage", 9).raw == 2005);
  CHECK(cells.sample("cell_voltage", 10).raw == 2001);
  CHECK(cells.sample("cell_voltage", 11).raw == 1999);
}

TEST_CASE("each branch of a multiplexer is a carrier of its own") {
  const auto profile = load_foxbms();
  const auto plan = decode_plan::compile(profile, 0);
  REQUIRE(plan.has_value());
  const auto coverages = plan->coverages_of(*profile.find_point("cell_voltage"));
  REQUIRE(coverages.size() == 3);
  std::vector<sample> samples;
  for (std::uint16_t branch = 0; branch < 3; ++branch) {
    auto frame = make_frame(0x250, "0003E61F54FA27CF");
    frame.data[0] = static_cast<std::uint8_t>(branch);
    const auto applied = plan->apply(frame, samples);
    CHECK(applied.outcome == decode_plan::outcome::decoded);
    CHECK(applied.carrier == coverages[branch].carrier);
    CHECK(applied.branch == decode_plan::no_carrier);
    CHECK(plan->carriers()[applied.carrier].mux == branch);
  }
}

TEST_CASE("a multiplexer value without an entry decodes nothing") {
  const auto profile = load_foxbms();
  for (const char* data : {"0303E61F54FA27CF", "FF03E61F54FA27CF"}) {
    const decoded_frame cells(profile, make_frame(0x250, data));
    CHECK(cells.applied.outcome == decode_plan::outcome::unknown_selector);
    CHECK(cells.samples.empty());
  }
}

TEST_CASE("selector values are found wherever they lie") {
  const auto profile = load_good(R"({
    "name": "test", "version": 1, "protocol": "can", "commissioned": false,
    "points": { "part": { "channel": "A", "type": "u16", "count": 4, "unit": "",
                          "period_ms": 100 } },
    "messages": [
      { "name": "few", "id": "0x100", "length": 4, "multiplexer": { "start": 0, "length": 16 },
        "signals": [
          { "point": "part", "index": 0, "start": 16, "length": 8, "mux": 2 },
          { "point": "part", "index": 1, "start": 24, "length": 8, "mux": 255 } ] },
      { "name": "many", "id": "0x101", "length": 4, "multiplexer": { "start": 0, "length": 16 },
        "signals": [
          { "point": "part", "index": 2, "start": 16, "length": 8, "mux": 2 },
          { "point": "part", "index": 3, "start": 24, "length": 8, "mux": 256 } ] } ]
  })");
  struct example {
    std::uint32_t id;
    const char* data;
    std::optional<std::uint32_t> index;
  };
  for (const auto& [id, data, index] :
       {example{0x100, "02000908", 0}, example{0x100, "FF000809", 1},
        example{0x100, "01000000", {}}, example{0x100, "00010000", {}},
        example{0x101, "02000908", 2}, example{0x101, "00010809", 3},
        example{0x101, "FF000000", {}}, example{0x101, "01010000", {}}}) {
    CAPTURE(id, data);
    const decoded_frame decoded(profile, make_frame(id, data));
    REQUIRE(decoded.samples.size() == (index ? 1 : 0));
    if (index) CHECK(decoded.sample("part", *index).raw == 9);
  }
}

TEST_CASE("signals outside of the multiplexing come with every branch") {
  const auto profile = load_good(R"({
    "name": "test", "version": 1, "protocol": "can", "commissioned": false,
    "points": {
      "always": { "channel": "A", "type": "u16", "unit": "", "period_ms": 100 },
      "sometimes": { "channel": "B", "type": "u16", "count": 2, "unit": "", "period_ms": 100 } },
    "messages": [ { "name": "m", "id": "0x18FF50E5", "length": 3,
      "multiplexer": { "start": 0, "length": 8 },
      "signals": [ { "point": "always", "start": 8, "length": 8 },
                   { "point": "sometimes", "index": 0, "start": 16, "length": 8, "mux": 7 },
                   { "point": "sometimes", "index": 1, "start": 16, "length": 8, "mux": 9 } ] } ] })");
  const decoded_frame seven(profile, make_frame(0x18FF50E5, "07AABB", true));
  CHECK(seven.sample("always").raw == 0xAA);
  CHECK(seven.sample("sometimes", 0).raw == 0xBB);
  CHECK(seven.samples.size() == 2);
  CHECK(seven.applied.branch != decode_plan::no_carrier);
  const decoded_frame nine(profile, make_frame(0x18FF50E5, "09AABB", true));
  CHECK(nine.sample("sometimes", 1).raw == 0xBB);
  CHECK(nine.applied.carrier == seven.applied.carrier);
  const decoded_frame eight(profile, make_frame(0x18FF50E5, "08AABB", true));
  CHECK(eight.samples.empty()); // not even what is common
  const decoded_frame short_id(profile, make_frame(0x0E5, "07AABB"));
  CHECK(short_id.applied.outcome == decode_plan::outcome::not_mine);
}

namespace {

/// Modules that share one identifier, told apart by the first byte.
constexpr std::string_view modules = R"({
  "name": "modules", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "fault": { "channel": "Fault", "type": "u16", "count": 3, "unit": "", "period_ms": 1000 },
    "balancing": { "channel": "Balancing", "type": "u16", "count": 6, "group_size": 2, "unit": "",
                   "period_ms": 1000 },
    "uptime": { "channel": "Uptime", "type": "u16", "unit": "", "period_ms": 1000 }
  },
  "messages": [
    { "name": "module", "id": "0x13C", "length": 8,
      "multiplexer": { "start": 0, "length": 8 },
      "repeat": { "count": 3, @STEP@, "index_step": 1 },
      "signals": [
        { "mux": @FIRST@, "point": "fault", "start": 8, "length": 8 },
        { "mux": @FIRST@, "point": "balancing", "index": 0, "index_step": @WIDE@, "start": 16,
          "length": 1 },
        { "mux": @FIRST@, "point": "balancing", "index": 1, "index_step": @WIDE@, "start": 17,
          "length": 1 },
        { "point": "uptime", "start": 32, "length": 16 } ] }
  ]
})";

std::string modules_with(const std::string& step, const std::string& first,
                         const std::string& wide) {
  std::string text(modules);
  const auto put = [&](const std::string& mark, const std::string& value) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
      text.replace(at, mark.size(), value);
  };
  put("@STEP@", step);
  put("@FIRST@", first);
  put("@WIDE@", wide);
  return text;
}

} // namespace

TEST_CASE("a message is repeated over the values of its multiplexer, each signal by its step") {
  const auto profile = load_good(modules_with("\"mux_step\": 2", "10", "2"));
  const auto plan = decode_plan::compile(profile, 0);
  REQUIRE(plan);
  CHECK(plan->carriers().size() == 4); // three modules, and what all frames carry
  std::vector<sample> samples;
  for (std::uint8_t module = 0; module < 3; ++module) {
    can::frame frame;
    frame.id = 0x13C;
    frame.length = 8;
    frame.data = {static_cast<std::uint8_t>(10 + 2 * module),
                  static_cast<std::uint8_t>(module + 5),
                  2,
                  0,
                  7,
                  0,
                  0,
                  0};
    REQUIRE(plan->apply(frame, samples).outcome == decode_plan::outcome::decoded);
    REQUIRE(samples.size() == 4);
    CHECK(samples[0].raw == 7); // uptime
    CHECK(samples[1].index == module);
    CHECK(samples[1].raw == module + 5);
    CHECK(samples[2].index == 2U * module);
    CHECK(samples[2].raw == 0);
    CHECK(samples[3].index == 2U * module + 1);
    CHECK(samples[3].raw == 1);
  }
}

TEST_CASE("a repeat over a multiplexer that cannot be is refused with its place") {
  const auto text_of = [](const std::string& text) {
    const auto loaded = load_profile(text, "modules.json");
    const auto* found = std::get_if<findings>(&loaded);
    REQUIRE(found != nullptr);
    std::string all;
    for (const auto& each : *found) all += each.text + "\n";
    INFO(all);
    return all;
  };
  CHECK(text_of(modules_with("\"id_step\": 1, \"mux_step\": 1", "0", "2"))
            .find("expected either \"id_step\" or \"mux_step\"") != std::string::npos);
  CHECK(text_of(modules_with("\"mux_step\": 1", "254", "2")).find("the last value 256") !=
        std::string::npos);
  CHECK(text_of(modules_with("\"mux_step\": 1", "0", "1")).find("is carried twice") !=
        std::string::npos);
  CHECK(text_of(modules_with("\"mux_step\": 1", "0", "4")).find("is beyond the 6") !=
        std::string::npos);
  CHECK(text_of(modules_with("\"id_step\": 1", "0", "2"))
            .find("only what mux_step repeats has one") != std::string::npos);
}

} // namespace multiplex_test
