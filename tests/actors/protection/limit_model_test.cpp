#include "actors/protection/limit_model.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

namespace limit_model_test {

using namespace voltaic::actors::protection;
namespace rules = voltaic::messages::protection;
using voltaic::messages::us_per_s;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

limit_options lfp_rack() {
  limit_options options;
  auto& by = options.derating;
  by.cell_voltage = {{{3.55, 100}, {3.60, 0}}, {{2.80, 0}, {3.00, 100}}};
  by.temperature = {{{0, 0}, {5, 100}, {45, 100}, {50, 0}},
                    {{-20, 0}, {-10, 100}, {50, 100}, {55, 0}}};
  by.soc = {{{95, 100}, {100, 0}}, {{10, 0}, {20, 100}}};
  by.charge_target_cell_v = 3.45;
  by.discharge_target_cell_v = 3.12;
  options.charge_current_a = 140;
  options.discharge_current_a = 120;
  options.cells_in_series = 480;
  options.has_temperature = true;
  options.has_soc = true;
  return options;
}

limit_inputs quiet() {
  limit_inputs now;
  now.cell_v = {3.3, 3.3, true, true};
  now.temperature_c = {24, 26, true, true};
  now.soc_percent = 50;
  now.charge_cap_a = now.discharge_cap_a = std::numeric_limits<double>::infinity();
  return now;
}

/// What a fresh model says of this.
rack_limits at_once(const limit_inputs& now) {
  limit_model model(lfp_rack());
  return model.step(now, us_per_s);
}

/// Limits in the order: charge A, discharge A, charge W, discharge W.
bool no_looser(const rack_limits& these, const rack_limits& than) {
  return these.charge_a <= than.charge_a && these.discharge_a <= than.discharge_a &&
         these.charge_w <= than.charge_w && these.discharge_w <= than.discharge_w;
}

class random_inputs {
 public:
  explicit random_inputs(std::uint32_t seed) : draw_(seed) {}

  limit_inputs operator()() {
    auto now = quiet();
    now.cell_v = range(2.7, 3.7);
    now.temperature_c = range(-25, 60);
    now.soc_percent = in(0, 100);
    now.charge_percent = pick() ? 100 : in(0, 100);
    now.discharge_percent = pick() ? 100 : in(0, 100);
    if (!pick()) now.charge_cap_a = in(0, 200);
    if (!pick()) now.discharge_cap_a = in(0, 200);
    return now;
  }
  double in(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(draw_);
  }
  bool pick() { return draw_() % 2 == 0; }

 private:
  extremes range(double from, double to) {
    const double one = in(from, to);
    const double other = in(from, to);
    return {std::min(one, other), std::max(one, other), true, true};
  }
  std::mt19937 draw_;
};

} // namespace

TEST_CASE("a rack in the middle of everything has its ratings") {
  const auto said = at_once(quiet());
  CHECK(said.charge_a == 140);
  CHECK(said.discharge_a == 120);
  CHECK(*said.charge_v == Approx(480 * 3.45));
  CHECK(*said.discharge_v == Approx(480 * 3.12));
  CHECK(said.charge_w == Approx(140 * 480 * 3.3));
  CHECK(said.discharge_w == Approx(120 * 480 * 3.3));
  CHECK(said.reasons == 0);
}

TEST_CASE("each curve derates its direction by its extreme, and the least counts") {
  auto now = quiet();
  now.cell_v.maximum = 3.575;
  CHECK(at_once(now).charge_a == Approx(70));
  CHECK(at_once(now).discharge_a == 120);
  CHECK(at_once(now).reasons == bit_of(limit_reason::cell_voltage));
  now.soc_percent = 99;
  CHECK(at_once(now).charge_a == Approx(28));
  now = quiet();
  now.cell_v.minimum = 2.9;
  CHECK(at_once(now).discharge_a == Approx(60));
  CHECK(at_once(now).charge_a == 140);
  now = quiet();
  now.temperature_c.minimum = 1;
  CHECK(at_once(now).charge_a == Approx(28));
  CHECK(at_once(now).discharge_a == 120);
  now.temperature_c.maximum = 54;
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == Approx(24));
}

TEST_CASE("SOC low stops discharge and still allows charge, and the other way round") {
  auto now = quiet();
  now.soc_percent = 10;
  CHECK(at_once(now).discharge_a == 0);
  CHECK(at_once(now).charge_a == 140);
  now.soc_percent = 100;
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == 120);
}

