#include <catch2/catch.hpp>

#include "messages/profiles/encode_plan.hpp"
#include "messages/support/profiles.hpp"

namespace golden_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;
using decoding = decode_plan::outcome;

namespace {

/// A profile around points and messages.
std::string with(const std::string& points, const std::string& message_list) {
  return R"({"name":"test","version":1,"protocol":"can","commissioned":false,"points":{)" + points +
         R"(},"messages":[)" + message_list + "]}";
}

} // namespace

TEST_CASE("the car's powertrain bus decodes to the stated values") {
  const auto profile = load_file("kona_bus0.json");
  const decoded_frame values(profile, make_frame(0x595, "1A00B4B51B00DE0D"));
  CHECK(values.value("current") == Approx(2.7));
  CHECK(values.value("voltage") == Approx(355.0));
  CHECK(values.sample("precharge").raw == 0);
  const decoded_frame limits(profile, make_frame(0x594, "6842CC3E80474320"));
  CHECK(limits.value("charge_power_limit") == Approx(170.00));
  CHECK(limits.value("discharge_power_limit") == Approx(160.76));
}

TEST_CASE("the car's chassis bus has another layout under the same identifier") {
  const auto profile = load_file("kona_bus1.json");
  const decoded_frame values(profile, make_frame(0x595, "00001800DE0D0000"));
  CHECK(values.value("current") == Approx(2.4));
  CHECK(values.value("voltage") == Approx(355.0));
}

TEST_CASE("a low-voltage battery's frames decode to the stated values") {
  const auto profile = load_good(with(
      R"("charge_voltage_limit":{"channel":"A","type":"u16","scale":0.1,"unit":"V","period_ms":1000},
         "charge_current_limit":{"channel":"B","type":"i16","scale":0.1,"unit":"A","period_ms":1000},
         "discharge_current_limit":{"channel":"C","type":"i16","scale":0.1,"unit":"A","period_ms":1000},
         "discharge_voltage_limit":{"channel":"D","type":"u16","scale":0.1,"unit":"V","period_ms":1000},
         "soc":{"channel":"Soc","type":"u16","unit":"%","period_ms":1000},
         "soh":{"channel":"Soh","type":"u16","unit":"%","period_ms":1000})",
      R"({"name":"limits","id":"0x351","length":8,"signals":[
           {"point":"charge_voltage_limit","start":0,"length":16},
           {"point":"charge_current_limit","start":16,"length":16},
           {"point":"discharge_current_limit","start":32,"length":16},
           {"point":"discharge_voltage_limit","start":48,"length":16}]},
         {"name":"charge","id":"0x355","length":4,"signals":[
           {"point":"soc","start":0,"length":16},{"point":"soh","start":16,"length":16}]})"));
  const decoded_frame limits(profile, make_frame(0x351, "1402740E740ECC01"));
  CHECK(limits.value("charge_voltage_limit") == Approx(53.2));
  CHECK(limits.value("charge_current_limit") == Approx(370.0));
  CHECK(limits.value("discharge_current_limit") == Approx(370.0));
  CHECK(limits.value("discharge_voltage_limit") == Approx(46.0));
  const decoded_frame charge(profile, make_frame(0x355, "1A006400"));
  CHECK(charge.value("soc") == 26);
  CHECK(charge.value("soh") == 100);
}

TEST_CASE("the shared vector of two power limits decodes as stated") {
  for (const auto& vector : vectors_of("profile.decode")) {
    INFO(vector.dump());
    const auto& input = vector.at("input");
    std::string points;
    std::string signals;
    for (const auto& field : input.at("fields")) {
      REQUIRE(field.at("type") == "u16le");
      const std::string name = "power_" + std::to_string(field.at("start_byte").get<int>());
      if (!points.empty()) points += ",";
      if (!signals.empty()) signals += ",";
      points +=
          "\"" + name + R"(":{"channel":"P)" + std::to_string(field.at("start_byte").get<int>()) +
          R"(","type":"u16","unit":"kW","period_ms":100,"scale":)" + field.at("scale").dump() + "}";
      signals += R"({"point":")" + name + R"(","length":16,"start":)" +
                 std::to_string(8 * field.at("start_byte").get<int>()) + "}";
    }
    const auto profile =
        load_good(with(points, R"({"name":"limits","id":"0x)" + input.at("id").get<std::string>() +
                                   R"(","length":8,"signals":[)" + signals + "]}"));
    const auto id = std::stoul(input.at("id").get<std::string>(), nullptr, 16);
    const decoded_frame decoded(
        profile, make_frame(static_cast<std::uint32_t>(id), input.at("data").get<std::string>()));
    for (const auto& field : input.at("fields"))
      CHECK(decoded.value("power_" + std::to_string(field.at("start_byte").get<int>())) ==
            Approx(vector.at("expected").at(field.at("name").get<std::string>()).get<double>()));
  }
}

