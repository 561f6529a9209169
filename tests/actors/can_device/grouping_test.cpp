#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include "actors/can_device/can_device_model.hpp"
#include "support/small_device.hpp"

namespace grouping_test {

/// What a device says is a function of the stamped frames, whatever batches they came in.

using namespace voltaic;
using namespace voltaic::actors::can_device;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;
using frames = std::vector<messages::can::frame>;

// Six cells: four by a multiplexer, one twice as fast, one ten times slower.
constexpr std::string_view mixed_device_text = R"({
  "name": "mixed", "version": 1, "protocol": "can", "commissioned": true,
  "lease": {"mode": "none"},
  "topology": {"modules": 1, "cells_per_module": 6, "temperatures_per_module": 0},
  "ratings": {"capacity_ah": 280, "charge_current_a": 140, "discharge_current_a": 140,
              "break_current_a": 20},
  "chemistry": "lfp",
  "points": {
    "cell_voltage": {"channel": "CellVoltage", "type": "u16", "count": 6, "group_size": 6,
      "scale": 0.001, "unit": "V", "category": "operational", "period_ms": 200,
      "valid": [0.5, 5.0], "sentinels": [65535]}
  },
  "messages": [
    {"name": "muxed", "id": "0x088", "length": 8, "period_ms": 200,
     "multiplexer": {"start": 0, "length": 8},
     "signals": [
       {"point": "cell_voltage", "index": 0, "start": 16, "length": 16, "order": "intel", "mux": 0},
       {"point": "cell_voltage", "index": 1, "start": 16, "length": 16, "order": "intel", "mux": 1},
       {"point": "cell_voltage", "index": 2, "start": 16, "length": 16, "order": "intel", "mux": 2},
       {"point": "cell_voltage", "index": 3, "start": 16, "length": 16, "order": "intel", "mux": 3}]},
    {"name": "fast", "id": "0x090", "length": 8, "period_ms": 100,
     "signals": [
       {"point": "cell_voltage", "index": 4, "start": 16, "length": 16, "order": "intel"}]},
    {"name": "slow", "id": "0x091", "length": 8, "period_ms": 2000,
     "signals": [
       {"point": "cell_voltage", "index": 5, "start": 16, "length": 16, "order": "intel"}]}
  ]
})";

std::shared_ptr<const messages::profiles::device_profile> mixed_device() {
  auto loaded = messages::profiles::load_profile(mixed_device_text, "mixed.json");
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    FAIL(findings->front().text);
  }
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

model make_model(std::shared_ptr<const messages::profiles::device_profile> profile) {
  auto made = model::create({"bms_0", "rack_0", 0, std::move(profile)});
  REQUIRE(made);
  return *std::move(made);
}

messages::can::frame mixed_frame(std::uint32_t id, std::uint8_t selector, std::uint16_t raw,
                                 std::int64_t time_us) {
  messages::can::frame made;
  made.id = id;
  made.length = 8;
  made.time_us = time_us;
  made.data[0] = selector;
  made.data[2] = static_cast<std::uint8_t>(raw & 0xFF);
  made.data[3] = static_cast<std::uint8_t>(raw >> 8);
  return made;
}

