#include "actors/inverter_link/bus_current_model.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "messages/points/catalogue.hpp"

// Where the current of a DC bus comes from, for how long it counts, and how both sides are told.
namespace voltaic::actors::inverter_link::bus_current_model_test {

using messages::current_agreement;
using messages::joining;
using messages::quality;
using messages::us_per_ms;

namespace {

constexpr std::int64_t s = messages::us_per_s;
const messages::inverter::measured_current by_current{false, "meter/current", "", ""};
const messages::inverter::measured_current by_power{false, "", "meter/power", "meter/voltage"};
const messages::inverter::measured_current by_frames{true, "", "", ""};

model_options options_of(messages::inverter::measured_current by, std::size_t racks) {
  model_options options;
  options.name = "inverter_0";
  for (std::size_t each = 0; each < racks; ++each)
    options.racks.push_back({"rack_" + std::to_string(each), "", 100, true, {}});
  options.measured = std::move(by);
  return options;
}

/// A meter, racks, and what compares them.
struct bench {
  explicit bench(messages::inverter::measured_current by, std::size_t racks = 1,
                 std::int64_t period_us = 500 * us_per_ms)
      : model(options_of(std::move(by), racks)), standing(racks, joining::joined) {
    describe("meter", {"current", "power", "voltage"}, period_us);
    for (std::size_t each = 0; each < racks; ++each)
      describe("rack_" + std::to_string(each), {"current"}, period_us);
  }
  void describe(const std::string& owner, const std::vector<const char*>& names,
                std::int64_t period_us) {
    std::vector<messages::point_description> points;
    for (const auto* name : names)
      points.push_back(messages::points::describe(owner, {name, name, "", 1}, period_us));
    described.push_back(messages::points::make_catalogue(owner, points));
    model.learn(described.back());
  }
  /// The meter is the first of the described, racks follow.
  void say(std::size_t who, std::uint16_t point, double value, quality is = quality::good) {
    messages::block block;
    block.point = point;
    block.source_time_us = now_us;
    block.quality = is;
    block.values = messages::block::reals{value};
    model.take({described[who].owner, described[who].fingerprint, {block}}, now_us);
  }
  bool step() { return model.step(standing, now_us); }
  std::optional<double> measured_after(std::int64_t passed_us) {
    now_us += passed_us;
    step();
    return model.measured_a();
  }

