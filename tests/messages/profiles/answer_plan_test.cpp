#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "messages/profiles/answer_plan.hpp"
#include "messages/serial/receiver.hpp"
#include "messages/support/profiles.hpp"

namespace answer_plan_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

/// The information of a captured answer, a byte a word.
std::vector<std::uint16_t> information(const device_profile& profile, std::string_view wire) {
  serial::receiver from(*profile.framing, serial::direction::answer);
  const std::vector<std::uint8_t> bytes(wire.begin(), wire.end());
  from.push(bytes);
  const auto found = from.next();
  REQUIRE(found);
  REQUIRE(std::holds_alternative<serial::frame>(*found));
  const auto& data = std::get<serial::frame>(*found).data;
  return {data.begin(), data.end()};
}

struct pylontech {
  device_profile profile = load_file("pylontech_rs485.json");
  answer_plan plan = *answer_plan::compile(profile);
  std::vector<sample> samples;

  expected<bool> apply(std::size_t question, std::string_view wire) {
    return plan.apply(question, information(profile, wire), samples);
  }
  [[nodiscard]] const sample& of(std::string_view name, std::uint32_t index = 0) const {
    for (const auto& each : samples)
      if (profile.points[each.point].name == name && each.index == index) return each;
    FAIL("no sample of " << name);
    return samples.front();
  }
  [[nodiscard]] double value(std::string_view name, std::uint32_t index = 0) const {
    const auto& one = of(name, index);
    REQUIRE(one.good);
    const auto& point = profile.points[one.point];
    return static_cast<double>(one.raw) * point.scale + point.offset;
  }
};

constexpr std::string_view large =
    "~20024600F07A11020F0CC50CC30CC50CC40CC40CC60CC50CC40CC70CC50CC60CC60CC50CC60CC6050B370B230B230"
    "B"
    "2D0B2DFFE0BF8DFFFF04FFFF001B00BBE4012110E1D6\r";

} // namespace

TEST_CASE("a captured answer of a large module is read as its maker means it") {
  pylontech module;
  REQUIRE(module.apply(0, large));
  CHECK(module.value("cell_voltage", 0) == Approx(3.269));
  CHECK(module.value("cell_voltage", 1) == Approx(3.267));
  CHECK(module.value("cell_voltage", 14) == Approx(3.270));
  CHECK(module.value("board_temperature") == Approx(14.0));
  CHECK(module.value("cell_temperature", 0) == Approx(12.0));
  CHECK(module.value("cell_temperature", 3) == Approx(13.0));
  CHECK(module.value("current") == Approx(3.2)); // discharging
  CHECK(module.value("voltage") == Approx(49.037));
  CHECK_FALSE(module.of("remaining_capacity").good); // stated below, where it has room
  CHECK_FALSE(module.of("total_capacity").good);
  CHECK(module.value("cycles") == 27);
  CHECK(module.value("large_remaining_capacity") == Approx(48.1));
  CHECK(module.value("large_total_capacity") == Approx(74.0));
}

TEST_CASE("a captured answer of a small module leaves out what only large ones state") {
  pylontech module;
  REQUIRE(module.apply(
      0,
      "~20024600C06E10020F0C9A0C980C990C980C9A0C9A0C990C9B0C9C0C9A0C9B0C9B0C9B0C9B0C99050B740B55"
      "0B570B530B630000BD06190F02C3500084E545\r"));
  CHECK(module.value("cell_voltage", 0) == Approx(3.226));
  CHECK(module.value("voltage") == Approx(48.39));
  CHECK(module.value("remaining_capacity") == Approx(6.415));
  CHECK(module.value("total_capacity") == Approx(50));
  CHECK(module.value("cycles") == 132);
  CHECK_FALSE(module.of("large_total_capacity").good);
}

TEST_CASE("captured limits and alarms are read as their maker means them") {
  pylontech module;
  REQUIRE(module.apply(1, "~20024600B01402D002AFC80172FE8EC0F91C\r"));
  CHECK(module.value("charge_voltage_limit_reported") == Approx(53.25));
  CHECK(module.value("discharge_voltage_limit_reported") == Approx(45.0));
  CHECK(module.value("reported_charge_current_limit") == Approx(37));
  CHECK(module.value("reported_discharge_current_limit") == Approx(37));
  CHECK(module.value("charge_enabled") == 1);
  CHECK(module.value("discharge_enabled") == 1);
  CHECK(module.value("charge_immediately") == 0);
  CHECK(module.value("full_charge_request") == 0);
  REQUIRE(module.apply(
      2, "~20024600A04200020F000000000000000000000000000000050000000000000000000E40000000F105\r"));
  CHECK(module.value("cell_voltage_state", 14) == 0);
  CHECK(module.value("temperature_state", 4) == 0);
  CHECK(module.value("status", 1) == 0x0E);
  CHECK(module.value("status", 2) == 0x40);
}

