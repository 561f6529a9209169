#include <cmath>
#include <limits>
#include <random>

#include "messages/inverter/inverter_profiles.hpp"

namespace inverter_codec_test {

using namespace voltaic::messages;
using namespace voltaic::messages::inverter;
using voltaic::messages::inverter::payload;
using namespace voltaic::tests;

namespace {

struct golden_frame {
  const char* file;
  std::uint32_t id;
  const char* hex;
  std::vector<std::pair<item, double>> values;
};

// Captured on real buses.
std::vector<golden_frame> golden_frames() {
  return {
      {"pylontech_lv.json",
       0x351,
       "1402740E740ECC01",
       {{item_of("charge_voltage_limit"), 53.2},
        {item_of("charge_current_limit"), 370},
        {item_of("discharge_current_limit"), 370},
        {item_of("discharge_voltage_limit"), 46}}},
      {"pylontech_lv.json", 0x355, "1A006400", {{item_of("soc"), 26}, {item_of("soh"), 100}}},
      {"victron.json",
       0x351,
       "4302E8039E07D001",
       {{item_of("charge_voltage_limit"), 57.9},
        {item_of("charge_current_limit"), 100},
        {item_of("discharge_current_limit"), 195},
        {item_of("discharge_voltage_limit"), 46.4}}},
      {"victron.json",
       0x356,
       "5114BAFEEA00",
       {{item_of("voltage"), 52.01}, {item_of("current"), 32.6}, {item_of("temperature"), 23.4}}},
      {"victron.json",
       0x373,
       "AD0CB90C27012801",
       {{item_of("cell_voltage_min"), 3.245},
        {item_of("cell_voltage_max"), 3.257},
        {item_of("cell_temperature_min"), 22},
        {item_of("cell_temperature_max"), 23}}},
  };
}

payload limits_of(double charge_a, double discharge_a, double charge_v = 54.4) {
  payload values;
  values.set(item_of("charge_voltage_limit"), charge_v);
  values.set(item_of("charge_current_limit"), charge_a);
  values.set(item_of("discharge_current_limit"), discharge_a);
  values.set(item_of("discharge_voltage_limit"), 46.0);
  return values;
}

constexpr const char* can_profiles[] = {"victron.json",          "pylontech_lv.json",
                                        "sma_sunny_island.json", "pylontech_hv.json",
                                        "discover.json",         "pytes.json"};

} // namespace

TEST_CASE("a frame of victron whose values have no word for unknown is left out while one is") {
  const auto profile = load_inverter("victron.json");
  const std::pair<std::uint32_t, std::vector<item>> all[] = {
      {0x373,
       {item_of("cell_voltage_min"), item_of("cell_voltage_max"), item_of("cell_temperature_min"),
        item_of("cell_temperature_max")}},
      {0x378, {item_of("energy_charged"), item_of("energy_discharged")}}};
  for (const auto& [id, frame_items] : all) {
    const auto& layout = sent_layout(profile, id);
    payload whole;
    for (const auto each : frame_items) whole.set(each, 3.0);
    CHECK(encode(layout, profile.options, whole));
    for (const auto each : frame_items) {
      CAPTURE(id, items[each].name);
      auto lacking = whole;
      lacking.set(each, {});
      CHECK_FALSE(encode(layout, profile.options, lacking));
    }
  }
}

TEST_CASE("captured inverter frames decode to their values and are encoded from them") {
  for (const auto& golden : golden_frames()) {
    INFO(golden.file << " " << golden.hex);
    const auto profile = load_inverter(golden.file);
    const auto frame = make_frame(golden.id, golden.hex);
    payload decoded;
    REQUIRE(decode(profile.frames, profile.options, frame, decoded));
    payload values;
    for (const auto& [which, value] : golden.values) {
      INFO(items[which].name);
      REQUIRE(decoded.number(which).has_value());
      CHECK(*decoded.number(which) == Approx(value).epsilon(1e-9));
      values.set(which, value);
    }
    const auto encoded = encode(sent_layout(profile, golden.id), profile.options, values);
    REQUIRE(encoded);
    CHECK(hex_of(*encoded) == golden.hex);
    CHECK(encoded->id == golden.id);
  }
}

TEST_CASE("a healthy battery's alarm frame says so of each pair, and nothing of what it lacks") {
  const auto profile = load_inverter("victron.json");
  const auto& layout = sent_layout(profile, 0x35A);
  payload values;
  CHECK(hex_of(*encode(layout, profile.options, values)) == "0000000000000000");
  for (const auto& each : layout.fields) values.set(each.item, false);
  CHECK(hex_of(*encode(layout, profile.options, values)) == "AAAAAA02AAAAAA0A");
  values.set(item_of("alarm_high_voltage"), true);
  values.set(item_of("warning_low_temperature"), true);
  const auto frame = encode(layout, profile.options, values);
  CHECK(hex_of(*frame) == "A6AAAA02AAA9AA0A");
  payload decoded;
  REQUIRE(decode(profile.frames, profile.options, *frame, decoded));
  CHECK(decoded == values);
}

TEST_CASE("the protection frame of protocol 1.2 has its bits where the table has them") {
  const auto profile = load_inverter("pylontech_lv.json");
  const auto& layout = sent_layout(profile, 0x359);
  payload values;
  values.set(item_of("module_count"), 2.0);
  CHECK(hex_of(*encode(layout, profile.options, values)) == "0000000002504E");
  values.set(item_of("alarm_high_voltage"), true);
  values.set(item_of("alarm_high_discharge_current"), true);
  values.set(item_of("alarm_high_charge_current"), true);
  values.set(item_of("warning_low_voltage"), true);
  values.set(item_of("warning_bms_internal"), true);
  CHECK(hex_of(*encode(layout, profile.options, values)) == "8201040802504E");
}

TEST_CASE("request bits are clear where nobody knows") {
  const auto profile = load_inverter("pylontech_lv.json");
  const auto& layout = sent_layout(profile, 0x35C);
  payload values;
  CHECK(hex_of(*encode(layout, profile.options, values)) == "0000");
  values.set(item_of("charge_enable"), true);
  values.set(item_of("discharge_enable"), true);
  CHECK(hex_of(*encode(layout, profile.options, values)) == "C000");
}

TEST_CASE("limits are rounded to the side that asks less of the battery") {
  const auto profile = load_inverter("victron.json");
  auto values = limits_of(49.99, 50.09, 54.49);
  values.set(item_of("discharge_voltage_limit"), 46.01);
  const auto frame = encode(sent_layout(profile, 0x351), profile.options, values);
  REQUIRE(frame);
  payload decoded;
  REQUIRE(decode(profile.frames, profile.options, *frame, decoded));
  CHECK(*decoded.number(item_of("charge_current_limit")) == Approx(49.9));
  CHECK(*decoded.number(item_of("discharge_current_limit")) == Approx(50.0));
  CHECK(*decoded.number(item_of("charge_voltage_limit")) == Approx(54.4));
  CHECK(*decoded.number(item_of("discharge_voltage_limit")) == Approx(46.1));
}

TEST_CASE("a number beyond its field becomes the nearest that fits, never another one") {
  const auto profile = load_inverter("victron.json");
  const auto frame = encode(sent_layout(profile, 0x351), profile.options, limits_of(1e9, -5));
  REQUIRE(frame);
  CHECK(hex_of(*frame) == "2002FF7FCEFFCC01");
}

TEST_CASE("a frame is not sent while a value that it needs is missing or no number") {
  const auto profile = load_inverter("victron.json");
  const auto& layout = sent_layout(profile, 0x351);
  auto values = limits_of(50, 50);
  REQUIRE(encode(layout, profile.options, values));
  for (const double none :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    values.set(item_of("charge_voltage_limit"), none);
    CHECK_FALSE(encode(layout, profile.options, values));
  }
  values.set(item_of("charge_voltage_limit"), std::monostate{});
  const auto refused = encode(layout, profile.options, values);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "charge_voltage_limit has no value");
}

