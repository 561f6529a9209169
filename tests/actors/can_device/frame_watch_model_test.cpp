#include "actors/can_device/frame_watch_model.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "actors/can_device/can_device_model.hpp"
#include "messages/can/checksum.hpp"
#include "messages/profiles/guarded_report.hpp"
#include "messages/profiles/load.hpp"

// What a device makes of frames that fail: no value, a count, and what people are told.
namespace frame_watch_model_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using messages::quality;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;
constexpr std::int64_t period_us = 100 * ms;

constexpr const char* profile_text = R"({
  "name": "guarded", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "voltage": {"channel": "Voltage", "type": "u16", "scale": 0.1, "unit": "V", "period_ms": 100},
    "current": {"channel": "Current", "type": "i16", "scale": 0.1, "unit": "A", "period_ms": 100},
    "power": {"channel": "Power", "type": "i16", "scale": 1, "unit": "W", "period_ms": 100}},
  "messages": [
    {"name": "status", "id": "0x181", "length": 8,
     "checksum": {"kind": "crc8_j1850", "byte": 7},
     "counter": {"start": 48, "length": 4}, "early_ms": 80, "late_ms": 150, "frozen_ms": 2000,
     "signals": [{"point": "voltage", "start": 0, "length": 16},
                 {"point": "current", "start": 16, "length": 16}]},
    {"name": "power", "id": "0x182", "length": 2, "early_ms": 80,
     "signals": [{"point": "power", "start": 0, "length": 16}]}]})";

std::shared_ptr<const messages::profiles::device_profile> profile() {
  auto loaded = messages::profiles::load_profile(profile_text, "guarded.json");
  REQUIRE(std::holds_alternative<messages::profiles::device_profile>(loaded));
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

messages::can::frame status(std::uint16_t voltage, std::uint8_t counter, std::int64_t time_us) {
  static const messages::can::checksum rule(messages::can::crc8_j1850_at(7));
  messages::can::frame frame;
  frame.id = 0x181;
  frame.length = 8;
  frame.time_us = time_us;
  frame.data[0] = static_cast<std::uint8_t>(voltage);
  frame.data[1] = static_cast<std::uint8_t>(voltage >> 8);
  frame.data[6] = counter & 0xF;
  rule.write(std::span(frame.data.data(), 8), 0);
  return frame;
}

messages::can::frame power(std::int64_t time_us) {
  messages::can::frame frame;
  frame.id = 0x182;
  frame.length = 2;
  frame.time_us = time_us;
  return frame;
}

/// A device and its time.
struct bench {
  bench() : device(*model::create({"bms_0", "rack_0", 0, profile()})) {}

  void hear(const messages::can::frame& frame) {
    keep(device.step({{frame}}, frame.time_us, 0));
    now_us = frame.time_us;
  }
  void pass(std::int64_t until_us) {
    for (; now_us < until_us; now_us += 10 * ms) keep(device.step({}, now_us, 0));
  }
  void keep(std::vector<said> what) {
    for (auto& one : what) {
      if (auto* notice_of = std::get_if<notice>(&one.content)) told.push_back(*notice_of);
      if (const auto* telemetry = std::get_if<messages::telemetry>(&one.content))
        for (const auto& block : telemetry->blocks) blocks.push_back(block);
    }
  }
  /// Sound frames, each period, changing.
  void run(int frames) {
    for (int i = 0; i < frames; ++i) {
      hear(status(static_cast<std::uint16_t>(4000 + i % 7), counter++, next_us));
      hear(power(next_us));
      next_us += period_us;
    }
  }
  [[nodiscard]] element voltage() const { return *device.read(0, 0); }
  [[nodiscard]] std::string codes() const {
    std::string all;
    for (const auto& one : told) all += one.code + "/" + one.state + " ";
    return all;
  }
  [[nodiscard]] std::int64_t said_count(const std::string& name) const {
    const auto& points = device.catalogue().points;
    for (auto block = blocks.rbegin(); block != blocks.rend(); ++block)
      if (points.at(block->point).name == "bms_0/" + name)
        return std::get<messages::block::integers>(block->values).at(0);
    return -1;
  }

  model device;
  std::int64_t now_us = start_us;
  std::int64_t next_us = start_us;
  std::uint8_t counter = 0;
  std::vector<notice> told;
  std::vector<messages::block> blocks;
};

} // namespace

TEST_CASE("sound frames of a guarded device are taken, and nothing is told") {
  bench with;
  with.run(200);
  CHECK(with.voltage().quality == quality::good);
  CHECK(with.codes().empty());
  CHECK(with.said_count("bad_checksum_frames") == 0);
}

