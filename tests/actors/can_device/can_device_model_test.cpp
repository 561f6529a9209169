#include "actors/can_device/can_device_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "messages/codec/codec.hpp"
#include "support/small_device.hpp"

namespace can_device_model_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using messages::quality;
using tests::small_device;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;

model make_model() {
  auto made = model::create({"bms_0", "rack_0", 0, small_device()});
  REQUIRE(made);
  return *std::move(made);
}

// The telemetry blocks of one point, in order.
std::vector<messages::block> blocks_of(const std::vector<said>& all, std::uint16_t point) {
  std::vector<messages::block> found;
  for (const auto& one : all) {
    const auto* telemetry = std::get_if<messages::telemetry>(&one.content);
    if (telemetry == nullptr) {
      continue;
    }
    for (const auto& block : telemetry->blocks) {
      if (block.point == point) {
        found.push_back(block);
      }
    }
  }
  return found;
}

std::vector<std::int64_t> ticks_of(const std::vector<said>& all) {
  std::vector<std::int64_t> found;
  for (const auto& one : all) {
    if (std::holds_alternative<messages::tick>(one.content)) {
      found.push_back(one.time_us);
    }
  }
  return found;
}

// Both cell frames of one scan.
std::vector<messages::can::frame> scan(std::int64_t time_us, std::uint16_t millivolts) {
  return {tests::cells_frame(0, millivolts, time_us),
          tests::cells_frame(1, millivolts, time_us + 1)};
}

// What is said does not matter, only what the device knows afterwards.
void play(model& device, std::vector<messages::can::frame> frames, std::int64_t now_us) {
  static_cast<void>(device.step(frames, now_us, 0));
}

void append(std::vector<said>& to, std::vector<said> what) {
  to.insert(to.end(), what.begin(), what.end());
}

} // namespace

TEST_CASE("a point is said when every message that carries it was seen, at the last one's time") {
  auto device = make_model();
  auto first = device.step({{tests::cells_frame(0, 3300, start_us)}}, start_us, 0);
  CHECK(blocks_of(first, tests::cell_voltage).empty());
  const auto second =
      device.step({{tests::cells_frame(1, 3301, start_us + 500)}}, start_us + 500, 0);
  const auto blocks = blocks_of(second, tests::cell_voltage);
  REQUIRE(blocks.size() == 1);
  CHECK(second.front().time_us == start_us + 500);
  CHECK(blocks[0].quality == quality::good);
  CHECK(blocks[0].source_time_us == start_us);
  CHECK(std::get<messages::block::words>(blocks[0].values) ==
        messages::block::words{3300, 3300, 3300, 3300, 3301, 3301, 3301, 3301});
}

TEST_CASE("an unfinished scan that nothing ends is said on the grid after one and a half periods") {
  auto device = make_model();
  std::vector<said> all;
  append(all, device.step({{tests::cells_frame(0, 3300, start_us)}}, start_us + 300 * ms, 0));
  CHECK(blocks_of(all, tests::cell_voltage).empty());
  append(all, device.step({}, start_us + 310 * ms, 0));
  REQUIRE(blocks_of(all, tests::cell_voltage).size() == 1);
}

TEST_CASE("an unfinished scan is said as it was before the message that begins the next round") {
  auto device = make_model();
  std::vector<said> all;
  append(all, device.step({{tests::cells_frame(0, 3300, start_us)}}, start_us, 0));
  const auto next_us = start_us + 200 * ms;
  append(all, device.step({{tests::cells_frame(0, 3400, next_us)}}, next_us, 0));
  const auto blocks = blocks_of(all, tests::cell_voltage);
  // The message that never came is not awaited again, so the new scan is whole with its first.
  REQUIRE(blocks.size() == 2);
  CHECK(std::get<messages::block::words>(blocks[0].values)[0] == 3300);
  CHECK(std::get<messages::block::words>(blocks[1].values)[0] == 3400);
  CHECK(blocks[0].source_time_us == start_us);
  for (const auto& block : blocks) {
    CHECK(block.quality == quality::never);
    CHECK(block.element_quality.at(0) == quality::good);
    CHECK(block.element_quality.at(4) == quality::never);
  }
}