TEST_CASE("a negative limit from the wire is read as its magnitude") {
  const auto profile = load_inverter("victron.json");
  payload decoded;
  REQUIRE(decode(profile.frames, profile.options,
                 make_frame(0x351,
                            "20020000"
                            "9CFF"
                            "CC01"),
                 decoded));
  CHECK(*decoded.number(item_of("discharge_current_limit")) == Approx(10));
}

TEST_CASE("short frames tell what they hold whole and nothing else") {
  const auto profile = load_inverter("victron.json");
  payload decoded;
  REQUIRE(decode(profile.frames, profile.options, make_frame(0x351, "1402740E740E"), decoded));
  CHECK(*decoded.number(item_of("discharge_current_limit")) == Approx(370));
  CHECK_FALSE(decoded.number(item_of("discharge_voltage_limit")));
  REQUIRE(decode(profile.frames, profile.options, make_frame(0x355, "1A00"), decoded));
  CHECK(*decoded.number(item_of("soc")) == 26);
  CHECK_FALSE(decoded.number(item_of("soh")));
  REQUIRE(decode(profile.frames, profile.options, make_frame(0x35E, "5059544553"), decoded));
  CHECK(std::get<std::string>(decoded.at(item_of("manufacturer"))) == "PYTES");
}

TEST_CASE("a fine state of charge that is not there loses the one that was") {
  const auto profile = load_inverter("victron.json");
  payload decoded;
  REQUIRE(decode(profile.frames, profile.options, make_frame(0x355, "550064006621"), decoded));
  CHECK(*decoded.number(item_of("soc_fine")) == Approx(85.5));
  REQUIRE(decode(profile.frames, profile.options, make_frame(0x355, "55006400FFFF"), decoded));
  CHECK_FALSE(decoded.number(item_of("soc_fine")));
}