TEST_CASE("an answer is refused where it ends too soon or counts more than the profile has") {
  pylontech module;
  const auto whole = information(module.profile, large);
  // Up to the places that only large modules have.
  const std::size_t needed = whole.size() - 6;
  for (std::size_t length = 0; length < needed; ++length) {
    const auto cut = std::span(whole).first(length);
    CHECK_FALSE(module.plan.apply(0, cut, module.samples));
    CHECK(module.samples.empty());
  }
  CHECK(module.plan.apply(0, std::span(whole).first(needed), module.samples));
  auto more = whole;
  more[2] = 16; // cells
  const auto refused = module.plan.apply(0, more, module.samples);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "values: it has 16 of cell_voltage, and the profile 15");
}

TEST_CASE("cells that an answer does not count are not good") {
  pylontech module;
  auto fewer = information(module.profile, large);
  fewer[2] = 14;
  fewer.erase(fewer.begin() + 3, fewer.begin() + 5);
  REQUIRE(module.plan.apply(0, fewer, module.samples));
  CHECK(module.of("cell_voltage", 13).good);
  CHECK_FALSE(module.of("cell_voltage", 14).good);
  CHECK(module.value("voltage") == Approx(49.037));
}

namespace {

std::string small_profile(std::string_view framing, std::string_view answer,
                          std::string_view more = "") {
  std::string text = R"({"name":"small","version":1,"protocol":"serial","commissioned":true,
"framing":)";
  text.append(framing);
  text += R"(,"points":{"voltage":{"channel":"Voltage","type":"u16","unit":"V","scale":0.1,
"period_ms":500}},"questions":[{"name":"values","code":"01","period_ms":500,"answer":)";
  text.append(answer).append("}]").append(more).append("}");
  return text;
}

constexpr std::string_view sound = R"({"start":"A5","request":"{address} {code} {length} {data}",
"answer":"{address} {code} {length} {data}","length":{"bytes":1}})";

std::string mistakes(const std::string& text) {
  const auto loaded = load_profile(text, "p.json");
  const auto* found = std::get_if<findings>(&loaded);
  return found == nullptr ? "" : to_text(*found);
}

} // namespace

TEST_CASE("mistakes in what is asked and answered are told with their places") {
  CHECK(mistakes(small_profile(sound, R"([{"point":"voltage","bytes":2}])")).empty());
  const auto has = [](const std::string& all, std::string_view text) {
    INFO(all);
    CHECK(all.find(text) != std::string::npos);
  };
  has(mistakes(small_profile(sound, R"([{"point":"voltage","bytes":4}])")),
      "questions[0].answer[0].point: its bytes do not fit into voltage of type u16");
  has(mistakes(small_profile(sound, R"([{"point":"voltage","times":"cells"}])")),
      "no count before it is called \"cells\"");
  has(mistakes(small_profile(sound, R"([{"skip":1}])")),
      "points.voltage: nothing carries element 0");
  has(mistakes(small_profile(sound, R"([{"point":"voltage","overlaid":true}])")),
      "before it stands no single value");
  has(mistakes(small_profile(sound, R"([{"skip":1,"optional":true},{"point":"voltage"}])")),
      "the place before it is optional");
  has(mistakes(small_profile(R"({"start":"A5","request":"{data}","answer":"{data}"})",
                             R"([{"point":"voltage","bytes":2}])")),
      "framing: request: binary frames need a {length}");
  has(mistakes(small_profile(sound, R"([{"point":"voltage","bytes":2}])",
                             R"(,"commands":[{"name":"set_voltage","format":"extended"}])")),
      "commands[0].format: does not belong to a command of plain RS-485");
  has(mistakes(small_profile(sound, R"([{"point":"voltage","bytes":2}])", R"(,"registers":[])")),
      "registers: does not belong to this protocol");
}

