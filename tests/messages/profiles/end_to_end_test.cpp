#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "messages/profiles/encode_plan.hpp"
#include "messages/support/profiles.hpp"

namespace end_to_end_test {

using namespace voltaic::tests;
using namespace voltaic::messages::profiles;

namespace {

/// A profile of one message of 8 bytes each 100 ms, with these keys beside its signal.
std::string profile_with(const std::string& keys) {
  return R"({"name":"test","version":1,"protocol":"can","commissioned":false,
"points":{"x":{"channel":"X","unit":"","period_ms":100,"type":"u16"}},
"messages":[{"name":"m","id":"0x123","length":8,)" +
         keys + R"(,
"signals":[{"point":"x","start":0,"length":16}]}]})";
}

std::string findings_of(const std::string& keys) {
  const auto loaded = load_profile(profile_with(keys), "p.json");
  const auto* found = std::get_if<voltaic::messages::findings>(&loaded);
  std::string all;
  if (found != nullptr)
    for (const auto& one : *found) all += one.text + "\n";
  return all;
}

decode_plan::applied judged(const std::string& keys, const std::string& bytes) {
  return decoded_frame(load_good(profile_with(keys)), make_frame(0x123, bytes)).applied;
}

} // namespace

TEST_CASE("a profile states counters, bounds of time and every kind of checksum") {
  const auto profile = load_good(profile_with(
      R"("checksum":{"kind":"crc","byte":6,"width":16,"order":"motorola","polynomial":"0x1021",
      "initial":"0xFFFF","final_xor":"0x0","reflect_input":true,"reflect_output":true,
      "before":[1,2],"after":[3]},
      "counter":{"start":32,"length":4,"last":14,"step":2,"jump":3},
      "early_ms":80,"late_ms":120,"frozen_ms":5000)"));
  const auto& message = profile.messages.at(0);
  REQUIRE(message.checksum);
  CHECK(message.checksum->polynomial == 0x1021);
  CHECK(message.checksum->high_byte_first);
  CHECK(message.checksum->before == std::vector<std::uint8_t>{1, 2});
  REQUIRE(message.counter);
  CHECK(message.counter->last == 14);
  CHECK(message.counter->step == 2);
  CHECK(message.counter->jump == 3);
  CHECK(message.early_ms == 80);
  CHECK(message.late_ms == 120);
  CHECK(message.frozen_ms == 5000);
}

TEST_CASE("what a profile says of checks and cannot mean is refused by its place") {
  const auto is_told = [](const std::string& keys, const std::string& text) {
    const auto found = findings_of(keys);
    INFO(keys << ": " << found);
    CHECK(found.find(text) != std::string::npos);
  };
  is_told(R"("checksum":{"kind":"crc","byte":7})", "missing key \"polynomial\"");
  is_told(R"("checksum":{"kind":"xor","byte":7,"polynomial":"0x1"})",
          "polynomial: does not belong to xor");
  is_told(R"("checksum":{"kind":"sum","byte":7,"width":16})", "two bytes from 7 do not fit into 8");
  is_told(R"("checksum":{"kind":"sum","byte":6,"width":12})", "width: expected 8 or 16");
  is_told(R"("checksum":{"kind":"sum","byte":6,"initial":"0x100"})",
          "initial: expected 0x and a number of 8 bits");
  is_told(R"("checksum":{"kind":"sum","byte":6,"before":[256]})", "expected numbers from 0 to 255");
  is_told(R"("checksum":{"kind":"sum","byte":6,"order":"intel"})", "order: one byte has none");
  is_told(R"("checksum":{"kind":"autosar_profile_1","byte":6})", "missing key \"data_id\"");
  is_told(R"("checksum":{"kind":"autosar_profile_2","byte":6,"data_ids":[1]})", "expected 16");
  is_told(
      R"("checksum":{"kind":"autosar_profile_2","byte":6,"data_ids":[1,2,3,4,5,6,7,8,1,2,3,4,5,6,7,8]})",
      "needs the message's \"counter\"");
  is_told(R"("counter":{"start":8,"length":4})", "both have bit 8");
  is_told(R"("counter":{"start":32,"length":17})", "length: expected at most 16 bits");
  is_told(R"("counter":{"start":32,"length":2,"step":2,"jump":2})",
          "jump: a frame this far ahead looks like one behind");
  is_told(R"("early_ms":100)", "early_ms: is not below the period of 100 ms");
  is_told(R"("late_ms":100)", "late_ms: is not above the period of 100 ms");
  is_told(R"("late_ms":301)", "at most the 300 ms");
  is_told(R"("frozen_ms":199)", "frozen_ms: is below two periods of 100 ms");
}

