#include "messages/profiles/load.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "messages/profiles/encode_plan.hpp"
#include "messages/profiles/register_plan.hpp"
#include "messages/support/profiles.hpp"

namespace profiles_load_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

const std::string base = R"({
  "name": "test", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "current": { "channel": "Current", "type": "i16", "scale": 0.1, "unit": "A", "period_ms": 100 }
  },
  "messages": [
    { "name": "values", "id": "0x100", "length": 8,
      "signals": [ { "point": "current", "start": 0, "length": 16 } ] }
  ]
})";

/// `base` with its only occurrence of a text replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string text = base;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// All findings of a text, one a line, without the file's name.
std::string findings_of(std::string_view text) {
  const auto result = load_profile(text, "f");
  if (std::holds_alternative<device_profile>(result)) return "";
  auto lines = to_text(std::get<findings>(result));
  for (std::size_t at = 0; (at = lines.find("f:", at)) != std::string::npos;)
    if (at == 0 || lines[at - 1] == '\n')
      lines.erase(at, 2);
    else
      ++at;
  return lines;
}

struct mistake {
  const char* from;
  const char* to;
  const char* findings;
};

void check(const std::vector<mistake>& mistakes) {
  for (const auto& one : mistakes) {
    INFO(one.from << " -> " << one.to);
    CHECK(findings_of(changed(one.from, one.to)) == one.findings);
  }
}

} // namespace

TEST_CASE("the smallest profile loads with its defaults") {
  const auto profile = load_good(base);
  REQUIRE(profile.points.size() == 1);
  CHECK(profile.points[0].count == 1);
  CHECK(profile.points[0].decimals == 1);
  CHECK(profile.points[0].category == category::operational);
  REQUIRE(profile.messages.size() == 1);
  CHECK(profile.messages[0].period_ms == 100); // the point's
  CHECK(profile.messages[0].signals[0].bits.type == signal_type::signed_integer);
  CHECK(profile.messages[0].signals[0].scale == 0.1);
  CHECK(profile.lease.mode == lease_mode::none);
}

TEST_CASE("every shipped profile loads") {
  CHECK(load_file("demo_rack.json").order_command() != nullptr);
  CHECK(load_file("demo_rack.json").lease == lease{lease_mode::device, 500});
  CHECK_FALSE(load_file("kona_bus0.json").commissioned);
  CHECK_FALSE(load_file("kona_bus1.json").commissioned);
  CHECK(load_file("meter_example.json").protocol == protocol::modbus);
}

TEST_CASE("F-180 unknown, missing, doubled and mistyped keys are refused with their place") {
  check({
      {R"("scale": 0.1)", R"("scael": 0.1)",
       "4:55: points.current.scael: unknown key, did you mean scale?\n"},
      {R"("unit": "A", )", "", "4:5: points.current: missing key \"unit\"\n"},
      {R"("unit": "A")", R"("unit": 5)", "4:69: points.current.unit: expected text\n"},
      {R"("unit": "A")", R"("unit": "Ampere")",
       "4:69: points.current.unit: unknown unit \"Ampere\", known are V, A, W, kW, VA, var, Wh, "
       "kWh, "
       "Ah, Ohm, kOhm, Hz, %, s, ms, h, degC, K, Pa, l/min, rpm, and \"\" for none\n"},
      {R"("unit": "A")", R"("unit": "V")", "4:69: points.current.unit: expected A for current\n"},
      {R"("scale": 0.1)", R"("scale": 0.1, "scale": 0.2)", "4:69: key \"scale\" stands twice\n"},
      {R"("scale": 0.1)", R"("scale": "0.1")", "4:55: points.current.scale: expected a number\n"},
      {R"("scale": 0.1)", R"("scale": 0)", "4:55: points.current.scale: must not be 0\n"},
      {R"("version": 1)", R"("version": 1.5)",
       "2:19: version: expected an integer from 1 to 1000000\n"},
      {R"("commissioned": false)", R"("commissioned": 0)",
       "2:52: commissioned: expected true or false\n"},
      {R"("protocol": "can", )", "", "1:1: missing key \"protocol\"\n"},
      {R"("type": "i16")", R"("type": "int16")",
       "4:40: points.current.type: expected one of u16, i16, u32, i32, i64, f64, text\n"},
      {R"("name": "test")", R"("name": "../../etc/x")",
       "2:3: name: expected up to 64 of a-z, 0-9, '-' and '_'\n"},
      {R"({ "channel": "Current", "type": "i16", "scale": 0.1, "unit": "A", "period_ms": 100 })",
       "7", "4:5: points.current: expected an object\n"},
  });
}