TEST_CASE("levels and the device's own limits count beside the curves") {
  auto now = quiet();
  now.charge_percent = 50;
  now.discharge_cap_a = 30;
  CHECK(at_once(now).charge_a == 70);
  CHECK(at_once(now).discharge_a == 30);
  CHECK(at_once(now).discharge_w == Approx(30 * 480 * 3.3).epsilon(0.01));
  now.charge_percent = nan_value;
  now.discharge_cap_a = nan_value;
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == 0);
}

TEST_CASE("what is not known at all allows nothing, in both directions") {
  auto now = quiet();
  now.cell_v.known = now.cell_v.complete = false;
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == 0);
  CHECK(at_once(now).charge_w == 0);
  now = quiet();
  now.temperature_c.known = now.temperature_c.complete = false;
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == 0);
  now = quiet();
  now.soc_percent.reset();
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == 0);
}

TEST_CASE("a gap in the data is told as what is unknown, and not as derating by a curve") {
  auto now = quiet();
  now.cell_v.known = now.cell_v.complete = false;
  CHECK(at_once(now).reasons == bit_of(limit_reason::unknown_cells));
  CHECK(limit_reason_texts[static_cast<std::size_t>(limit_reason::unknown_cells)] ==
        "unknown/cell_voltage");
  now = quiet();
  now.temperature_c.known = now.temperature_c.complete = false;
  CHECK(at_once(now).reasons == bit_of(limit_reason::unknown_temperature));
  CHECK(limit_reason_texts[static_cast<std::size_t>(limit_reason::unknown_temperature)] ==
        "unknown/temperature");
  now = quiet();
  now.soc_percent.reset();
  CHECK(at_once(now).reasons == bit_of(limit_reason::unknown_soc));
  CHECK(limit_reason_texts[static_cast<std::size_t>(limit_reason::unknown_soc)] == "unknown/soc");
}

TEST_CASE("a start with an SOC that is doubted leaves what its curve has, and half at most") {
  auto now = quiet();
  now.soc_percent = 0;
  REQUIRE(at_once(now).discharge_a == 0);
  REQUIRE(at_once(now).charge_a == 140);
  now.soc_is_doubted = true;
  CHECK(at_once(now).discharge_a == 0);
  CHECK(at_once(now).charge_a == Approx(70));
  CHECK((at_once(now).reasons & bit_of(limit_reason::soc)) != 0);
  now.soc_percent = 15;
  CHECK(at_once(now).discharge_a == Approx(60));
  now.soc_percent.reset();
  CHECK(at_once(now).charge_a == 0);
  // However long it is doubted. From then on as ever.
  limit_model model(lfp_rack());
  now.soc_percent = 0;
  std::int64_t now_us = us_per_s;
  for (int step = 0; step < 200; ++step) {
    CHECK(model.step(now, now_us += us_per_s).discharge_a == 0);
    CHECK(model.limits().charge_a == Approx(70));
  }
  CHECK(model.step(quiet(), now_us += us_per_s).discharge_a == 120);
}

TEST_CASE("an SOC that is doubted is read by no curve, and lets nothing rise") {
  // What was true before stays as long as nobody knows better.
  limit_model model(lfp_rack());
  auto now = quiet();
  now.soc_percent = 15;
  REQUIRE(model.step(now, us_per_s).discharge_a == Approx(60));
  now.soc_percent = 0;
  now.soc_is_doubted = true;
  std::int64_t now_us = us_per_s;
  for (int step = 0; step < 200; ++step)
    CHECK(model.step(now, now_us += us_per_s).discharge_a == Approx(60));
  // The cells' own curve holds.
  now.cell_v.minimum = 2.85;
  CHECK(model.step(now, now_us += us_per_s).discharge_a == Approx(30));
  now.cell_v.minimum = 3.3;
  now.soc_percent = 50;
  now.soc_is_doubted = false;
  for (int step = 0; step < 200; ++step) model.step(now, now_us += us_per_s);
  CHECK(model.limits().discharge_a == Approx(120));
}

TEST_CASE("what a rack does not measure is not looked at") {
  auto options = lfp_rack();
  options.has_soc = options.has_temperature = false;
  limit_model model(options);
  auto now = quiet();
  now.soc_percent.reset();
  now.temperature_c = {};
  CHECK(model.step(now, 0).charge_a == 140);
}

