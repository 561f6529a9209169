#include "messages/profiles/guarded_report.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "messages/can/checksum.hpp"
#include "messages/support/profiles.hpp"

// A log is judged as the device of a running site judges its frames.
namespace guarded_report_test {

using namespace voltaic::messages;
using namespace voltaic::messages::profiles;
using namespace voltaic::tests;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t period_us = 100 * ms;

constexpr const char* guarded = R"({
  "name": "guarded", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "voltage": {"channel": "Voltage", "type": "u16", "scale": 0.1, "unit": "V", "period_ms": 100},
    "power": {"channel": "Power", "type": "i16", "unit": "W", "period_ms": 100},
    "cell_voltage": {"channel": "CellVoltage", "type": "u16", "scale": 0.001, "unit": "V",
                     "count": 10, "period_ms": 1000}},
  "messages": [
    {"name": "status", "id": "0x181", "length": 8,
     "checksum": {"kind": "crc8_j1850", "byte": 7}, "counter": {"start": 48, "length": 4},
     "early_ms": 80, "late_ms": 150, "frozen_ms": 2000,
     "signals": [{"point": "voltage", "start": 0, "length": 16}]},
    {"name": "power", "id": "0x182", "length": 2,
     "signals": [{"point": "power", "start": 0, "length": 16}]},
    {"name": "cells", "id": "0x7EC", "length": 20, "period_ms": 1000,
     "read": {"request_id": "0x7E4", "data_identifier": "0x0101"},
     "signals": [SIGNALS]}]})";

std::string profile_text() {
  std::string signals;
  for (int i = 0; i < 10; ++i)
    signals += std::string(i > 0 ? "," : "") + R"({"point": "cell_voltage", "index": )" +
               std::to_string(i) + R"(, "start": )" + std::to_string(16 * i + 7) +
               R"(, "length": 16, "order": "motorola"})";
  std::string text = guarded;
  return text.replace(text.find("SIGNALS"), 7, signals);
}

can::frame status(std::uint16_t voltage, unsigned counter) {
  static const can::checksum rule(can::crc8_j1850_at(7));
  can::frame frame;
  frame.id = 0x181;
  frame.length = 8;
  frame.data[0] = static_cast<std::uint8_t>(voltage);
  frame.data[1] = static_cast<std::uint8_t>(voltage >> 8);
  frame.data[6] = counter & 0xF;
  rule.write(std::span(frame.data.data(), 8), 0);
  return frame;
}

/// A log of the device that goes on.
struct written_log {
  nlohmann::json hear(can::frame frame, std::int64_t after_us, const std::string& bus = "can0") {
    now_us += after_us;
    can::log_entry entry;
    entry.frame = frame;
    entry.frame.time_us = now_us;
    entry.channel = bus;
    entry.time = time;
    report.read(entry);
    std::string line;
    report.append_json(line);
    return nlohmann::json::parse(line);
  }
  /// Sound frames, each period.
  void run(int frames, const std::string& bus = "can0") {
    for (int i = 0; i < frames; ++i) CHECK_FALSE(hear(next(), period_us, bus).contains("refused"));
  }
  can::frame next() {
    ++counter;
    return status(static_cast<std::uint16_t>(4000 + counter % 7), counter - 1);
  }
  [[nodiscard]] bool complains(const std::string& of) const {
    const auto said = report.complaints();
    return std::ranges::any_of(said, [&](const auto& one) { return one == of; });
  }

  guarded_report report = *guarded_report::make(load_good(profile_text()), 0);
  std::int64_t now_us = 1'700'000'000'000'000;
  unsigned counter = 0;
  can::log_time time = can::log_time::absolute;
};

} // namespace

TEST_CASE("F-068 a logged frame whose counter does not count is refused and has no values") {
  written_log log;
  log.run(20);
  const auto again = log.hear(status(4100, log.counter - 1), period_us);
  CHECK(again["refused"] == "counter");
  CHECK(again["error"] == "counter does not count");
  CHECK(again["message"] == "status");
  CHECK(again["signals"].empty());
  log.run(5);
  CHECK(log.complains("status: 1 of 26 frames are not believed: counter does not count"));
}

TEST_CASE(
    "F-068 a logged frame of the wrong checksum or length is refused, with or without times") {
  written_log log;
  log.time = GENERATE(can::log_time::absolute, can::log_time::none);
  log.run(3);
  auto frame = log.next();
  frame.data[0] ^= 1;
  CHECK(log.hear(frame, period_us)["refused"] == "checksum");
  frame = log.next();
  frame.length = 7;
  const auto said = log.hear(frame, period_us);
  CHECK(said["refused"] == "length");
  CHECK(said["error"] == "7 bytes, expected 8");
}