TEST_CASE("F-180 a list of names is refused at the name that is wrong") {
  check({
      {R"("unit": "A")",
       R"("unit": "A", "protection": ["charge_overcurrent", "charge_overcurent"])",
       "4:119: points.current.protection: unknown candidate 'charge_overcurent', did you mean "
       "charge_overcurrent?\n"},
      {R"("unit": "A")", R"("unit": "A", "protection": ["fuse"])",
       "4:97: points.current.protection: unknown candidate 'fuse'\n"},
      {R"("unit": "A")", R"("unit": "A", "protection": ["soc_low", "soc_low"])",
       "4:108: points.current.protection: \"soc_low\" stands twice\n"},
      {R"("unit": "A")", R"("unit": "A", "protection": [5])",
       "4:97: points.current.protection: expected texts\n"},
      {R"("unit": "A")", R"("unit": "A", "reaction_limit_ms": 500)",
       "4:82: points.current.reaction_limit_ms: only a point that candidates watch has one\n"},
  });
}

TEST_CASE("F-180 values that mean nothing are refused with their place") {
  check({
      {R"("scale": 0.1)", R"("valid": [5, -5])", "4:55: points.current.valid: 5 is not below -5\n"},
      {R"("scale": 0.1)", R"("valid": [5])", "4:55: points.current.valid: expected two numbers\n"},
      {R"("scale": 0.1)", R"("valid": [40000, 50000])",
       "4:55: points.current.valid: no value of type i16 is within\n"},
      {R"("scale": 0.1)", R"("sentinels": [65535])",
       "4:55: points.current.sentinels: 65535 cannot stand on the wire\n"},
      {R"("scale": 0.1)", R"("count": 2)", "4:5: points.current: nothing carries element 1\n"},
      {R"("scale": 0.1)", R"("aggregates": ["min"])",
       "4:55: points.current.aggregates: a single value has no aggregates\n"},
      {R"("scale": 0.1)", R"("aggregates": ["module_sum"])",
       "4:55: points.current.aggregates: a single value has no aggregates\n4:55: "
       "points.current.aggregates: module_sum needs a group_size that divides count\n4:55: "
       "points.current.aggregates: module_sum is of cells in V\n"},
      {R"("scale": 0.1)", R"("texts": ["off", "on"])",
       "4:55: points.current.texts: only a single integer without a unit can be a text\n"},
      {R"("period_ms": 100)", R"("period_ms": 0)",
       "4:82: points.current.period_ms: expected an integer from 1 to 3600000\n"},
      {R"("0x100")", R"("0x1000")",
       "7:25: messages[0].id: expected 0x and 3 digits (up to 7FF) or 8 digits (up to 1FFFFFFF)\n"},
      {R"("0x100")", R"("0x800")",
       "7:25: messages[0].id: expected 0x and 3 digits (up to 7FF) or 8 digits (up to 1FFFFFFF)\n"},
      {R"("point": "current")", R"("point": "curent")",
       "4:5: points.current: nothing carries element 0\n"
       "8:22: messages[0].signals[0].point: there is no point \"curent\", did you mean current?\n"},
      {R"("point": "current")", R"("index": 1, "point": "current")",
       "4:5: points.current: nothing carries element 0\n"
       "8:22: messages[0].signals[0].index: element 1 is beyond the 1 of current\n"},
      {R"("start": 0)", R"("start": 56)",
       "8:42: messages[0].signals[0].start: 16 bits from 56 do not fit into 8 bytes\n"},
      {R"("start": 0)", R"("order": "motorola", "start": 63)",
       "8:63: messages[0].signals[0].start: 16 bits from 63 do not fit into 8 bytes\n"},
      {R"("length": 16)", R"("length": 17)",
       "8:54: messages[0].signals[0].length: 17 bits do not fit into current of type i16\n"},
      {R"("length": 16)", R"("length": 16, "type": "float")",
       "8:54: messages[0].signals[0].length: a float has 32 or 64 bits\n"},
      {R"("length": 16)", R"("length": 16, "mux": 1)",
       "8:68: messages[0].signals[0].mux: the message has no multiplexer\n"},
      {R"("length": 8,)", R"("length": 8, "checksum": {"kind": "crc9", "byte": 8},)",
       "7:66: messages[0].checksum.kind: expected one of crc8_j1850, autosar_profile_1, "
       "autosar_profile_2, xor, sum, crc\n"
       "7:82: messages[0].checksum.byte: expected an integer from 0 to 7\n"},
      {R"("length": 8,)", R"("length": 8, "checksum": {"kind": "xor", "byte": 1},)",
       "8:42: messages[0].signals[0].start: current (signals[0]) and the checksum both have bit 8 "
       "(byte 1, its bit 0)\n"},
      {R"("messages")", R"("registers": [], "messages")",
       "6:3: registers: does not belong to this protocol\n"},
  });
}