TEST_CASE("F-068 frames with a wrong checksum of any kind say nothing") {
  const std::string kinds[] = {
      R"("checksum":{"kind":"crc8_j1850","byte":7})",
      R"("checksum":{"kind":"autosar_profile_1","byte":7,"data_id":"0x123"})",
      R"("checksum":{"kind":"xor","byte":7,"initial":"0x5A"})",
      R"("checksum":{"kind":"sum","byte":6,"width":16,"final_xor":"0xFFFF"})",
      R"("checksum":{"kind":"crc","byte":6,"width":16,"polynomial":"0x8005","initial":"0xFFFF",
         "final_xor":"0x0","reflect_input":true,"reflect_output":true})"};
  for (const auto& kind : kinds) {
    INFO(kind);
    const auto rule = *load_good(profile_with(kind)).messages.at(0).checksum;
    std::array<std::uint8_t, 8> bytes{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    voltaic::messages::can::checksum(rule).write(bytes, 0);
    const auto text = [&] {
      std::string hex;
      for (const auto byte : bytes) hex += fmt::format("{:02X}", byte);
      return hex;
    };
    CHECK(judged(kind, text()).outcome == decode_plan::outcome::decoded);
    for (std::size_t bit = 0; bit < 64; ++bit) {
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      CHECK(judged(kind, text()).outcome == decode_plan::outcome::bad_checksum);
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
  }
}

TEST_CASE("counter and checksum are told apart from what a frame says") {
  const auto* keys = R"("checksum":{"kind":"sum","byte":7},
    "counter":{"start":39,"length":4,"order":"motorola"})";
  const auto first = judged(keys, "0102000050000053");
  const auto second = judged(keys, "0102000060000063");
  CHECK(first.outcome == decode_plan::outcome::decoded);
  CHECK(first.counter == 5);
  CHECK(second.counter == 6);
  CHECK(first.content == second.content);
  CHECK(first.content != judged(keys, "0103000060000064").content);
}

TEST_CASE("a command with AUTOSAR's profile 1 counts from 0 to 14, and 0 follows") {
  const auto text_with = [](const std::string& more) {
    return R"({"name":"test","version":1,"protocol":"can","commissioned":false,
"points":{"x":{"channel":"X","unit":"A","period_ms":100,"type":"u16"}},
"messages":[{"name":"m","id":"0x123","length":8,"signals":[{"point":"x","start":0,"length":16}]}],
"commands":[{"name":"set_x","channel":"SetX","point":"x_limit","read_back":"x","id":"0x124",
"length":4,"minimum":0,"maximum":100,
"checksum":{"kind":"autosar_profile_1","byte":0,"data_id":"0x123"},
"signals":[{"field":"counter","start":8,"length":4,)" +
           more + R"(},{"field":"value","start":16,"length":16}]}]})";
  };
  const auto profile = load_good(text_with(R"("rolling":true,"last":14)"));
  const auto plan = encode_plan::compile(profile, 0);
  REQUIRE(plan);
  for (std::uint64_t counter = 0; counter < 64; ++counter) {
    const auto frame = plan->encode_set(0, 42, counter);
    REQUIRE(frame);
    CHECK((frame->data[1] & 0x0FU) == counter % 15);
  }
  for (const auto* wrong : {R"("last":14)", R"("rolling":true,"last":16)"}) {
    CAPTURE(wrong);
    const auto refused = load_profile(text_with(wrong), "test.json");
    CHECK(std::holds_alternative<voltaic::messages::findings>(refused));
  }
}

TEST_CASE("a command with AUTOSAR's profile 2 is sent with the data id of its counter") {
  const auto* text = R"({"name":"test","version":1,"protocol":"can","commissioned":false,
"points":{"x":{"channel":"X","unit":"A","period_ms":100,"type":"u16"}},
"messages":[{"name":"m","id":"0x123","length":8,"signals":[{"point":"x","start":0,"length":16}]}],
"commands":[{"name":"set_x","channel":"SetX","point":"x_limit","read_back":"x","id":"0x124",
"length":4,"minimum":0,"maximum":100,
"checksum":{"kind":"autosar_profile_2","byte":0,"data_ids":[9,8,7,6,5,4,3,2,1,10,11,12,13,14,15,16]},
"signals":[{"field":"counter","start":8,"length":4,"rolling":true},
{"field":"value","start":16,"length":16}]}]})";
  const auto profile = load_good(text);
  const auto plan = encode_plan::compile(profile, 0);
  REQUIRE(plan);
  const voltaic::messages::can::checksum rule(*profile.commands.at(0).checksum);
  for (const std::uint64_t counter : {0u, 7u, 15u, 16u}) {
    const auto frame = plan->encode_set(0, 42, counter);
    REQUIRE(frame);
    const std::span bytes(frame->data.data(), frame->length);
    CHECK(rule.carried_by(bytes) == rule.of(bytes, static_cast<std::uint32_t>(counter)));
  }
}

} // namespace end_to_end_test