TEST_CASE("a change of quality is said at once, and the scan that is being received goes on") {
  auto device = make_model();
  std::vector<said> all;
  append(all, device.step(scan(start_us, 3300), start_us + 1, 0));
  // The first message comes late, so that the second is stale in the middle of the scan.
  append(all,
         device.step({{tests::cells_frame(0, 3310, start_us + 290 * ms)}}, start_us + 310 * ms, 0));
  auto blocks = blocks_of(all, tests::cell_voltage);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[1].quality == quality::stale);
  CHECK(std::get<messages::block::words>(blocks[1].values)[0] == 3310);
  append(all,
         device.step({{tests::cells_frame(1, 3310, start_us + 320 * ms)}}, start_us + 320 * ms, 0));
  blocks = blocks_of(all, tests::cell_voltage);
  // Complete with the second message, since the first is still in it.
  REQUIRE(blocks.size() == 3);
  CHECK(blocks[2].source_time_us == start_us + 290 * ms);
}

TEST_CASE("a value that stops arriving is stale on the grid, and only its part") {
  auto device = make_model();
  std::vector<said> all;
  append(all, device.step(scan(start_us, 3300), start_us + 1, 0));
  for (int i = 1; i <= 3; ++i) {
    append(all, device.step({{tests::cells_frame(0, 3300, start_us + i * 100 * ms)}},
                            start_us + i * 100 * ms, 0));
  }
  append(all, device.step({}, start_us + 320 * ms, 0));
  const auto blocks = blocks_of(all, tests::cell_voltage);
  const auto& last = blocks.back();
  CHECK(last.quality == quality::stale);
  REQUIRE(last.element_quality.size() == 8);
  CHECK(std::count(last.element_quality.begin(), last.element_quality.begin() + 4, quality::good) ==
        4);
  CHECK(std::count(last.element_quality.begin() + 4, last.element_quality.end(), quality::stale) ==
        4);
  // Its old source time is kept: being said again does not make it fresh.
  CHECK(last.source_time_us == start_us + 1);
}

TEST_CASE("a value as old as its threshold is good, one grid step later it is stale") {
  auto device = make_model();
  play(device, {tests::cells_frame(0, 3300, start_us)}, start_us + 300 * ms);
  CHECK(device.read(tests::cell_voltage, 0)->quality == quality::good);
  play(device, {}, start_us + 309 * ms);
  CHECK(device.read(tests::cell_voltage, 0)->quality == quality::good);
  play(device, {}, start_us + 310 * ms);
  CHECK(device.read(tests::cell_voltage, 0)->quality == quality::stale);
}

TEST_CASE("a value once stale needs three good samples in a row to be good again") {
  auto device = make_model();
  std::vector<said> all;
  append(all, device.step(scan(start_us, 3300), start_us + 1, 0));
  append(all, device.step({}, start_us + 600 * ms, 0));
  CHECK(device.read(tests::cell_voltage, 0)->quality == quality::stale);
  const std::vector<std::pair<std::uint16_t, quality>> samples = {
      {3300, quality::stale},     {3300, quality::stale}, {0xFFFF, quality::invalid},
      {3300, quality::stale},     {3300, quality::stale}, {3300, quality::good},
      {0xFFFF, quality::invalid}, {3300, quality::good}};
  std::int64_t time_us = start_us + 600 * ms;
  for (const auto& [raw, expected] : samples) {
    time_us += 100 * ms;
    append(all, device.step({{tests::cells_frame(0, raw, time_us)}}, time_us, 0));
    CHECK(device.read(tests::cell_voltage, 0)->quality == expected);
  }
}