TEST_CASE("a set command is written with its value, and judged by the answer that shows it") {
  const auto profile = load_good(small_profile(sound, R"([{"point":"voltage","bytes":2}])", R"(,
"commands":[{"name":"set_voltage","channel":"SetVoltage","point":"target_voltage","code":"81",
"data":"07 {value}","value":{"bytes":2,"order":"intel","scale":0.1},"read_back":"voltage",
"minimum":40,"maximum":60}])"));
  const auto plan = *answer_plan::compile(profile);
  CHECK_FALSE(plan.encode_set(0, 61));
  const auto write = plan.encode_set(0, 52.5);
  REQUIRE(write);
  CHECK(write->registers == std::vector<std::uint16_t>{0x0D, 0x02});
  CHECK(plan.encode_set(0, 52.59)->registers == write->registers); // no step more than asked for
  CHECK(*plan.wanted(0, *write) == Approx(52.5));
  CHECK(*plan.read_back(0, std::vector<std::uint16_t>{0x02, 0x0D}) == Approx(52.5));
  const auto spoken = plan.dialect();
  REQUIRE(spoken.settings.size() == 1);
  CHECK(spoken.settings[0].read_back == 0);
  CHECK(serial::fill(spoken.settings[0].order, 3, std::vector<std::uint8_t>{0x0D, 0x02}).data ==
        std::vector<std::uint8_t>{7, 0x0D, 0x02});
}

namespace {

/// `keys`: those of an order beside its name, its purpose and its code.
std::string with_order(std::string_view keys,
                       std::string_view more = R"(,"lease":{"mode":"none"})") {
  std::string text = R"(,"commands":[{"name":"contactor_order","purpose":"order","code":"20")";
  text.append(keys).append("}]").append(more);
  return small_profile(sound, R"([{"point":"voltage","bytes":2}])", text);
}

constexpr std::string_view fields = R"(,"signals":[{"field":"contactor","start":0,"length":8},
{"field":"lease","start":8,"length":8}])";

} // namespace

TEST_CASE(
    "an order of plain RS-485 stands where the value of a set command does, and asks nothing") {
  const auto text = with_order(std::string(R"(,"data":"07 {value}","length":2)").append(fields));
  CHECK(mistakes(text).empty());
  const auto plan = *answer_plan::compile(load_good(text));
  CHECK(plan.has_order());
  CHECK_FALSE(plan.find_set("contactor_order"));
  const auto write = plan.encode_order({"pack_0", 1, 1, contactor_order::close, true});
  REQUIRE(write);
  CHECK(write->registers == std::vector<std::uint16_t>{2, 1});
  const auto spoken = plan.dialect();
  REQUIRE(spoken.settings.size() == 1);
  CHECK_FALSE(spoken.settings[0].read_back);
  CHECK(serial::fill(spoken.settings[0].order, 3, std::vector<std::uint8_t>{2, 1}).data ==
        std::vector<std::uint8_t>{7, 2, 1});
}

TEST_CASE("mistakes in an order of plain RS-485 are told with their places") {
  const auto has = [](const std::string& all, std::string_view text) {
    INFO(all);
    CHECK(all.find(text) != std::string::npos);
  };
  const std::string data = R"(,"data":"{value}")";
  const std::string whole = data + R"(,"length":2)" + std::string(fields);
  has(mistakes(with_order(whole, "")),
      "missing key \"lease\": a device that takes orders states it");
  has(mistakes(with_order(whole + R"(,"value":{"bytes":2})")),
      "commands[0].value: does not belong to an order of plain RS-485");
  has(mistakes(with_order(data)), "missing key \"length\"");
  has(mistakes(with_order(data)), "missing key \"signals\"");
  has(mistakes(with_order(R"(,"length":2)" + std::string(fields))), "missing key \"data\"");
  has(mistakes(with_order(R"(,"data":"07","length":2)" + std::string(fields))),
      "commands[0].data: expected {value} once");
  has(mistakes(with_order(whole + R"(,"id":"0x100")")),
      "commands[0].id: does not belong to a command of plain RS-485");
  has(mistakes(with_order(data + R"(,"length":1)" + std::string(fields))),
      "commands[0].signals[1]");
  has(mistakes(small_profile(sound, R"([{"point":"voltage","bytes":2}])",
                             R"(,"lease":{"mode":"device","timeout_ms":2000})")),
      "lease: a lease needs a command with purpose \"order\"");
}

} // namespace answer_plan_test
