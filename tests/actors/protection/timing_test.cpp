#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"

// When levels are charged, by what, and with which news they end.
namespace voltaic::actors::protection::timing_test {

using testing::bench_rack;
using testing::full_options;
using testing::full_rack;
using testing::options_for;
using lines = std::vector<std::string>;

namespace {

messages::protection::candidate& find(protection_options& options, const std::string& name) {
  return *std::ranges::find(options.table.candidates, name, &messages::protection::candidate::name);
}

} // namespace

TEST_CASE("a level of overcurrent under five seconds is judged by the limit that can be followed") {
  for (const std::uint32_t set_ms : {4'999u, 5'000u}) {
    auto options = full_options();
    options.reports_discharge_limit = true;
    options.reported_period_ms = 100'000;
    auto& watched = find(options, "discharge_overcurrent");
    watched.limits = {watched.limits[0]};
    watched.limits[0].set_ms = set_ms;
    full_rack rack(options);
    const auto limit_to = [&](double ampere) {
      inputs news;
      news.discharge_limit = reported_limit{ampere, quality::good};
      rack.model.step(news, {rack.now_us, rack.now_us});
    };
    limit_to(140);
    rack.settle();
    rack.set(measured::current, 100);
    rack.run(4'000);
    REQUIRE(rack.log.empty());
    limit_to(50);
    rack.mark();
    rack.run(9'900);
    CAPTURE(set_ms);
    CHECK(rack.log.empty() == (set_ms < 5'000));
    rack.run(400);
    CHECK(rack.log.size() == 1);
  }
}

TEST_CASE("time is charged each period of a candidate, less one tick, where no news comes") {
  auto options = options_for("lfp");
  options.points[position_of(measured::cell_voltage)].period_ms = 20'000;
  auto& watched = find(options, "cell_overvoltage");
  watched.period_ms = 1'000;
  watched.limits = {watched.limits[0]};
  watched.limits[0].set_ms = 10'300;
  bench_rack rack(options);
  rack.settle();
  rack.set(0, 3.56);
  rack.scan();
  rack.mark();
  rack.run(15'000);
  // 950 ms eleven times; a decision in between would be no better than the data.
  CHECK(rack.lines() == lines{"10450 set cell_overvoltage/warning module_0:cell_0"});
}

TEST_CASE("a level without delay sets with the very news that makes its condition hold") {
  auto options = full_options();
  auto& watched = find(options, "charge_overtemperature");
  watched.limits = {watched.limits.back()};
  watched.limits[0].set_ms = 0;
  REQUIRE_FALSE(watched.limits[0].condition.empty());
  full_rack rack(options);
  rack.settle();
  rack.set(measured::cell_temperature, 57, 0);
  rack.run(2'000);
  const auto is_set = [&] {
    return std::ranges::any_of(rack.log, [](const auto& line) {
      return line.find("set charge_overtemperature") != line.npos;
    });
  };
  REQUIRE_FALSE(is_set());
  const std::vector<std::int32_t> charging{*fixed(-50, describe(measured::current).parts)};
  rack.now_us += 10'000;
  const element_block blocks[] = {{0, rack.now_us, charging, quality::good, {}, measured::current}};
  inputs news;
  news.blocks = blocks;
  const auto& said = rack.model.step(news, {rack.now_us, rack.now_us});
  REQUIRE(said.reports.size() == 1);
  CHECK(rack.model.rows()[said.reports[0].row].candidate == "charge_overtemperature");
}

TEST_CASE("the scan that ends a silence ends it in its own step") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.scan();
  rack.silent = true;
  rack.run(1'200);
  rack.mark();
  for (int scan = 1; scan <= 3; ++scan) {
    rack.now_us += 50'000;
    CAPTURE(scan);
    CHECK(rack.scan().verdict.close_allowed == (scan == 3));
    CHECK(rack.count("clear", "communication_loss/warning") == (scan == 3 ? 1 : 0));
  }
}

TEST_CASE("what follows from several values is charged while all of them may be held") {
  for (const std::uint32_t set_ms : {300u, 301u}) {
    auto options = full_options();
    options.points[position_of(measured::voltage)].period_ms =
        400; // held for 600 ms, cells for 300
    auto& watched = find(options, "voltage_sum_mismatch");
    watched.limits = {watched.limits[0]};
    watched.limits[0].set_ms = set_ms;
    full_rack rack(options);
    rack.settle();
    while (rack.now_us % 400'000 != 200'000) rack.run(50);
    rack.set(measured::voltage, 3.2 * testing::full_cells);
    rack.run(200);
    REQUIRE_FALSE(testing::has(rack, "voltage_sum_mismatch"));
    rack.silence(measured::voltage);
    rack.silence(measured::cell_voltage);
    rack.now_us += 2'000'000;
    rack.step();
    CAPTURE(set_ms);
    CHECK(testing::has(rack, "set voltage_sum_mismatch/warning") == (set_ms == 300));
  }
}

} // namespace voltaic::actors::protection::timing_test
