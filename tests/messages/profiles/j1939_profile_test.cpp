#include <catch2/catch.hpp>

#include <string>
#include <variant>
#include <vector>

#include "messages/j1939/name.hpp"
#include "messages/profiles/encode_plan.hpp"
#include "messages/profiles/j1939_rule.hpp"
#include "messages/profiles/load.hpp"
#include "messages/support/profiles.hpp"

// What a profile says of a device of J1939.
namespace j1939_profile_test {

using namespace voltaic;
using namespace voltaic::tests;
using namespace voltaic::messages::profiles;

namespace {

/// A small profile; parts of it are replaced by what a case is about.
struct parts {
  std::string head = R"("j1939": {"address": 243, "manufacturer_code": 1382})";
  std::string message = R"("pgn": "0xF090", "length": 8)";
  std::string signal = R"("start": 0, "length": 16)";
  std::string more;
};

std::string profile_of(const parts& of) {
  return R"({"name": "battery", "version": 1, "protocol": "can", "commissioned": false,
)" + of.head +
         R"(,
"points": {"level": {"channel": "Level", "type": "u32", "unit": "", "period_ms": 20}},
"messages": [{"name": "first", )" +
         of.message + R"(, "signals": [{"point": "level", )" + of.signal + "}]}]" + of.more + "}";
}

std::string wrong(const parts& of) {
  auto loaded = load_profile(profile_of(of), "battery.json");
  const auto* found = std::get_if<messages::findings>(&loaded);
  REQUIRE(found != nullptr);
  return to_text(*found);
}

bool says(const std::string& text, const std::string& words) {
  INFO(text);
  return text.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("an order of J1939 fits into a frame: one that is transported could arrive too late") {
  const std::string_view order = R"(, "commands": [{"name": "order", "purpose": "order",
"pgn": "0x1B00", "length": 9, "signals": [{"field": "contactor", "start": 0, "length": 2}]}])";
  CHECK(says(wrong({.more = std::string(order)}), "an order of J1939 has 8 bytes at most"));
}

TEST_CASE("a group is known by number and address, whatever its priority") {
  const auto profile = load_good(profile_of({}));
  REQUIRE(profile.j1939);
  CHECK(profile.messages[0].group == 0xF090);
  CHECK(profile.messages[0].extended);
  CHECK(profile.messages[0].id == known_id(0xF090, 243));
  CHECK_FALSE(profile.messages[0].is_answer());
  // id_offset moves the address, and nothing else of it.
  CHECK(known_id(0xF090, 243) + 1 == known_id(0xF090, 244));
  CHECK(known_id(0xF090, 243) != ordered_id(0xF090, 243));
  CHECK(address_of(*profile.j1939, 10) == 253);
  CHECK_FALSE(address_of(*profile.j1939, 11));
}

TEST_CASE("what is not stated of a NAME is not compared") {
  messages::j1939::name_fields said;
  said.identity_number = 1'000;
  said.manufacturer_code = 1'382;
  said.function = 255;
  said.arbitrary_address_capable = true;
  const auto name = messages::j1939::join_name(said);
  j1939_identity stated;
  CHECK_FALSE(stated.is_stated());
  CHECK(fits(stated, name));
  stated.manufacturer_code = 1'382;
  CHECK(fits(stated, name));
  stated.identity_number = 1'001;
  CHECK_FALSE(fits(stated, name));
}

TEST_CASE("a nonsense of J1939 is refused where it stands") {
  CHECK(says(wrong({.head = R"("j1939": {"address": 254})"}), "battery.json:2:11: j1939.address"));
  CHECK(says(wrong({.message = R"("pgn": "0x40000", "length": 8)"}),
             "battery.json:4:32: messages[0].pgn: expected 0x and up to 5 hexadecimal digits"));
  CHECK(says(wrong({.message = R"("pgn": "0x1B01", "length": 8)"}), "its last byte is 00"));
  CHECK(says(wrong({.message = R"("pgn": "0xFECA", "length": 8)"}), "the protocol's own"));
  CHECK(says(wrong({.message = R"("id": "0x123", "length": 8)"}), "known by groups"));
  CHECK(says(wrong({.message = R"("id": "0x123", "pgn": "0xF090", "length": 8)"}),
             "either \"id\" or \"pgn\""));
  CHECK(says(wrong({.message = R"("pgn": "0xF090", "length": 1786)"}), "messages[0].length"));
  CHECK(says(wrong({.message = R"("pgn": "0xF090", "length": 2)",
                    .signal = R"("start": 8, "length": 16)"}),
             "16 bits from 8 do not fit into 2 bytes"));
  CHECK(says(wrong({.head = R"("reaction_limit_ms": 3000)"}), "needs the section \"j1939\""));
  CHECK(says(
      wrong(
          {.more =
               R"(, "requests": [{"name": "ask", "pgn": "0xFC5E", "data": "00", "period_ms": 1000}])"}),
      "requests[0].data: does not belong"));
  CHECK(says(
      wrong(
          {.more =
               R"(, "requests": [{"name": "ask", "id": "0x18EAFFFA", "data": "00", "period_ms": 1000}])"}),
      "requests[0].id: a device of J1939"));
}