TEST_CASE("F-180 two signals or messages in one place are refused") {
  check({
      {R"( ] }
  ])",
       R"( ] },
    { "name": "values", "id": "0x100", "length": 8,
      "signals": [ { "point": "current", "start": 0, "length": 16 } ] }
  ])",
       "9:7: messages[1].name: \"values\" is used twice\n"
       "9:25: messages[1].id: 0x100 is used by \"values\" already\n"
       "10:22: messages[1].signals[0].point: element 0 of current is carried twice\n"},
      {R"("length": 16 })",
       R"("length": 16 },
                   { "point": "current", "start": 8, "length": 16 })",
       "9:22: messages[0].signals[1].point: element 0 of current is carried twice\n"
       "9:42: messages[0].signals[1].start: current (signals[1]) and current (signals[0]) both "
       "have "
       "bit 8 (byte 1, its bit 0)\n"},
  });
}

TEST_CASE("F-180 signals that share a bit are both named, with the bit and what is likely wrong") {
  const auto with = [](const char* head, const char* signals) {
    return std::string(R"({
  "name": "test", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "cell_voltage": { "channel": "CellVoltage", "type": "u16", "count": 3, "unit": "V", "period_ms": 100 }
  },
  "messages": [
    { "name": "cells", "id": "0x100", "length": 8, )") +
           head + R"("signals": [
)" + signals +
           "\n    ] }\n  ]\n}";
  };
  // The second should begin at 23.
  CHECK(findings_of(with("", R"(
      { "point": "cell_voltage", "index": 0, "start": 7, "length": 16, "order": "motorola" },
      { "point": "cell_voltage", "index": 1, "start": 22, "length": 16, "order": "motorola" },
      { "point": "cell_voltage", "index": 2, "start": 39, "length": 16, "order": "motorola" })")) ==
        "11:46: messages[0].signals[2].start: cell_voltage[2] (signals[2]) and cell_voltage[1] "
        "(signals[1]) both have bit 39 (byte 4, its bit 7); start of a motorola signal is its most "
        "significant bit, 7 of its first byte\n");
  const char* paged = R"("multiplexer": { "start": 0, "length": 8 }, )";
  CHECK(
      findings_of(with(paged, R"(
      { "point": "cell_voltage", "index": 0, "mux": 0, "start": 8, "length": 16 },
      { "point": "cell_voltage", "index": 1, "start": 8, "length": 16 },
      { "point": "cell_voltage", "index": 2, "start": 40, "length": 16 })")) ==
      "10:46: messages[0].signals[1].start: cell_voltage[1] (signals[1]) and cell_voltage[0] "
      "(signals[0]) both have bit 8 (byte 1, its bit 0); cell_voltage[1] (signals[1]) has no mux, "
      "so it is in every frame\n");
  CHECK(findings_of(with(paged, R"(
      { "point": "cell_voltage", "index": 0, "start": 8, "length": 16 },
      { "point": "cell_voltage", "index": 1, "start": 24, "length": 16 },
      { "point": "cell_voltage", "index": 2, "start": 40, "length": 16 })")) ==
        "9:7: messages[0].signals[0]: mux is missing: the message cells has a multiplexer, and no "
        "signal of it says for which value of it it is there\n");
}

TEST_CASE("F-180 all findings of a file come at once, in its order") {
  auto text = changed(R"("scale": 0.1)", R"("scael": 0.1)");
  const auto at = text.find("0x100");
  text.replace(at, 5, "256!!");
  CHECK(findings_of(text) ==
        "4:55: points.current.scael: unknown key, did you mean scale?\n"
        "7:25: messages[0].id: expected 0x and 3 digits (up to 7FF) or 8 digits (up to "
        "1FFFFFFF)\n");
}

TEST_CASE("F-180 broken syntax and NaN are refused at the offending place") {
  CHECK(findings_of(changed("0.1", "NaN")).starts_with("4:64: "));
  CHECK(findings_of(changed("0.1", "1e999")).starts_with("4:64: "));
  CHECK(findings_of(changed("  ]\n}", "  ]\n")).starts_with("10:1: "));
  CHECK(findings_of(base + " {}").starts_with("10:3: "));
  CHECK(findings_of("").starts_with("1:1: "));
  CHECK(findings_of("\xEF\xBB\xBF[1]") == "1:2: expected an object\n");
}

TEST_CASE("F-180 commands are checked against their wire and their read-back") {
  const std::string command =
      R"("messages": [ { "name": "m", "id": "0x101", "length": 2, "signals": [
         { "point": "limit", "start": 0, "length": 16 } ] }, )";
  const auto with = [&](const std::string& commands) {
    auto text = changed(R"("messages": [)", command);
    const auto point = text.find(R"("current": {)");
    text.insert(
        point,
        R"("limit": {"channel":"Limit","type":"u16","scale":0.1,"unit":"A","period_ms":100},)");
    text.insert(text.rfind('}'), ",\"commands\": [\n" + commands + "]");
    return findings_of(text);
  };
  const std::string good =
      R"({"name":"set_limit","channel":"SetLimit","point":"set_limit","read_back":"limit","id":"0x200","length":8,"signals":[{"field":"value","start":0,"length":16,"scale":0.1}],"minimum":0,"maximum":100,"default":50})";
  const auto check_one = [&](std::string_view from, std::string_view to, const char* text,
                             int findings_count = 1) {
    auto mutated = good;
    mutated.replace(mutated.find(from), from.size(), to);
    INFO(mutated);
    const auto found = with(mutated);
    CHECK(found.find(text) != std::string::npos);
    CHECK(std::count(found.begin(), found.end(), '\n') == findings_count);
  };
  CHECK(with(good).empty());
  check_one("\"maximum\":100", "\"maximum\":7000", "maximum: does not fit into the wire's bits");
  check_one("\"minimum\":0", "\"minimum\":100", "minimum: 100 is not below 100");
  check_one("\"default\":50", "\"default\":101", "default: is outside of minimum and maximum");
  check_one("\"read_back\":\"limit\"", "\"read_back\":\"lim\"", "there is no point \"lim\"");
  check_one("0x200", "0x101", "0x101 is sent by the device as \"m\"");
  check_one("\"field\":\"value\"", "\"field\":\"vlaue\"", "expected one of value, counter", 2);
  check_one("\"maximum\":100,", "", "missing key \"maximum\"");
  check_one("\"signals\":[", "\"signals\":[{\"start\":40,\"length\":8},",
            "expected either \"field\" or \"constant\"");
  check_one("\"signals\":[", "\"signals\":[{\"constant\":300,\"start\":40,\"length\":8},",
            "constant: does not fit into 8 bits");
  check_one("\"SetLimit\"", "\"Limit\"", "\"Limit\" is the point limit");
  check_one("\"default\":50", "\"phase_ms\":5", "phase_ms: without period_ms nothing has a phase");
  check_one("\"default\":50", "\"period_ms\":100,\"phase_ms\":100",
            "phase_ms: is not below period_ms, 100");
  check_one("\"default\":50", "\"period_ms\":100,\"minimum_gap_ms\":91",
            "minimum_gap_ms: is not 10 ms below period_ms, 100");
  check_one("\"default\":50", "\"period_ms\":9",
            "period_ms: expected an integer from 10 to 3600000");
  check_one("\"default\":50", "\"minimum_gap_ms\":2001",
            "minimum_gap_ms: expected an integer from 1 to 2000");
  check_one("\"default\":50", "\"tighter\":\"up\"",
            "tighter: expected one of toward_zero, lower, higher");
  check_one("\"point\":\"set_limit\"",
            "\"point\":\"discharge_voltage_limit\",\"tighter\":\"lower\"",
            "tighter: discharge_voltage_limit is \"higher\" whatever the device");
  for (const auto* fine :
       {R"("point":"discharge_voltage_limit","tighter":"higher")",
        R"("point":"reserve","tighter":"higher")", R"("point":"ceiling","tighter":"lower")"}) {
    auto stated = good;
    const std::string_view from = R"("point":"set_limit")";
    CHECK(with(stated.replace(stated.find(from), from.size(), fine)).empty());
  }
}