TEST_CASE("limits fall at once and rise slowly, a step each second") {
  limit_model model(lfp_rack());
  auto now = quiet();
  CHECK(model.step(now, 0).charge_a == 140);
  now.cell_v.maximum = 3.60;
  CHECK(model.step(now, us_per_s / 10).charge_a == 0);
  now.cell_v.maximum = 3.30;
  std::int64_t at_us = us_per_s / 10;
  double last_a = 0;
  int changes = 0;
  for (; at_us < 150 * us_per_s && last_a < 140; at_us += us_per_s / 20) {
    const auto& said = model.step(now, at_us);
    CHECK(said.charge_a >= last_a);
    CHECK(said.charge_a - last_a <= 2.8 + 1e-9);
    if (said.charge_a > 0 && said.charge_a < 140) {
      CHECK((said.reasons & bit_of(limit_reason::rise)) != 0);
    }
    if (said.charge_a != last_a) ++changes;
    last_a = said.charge_a;
  }
  CHECK(last_a == 140);
  CHECK(changes <= 101);
  CHECK(at_us > 99 * us_per_s);
  CHECK(at_us < 110 * us_per_s);
  CHECK(model.limits().reasons == 0);
}

TEST_CASE("a little more than a limit lets it rise only after a while") {
  limit_model model(lfp_rack());
  auto now = quiet();
  now.cell_v.maximum = 3.575;
  CHECK(model.step(now, 0).charge_a == Approx(70));
  now.cell_v.maximum = 3.5745;
  for (int ms = 0; ms < 9'900; ms += 100) {
    REQUIRE(model.step(now, ms * 1000).charge_a == Approx(70));
  }
  for (int ms = 9'900; ms < 15'000; ms += 100) static_cast<void>(model.step(now, ms * 1000));
  CHECK(model.limits().charge_a == Approx(71.4));
}

TEST_CASE("a cell on the corner of a curve is no news at each scan") {
  limit_model model(lfp_rack());
  auto now = quiet();
  int changes = 0;
  rack_limits last = model.step(now, 0);
  for (int step = 1; step < 600; ++step) {
    now.cell_v.maximum = step % 2 == 0 ? 3.5495 : 3.5505;
    const auto& said = model.step(now, step * us_per_s / 5);
    if (said != last) ++changes;
    last = said;
  }
  CHECK(changes <= 2);
}

TEST_CASE("the same limit has the same reasons, however what is allowed comes and goes") {
  limit_model model(lfp_rack());
  auto now = quiet();
  now.temperature_c.maximum = 34;
  rack_limits last = model.step(now, 0);
  int alone = 0;
  int changes = 0;
  // Each 5 s it is half a kelvin warmer; in between the trend seems to bend, and more seems
  // allowed.
  for (int step = 1; step < 600; ++step) {
    const double warmer = 0.5 * std::min(step / 50, 24);
    now.temperature_c.maximum = 34 + warmer;
    const auto& said = model.step(now, step * us_per_s / 10);
    const bool same = said.charge_a == last.charge_a && said.discharge_a == last.discharge_a;
    if (said.reasons != last.reasons) {
      ++changes;
      alone += same ? 1 : 0;
    }
    last = said;
  }
  CHECK(changes > 0);
  CHECK(alone == 0);
}

TEST_CASE("a reason is told when it binds: not what would leave more, nor a curve above a cap") {
  auto now = quiet();
  now.cell_v.maximum = 3.575; // leaves 50 %
  now.soc_percent = 97;       // 60 %
  CHECK(at_once(now).reasons == bit_of(limit_reason::cell_voltage));
  now.soc_percent = 98; // 40 %
  CHECK(at_once(now).reasons == bit_of(limit_reason::soc));
  now.charge_cap_a = 20;
  CHECK(at_once(now).reasons == bit_of(limit_reason::charge_cap));
  now.charge_cap_a = 140;
  now.charge_percent = 10; // a level's, which tells itself
  CHECK(at_once(now).reasons == 0);
}

TEST_CASE("a standstill of the chain is no reason to jump") {
  limit_model model(lfp_rack());
  auto now = quiet();
  now.cell_v.maximum = 3.60;
  static_cast<void>(model.step(now, 0));
  now.cell_v.maximum = 3.30;
  static_cast<void>(model.step(now, us_per_s));
  static_cast<void>(model.step(now, 2 * us_per_s));
  CHECK(model.step(now, 900 * us_per_s).charge_a <= 140 * 0.04);
}

