#include <catch2/catch.hpp>

#include "actors/can_device/can_device_model.hpp"
#include "actors/can_device/first_sign_model.hpp"
#include "support/small_device.hpp"

namespace first_sign_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;

namespace {

constexpr std::int64_t s = 1'000'000;

} // namespace

TEST_CASE("F-070 a device that never spoke is told once, and once more when it does") {
  first_sign sign(s / 10);
  CHECK_FALSE(sign.step(100 * s, false));
  CHECK_FALSE(sign.step(105 * s - 1, false));
  const auto told = sign.step(105 * s, false);
  REQUIRE(told);
  CHECK(told->code == "NEVER_SEEN");
  CHECK(told->state == "silent");
  CHECK(told->reason == "not one frame of it came within 5000 ms");
  CHECK_FALSE(sign.step(200 * s, false));
  const auto seen = sign.step(201 * s, true);
  REQUIRE(seen);
  CHECK(seen->state == "seen");
  CHECK(seen->level.empty());
  CHECK_FALSE(sign.step(900 * s, false)); // silence from now on is told by its values
}

TEST_CASE("F-070 a device that talks seldom has three of its periods") {
  first_sign sign(10 * s);
  CHECK_FALSE(sign.step(0, false));
  CHECK_FALSE(sign.step(30 * s - 1, false));
  CHECK(sign.step(30 * s, false));
}

TEST_CASE("F-070 a device that speaks in time says nothing of it, whatever its frames are worth") {
  auto device = *model::create({"bms_0", "rack_0", 0, tests::small_device()});
  std::size_t told = 0;
  const auto count = [&](const std::vector<said>& all) {
    for (const auto& one : all) told += std::holds_alternative<notice>(one.content) ? 1 : 0;
  };
  count(device.step({}, 100 * s, 0));
  const std::vector<messages::can::frame> first{tests::cells_frame(0, 3'300, 104 * s)};
  count(device.step(first, 104 * s, 0));
  for (auto now_us = 104 * s; now_us < 120 * s; now_us += s / 2) count(device.step({}, now_us, 0));
  CHECK(told == 0);
  auto silent = *model::create({"bms_1", "rack_1", 0, tests::small_device()});
  for (auto now_us = 100 * s; now_us < 120 * s; now_us += s / 2) count(silent.step({}, now_us, 0));
  CHECK(told == 1);
}

} // namespace first_sign_test
