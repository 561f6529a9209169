#include "actors/system/system_model.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "messages/points/catalogue.hpp"

namespace system_model_test {

using namespace voltaic;
using messages::quality;
namespace sut = actors::system;

namespace {

constexpr std::int64_t second_us = messages::us_per_s;

// What a rack says of itself, whoever of its chain says it.
struct rack_values {
  double voltage = 1500, current = 10, power = 15000, soc = 50;
  double charge_limit = 100, discharge_limit = 120;
  std::string contactor = "closed";
  std::string level = "none";
  double charge_voltage_limit = 1656, discharge_voltage_limit = 1497;
  double charge_power_limit = 150'000, discharge_power_limit = 180'000;
  double soh = 97;
  bool shows_joined = true; ///< feedback tells how it stands
  [[nodiscard]] double joined() const { return contactor == "open" ? 0 : 1; }
};

class site {
 public:
  explicit site(std::vector<double> capacities_ah) {
    sut::model_options options;
    for (std::size_t i = 0; i < capacities_ah.size(); ++i) {
      options.racks.push_back({"rack_" + std::to_string(i), capacities_ah[i]});
    }
    system.emplace(options);
    for (const auto& rack : options.racks) {
      catalogues_.push_back(describe(rack.name));
      system->learn(catalogues_.back());
    }
  }

  // All of a rack's points, true at `time_us`.
  void say(std::size_t rack, const rack_values& values, std::int64_t time_us,
           quality mark = quality::good) {
    messages::telemetry said{catalogues_[rack].owner, catalogues_[rack].fingerprint, {}};
    const std::array numbers{values.voltage, values.current,      values.power,
                             values.soc,     values.charge_limit, values.discharge_limit};
    for (const double number : numbers) put(said, messages::block::reals{number}, time_us, mark);
    put(said, values.contactor, time_us, mark);
    put(said, values.level, time_us, mark);
    for (const double number :
         {values.charge_voltage_limit, values.discharge_voltage_limit, values.charge_power_limit,
          values.discharge_power_limit, values.soh}) {
      put(said, messages::block::reals{number}, time_us, mark);
    }
    put(said, messages::block::reals{values.joined()}, time_us,
        values.shows_joined ? mark : messages::worst(mark, quality::stale));
    system->take(said);
  }

  // One point of the system at a time; the whole telemetry is kept in `last`.
  const messages::block& at(const std::string& point, std::int64_t now_us) {
    last = system->step(now_us);
    const auto found = messages::points::find(system->catalogue(), {"system/" + point, {}, {}});
    REQUIRE(found);
    return last.blocks.at(found->point);
  }
  double value(const std::string& point, std::int64_t now_us) {
    const auto& block = at(point, now_us);
    REQUIRE(is_usable(block));
    return std::get<messages::block::reals>(block.values).front();
  }
  static bool is_usable(const messages::block& block) {
    return block.quality == quality::good ||
           (!block.element_quality.empty() && block.element_quality.front() == quality::good);
  }

  std::optional<sut::model> system;
  messages::telemetry last;

 private:
  static void put(messages::telemetry& to, decltype(messages::block::values) values,
                  std::int64_t time_us, quality mark) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(to.blocks.size());
    block.source_time_us = time_us;
    block.quality = mark;
    block.values = std::move(values);
    to.blocks.push_back(std::move(block));
  }
  static messages::catalogue describe(const std::string& rack) {
    std::vector<messages::point_description> points;
    for (const auto* name :
         {"voltage", "current", "power", "soc", "charge_current_limit", "discharge_current_limit",
          "contactor", "protection_level", "charge_voltage_limit", "discharge_voltage_limit",
          "charge_power_limit", "discharge_power_limit", "soh", "contactor_joined"}) {
      messages::point_description point;
      point.name = rack + "/" + name;
      point.raw_type = "f64";
      point.period_ms = 100;
      points.push_back(std::move(point));
    }
    return messages::points::make_catalogue(rack, std::move(points));
  }

