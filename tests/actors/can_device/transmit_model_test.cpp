#include "actors/can_device/transmit_model.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace voltaic::actors::can_device::transmit_model_test {

using messages::profiles::command;

namespace {

constexpr std::int64_t ms = 1'000;

transmit_model model_of(std::uint32_t period_ms, std::uint32_t phase_ms, std::uint32_t gap_ms) {
  std::array<command, 2> commands;
  commands[1].period_ms = period_ms;
  commands[1].phase_ms = phase_ms;
  commands[1].minimum_gap_ms = gap_ms;
  return transmit_model(commands);
}

} // namespace

TEST_CASE("a period begins at its phase, on both sides of zero") {
  for (const std::int64_t start : {-3'000, 0, 7'000}) {
    CAPTURE(start);
    auto model = model_of(1'000, 300, 0);
    CHECK_FALSE(model.is_due(1, start * ms)); // the one that runs is over
    CHECK_FALSE(model.is_due(1, (start + 300) * ms - 1));
    CHECK(model.is_due(1, (start + 300) * ms));
    CHECK(model.is_due(1, (start + 900) * ms));
    model.repeated(1, (start + 900) * ms);
    CHECK_FALSE(model.is_due(1, (start + 1'300) * ms - 1));
    CHECK(model.is_due(1, (start + 1'300) * ms));
  }
}

TEST_CASE("of periods that nobody looked at one is left") {
  auto model = model_of(100, 0, 0);
  CHECK_FALSE(model.is_due(1, 0));
  CHECK(model.is_due(1, 5'050 * ms));
  model.repeated(1, 5'050 * ms);
  CHECK_FALSE(model.is_due(1, 5'099 * ms));
  CHECK(model.is_due(1, 5'100 * ms));
}

TEST_CASE("a command without a period is never due, one without a gap may always go") {
  auto model = model_of(100, 0, 50);
  CHECK(model.repeats_any());
  CHECK_FALSE(model_of(0, 0, 50).repeats_any());
  for (std::int64_t now = 0; now < 1'000; now += 10) {
    CHECK_FALSE(model.is_due(0, now * ms));
    model.sent(0, now * ms);
    CHECK(model.may_send(0, now * ms));
  }
}

TEST_CASE("a value is settled 2 s after another one was meant, the first one at once") {
  auto model = model_of(100, 0, 0);
  CHECK(model.is_settled(1, 50, 0));
  CHECK_FALSE(model.is_settled(1, 60, 1'000 * ms));
  CHECK_FALSE(model.is_settled(1, 60, 3'000 * ms - 1));
  CHECK(model.is_settled(1, 60, 3'000 * ms));
}

TEST_CASE("a gap is over exactly at its end") {
  auto model = model_of(0, 0, 50);
  CHECK(model.may_send(1, 0));
  model.sent(1, 10 * ms);
  CHECK_FALSE(model.may_send(1, 60 * ms - 1));
  CHECK(model.may_send(1, 60 * ms));
}

} // namespace voltaic::actors::can_device::transmit_model_test