TEST_CASE("a text goes out in pieces, padded, and comes back whole") {
  const auto profile = load_inverter("victron.json");
  payload values;
  values.set(item_of("name"), std::string("Voltaic rack"));
  values.set(item_of("manufacturer"), std::string("VOLTAIC"));
  payload decoded;
  for (const std::uint32_t id : {0x370U, 0x371U, 0x35EU}) {
    const auto frame = encode(sent_layout(profile, id), profile.options, values);
    REQUIRE(frame);
    REQUIRE(decode(profile.frames, profile.options, *frame, decoded));
  }
  CHECK(decoded == values);
  CHECK(hex_of(*encode(sent_layout(profile, 0x35E), profile.options, values)) ==
        "564F4C5441494320");
}

TEST_CASE("Pylontech's high-voltage frames follow byte order, current offset and address") {
  const auto profile = load_inverter("pylontech_hv.json");
  const auto& layout = sent_layout(profile, 0x4220);
  auto values = limits_of(100, 120, 270);
  values.set(item_of("discharge_voltage_limit"), 202.5);
  CHECK(hex_of(*encode(layout, profile.options, values)) == "8C0AE9071879E079");
  wire_options options = profile.options;
  options.current_raw_offset = 0;
  options.order = byte_order::big;
  options.address = 1;
  const auto frame = encode(layout, options, values);
  REQUIRE(frame);
  CHECK(hex_of(*frame) == "0A8C07E903E804B0");
  CHECK(frame->id == 0x4221);
  CHECK(frame->extended);
  payload decoded;
  CHECK_FALSE(decode(profile.frames, profile.options, *frame, decoded));
  REQUIRE(decode(profile.frames, options, *frame, decoded));
  CHECK(*decoded.number(item_of("discharge_current_limit")) == Approx(120));
}

TEST_CASE("a high-voltage battery forbids by AA, also where nobody knows") {
  const auto profile = load_inverter("pylontech_hv.json");
  const auto& layout = sent_layout(profile, 0x4280);
  payload values;
  CHECK(hex_of(*encode(layout, profile.options, values)) == "AAAA000000000000");
  values.set(item_of("charge_enable"), true);
  values.set(item_of("discharge_enable"), false);
  CHECK(hex_of(*encode(layout, profile.options, values)) == "00AA000000000000");
}

TEST_CASE("a high-voltage inverter's questions are told apart") {
  const auto profile = load_inverter("pylontech_hv.json");
  REQUIRE(profile.requests.size() == 2);
  const auto measurements = make_frame(0x4200, "0000000000000000", true);
  const auto identification = make_frame(0x4200, "0200000000000000", true);
  CHECK(is_request(profile.requests[0], measurements));
  CHECK_FALSE(is_request(profile.requests[1], measurements));
  CHECK(is_request(profile.requests[1], identification));
  CHECK_FALSE(is_request(profile.requests[0], make_frame(0x4200, "", true)));
  CHECK_FALSE(is_request(profile.requests[0], make_frame(0x200, "00")));
}

TEST_CASE("every prefix of every inverter frame, and any bytes in it, are read without harm") {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> any(0, 255);
  for (const auto* file : can_profiles) {
    const auto profile = load_inverter(file);
    for (const auto* list : {&profile.frames, &profile.received}) {
      for (const auto& layout : *list) {
        for (int round = 0; round < 20; ++round) {
          can::frame frame;
          frame.id = layout.id.id;
          frame.extended = layout.id.extended;
          for (auto& byte : frame.data) byte = static_cast<std::uint8_t>(any(random));
          for (std::uint8_t length = 0; length <= 8; ++length) {
            frame.length = length;
            payload decoded;
            CHECK(decode(*list, profile.options, frame, decoded));
            for (std::size_t i = 0; i < items.size(); ++i) {
              const auto* number = std::get_if<double>(&decoded.at(static_cast<item>(i)));
              if (number != nullptr) REQUIRE(std::isfinite(*number));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a read inverter frame is encoded to what reads and encodes the same, bit by bit") {
  for (const auto* file : can_profiles) {
    const auto profile = load_inverter(file);
    for (const auto& layout : profile.frames) {
      for (unsigned bit = 0; bit < layout.length * 8U; ++bit) {
        can::frame frame;
        frame.id = layout.id.id;
        frame.extended = layout.id.extended;
        frame.length = layout.length;
        frame.data[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
        payload first;
        REQUIRE(decode({&layout, 1}, profile.options, frame, first));
        const auto again = encode(layout, profile.options, first);
        if (!again) continue; // a bit of a text alone is no text
        payload second;
        REQUIRE(decode({&layout, 1}, profile.options, *again, second));
        INFO(file << " " << std::hex << layout.id.id << " bit " << std::dec << bit);
        CHECK(encode(layout, profile.options, second)->data == again->data);
      }
    }
  }
}

TEST_CASE("frames that carry no data, or are another's, are not read") {
  const auto profile = load_inverter("victron.json");
  payload decoded;
  auto frame = make_frame(0x351, "1402740E740ECC01");
  frame.remote = true;
  CHECK_FALSE(decode(profile.frames, profile.options, frame, decoded));
  frame.remote = false;
  frame.extended = true;
  CHECK_FALSE(decode(profile.frames, profile.options, frame, decoded));
  CHECK(decoded == payload());
}

} // namespace inverter_codec_test