TEST_CASE("over-temperature is seen coming from its trend") {
  limit_model model(lfp_rack());
  auto now = quiet();
  double last_a = 0;
  for (int second = 0; second < 60; ++second) {
    now.temperature_c.maximum = 41 + 0.05 * second; // 43.95 after a minute, 46.95 a minute later
    last_a = model.step(now, second * us_per_s).charge_a;
  }
  CHECK(last_a < 100);
  CHECK(last_a > 50);
  CHECK(model.limits().reasons == bit_of(limit_reason::temperature_trend));
  CHECK(model.limits().discharge_a == 120);
  auto options = lfp_rack();
  options.derating.trend_horizon_s = 0;
  limit_model blind(options);
  for (int second = 0; second < 60; ++second) {
    now.temperature_c.maximum = 41 + 0.05 * second;
    CHECK(blind.step(now, second * us_per_s).charge_a == 140);
  }
}

TEST_CASE("neither a falling temperature nor a jump is a trend towards heat") {
  limit_model model(lfp_rack());
  auto now = quiet();
  for (int second = 0; second < 60; ++second) {
    now.temperature_c.maximum = second < 30 ? 25 : 44;
    CHECK(model.step(now, second * us_per_s).charge_a == 140);
  }
  for (int second = 60; second < 120; ++second) {
    now.temperature_c.maximum = 44 - 0.1 * (second - 60);
    CHECK(model.step(now, second * us_per_s).charge_a == 140);
  }
}

TEST_CASE("limits never lie above the rating, and a worse value is never looser") {
  random_inputs draw(4711);
  for (int round = 0; round < 20'000; ++round) {
    const auto now = draw();
    const auto said = at_once(now);
    REQUIRE(said.charge_a >= 0);
    REQUIRE(said.charge_a <= 140);
    REQUIRE(said.discharge_a >= 0);
    REQUIRE(said.discharge_a <= 120);
    auto worse = now;
    switch (round % 6) {
      case 0:
        worse.cell_v.minimum -= draw.in(0, 0.2);
        worse.cell_v.maximum += draw.in(0, 0.2);
        break;
      case 1:
        worse.temperature_c.minimum -= draw.in(0, 20);
        worse.temperature_c.maximum += draw.in(0, 20);
        break;
      case 2:
        worse.charge_percent *= draw.in(0, 1);
        worse.discharge_percent *= draw.in(0, 1);
        break;
      case 3:
        worse.charge_cap_a = std::min(worse.charge_cap_a, draw.in(0, 140));
        break;
      case 4:
        worse.cell_v.known = worse.cell_v.complete = false;
        break;
      default:
        worse.soc_percent.reset();
        break;
    }
    REQUIRE(no_looser(at_once(worse), said));
  }
}

TEST_CASE("F-146 an input that becomes invalid, in part or whole, never loosens a limit") {
  random_inputs draw(815);
  for (int round = 0; round < 3'000; ++round) {
    limit_model model(lfp_rack());
    std::int64_t now_us = 0;
    auto now = draw();
    for (int step = 0; step < 5; ++step)
      now_us += us_per_s, static_cast<void>(model.step(now, now_us));
    const auto before = model.limits();
    // The extreme itself may have become invalid: what is left looks harmless.
    const auto gone = round % 3;
    auto broken = now;
    if (gone == 0) broken.cell_v = {3.3, 3.3, true, false};
    if (gone == 1) broken.temperature_c = {25, 25, true, false};
    if (gone == 2) broken.soc_percent.reset();
    for (int step = 0; step < 40; ++step) {
      now_us += us_per_s;
      REQUIRE(no_looser(model.step(broken, now_us), before));
    }
  }
}

TEST_CASE("F-141 a value that is no number leaves the least") {
  auto now = quiet();
  now.temperature_c.maximum = nan_value;
  CHECK(at_once(now).charge_a == 0);
  CHECK(at_once(now).discharge_a == 0);
  now = quiet();
  now.soc_percent = nan_value;
  CHECK(at_once(now).charge_a == 0);
  now = quiet();
  now.cell_v.minimum = nan_value;
  CHECK(at_once(now).discharge_a == 0);
  CHECK(at_once(now).discharge_w == 0);
}

} // namespace limit_model_test