  bus_current_model model;
  std::vector<std::optional<joining>> standing;
  std::vector<messages::catalogue> described;
  std::int64_t now_us = 3'600 * s;
};

constexpr std::uint16_t current = 0;
constexpr std::uint16_t power = 1;
constexpr std::uint16_t voltage = 2;

} // namespace

TEST_CASE("where nobody measures the current nothing is compared") {
  bench of({});
  CHECK(of.model.is_idle());
  of.say(1, current, 50);
  of.model.take_measured(50, of.now_us);
  CHECK_FALSE(of.step());
  CHECK_FALSE(of.model.measured_a());
  CHECK_FALSE(of.model.sum_a());
}

TEST_CASE("a measured current is that of its point, power by voltage, or what frames say") {
  bench of_current(by_current);
  of_current.say(0, current, 50);
  of_current.model.take_measured(77, of_current.now_us); // none of a frame
  CHECK(of_current.measured_after(0) == 50);
  CHECK(of_current.model.words() == "meter/current measures 50.0 A, rack_0 says none");
  bench of_power(by_power);
  of_power.say(0, power, 80'000);
  CHECK_FALSE(of_power.measured_after(0));
  of_power.say(0, voltage, 800);
  CHECK(of_power.measured_after(0) == 100);
  CHECK(of_power.model.words() ==
        "meter/power by meter/voltage measures 100.0 A, rack_0 says none");
  bench of_frames(by_frames);
  CHECK_FALSE(of_frames.measured_after(0));
  CHECK(of_frames.model.words() == "inverter_0 says no current now, rack_0 says none");
  of_frames.model.take_measured(-20, of_frames.now_us);
  CHECK(of_frames.measured_after(0) == -20);
}

TEST_CASE("a current by power needs both, and at least a volt") {
  for (const double volt : {1.0, 0.99, -800.0}) {
    bench of(by_power);
    of.say(0, power, 100);
    of.say(0, voltage, volt);
    CHECK(of.measured_after(0).has_value() == (volt == 1.0));
  }
  bench unknown(by_power);
  unknown.say(0, voltage, 800);
  CHECK_FALSE(unknown.measured_after(0));
}

TEST_CASE("a current that is stale, invalid or no number is none") {
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [value, is, counts] : {std::tuple{50.0, quality::good, true},
                                          {50.0, quality::uncertain, true},
                                          {50.0, quality::stale, false},
                                          {50.0, quality::invalid, false},
                                          {none, quality::good, false}}) {
    CAPTURE(value, is);
    bench of(by_current);
    of.say(0, current, value, is);
    of.say(1, current, value, is);
    CHECK(of.measured_after(0).has_value() == counts);
    CHECK(of.model.sum_a().has_value() == counts);
  }
}

TEST_CASE("a current counts for a second, or one and a half of its periods") {
  for (const auto& [period_us, age_us] : {std::pair{500 * us_per_ms, s}, {2 * s, 3 * s}}) {
    CAPTURE(period_us);
    bench of(by_current, 1, period_us);
    of.say(0, current, 50);
    of.say(1, current, 40);
    CHECK(of.measured_after(age_us) == 50);
    CHECK(of.model.sum_a() == 40);
    CHECK_FALSE(of.measured_after(1));
    CHECK_FALSE(of.model.sum_a());
  }
}

TEST_CASE("a current of frames counts by the gap between the last two, of 2 s at most") {
  for (const auto& [gap_us, age_us] :
       {std::pair{s / 2, s}, {6 * s / 5, 9 * s / 5}, {2 * s, 3 * s}, {20 * s, 3 * s}}) {
    CAPTURE(gap_us);
    bench of(by_frames);
    of.model.take_measured(50, of.now_us);
    CHECK(of.measured_after(s) == 50); // the first one
    of.now_us += gap_us - s;
    of.model.take_measured(50, of.now_us);
    CHECK(of.measured_after(age_us) == 50);
    CHECK_FALSE(of.measured_after(1));
  }
  bench first(by_frames);
  first.model.take_measured(50, first.now_us);
  CHECK(first.measured_after(s) == 50);
  CHECK_FALSE(first.measured_after(1));
  for (const std::optional<double> none :
       {std::optional<double>(), std::optional(std::numeric_limits<double>::infinity())}) {
    bench of(by_frames);
    of.model.take_measured(50, of.now_us);
    of.model.take_measured(none, of.now_us);
    CHECK_FALSE(of.measured_after(0));
  }
}

TEST_CASE("both sides of a comparison are told, racks that are apart are not, eight are named") {
  bench of(by_current, 3);
  of.say(0, current, 110);
  for (std::size_t each = 1; each <= 3; ++each)
    of.say(each, current, 50 + static_cast<double>(each));
  of.standing[1] = joining::apart;
  of.step();
  CHECK(of.model.words() ==
        "meter/current measures 110.0 A, rack_0 shows 51.0 A, rack_2 shows 53.0 A, together 104.0 "
        "A");
  of.standing[2] = joining::apart;
  of.step();
  CHECK(of.model.words() == "meter/current measures 110.0 A, rack_0 shows 51.0 A");
  // Who does not know where a rack stands takes it for joined.
  of.standing = {joining::coming, std::nullopt, joining::departing};
  of.step();
  CHECK(of.model.sum_a() == 156);
  for (const std::size_t racks : {8U, 9U, 10U}) {
    bench many(by_current, racks);
    many.say(0, current, 10);
    for (std::size_t each = 1; each <= racks; ++each) many.say(each, current, 1);
    many.step();
    std::string expected = "meter/current measures 10.0 A";
    for (int each = 0; each < 8; ++each)
      expected += ", rack_" + std::to_string(each) + " shows 1.0 A";
    if (racks > 8) expected += ", " + std::to_string(racks - 8) + " more";
    CHECK(many.model.words() == expected + ", together " + std::to_string(racks) + ".0 A");
  }
}

TEST_CASE("F-148 a word on a rack that changes is told once") {
  bench of(by_current);
  std::vector<std::int64_t> turned_ms;
  for (std::int64_t passed_ms = 0; passed_ms < 8'000; passed_ms += 500) {
    of.now_us += 500 * us_per_ms;
    of.say(0, current, 50);
    of.say(1, current, -50);
    if (of.step()) turned_ms.push_back(passed_ms);
  }
  CHECK(turned_ms == std::vector<std::int64_t>{5'000});
  CHECK(of.model.of(0) == current_agreement::contradicts);
}

} // namespace voltaic::actors::inverter_link::bus_current_model_test
