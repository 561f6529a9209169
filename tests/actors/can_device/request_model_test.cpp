#include "actors/can_device/request_model.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "actors/can_device/can_device_model.hpp"
#include "actors/simulator/asked_pack_model.hpp"
#include "messages/profiles/load.hpp"

// A device that answers only when it is asked, and the one that asks.
namespace request_model_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using actors::simulator::asked_pack_model;
using messages::quality;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;

constexpr const char* profile_text = R"({
  "name": "asked", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "voltage": {"channel": "Voltage", "type": "u16", "scale": 0.1, "unit": "V", "period_ms": 500,
      "valid": [0, 1000]},
    "current": {"channel": "Current", "type": "i16", "scale": 0.1, "unit": "A", "period_ms": 500},
    "far": {"channel": "Far", "type": "u32", "unit": "", "period_ms": 500},
    "soc": {"channel": "Soc", "type": "u16", "scale": 0.5, "unit": "%", "period_ms": 1000,
      "valid": [0, 100]}},
  "requests": [
    {"name": "wake", "id": "0x100", "data": "01ff", "period_ms": 200},
    {"name": "ask", "id": "0x18FF0001", "data": "", "period_ms": 200, "phase_ms": 50}],
  "messages": [
    {"name": "values", "id": "0x7EC", "length": 40, "period_ms": 500,
     "read": {"request_id": "0x7E4", "data_identifier": "0x0101", "padding": "0xAA",
              "block_size": 2, "separation_ms": 10},
     "signals": [{"point": "voltage", "start": 7, "length": 16, "order": "motorola"},
                 {"point": "current", "start": 100, "length": 12},
                 {"point": "far", "start": 288, "length": 32}]},
    {"name": "state", "id": "0x7EC", "length": 1, "period_ms": 1000,
     "read": {"request_id": "0x7E4", "data_identifier": "0x0102"},
     "signals": [{"point": "soc", "start": 0, "length": 8}]}]})";

std::shared_ptr<const messages::profiles::device_profile> profile() {
  auto loaded = messages::profiles::load_profile(profile_text, "asked.json");
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

/// A device and its pack, ten milliseconds a step.
struct bench {
  explicit bench(std::uint32_t id_offset = 0)
      : device(*model::create({"bms_0", "bms_0", id_offset, profile()})),
        pack(profile(), id_offset) {}

  void run(std::int64_t for_us) {
    const auto until_us = now_us + for_us;
    for (; now_us < until_us; now_us += 10 * ms) {
      std::vector<messages::can::frame> answers;
      for (auto frame : pack.step(now_us, asked)) {
        if (lose && lose()) continue;
        frame.time_us = now_us;
        answers.push_back(frame);
      }
      asked.clear();
      for (auto& one : device.step(answers, now_us, 0)) {
        if (const auto* frame = std::get_if<messages::can::frame>(&one.content)) {
          sent.emplace_back(now_us, *frame);
          if (!lose || !lose()) asked.push_back(*frame);
        }
        if (const auto* what = std::get_if<notice>(&one.content)) told.push_back(*what);
      }
    }
  }
  [[nodiscard]] element read(const char* point) const {
    return *device.read(*profile()->find_point(point), 0);
  }

  model device;
  asked_pack_model pack;
  std::int64_t now_us = start_us;
  std::vector<messages::can::frame> asked;
  std::vector<std::pair<std::int64_t, messages::can::frame>> sent;
  std::vector<notice> told;
  std::function<bool()> lose;
};

} // namespace