TEST_CASE("indicators of J1939 are no values, by the width of a parameter") {
  struct each {
    unsigned bits;
    std::uint64_t last;
    std::uint64_t none;
  };
  for (const auto& [bits, last, none] : {each{2, 0x1, 0x2},
                                         {4, 0xD, 0xE},
                                         {8, 0xFA, 0xFB},
                                         {16, 0xFAFF, 0xFB00},
                                         {24, 0xFAFFFF, 0xFE0000},
                                         {32, 0xFAFFFFFF, 0xFFFFFFFF}}) {
    const auto profile =
        load_good(profile_of({.signal = R"("start": 0, "length": )" + std::to_string(bits)}));
    const auto plan = decode_plan::compile(profile, 0);
    REQUIRE(plan);
    std::vector<sample> samples;
    const auto good = [&](std::uint64_t raw) {
      messages::can::frame frame;
      frame.id = known_id(0xF090, 243);
      frame.extended = true;
      frame.length = 8;
      for (unsigned i = 0; i < 4; ++i) frame.data[i] = static_cast<std::uint8_t>(raw >> (8 * i));
      REQUIRE(plan->apply(frame, samples).outcome == decode_plan::outcome::decoded);
      return samples.at(0).good;
    };
    INFO(bits << " bits");
    CHECK(good(last));
    CHECK_FALSE(good(none));
    CHECK_FALSE(good((std::uint64_t{1} << bits) - 1));
  }
}

TEST_CASE("a scaled parameter has the same indicators, and all_values has none") {
  const std::string scaled = R"("start": 0, "length": 16, "scale": 0.5, "spn": 5919)";
  for (const bool all : {false, true}) {
    const auto profile = load_good(
        profile_of({.message = std::string(R"("pgn": "0xF090", "length": 8, "all_values": )") +
                               (all ? "true" : "false"),
                    .signal = scaled}));
    const auto frame = make_frame(known_id(0xF090, 243), "00FB000000000000", true);
    const decoded_frame decoded(profile, frame);
    REQUIRE(decoded.samples.size() == 1);
    CHECK(decoded.samples[0].good == all);
  }
}

TEST_CASE("of one field several points are made by on and off, and others are none") {
  const auto profile = load_file("j1939_hvess_battery.json");
  const auto states = [&](const char* bytes) {
    const decoded_frame decoded(profile, make_frame(known_id(0xF096, 243), bytes, true));
    std::string text;
    for (const auto* name : {"minus_closed", "precharge_closed", "plus_closed"}) {
      const auto point = profile.find_point(name).value();
      for (const auto& one : decoded.samples)
        if (one.point == point) text += one.good ? std::to_string(one.raw) : "-";
    }
    return text;
  };
  CHECK(states("FFFFFFFFFF00FFFF") == "000");
  CHECK(states("FFFFFFFFFF01FFFF") == "110");
  CHECK(states("FFFFFFFFFF02FFFF") == "101");
  CHECK(states("FFFFFFFFFF0EFFFF") == "---");
  CHECK(states("FFFFFFFFFF0FFFFF") == "---");
}

TEST_CASE("a command of a group leaves ones where it says nothing, and has the device's address") {
  const auto profile = load_file("j1939_hvess_battery.json");
  auto plan = encode_plan::compile(profile, 1);
  REQUIRE(plan);
  plan->set_address(0x80);
  const auto close = plan->encode_order({"bms_1", 7, 0x13, messages::contactor_order::close, true});
  REQUIRE(close);
  CHECK(close->id == ordered_id(0x1B00, 244));
  CHECK(close->data[0] == 0xFD); // close is 1 here
  CHECK(close->data[5] == 0xFF);
  CHECK(close->data[6] == 0xF3); // the low nibble counts
  const auto set = plan->encode_set(plan->find_set("charge_current_limit").value(), 12.5, 0);
  REQUIRE(set);
  CHECK(set->id == ordered_id(0xFF20, 244));
  CHECK(set->data[0] == 125);
  CHECK(set->data[1] == 0);
  CHECK(set->data[2] == 0xFF);
  CHECK(set->data[7] == 0x80);
}

} // namespace j1939_profile_test