TEST_CASE("what comes too often, or stays as it is for too long, is refused in a log") {
  written_log log;
  log.run(10);
  int early = 0;
  for (int i = 0; i < 6; ++i)
    early += log.hear(log.next(), 10 * ms).value("refused", "") == "early" ? 1 : 0;
  CHECK(early > 0);
  written_log still;
  nlohmann::json last;
  for (unsigned i = 0; i < 25; ++i) last = still.hear(status(4000, i), period_us);
  CHECK(last["refused"] == "frozen");
}

TEST_CASE("a late frame of a log is taken and told, as in a site") {
  written_log log;
  log.run(10);
  const auto late = log.hear(log.next(), 200 * ms);
  CHECK_FALSE(late.contains("refused"));
  CHECK(late["signals"]["voltage"]["value"].is_number());
  CHECK(log.complains("status: 1 of 11 frames are taken all the same: late"));
}

TEST_CASE("F-069 two devices in one place are named, and nothing of either is a value") {
  written_log log;
  log.run(10);
  bool is_doubled = false;
  for (unsigned i = 0; i < 60; ++i) {
    is_doubled |= log.hear(log.next(), 50 * ms).value("refused", "") == "doubled";
    log.hear(status(3000, log.counter + 7), 50 * ms);
  }
  is_doubled |= log.hear(make_frame(0x182, "0100"), 0).value("refused", "") == "doubled";
  CHECK(is_doubled);
  const auto said = log.report.complaints();
  CHECK(std::ranges::any_of(said, [](const auto& one) {
    return one.starts_with("can0: two devices send what one should: ");
  }));
}

TEST_CASE("each bus of a log is judged by itself, and so is what comes after time ran back") {
  written_log log;
  log.run(10, "can0");
  log.counter = 3;
  log.run(10, "can1");
  log.now_us -= 3'600 * 1000 * ms;
  log.counter = 12;
  log.run(10, "can1");
  CHECK(log.report.complaints().empty());
}

TEST_CASE("answers of a log are put together and decoded with the frame that completes them") {
  written_log log;
  CHECK(log.hear(make_frame(0x7EC, "10176201010C800C"), 0)["message"].is_null());
  CHECK(log.hear(make_frame(0x7E4, "3000000000000000"), 1 * ms)["message"].is_null());
  CHECK(log.hear(make_frame(0x7EC, "21810C820C830C84"), 1 * ms)["message"].is_null());
  CHECK(log.hear(make_frame(0x7EC, "220C850C860C870C"), 1 * ms)["message"].is_null());
  const auto whole = log.hear(make_frame(0x7EC, "23880C8900000000"), 1 * ms);
  CHECK(whole["message"] == "cells");
  REQUIRE(whole["signals"].size() == 10);
  for (int i = 0; i < 10; ++i) {
    const auto& cell = whole["signals"]["cell_voltage[" + std::to_string(i) + "]"];
    CHECK(cell["raw"] == 0x0C80 + i);
    CHECK(cell["value"] == Approx((0x0C80 + i) * 0.001));
  }
  // A single frame is one as well; this one is too short.
  const auto brief = log.hear(make_frame(0x7EC, "0562010100000000"), 1 * ms);
  CHECK(brief["refused"] == "length");
  CHECK(brief["error"] == "2 bytes, expected 20");
  CHECK(log.report.complaints().size() == 1);
}

TEST_CASE("an answer that lost a frame, or is refused, is told and is no value") {
  written_log log;
  log.hear(make_frame(0x7EC, "10176201010C800C"), 0);
  CHECK(log.hear(make_frame(0x7EC, "220C850C860C870C"), 1 * ms)["message"].is_null());
  CHECK(log.hear(make_frame(0x7EC, "037F223100000000"), 1 * ms)["message"].is_null());
  CHECK(log.hear(make_frame(0x7EC, "037F227800000000"), 1 * ms)["message"].is_null());
  const auto said = log.report.complaints();
  REQUIRE(said.size() == 2);
  CHECK(said[0].starts_with("cells: an answer did not come whole: "));
  CHECK(said[1].starts_with("cells: the device refuses: 0x31 "));
}

} // namespace guarded_report_test