TEST_CASE(
    "a device that answers only when it is asked is read by ISO-TP, pending answers included") {
  for (const std::uint32_t id_offset : {0u, 1u}) {
    bench with(id_offset);
    REQUIRE(with.pack.set("voltage", 0, actors::simulator::equipment_effect::value, 397.5));
    REQUIRE(with.pack.set("current", 0, actors::simulator::equipment_effect::value, -12.3));
    REQUIRE(with.pack.set("far", 0, actors::simulator::equipment_effect::value, 3'000'000'000));
    with.run(3'000 * ms);
    CHECK(with.read("voltage").quality == quality::good);
    CHECK(with.read("voltage").value == Approx(397.5));
    CHECK(with.read("current").value == Approx(-12.3));
    CHECK(with.read("far").value == 3'000'000'000);
    CHECK(with.read("soc").value == Approx(50));
    REQUIRE(with.pack.set("voltage", 0, actors::simulator::equipment_effect::value, 401));
    with.run(1'000 * ms);
    CHECK(with.read("voltage").value == Approx(401));
    CHECK(with.told.empty());
    for (const auto& [at_us, frame] : with.sent)
      if (frame.id == 0x7E4 + id_offset) CHECK(frame.length == 8); // padded
  }
}

TEST_CASE("requests go out each period, each in its phase") {
  bench with;
  with.run(1'000 * ms);
  std::vector<std::int64_t> wake;
  std::vector<std::int64_t> ask;
  for (const auto& [at_us, frame] : with.sent) {
    if (frame.id == 0x100) wake.push_back((at_us - start_us) / ms);
    if (frame.id == 0x18FF0001) ask.push_back((at_us - start_us) / ms);
    if (frame.id == 0x100) CHECK(frame.data[1] == 0xFF);
    if (frame.id == 0x18FF0001) CHECK(frame.length == 0);
  }
  REQUIRE(wake.size() == 5);
  for (std::size_t i = 1; i < wake.size(); ++i) CHECK(wake[i] - wake[i - 1] == 200);
  REQUIRE(ask.size() == 5);
  CHECK(ask[0] - wake[0] == 50);
}

TEST_CASE("a device that does not answer is told after three times, and again when it does") {
  bench with;
  with.run(2'000 * ms);
  REQUIRE(with.read("voltage").quality == quality::good);
  with.lose = [] { return true; };
  with.run(6'000 * ms);
  CHECK(with.read("voltage").quality == quality::stale);
  REQUIRE_FALSE(with.told.empty());
  CHECK(with.told.front().code == "NO_ANSWER");
  CHECK(with.told.front().state == "silent");
  CHECK(with.told.front().reason == "values 0x0101: nothing came");
  with.lose = nullptr;
  with.told.clear();
  with.run(6'000 * ms);
  CHECK(with.read("voltage").quality == quality::good);
  REQUIRE_FALSE(with.told.empty());
  CHECK(with.told.front().state == "answers");
}

TEST_CASE("a device that says no is told with its reason") {
  auto other = *profile();
  other.messages[0].read->data_identifier = 0x0999;
  const auto shared = std::make_shared<const messages::profiles::device_profile>(other);
  auto device = *model::create({"bms_0", "bms_0", 0, shared});
  asked_pack_model pack(profile(), 0);
  std::vector<notice> told;
  std::vector<messages::can::frame> asked;
  for (auto now_us = start_us; now_us < start_us + 5'000 * ms; now_us += 10 * ms) {
    auto answers = pack.step(now_us, asked);
    for (auto& frame : answers) frame.time_us = now_us;
    asked.clear();
    for (auto& one : device.step(answers, now_us, 0)) {
      if (const auto* frame = std::get_if<messages::can::frame>(&one.content))
        asked.push_back(*frame);
      if (const auto* what = std::get_if<notice>(&one.content)) told.push_back(*what);
    }
  }
  REQUIRE(told.size() == 1);
  CHECK(told[0].state == "refused");
  CHECK(told[0].reason == "values 0x0999: 0x31 request out of range");
  CHECK(device.read(3, 0)->value == Approx(50)); // the other read goes on
}

TEST_CASE("whatever frames are lost, a value is what the pack said or grows old") {
  std::mt19937 random(11);
  bench with;
  REQUIRE(with.pack.set("voltage", 0, actors::simulator::equipment_effect::value, 397.5));
  with.lose = [&] { return random() % 20 == 0; };
  with.run(60'000 * ms);
  with.lose = nullptr;
  for (int i = 0; i < 100; ++i) {
    const auto known = with.read("voltage");
    if (known.quality == quality::good) CHECK(known.value == Approx(397.5));
    with.run(100 * ms);
  }
  CHECK(with.read("voltage").quality == quality::good);
}

TEST_CASE("an answer that is shorter than its profile says changes nothing") {
  auto longer = *profile();
  longer.messages[1].length = 2;
  const auto shared = std::make_shared<const messages::profiles::device_profile>(longer);
  auto device = *model::create({"bms_0", "bms_0", 0, shared});
  messages::can::frame answer;
  answer.id = 0x7EC;
  answer.length = 5;
  answer.data = {0x04, 0x62, 0x01, 0x02, 0x40};
  answer.time_us = start_us;
  static_cast<void>(device.step({{answer}}, start_us, 0));
  CHECK(device.read(3, 0)->quality == quality::never);
  CHECK(device.counters().bad_length == 1);
  // A recording or another tester may have asked.
  answer.length = 6;
  answer.data[0] = 0x05;
  static_cast<void>(device.step({{answer}}, start_us, 0));
  CHECK(device.read(3, 0)->value == Approx(32));
}

} // namespace request_model_test