TEST_CASE("the demo rack's frames decode by name and element") {
  const auto profile = load_file("demo_rack.json");
  const decoded_frame values(profile, make_frame(0x085, "E03D6AFFF401E13D"));
  CHECK(values.value("voltage") == Approx(1584.0));
  CHECK(values.value("current") == Approx(-15.0));
  CHECK(values.value("soc") == Approx(50.0));
  CHECK(values.value("bus_voltage") == Approx(1584.1));
  const decoded_frame cells(profile, make_frame(0x0FF, "E40CE50CE60CFFFF"));
  CHECK(cells.value("cell_voltage", 476) == Approx(3.300));
  CHECK(cells.value("cell_voltage", 478) == Approx(3.302));
  CHECK_FALSE(cells.sample("cell_voltage", 479).good); // 65535 means no value
  const decoded_frame temperatures(profile, make_frame(0x13B + 0xC0, "FA00FFFF00800000"), 0xC0);
  CHECK(temperatures.value("cell_temperature", 236) == Approx(25.0));
  CHECK(temperatures.value("cell_temperature", 237) == Approx(-0.1));
  CHECK_FALSE(temperatures.sample("cell_temperature", 238).good);
  const decoded_frame status(profile, make_frame(0x084, "0203341278563201"));
  CHECK(status.sample("contactor_state").raw == 2);
  CHECK(status.sample("minus_closed").raw == 1);
  CHECK(status.sample("plus_closed").raw == 1);
  CHECK(status.sample("precharge_closed").raw == 0);
  CHECK(status.sample("accepted_epoch").raw == 0x1234);
  CHECK(status.sample("accepted_counter").raw == 0x5678);
  CHECK(status.value("lease_remaining") == 500);
  CHECK(status.sample("opened_by_lease").raw == 1);
}

TEST_CASE("the demo rack's carriers tell what a scan consists of") {
  const auto profile = load_file("demo_rack.json");
  const auto plan = decode_plan::compile(profile, 0);
  REQUIRE(plan.has_value());
  const auto cells = profile.find_point("cell_voltage");
  REQUIRE(cells.has_value());
  const auto coverages = plan->coverages_of(*cells);
  REQUIRE(coverages.size() == 120);
  CHECK(coverages[0].first_index == 0);
  CHECK(coverages[0].count == 4);
  CHECK(plan->carriers()[coverages[0].carrier].id == 0x088);
  CHECK(coverages[119].first_index == 476);
  CHECK(plan->carriers()[coverages[119].carrier].id == 0x0FF);
  CHECK(plan->carriers()[coverages[119].carrier].period_ms == 200);
  CHECK_FALSE(decode_plan::compile(profile, 0x700).has_value()); // leaves the 11 bits
}

TEST_CASE("the demo rack's order is encoded with rolling numbers and a checksum") {
  const auto profile = load_file("demo_rack.json");
  const auto plan = encode_plan::compile(profile, 0xC0);
  REQUIRE(plan.has_value());
  REQUIRE(plan->has_order());
  const auto frame = plan->encode_order({.device = "bms_1",
                                         .epoch = 0x1'0007,
                                         .counter = 0x12'3456,
                                         .contactor = contactor_order::close,
                                         .lease = true});
  REQUIRE(frame.has_value());
  CHECK(frame->id == 0x140);
  const std::vector<std::uint8_t> bytes(frame->data.begin(), frame->data.begin() + 8);
  auto expected = bytes_of("070056340201000000");
  expected.resize(7);
  expected.push_back(can::crc8_j1850(expected));
  CHECK(bytes == expected);
}

TEST_CASE("F-138 a set value outside of its range is refused, not clamped") {
  const auto profile = load_file("demo_rack.json");
  const auto plan = encode_plan::compile(profile, 0);
  REQUIRE(plan.has_value());
  const auto command = plan->find_set("charge_current_limit");
  REQUIRE(command.has_value());
  CHECK(plan->find_set("SetChargeCurrent") == command);
  const auto frame = plan->encode_set(*command, 123.4, 0);
  REQUIRE(frame.has_value());
  CHECK(frame->id == 0x082);
  CHECK(frame->data[0] == (1234 & 0xFF));
  CHECK(frame->data[1] == (1234 >> 8));
  // Between two steps it is the one that asks for less.
  CHECK(plan->encode_set(*command, 123.49, 0)->data == frame->data);
  CHECK(plan->encode_set(*command, 0, 0).has_value());
  CHECK(plan->encode_set(*command, 140, 0).has_value());
  for (const double value : {-0.1, 140.1, 1e300, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()})
    CHECK_FALSE(plan->encode_set(*command, value, 0).has_value());
}

TEST_CASE("F-067 a frame with another length than the profile's says nothing") {
  const auto profile = load_file("demo_rack.json");
  for (const char* data : {"", "00112233445566", "0011"}) {
    const decoded_frame decoded(profile, make_frame(0x088, data));
    CHECK(decoded.applied.outcome == decoding::bad_length);
    CHECK(decoded.samples.empty());
    CHECK(decoded.applied.carrier == decode_plan::no_carrier);
  }
}

TEST_CASE("frames of others, remote and error frames say nothing") {
  const auto profile = load_file("demo_rack.json");
  auto frame = make_frame(0x088, "E40CE50CE60CE70C");
  CHECK(decoded_frame(profile, frame).applied.outcome == decoding::decoded);
  frame.extended = true;
  CHECK(decoded_frame(profile, frame).applied.outcome == decoding::not_mine);
  frame.extended = false;
  frame.remote = true;
  CHECK(decoded_frame(profile, frame).applied.outcome == decoding::not_mine);
  frame.remote = false;
  frame.error = true;
  CHECK(decoded_frame(profile, frame).applied.outcome == decoding::not_mine);
  frame.error = false;
  frame.id = 0xFFFFFFFF;
  CHECK(decoded_frame(profile, frame).applied.outcome == decoding::not_mine);
}

} // namespace golden_test