// Anything at any time.
frames wild_frames(std::mt19937& random) {
  frames made;
  std::int64_t time_us = start_us;
  for (int i = 0; i < 400; ++i) {
    // Now and then a silence long enough to make values stale.
    time_us += random() % 50 == 0 ? 700 * ms : static_cast<std::int64_t>(random() % 30'000);
    const auto raw =
        static_cast<std::uint16_t>(random() % 10 == 0 ? 0xFFFF : 3200 + random() % 200);
    auto frame = random() % 4 == 0 ? tests::power_frame(static_cast<float>(raw), time_us)
                                   : tests::cells_frame(random() % 2, raw, time_us);
    if (random() % 40 == 0) {
      frame.length = 3;
    }
    made.push_back(frame);
  }
  return made;
}

// Rounds on time, more or less, of which one message or another is silent for a while.
frames rounds_of(std::mt19937& random) {
  struct sender {
    std::uint32_t id;
    std::uint8_t selector;
    std::int64_t period_us;
    std::int64_t silent_until_us = 0;
  };
  sender senders[] = {{0x088, 0, 200 * ms}, {0x088, 1, 200 * ms}, {0x088, 2, 200 * ms},
                      {0x088, 3, 200 * ms}, {0x090, 0, 100 * ms}, {0x091, 0, 2'000 * ms}};
  frames made;
  for (std::int64_t at_us = 0; at_us < 8'000 * ms; at_us += 100 * ms) {
    for (auto& one : senders) {
      if (random() % 60 == 0) {
        one.silent_until_us = at_us + static_cast<std::int64_t>(random() % 1'500) * ms;
      }
      if (at_us % one.period_us == 0 && at_us >= one.silent_until_us) {
        const auto late_us = static_cast<std::int64_t>(random() % 40'000);
        made.push_back(mixed_frame(one.id, one.selector,
                                   static_cast<std::uint16_t>(3200 + random() % 200),
                                   start_us + at_us + late_us));
      }
    }
  }
  std::ranges::stable_sort(made, {}, &messages::can::frame::time_us);
  return made;
}

// The same frames, in batches as chance has it.
std::vector<said> in_batches(model device, const frames& all, std::int64_t end_us,
                             std::mt19937& random) {
  std::vector<said> heard;
  const auto step = [&](std::span<const messages::can::frame> group, std::int64_t now_us) {
    for (auto& one : device.step(group, now_us, 0)) {
      heard.push_back(std::move(one));
    }
  };
  for (std::size_t i = 0; i < all.size();) {
    const auto count = std::min<std::size_t>(1 + random() % 20, all.size() - i);
    const auto group = std::span(all).subspan(i, count);
    i += count;
    const auto next_us = i < all.size() ? all[i].time_us : end_us;
    const auto last_us = group.back().time_us;
    step(group, last_us);
    // A batch may also say that nothing came for a while.
    if (next_us > last_us) {
      step({}, last_us + static_cast<std::int64_t>(random()) % (next_us - last_us));
    }
  }
  step({}, end_us);
  return heard;
}

} // namespace

TEST_CASE("any grouping of the same frames into batches says the same") {
  std::mt19937 random(GENERATE(range(1U, 31U)));
  const auto all = wild_frames(random);
  const auto end_us = all.back().time_us + 100 * ms;
  auto whole = make_model(tests::small_device());
  const auto expected = whole.step(all, end_us, 0);
  CHECK(in_batches(make_model(tests::small_device()), all, end_us, random) == expected);
}

TEST_CASE("any grouping says the same with silent messages, multiplexers and several periods") {
  std::mt19937 random(GENERATE(range(1U, 31U)));
  const auto profile = mixed_device();
  const auto all = rounds_of(random);
  const auto end_us = all.back().time_us + 400 * ms;
  auto whole = make_model(profile);
  const auto expected = whole.step(all, end_us, 0);
  CHECK(in_batches(make_model(profile), all, end_us, random) == expected);
}

TEST_CASE(
    "no value waits longer to be said than one and a half of its slowest neighbour's period") {
  std::mt19937 random(GENERATE(range(1U, 31U)));
  auto device = make_model(mixed_device());
  constexpr auto nothing = std::numeric_limits<std::int64_t>::max();
  auto oldest_unsaid_us = nothing;
  for (const auto& frame : rounds_of(random)) {
    for (const auto& one : device.step({{frame}}, frame.time_us, 0)) {
      if (std::holds_alternative<messages::telemetry>(one.content)) {
        oldest_unsaid_us = nothing;
      }
    }
    oldest_unsaid_us = std::min(oldest_unsaid_us, frame.time_us);
    CHECK(frame.time_us - oldest_unsaid_us <= 3'000 * ms + 100 * ms);
  }
}

} // namespace grouping_test