TEST_CASE("F-180 a device that takes orders states its lease") {
  auto text = text_of(profile_file("demo_rack.json"));
  const std::string key = R"("lease": { "mode": "device", "timeout_ms": 500 },)";
  const auto at = text.find(key);
  REQUIRE(at != std::string::npos);
  text.erase(at, key.size());
  CHECK(findings_of(text) == "1:1: missing key \"lease\": a device that takes orders states it\n");
}

TEST_CASE("F-180 a point that the topology shapes must have its shape") {
  auto text = text_of(profile_file("demo_rack.json"));
  const auto at = text.find("\"cells_per_module\": 16");
  REQUIRE(at != std::string::npos);
  text.replace(at, 22, "\"cells_per_module\": 15");
  CHECK(findings_of(text) == "21:5: points.cell_voltage: count 480 is not 30 modules of 15\n");
}

TEST_CASE("F-182 a profile that is too long, too deep or too full is refused") {
  CHECK(findings_of(std::string(profile_bytes_max + 1, ' ')) == "1:1: longer than 1048576 bytes\n");
  CHECK(findings_of(std::string(200'000, '[')) == "1:33: nested deeper than 32\n");
  std::string many = "[0";
  while (many.size() < profile_bytes_max - 10) many += ",0";
  CHECK(findings_of(many + "]").find("more than 200000 values") != std::string::npos);
  const auto huge = changed(R"("scale": 0.1)", R"("count": 4000000000)");
  CHECK(findings_of(huge).find("expected an integer from 1 to 65536") != std::string::npos);
}

TEST_CASE("F-182 what is said about a hostile file stays small") {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i)
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + std::string(20, 'x') + "\":1";
  const auto result = load_profile(text + "}", "f");
  REQUIRE(std::holds_alternative<findings>(result));
  CHECK(std::get<findings>(result).size() == findings_max);
  const auto one = load_profile("{\"" + std::string(500'000, 'k') + "\":1}", "f");
  for (const auto& found : std::get<findings>(one)) CHECK(found.text.size() <= 400);
}

TEST_CASE("F-180 no mutation of a profile makes the loader fail otherwise than by findings") {
  std::mt19937 random(11);
  std::vector<std::string> texts;
  for (const char* name : {"demo_rack.json", "kona_bus0.json", "meter_example.json"})
    texts.push_back(text_of(profile_file(name)));
  texts.push_back(base);
  const std::string pieces[] = {
      "{",          "}",         "[",           "]",    ",",    ":",
      "\"",         "-1",        "1e308",       "null", "true", "99999999999999999999",
      "\"points\"", "\"float\"", "\"mux\": 3,", "0",    "64",   "\"motorola\"",
      "\\u0000",    "\xff"};
  int loaded = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string text = texts[random() % texts.size()];
    for (unsigned i = 0; i <= random() % 3; ++i) {
      const auto at = random() % text.size();
      const auto& piece = pieces[random() % std::size(pieces)];
      switch (random() % 3) {
        case 0:
          text.insert(at, piece);
          break;
        case 1:
          text.replace(at, std::min(piece.size(), text.size() - at), piece);
          break;
        default:
          text.erase(at, random() % 8);
          break;
      }
    }
    auto result = load_profile(text, "f");
    if (auto* profile = std::get_if<device_profile>(&result)) {
      ++loaded;
      if (profile->protocol == protocol::can) {
        CHECK(decode_plan::compile(*profile, 0).has_value());
        CHECK(encode_plan::compile(*profile, 0).has_value());
      } else {
        CHECK(register_plan::compile(*profile).has_value());
      }
    } else {
      const auto& found = std::get<findings>(result);
      REQUIRE(!found.empty());
      for (const auto& one : found) CHECK((one.line > 0 && one.column > 0));
    }
  }
  CHECK(loaded > 0); // some mutations hit a description
}

TEST_CASE("F-171 a device is known by integers and texts that its profile has, each named once") {
  const auto with = [](const std::string& names) {
    return changed("\"commissioned\": false,",
                   "\"commissioned\": false,\n  \"identity\": [" + names + "],");
  };
  const auto loaded = load_profile(with("\"current\""), "f");
  REQUIRE(std::holds_alternative<device_profile>(loaded));
  CHECK(std::get<device_profile>(loaded).identity == std::vector<std::string>{"current"});
  CHECK(findings_of(with("\"serial\"")) == "3:16: identity: there is no point \"serial\"\n");
  CHECK(findings_of(with("\"current\", \"current\"")) ==
        "3:27: identity: \"current\" stands twice\n");
  CHECK(findings_of(with("1")) == "3:16: identity: expected texts\n");
  auto real = with("\"current\"");
  real.replace(real.find("i16"), 3, "f64");
  CHECK_THAT(findings_of(real),
             Catch::StartsWith("3:16: identity: current is no integer and no text: it does not say "
                               "which device it is\n"));
  auto many = with("\"current\"");
  many.replace(many.find("\"i16\","), 6, "\"i16\", \"count\": 257,");
  CHECK(findings_of(many).find("identity: 257 values, more than 256") != std::string::npos);
}

TEST_CASE("ratings are above nothing, and closings follow each other within an hour") {
  const auto with_ratings = [](const std::string& more) {
    return changed("\"commissioned\": false,",
                   "\"commissioned\": false, \"ratings\": {\"capacity_ah\": 280, "
                   "\"charge_current_a\": 140, \"discharge_current_a\": 140, "
                   "\"break_current_a\": 5" +
                       more + "},");
  };
  const auto spacing_s = [&](const std::string& more) {
    const auto loaded = load_profile(with_ratings(more), "f");
    REQUIRE(std::holds_alternative<device_profile>(loaded));
    return std::get<device_profile>(loaded).ratings->closing_spacing_s;
  };
  CHECK(spacing_s("") == 10);
  CHECK(spacing_s(", \"closing_spacing_s\": 2.5") == 2.5);
  CHECK(spacing_s(", \"closing_spacing_s\": 3600") == 3600);
  for (const auto* wrong : {"0", "-1"})
    CHECK_THAT(findings_of(with_ratings(std::string(", \"closing_spacing_s\": ") + wrong)),
               Catch::Matchers::Contains("must be above 0"));
  CHECK_THAT(findings_of(with_ratings(", \"closing_spacing_s\": 3601")),
             Catch::Matchers::Contains("must be from 0.001 to 3600"));
  CHECK_THAT(findings_of(with_ratings(", \"closing_spacing_s\": 1e-7")),
             Catch::Matchers::Contains("must be from 0.001 to 3600"));
}

} // namespace profiles_load_test