  std::vector<messages::catalogue> catalogues_;
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a system of racks sums currents and powers and weighs charge by capacity") {
  site on({100, 300});
  on.say(0, {1490, 10, 14900, 40, 100, 120, "closed"}, second_us);
  on.say(1, {1500, -20, -30000, 60, 90, 150, "closed"}, second_us);
  CHECK(on.value("voltage", second_us) == Approx(1495));
  CHECK(on.value("current", second_us) == Approx(-10));
  CHECK(on.value("power", second_us) == Approx(-15100));
  CHECK(on.value("soc", second_us) == Approx(55));
  CHECK(on.value("soc_min", second_us) == Approx(40));
  CHECK(on.value("soc_max", second_us) == Approx(60));
  CHECK(on.value("charge_current_limit", second_us) == Approx(180));
  CHECK(on.value("discharge_current_limit", second_us) == Approx(240));
  CHECK(on.value("racks_total", second_us) == 2);
  CHECK(on.value("racks_active", second_us) == 2);
  for (const auto& block : on.last.blocks) CHECK(block.missing.empty());
}

TEST_CASE("a site's state of health is weighed by capacity, its least one kept, lost ones named") {
  site on({100, 300});
  rack_values old;
  old.soh = 80;
  on.say(0, old, second_us);
  rack_values young;
  young.soh = 96;
  on.say(1, young, second_us);
  CHECK(on.value("soh", second_us) == Approx(92));
  CHECK(on.value("soh_min", second_us) == Approx(80));
  on.say(0, old, 2 * second_us);
  on.say(1, young, 2 * second_us, quality::stale);
  CHECK(on.value("soh", 2 * second_us) == Approx(80));
  CHECK(on.at("soh", 2 * second_us).missing == names{"rack_1"});
  on.say(0, old, 3 * second_us, quality::stale);
  CHECK_FALSE(site::is_usable(on.at("soh", 3 * second_us)));
}

TEST_CASE("a missing rack is named and a sum without it has no value") {
  const auto mark = GENERATE(quality::stale, quality::invalid, quality::never);
  site on({100, 100, 100});
  on.say(0, {1490, 10, 14900, 40, 100, 120, "closed"}, second_us);
  on.say(2, {1510, 30, 45300, 70, 90, 150, "closed"}, second_us);
  if (mark != quality::never) on.say(1, {}, second_us, mark);
  for (const auto* sum : {"current", "power"}) {
    const auto& block = on.at(sum, second_us);
    CHECK(block.quality == mark);
    CHECK_FALSE(site::is_usable(block));
    CHECK(block.missing == names{"rack_1"});
  }
  CHECK(on.value("voltage", second_us) == Approx(1500));
  CHECK(on.value("soc", second_us) == Approx(55));
  CHECK(on.value("soc_min", second_us) == Approx(40));
  CHECK(on.value("racks_active", second_us) == 2);
  CHECK(on.at("racks_active", second_us).missing == names{"rack_1"});
  CHECK(on.value("racks_total", second_us) == 3);
  CHECK(on.at("soc", second_us).missing == names{"rack_1"});
}

TEST_CASE("a system counts each rack at its highest level of protection") {
  using row = std::tuple<std::vector<std::string>, double, double, double>;
  const auto [levels, faults, alarms, warnings] = GENERATE(values<row>({
      {{"none", "none", "none", "none"}, 0, 0, 0},
      {{"warning", "none", "warning", "none"}, 0, 0, 2},
      {{"warning", "alarm", "fault", "hard"}, 2, 1, 1},
      {{"hard", "hard", "hard", "hard"}, 4, 0, 0},
  }));
  site on({100, 100, 100, 100, 100});
  for (std::size_t i = 0; i < levels.size(); ++i) {
    rack_values values;
    values.level = levels[i];
    on.say(i, values, second_us);
  }
  CHECK(on.value("faults", second_us) == faults);
  CHECK(on.value("alarms", second_us) == alarms);
  CHECK(on.value("warnings", second_us) == warnings);
  CHECK(on.at("warnings", second_us).missing == names{"rack_4"});
  // Whoever is not heard any more is not counted, but named.
  CHECK(on.value("faults", 60 * second_us) == 0);
  CHECK(on.at("faults", 60 * second_us).missing.size() == 5);
}

TEST_CASE("a rack that speaks no more is stale after its age bound, not before") {
  site on({100, 100});
  on.say(0, {}, second_us);
  on.say(1, {}, second_us);
  on.say(0, {}, second_us + sut::value_age_us_min);
  CHECK(on.at("power", second_us + sut::value_age_us_min).quality == quality::good);
  const auto& late = on.at("power", second_us + sut::value_age_us_min + 1);
  CHECK(late.quality == quality::stale);
  CHECK(late.missing == names{"rack_1"});
}

TEST_CASE("the system's voltage is that of the racks on its bus") {
  site on({100, 100});
  on.say(0, {1490, 0, 0, 40, 100, 120, "open"}, second_us);
  on.say(1, {1520, 0, 0, 40, 100, 120, "closed"}, second_us);
  CHECK(on.value("voltage", second_us) == Approx(1520));
  on.say(1, {1520, 0, 0, 40, 100, 120, "open"}, 2 * second_us);
  on.say(0, {1490, 0, 0, 40, 100, 120, "open"}, 2 * second_us);
  CHECK(on.value("voltage", 2 * second_us) == Approx(1505));
}

TEST_CASE("a rack of which nobody knows whether it is closed is missing from the voltage") {
  site on({100, 100, 100});
  on.say(0, {1490, 0, 0, 40, 100, 120, "open"}, second_us);
  on.say(1, {1520, 0, 0, 40, 100, 120, "closed"}, second_us);
  on.say(2, {1540, 0, 0, 40, 100, 120, "closed"}, second_us, quality::invalid);
  CHECK(on.value("voltage", second_us) == Approx(1520));
  CHECK(on.at("voltage", second_us).quality == quality::invalid);
  CHECK(on.at("voltage", second_us).missing == names{"rack_2"});
  on.say(1, {1520, 0, 0, 40, 100, 120, "open"}, second_us);
  CHECK(on.value("voltage", second_us) == Approx(1505));
  CHECK(on.at("voltage", second_us).missing == names{"rack_2"});
}

TEST_CASE("an open rack has no part in the limits") {
  site on({100, 100});
  on.say(0, {1490, 0, 0, 40, 20, 30, "open"}, second_us);
  on.say(1, {1520, 0, 0, 40, 100, 120, "closed"}, second_us);
  CHECK(on.value("charge_current_limit", second_us) == Approx(100));
  CHECK(on.value("discharge_current_limit", second_us) == Approx(120));
}

TEST_CASE("F-165 a rack that was open and tells no more how it stands is as a lost one") {
  site on({100, 100});
  rack_values open{1490, 0, 0, 40, 20, 30, "open"};
  const rack_values closed{1520, 0, 0, 40, 100, 120, "closed"};
  on.say(0, open, second_us);
  on.say(1, closed, second_us);
  REQUIRE(on.value("charge_current_limit", second_us) == Approx(100));
  open.shows_joined = false;
  auto now_us = second_us;
  const auto pass = [&](std::int64_t until_us) {
    for (; now_us < until_us; now_us += second_us) {
      on.say(0, open, now_us);
      on.say(1, closed, now_us);
      on.at("charge_current_limit", now_us);
    }
    on.say(0, open, now_us);
    on.say(1, closed, now_us);
  };
  pass(second_us + sut::lost_rack_hold_us_max - second_us);
  CHECK(on.value("charge_current_limit", now_us) == Approx(100));
  CHECK(on.at("charge_current_limit", now_us).missing == names{"rack_0"});
  CHECK(on.value("voltage", now_us) == Approx(1520)); // it counts for nothing, and not for 0 V
  CHECK(on.at("voltage", now_us).missing == names{"rack_0"});
  pass(now_us + 3 * second_us);
  CHECK(on.value("charge_current_limit", now_us) == 0);
  open.shows_joined = true;
  pass(now_us + second_us);
  CHECK(on.value("charge_current_limit", now_us) == Approx(100));
}

TEST_CASE("a rack of which nothing tells where it stands binds the limits, healthy or not") {
  site on({100, 100});
  on.say(0, {1520, 0, 0, 40, 80, 90, "unknown"}, second_us);
  on.say(1, {1520, 0, 0, 40, 100, 120, "closed"}, second_us);
  CHECK(on.value("charge_current_limit", second_us) == Approx(160));
  CHECK(on.value("racks_active", second_us) == 2);
  // A fault stops it, but nothing here opens it: it carries what the others let flow.
  on.say(0, {1520, 0, 0, 40, 0, 0, "unknown", "fault"}, second_us);
  CHECK(on.value("charge_current_limit", second_us) == 0);
  CHECK(on.value("racks_active", second_us) == 1);
  on.say(0, {1520, 0, 0, 40, 0, 0, "open", "fault"}, second_us);
  CHECK(on.value("charge_current_limit", second_us) == Approx(100));
}

TEST_CASE("a lost rack binds the others for a minute without a share, then nothing may flow") {
  site on({100, 100});
  on.say(0, {1490, 0, 0, 40, 80, 70, "closed"}, second_us);
  on.say(1, {1520, 0, 0, 40, 100, 120, "closed"}, second_us);
  CHECK(on.value("charge_current_limit", second_us) == Approx(160));
  auto now_us = second_us + sut::value_age_us_min;
  while (now_us < second_us + sut::lost_rack_hold_us_max) {
    now_us += second_us / 2;
    // The racks that are heard bind at once.
    on.say(1, {1520, 0, 0, 40, 60, 120, "closed"}, now_us);
    CHECK(on.value("charge_current_limit", now_us) == Approx(60));
    CHECK(on.value("discharge_current_limit", now_us) == Approx(70));
  }
  CHECK(on.at("charge_current_limit", now_us).missing == names{"rack_0"});
  now_us += 2 * second_us;
  on.say(1, {1520, 0, 0, 40, 60, 120, "closed"}, now_us);
  CHECK(on.value("charge_current_limit", now_us) == 0);
  on.say(0, {1490, 0, 0, 40, 80, 70, "closed"}, now_us);
  CHECK(on.value("charge_current_limit", now_us) == Approx(120));
}

TEST_CASE("a rack that was never heard lets nothing flow") {
  site on({100, 100});
  on.say(1, {1520, 0, 0, 40, 60, 120, "closed"}, second_us);
  CHECK(on.value("charge_current_limit", second_us) == 0);
  CHECK(on.at("charge_current_limit", second_us).missing == names{"rack_0"});
}

TEST_CASE("limits of voltage and power are told beside those of current") {
  site on({100, 100});
  rack_values rack;
  on.say(0, rack, second_us);
  rack.charge_voltage_limit = 1650;
  rack.discharge_voltage_limit = 1500;
  rack.charge_power_limit = 20'000;
  on.say(1, rack, second_us);
  CHECK(on.value("charge_voltage_limit", second_us) == Approx(1650));
  CHECK(on.value("discharge_voltage_limit", second_us) == Approx(1500));
  CHECK(on.value("charge_power_limit", second_us) == Approx(40'000));
  CHECK(on.value("discharge_power_limit", second_us) == Approx(360'000));
}

TEST_CASE("energy is counted by direction, and a gap counts nothing") {
  site on({100});
  on.system->load({1000, 2000});
  rack_values rack;
  rack.power = 36'000;
  for (int i = 0; i <= 10; ++i) on.say(0, rack, i * second_us);
  CHECK(on.system->energy().discharged_wh == Approx(2100));
  rack.power = -72'000;
  // Far beyond the bound: nobody knows what flowed in between.
  for (int i = 100; i <= 110; ++i) on.say(0, rack, i * second_us);
  CHECK(on.system->energy().discharged_wh == Approx(2100));
  CHECK(on.system->energy().charged_wh == Approx(1200));
  on.say(0, rack, 111 * second_us, quality::invalid);
  on.say(0, rack, 112 * second_us);
  CHECK(on.system->energy().charged_wh == Approx(1200));
  CHECK(on.value("energy_charged", 112 * second_us) == Approx(1200));
}

TEST_CASE("energy does not depend on how often a steady power is said") {
  const auto step_us = GENERATE(second_us / 10, second_us / 3, second_us, 4 * second_us);
  site on({100});
  rack_values rack;
  rack.power = 10'000;
  std::int64_t time_us = second_us;
  const auto start_us = time_us;
  for (; time_us < 3600 * second_us; time_us += step_us) on.say(0, rack, time_us);
  const auto hours = static_cast<double>(time_us - step_us - start_us) / 3600e6;
  CHECK(on.system->energy().discharged_wh == Approx(10'000 * hours));
}

TEST_CASE("whatever racks are missing, limits never exceed active racks times the smallest") {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> die(0, 5);
  site on({100, 200, 300, 400});
  std::array<std::int64_t, 4> closed_us{}; // when each was last heard to be closed; 0: it is not
  for (std::int64_t now_us = second_us; now_us < 300 * second_us; now_us += second_us / 2) {
    double smallest = 50;
    for (std::size_t rack = 0; rack < 4; ++rack) {
      rack_values values;
      values.charge_limit = 10 * die(random);
      values.contactor = die(random) == 0 ? "open" : "closed";
      if (die(random) == 0) continue;
      const auto mark = die(random) == 0 ? quality::stale : quality::good;
      on.say(rack, values, now_us, mark);
      const bool binds = mark == quality::good && values.contactor == "closed";
      closed_us.at(rack) = binds ? now_us : 0;
      if (binds) smallest = std::min(smallest, values.charge_limit);
    }
    const double limit = on.value("charge_current_limit", now_us);
    CHECK(limit >= 0);
    const auto heard = std::ranges::count_if(closed_us, [&](std::int64_t at_us) {
      return at_us != 0 && now_us - at_us <= sut::value_age_us_min;
    });
    CHECK(limit <= static_cast<double>(heard) * smallest);
  }
}

TEST_CASE("options of a system that cannot be are all named") {
  sut::model_options options;
  options.name = "";
  CHECK(options.validate().size() == 2);
  options.racks = {{"", 1}, {"rack_1", -1}};
  CHECK(options.validate().size() == 3);
  options.racks = {{"rack_0", std::nan("")}};
  CHECK(options.validate().size() == 2);
}

} // namespace system_model_test