TEST_CASE("a value stale for the second time needs its three good samples again") {
  auto device = make_model();
  std::int64_t time_us = start_us;
  const auto sample = [&] {
    time_us += 100 * ms;
    play(device, {tests::cells_frame(0, 3300, time_us)}, time_us);
    return device.read(tests::cell_voltage, 0)->quality;
  };
  CHECK(sample() == quality::good);
  for (int time = 0; time < 2; ++time) {
    INFO("silence " << time);
    time_us += 500 * ms;
    play(device, {}, time_us);
    CHECK(sample() == quality::stale);
    CHECK(sample() == quality::stale);
    CHECK(sample() == quality::good);
  }
}

TEST_CASE("no value is stale before 300 ms, however short its period") {
  auto device = make_model();
  play(device, {tests::power_frame(10, start_us)}, start_us + 290 * ms);
  CHECK(device.read(tests::power, 0)->quality == quality::good);
  play(device, {}, start_us + 310 * ms);
  CHECK(device.read(tests::power, 0)->quality == quality::stale);
}

TEST_CASE("F-142 sentinels and values out of the physical range are invalid, never numbers") {
  const auto raw = GENERATE(as<std::uint16_t>{}, 0, 499, 5001, 6000, 0xFFFF);
  auto device = make_model();
  const auto all = device.step(scan(start_us, raw), start_us + 1, 0);
  CHECK(blocks_of(all, tests::cell_voltage).at(0).quality == quality::invalid);
}

TEST_CASE("F-141 NaN and infinity in a float are invalid, and telemetry carries no such number") {
  const auto value =
      GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
               -std::numeric_limits<float>::infinity());
  auto device = make_model();
  const auto all = device.step({{tests::power_frame(value, start_us)}}, start_us, 0);
  const auto block = blocks_of(all, tests::power).at(0);
  CHECK(block.quality == quality::invalid);
  CHECK(std::isfinite(std::get<messages::block::reals>(block.values).at(0)));
  CHECK(messages::decode(*messages::encode({}, messages::telemetry{"bms_0", 1, {block}})));
}

TEST_CASE("F-067 a frame of another length changes nothing, and its values age") {
  auto device = make_model();
  std::vector<said> all;
  append(all, device.step(scan(start_us, 3300), start_us + 1, 0));
  for (int i = 1; i <= 4; ++i) {
    auto frames = scan(start_us + i * 100 * ms, 3900);
    for (auto& frame : frames) {
      frame.length = 7;
    }
    append(all, device.step(frames, start_us + i * 100 * ms + 1, 0));
  }
  CHECK(device.counters().bad_length == 8);
  CHECK(device.read(tests::cell_voltage, 0)->value == Approx(3.3));
  CHECK(device.read(tests::cell_voltage, 0)->quality == quality::stale);
}

TEST_CASE("the chain hears the time on the grid, at least every 50 ms, and after telemetry") {
  auto device = make_model();
  std::vector<said> all = device.step({}, start_us, 7);
  append(all, device.step({}, start_us + 200 * ms, 7));
  CHECK(ticks_of(all) == std::vector<std::int64_t>{start_us + 50 * ms, start_us + 100 * ms,
                                                   start_us + 150 * ms, start_us + 200 * ms});
  const auto after = device.step(scan(start_us + 203 * ms, 3300), start_us + 215 * ms, 7);
  CHECK(ticks_of(after) == std::vector<std::int64_t>{start_us + 210 * ms});
  CHECK(std::get<messages::tick>(after.back().content).utc_offset_us == 7);
}

TEST_CASE("a hole of more than a second in the port's time is jumped over") {
  auto device = make_model();
  (void)device.step({}, start_us, 0);
  const auto after = device.step({}, start_us + 10'000 * ms, 0);
  CHECK(ticks_of(after) == std::vector<std::int64_t>{start_us + 10'000 * ms});
}

} // namespace can_device_model_test