TEST_CASE("F-068 frames with a wrong checksum change no point, warn after 3 and alarm after 10") {
  bench with;
  with.run(5);
  const auto before = with.voltage();
  for (int i = 1; i <= 10; ++i) {
    auto bad = status(1234, with.counter++, with.next_us);
    bad.data[7] ^= 1;
    with.hear(bad);
    with.next_us += period_us;
    CHECK(with.voltage().value == before.value);
    CHECK(with.codes() == (i < 3    ? ""
                           : i < 10 ? "E2E_FAIL/warning "
                                    : "E2E_FAIL/warning E2E_FAIL/alarm "));
  }
  CHECK(with.voltage().quality == quality::stale);
  CHECK(with.told[0].reason == "status 0x181: CRC Error (3 frames)");
  CHECK(with.told[0].level == "warning");
  CHECK(with.told[1].level == "alarm");
  with.run(60);
  CHECK(with.codes() == "E2E_FAIL/warning E2E_FAIL/alarm E2E_FAIL/good ");
  CHECK(with.voltage().quality == quality::good);
  CHECK(with.said_count("bad_checksum_frames") == 10);
  CHECK(with.device.counters().bad_checksum == 10);
}

TEST_CASE("F-068 a counter that stands still, goes back or jumps costs the frame") {
  bench with;
  with.run(5);
  const auto refused = [&](std::uint8_t counter) {
    const auto counted = with.said_count("bad_counter_frames");
    with.hear(status(1111, counter, with.next_us));
    with.next_us += period_us;
    with.pass(with.next_us + 1'100 * ms);
    with.next_us = with.now_us;
    return with.said_count("bad_counter_frames") > counted;
  };
  CHECK(refused(4)); // it was 4
  with.counter = 5;
  with.run(3); // begins anew after the silence
  CHECK(refused(with.counter + 3));
  with.run(3);
  CHECK(refused(with.counter - 3));
  CHECK(with.voltage().value != 111.1);
}

TEST_CASE("F-068 a stuck counter warns and alarms") {
  bench with;
  with.run(5);
  for (int i = 0; i < 10; ++i) {
    with.hear(status(static_cast<std::uint16_t>(i), 4, with.next_us));
    with.next_us += period_us;
  }
  CHECK(with.codes() == "E2E_FAIL/warning E2E_FAIL/alarm ");
  CHECK(with.told[0].reason == "status 0x181: counter does not count (3 frames)");
  CHECK(with.voltage().quality == quality::stale);
}

TEST_CASE("a lost frame costs one more, and a counter that wraps none") {
  bench with;
  with.run(40); // twice around
  ++with.counter;
  with.run(1);
  with.run(20);
  with.pass(with.next_us + 1'100 * ms);
  CHECK(with.said_count("bad_counter_frames") == 1);
  CHECK(with.codes().empty());
}

TEST_CASE("F-067 a frame that is longer or shorter than its profile says is refused and told") {
  bench with;
  with.run(5);
  const auto before = with.voltage();
  for (int i = 0; i < 3; ++i) {
    auto bad = status(1234, with.counter++, with.next_us);
    bad.length = i % 2 == 0 ? 7 : 6;
    with.hear(bad);
    with.next_us += period_us;
  }
  CHECK(with.voltage().value == before.value);
  CHECK(with.codes() == "BAD_DLC/warning ");
  CHECK(with.told[0].reason == "status 0x181: wrong length (3 frames)");
  CHECK(with.device.counters().bad_length == 3);
}

TEST_CASE("F-069 a payload that stands still while its counter runs is refused") {
  bench with;
  with.run(5);
  for (int i = 0; i < 20; ++i) {
    with.hear(status(4000, with.counter++, with.next_us));
    with.next_us += period_us;
  }
  CHECK(with.codes().empty());
  CHECK(with.voltage().quality == quality::good);
  for (int i = 0; i < 5; ++i) {
    with.hear(status(4000, with.counter++, with.next_us));
    with.next_us += period_us;
  }
  CHECK(with.codes() == "E2E_FAIL/warning ");
  CHECK(with.told[0].reason == "status 0x181: content is frozen (3 frames)");
  CHECK(with.voltage().quality == quality::stale);
  with.run(60);
  CHECK(with.voltage().quality == quality::good);
}

TEST_CASE("a late frame is counted and taken, and its value was stale before it came") {
  bench with;
  with.run(5);
  with.pass(with.next_us + 80 * ms);
  CHECK(with.voltage().quality == quality::stale);
  with.next_us = with.now_us + 10 * ms;
  with.run(30);
  CHECK(with.voltage().quality == quality::good);
  CHECK(with.said_count("late_frames") == 1);
}

TEST_CASE("F-063 what comes far too often is refused within 300 ms and named with its rate") {
  bench with;
  with.run(20);
  const auto before = with.voltage();
  const auto began_us = with.next_us;
  for (int i = 0; i < 300; ++i) {
    with.hear(status(1234, with.counter++, began_us + i * ms));
    if (i % 100 == 0) with.hear(power(began_us + i * ms));
    if (with.codes().find("BABBLE") != std::string::npos) break;
  }
  CHECK(with.now_us - began_us < 300 * ms);
  REQUIRE(with.codes().find("BABBLE/babbling") != std::string::npos);
  const auto babbler = std::ranges::find(with.told, "BABBLE", &notice::code);
  CHECK(babbler->reason == "status 0x181 comes 1000 times a second, 10.0 are expected");
  // The first few are nothing yet.
  CHECK(with.said_count("early_frames") != 0);
  CHECK(before.quality == quality::good);
  with.next_us = with.now_us + period_us;
  with.run(60);
  CHECK(with.codes().find("BABBLE/quiet") != std::string::npos);
  CHECK(with.voltage().quality == quality::good);
}

TEST_CASE("F-075 remote and error frames of a device's identifiers are counted and ignored") {
  bench with;
  with.run(5);
  const auto before = with.voltage();
  for (int i = 0; i < 1'000; ++i) {
    auto flood = status(1, 0, with.now_us);
    flood.remote = i % 2 == 0;
    flood.error = !flood.remote;
    with.hear(flood);
    auto wide = status(1, 0, with.now_us);
    wide.extended = true;
    with.hear(wide);
  }
  CHECK(with.voltage().value == before.value);
  CHECK(with.device.counters().ignored == 1'000);
  CHECK(with.codes().empty());
  with.run(12);
  CHECK(with.said_count("ignored_frames") == 1'000);
}

TEST_CASE("F-065 two devices in one place are recognised by their rate, and neither is believed") {
  bench with;
  with.run(20);
  REQUIRE(with.voltage().quality == quality::good);
  std::uint8_t other = 7;
  const auto both = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      with.hear(status(static_cast<std::uint16_t>(4000 + i % 7), with.counter++, with.next_us));
      with.hear(power(with.next_us));
      const auto between_us = with.next_us + 37 * ms;
      with.hear(status(static_cast<std::uint16_t>(3000 + i % 7), other++, between_us));
      with.hear(power(between_us));
      with.next_us += period_us;
    }
  };
  const auto began_us = with.next_us;
  both(10); // F-065: within a second
  REQUIRE(with.codes().find("DUP_NODE/doubled") != std::string::npos);
  CHECK(with.codes().find("BABBLE") == std::string::npos);
  CHECK(with.now_us - began_us <= 1'000 * ms);
  both(50);
  CHECK(with.voltage().quality == quality::stale);
  CHECK(with.device.read(2, 0)->quality == quality::stale);
  // One of them is taken away.
  with.run(300);
  CHECK(with.codes().find("DUP_NODE/single") != std::string::npos);
  CHECK(with.voltage().quality == quality::good);
}

TEST_CASE("F-065 a second device with a counter of the same value is recognised as well") {
  bench with;
  with.run(20);
  for (int i = 0; i < 20; ++i) {
    with.hear(status(static_cast<std::uint16_t>(4000 + i % 7), with.counter, with.next_us));
    with.hear(
        status(static_cast<std::uint16_t>(3000 + i % 7), with.counter++, with.next_us + 50 * ms));
    with.next_us += period_us;
  }
  CHECK(with.codes().find("DUP_NODE/doubled") != std::string::npos);
  CHECK(with.voltage().quality == quality::stale);
}

namespace {

/// The same device without a check of its frames.
std::shared_ptr<const messages::profiles::device_profile> unguarded(std::uint32_t period_ms = 0) {
  auto bare = *profile();
  for (auto& message : bare.messages) {
    message.checksum.reset();
    message.counter.reset();
    message.early_ms = message.late_ms = message.frozen_ms = 0;
    if (period_ms != 0) message.period_ms = period_ms;
  }
  return std::make_shared<const messages::profiles::device_profile>(bare);
}

/// What is told of a device that says its two messages each so often, for so long.
std::vector<notice> told_of(model& device, std::int64_t status_us, std::int64_t power_us,
                            std::int64_t duration_us) {
  std::vector<notice> told;
  for (std::int64_t now_us = 0; now_us < duration_us; now_us += 10 * ms) {
    const auto at_us = start_us + now_us;
    std::vector<messages::can::frame> frames;
    if (now_us % status_us == 0) frames.push_back(status(1, 0, at_us));
    if (now_us % power_us == 0) frames.push_back(power(at_us));
    for (auto& one : device.step(frames, at_us, 0))
      if (auto* what = std::get_if<notice>(&one.content)) told.push_back(*what);
  }
  return told;
}

} // namespace

TEST_CASE("F-065 two devices that talk seldom are recognised by their rate as well") {
  auto device = *model::create({"bms_0", "rack_0", 0, unguarded(1'000)});
  CHECK(told_of(device, 1'000 * ms, 1'000 * ms, 30'000 * ms).empty());
  auto two = *model::create({"bms_0", "rack_0", 0, unguarded(1'000)});
  const auto told = told_of(two, 500 * ms, 500 * ms, 10'000 * ms);
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "DUP_NODE");
}

TEST_CASE("F-063 without a stated bound what comes ten times as often is named with its rate") {
  auto device = *model::create({"bms_0", "rack_0", 0, unguarded(500)});
  const auto told = told_of(device, 500 * ms, 20 * ms, 5'000 * ms);
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "BABBLE");
  CHECK(told[0].reason.find("comes 50 times a second, 2.0 are expected") != std::string::npos);
  CHECK(device.read(0, 0)->quality == quality::good);
  // One that is due more seldom than the others are judged.
  auto seldom = *unguarded(100);
  seldom.messages.back().period_ms = 5'000;
  auto mixed = *model::create(
      {"bms_0", "rack_0", 0, std::make_shared<const messages::profiles::device_profile>(seldom)});
  const auto also = told_of(mixed, 100 * ms, 20 * ms, 5'000 * ms);
  REQUIRE(also.size() == 1);
  CHECK(also[0].code == "BABBLE");
}

TEST_CASE("F-065 without a stated bound a device that says all twice is recognised in seconds") {
  auto device = *model::create({"bms_0", "rack_0", 0, unguarded()});
  CHECK(device.catalogue().points.size() == profile()->points.size());
  std::vector<notice> told;
  for (int i = 0; i < 100; ++i) {
    const auto at_us = start_us + i * period_us / 2;
    std::vector<messages::can::frame> frames{status(1, 0, at_us), power(at_us)};
    for (auto& one : device.step(frames, at_us, 0))
      if (auto* what = std::get_if<notice>(&one.content)) told.push_back(*what);
  }
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "DUP_NODE");
  CHECK(told[0].reason == "2 of 2 messages come twice as often as they should");
  CHECK(device.read(0, 0)->quality == quality::stale);
}

TEST_CASE("a sender that makes up for a stall is no second device") {
  auto device = *model::create({"bms_0", "rack_0", 0, unguarded()});
  std::size_t told = 0;
  auto at_us = start_us;
  const auto hear = [&] {
    std::vector<messages::can::frame> frames{status(1, 0, at_us), power(at_us)};
    for (auto& one : device.step(frames, at_us, 0))
      told += std::holds_alternative<notice>(one.content) ? 1 : 0;
  };
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 30; ++i, at_us += period_us) hear();
    at_us += 3'000 * ms;
    for (int i = 0; i < 30; ++i, at_us += ms) hear();
  }
  CHECK(told == 0);
}

TEST_CASE(
    "F-068 decode believes of a log what the device of a running site believes of its frames") {
  static_assert(messages::profiles::watch_grid_us == grid_us);
  static_assert(messages::profiles::watch_gap_max_us == grid_gap_max_us);
  bench with;
  auto report = *messages::profiles::guarded_report::make(*profile(), 0);
  std::uint64_t refused = 0;
  std::uint64_t heard = 0;
  const auto both = [&](const messages::can::frame& frame) {
    with.hear(frame);
    messages::can::log_entry entry;
    entry.frame = frame;
    entry.time = messages::can::log_time::absolute;
    report.read(entry);
    ++heard;
    refused += report.is_refused() ? 1 : 0;
    CHECK(with.device.counters().frames == heard - refused);
  };
  auto now_us = start_us;
  const auto say = [&](std::uint16_t voltage, unsigned counter, std::int64_t after_us) {
    now_us += after_us;
    both(status(voltage, static_cast<std::uint8_t>(counter), now_us));
  };
  unsigned counter = 0;
  for (int i = 0; i < 400; ++i) {
    say(static_cast<std::uint16_t>(4000 + i % 7), counter++, period_us);
    if (i % 37 == 5) say(4000, counter, 3 * ms);
    if (i % 41 == 7) counter += 3;
    if (i % 53 == 9) now_us += 3 * period_us;
    if (i > 200 && i < 230) say(3000, counter + 7, 50 * ms);
    if (i % 5 == 0) both(power(now_us));
  }
  CHECK(refused > 20);
  CHECK(refused < heard / 2);
}

} // namespace frame_watch_model_test
