#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

/// A rack of the demo whose temperatures, which come each second, are lost for a while.
namespace lost_samples_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;

namespace {

struct closed_rack {
  site::plan plan = loaded();
  simulate::simulated_site site{plan, {}};
  std::set<std::string> levels; ///< of communication_loss, of all that was told
  double least_limit_a = std::numeric_limits<double>::infinity(); ///< of either direction

  closed_rack() {
    simulate::simulation_options how;
    how.duration_ms = 10'000;
    how.out = [](const std::string&) {};
    REQUIRE(simulate::run_simulation(site, plan, how));
    REQUIRE(is_closed());
  }
  void pass(std::int64_t ms) {
    for (const auto end_us = site.now().monotonic_us + ms * messages::us_per_ms;
         site.now().monotonic_us < end_us;) {
      site.step();
      for (const auto* which : {"charge", "discharge"})
        least_limit_a = std::min(least_limit_a, limit_a(which));
    }
    for (const auto& message : site.take_messages()) {
      const auto* event = std::get_if<messages::event>(&message.payload);
      if (event != nullptr && event->candidate == "communication_loss" && event->edge == "set")
        levels.insert(event->level);
    }
  }
  void lose(std::int64_t ms, const char* point = "cell_temperature") {
    put(override_kind::silent, point);
    pass(ms);
    put(override_kind::release, point);
  }
  [[nodiscard]] std::int64_t period_ms(const std::string& point) const {
    const auto& points = plan.devices[0].profile->points;
    const auto found = std::ranges::find(points, point, &messages::profiles::point::name);
    REQUIRE(found != points.end());
    return found->period_ms;
  }
  /// As the rack's protection says it.
  [[nodiscard]] double limit_a(const std::string& which) const {
    const auto found = site.points().find("rack_0/" + which + "_current_limit");
    REQUIRE(found);
    return found->numbers.at(0);
  }
  [[nodiscard]] bool is_closed() const {
    const auto found = site.points().find("rack_0/contactor");
    return found && found->text == "closed";
  }

 private:
  static site::plan loaded() {
    auto read = site::load(VOLTAIC_SOURCE_FOLDER "/configs/can_inverter.toml");
    if (const auto* wrong = std::get_if<messages::findings>(&read)) FAIL(wrong->front().text);
    return std::get<site::plan>(std::move(read));
  }
  void put(override_kind kind, const char* point) {
    REQUIRE(site.set("rack_0", point, std::nullopt, kind, 0));
  }
};

} // namespace

TEST_CASE("F-033 one lost sample of a second's period is a warning, and two never open") {
  closed_rack rack;
  // Whenever it begins: at the most this many samples are lost.
  const auto lost = GENERATE(1, 2);
  const auto begins_ms = GENERATE(50, 450, 850);
  CAPTURE(lost, begins_ms);
  rack.pass(begins_ms);
  rack.lose(lost * 1'000 - 50);
  rack.pass(10'000);
  if (lost == 1) CHECK_FALSE(rack.levels.contains("alarm"));
  CHECK_FALSE(rack.levels.contains("fault"));
  CHECK(rack.is_closed());
}

TEST_CASE("F-033 one lost sample leaves the limits where they stand") {
  closed_rack rack;
  const auto charge_a = rack.limit_a("charge");
  const auto discharge_a = rack.limit_a("discharge");
  REQUIRE(std::min(charge_a, discharge_a) > 0);
  const auto* point = GENERATE("cell_temperature", "cell_voltage", "soc");
  const auto period_ms = rack.period_ms(point);
  const auto begins = GENERATE(1, 9, 17); // of twenty parts of the period
  CAPTURE(point, begins);
  rack.pass(begins * period_ms / 20);
  rack.lose(period_ms - 50, point);
  rack.pass(10'000);
  CHECK_FALSE(rack.levels.contains("alarm"));
  CHECK(rack.least_limit_a == std::min(charge_a, discharge_a));
  CHECK(rack.limit_a("charge") == charge_a);
  CHECK(rack.limit_a("discharge") == discharge_a);
}

TEST_CASE("F-033 what was known last keeps limits until the alarm of its silence, never longer") {
  closed_rack rack;
  const auto* point = GENERATE("cell_temperature", "cell_voltage");
  const auto period_ms = rack.period_ms(point);
  const auto alarm_ms = std::max<std::int64_t>(1'000, 3 * period_ms);
  CAPTURE(point);
  rack.lose(alarm_ms - period_ms - 100, point);
  CHECK(rack.least_limit_a > 0);
  rack.lose(period_ms + 200, point);
  CHECK(rack.limit_a("charge") == 0);
  CHECK(rack.limit_a("discharge") == 0);
}

TEST_CASE("F-033 five lost samples of a second's period open") {
  closed_rack rack;
  rack.lose(5'000);
  rack.pass(3'000);
  CHECK(rack.levels.contains("fault"));
  CHECK_FALSE(rack.is_closed());
}

TEST_CASE("F-033 samples that come and go for ever open") {
  closed_rack rack;
  for (int each = 0; each < 6; ++each) {
    rack.lose(1'000);
    rack.pass(1'000);
  }
  CHECK(rack.levels.contains("fault"));
  CHECK_FALSE(rack.is_closed());
}

} // namespace lost_samples_test
