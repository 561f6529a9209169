#include <catch2/catch.hpp>

#include <limits>
#include <numeric>
#include <random>

#include "actors/protection/bench_rack.hpp"

namespace voltaic::actors::protection {

using testing::bench_rack;
using testing::options_for;

namespace {

constexpr std::int64_t scan_ms = 100; // evaluation period of the cell candidates
constexpr std::int64_t data_ms = 200; // period of the data
constexpr std::int64_t margin_ms = 20;

double rest_of(const std::string& chemistry) {
  return chemistry == "lfp" ? 3.3 : 3.7;
}

const messages::protection::candidate& find(const messages::protection::table& table,
                                            const std::string& name) {
  return *std::ranges::find(table.candidates, name, &messages::protection::candidate::name);
}

} // namespace

TEST_CASE(
    "each cell level sets at its value and in its time, one resolution step before it never") {
  for (const std::string chemistry : {"lfp", "nmc"}) {
    for (const std::string name : {"cell_overvoltage", "cell_undervoltage"}) {
      const auto table = testing::defaults(chemistry);
      const auto& watched = find(table, name);
      const double beyond = watched.direction == messages::protection::direction::high ? 1 : -1;
      for (const auto& limit : watched.limits) {
        for (const double step_v : {-0.001, 0.0, 0.001}) {
          const double value_v = limit.set + beyond * step_v;
          INFO(chemistry << " " << name << " " << to_string(limit.level) << " at " << value_v);
          bench_rack rack(options_for(chemistry), rest_of(chemistry));
          rack.settle();
          rack.set(19, value_v);
          rack.mark();
          rack.run(limit.set_ms + 5'000);
          const auto reason = name + "/" + std::string(to_string(limit.level));
          const auto time_ms = rack.time_of("set", reason);
          if (step_v < 0) {
            CHECK(time_ms == -1);
            continue;
          }
          CHECK(time_ms >= limit.set_ms);
          CHECK(time_ms <= limit.set_ms + scan_ms + data_ms + margin_ms);
          CHECK(rack.count("set", reason) == 1);
          const auto told = std::ranges::find(rack.log, reason, &bench_rack::entry::reason)->told;
          CHECK(told.scope == "module_1:cell_3");
          CHECK(told.value == Approx(value_v).margin(1e-9));
        }
      }
    }
  }
}

TEST_CASE("a level clears only after its whole time at or behind its clear value") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.56);
  rack.run(4'000);
  REQUIRE(rack.count("set", "cell_overvoltage/warning") == 1);
  rack.set(0, 3.501);
  rack.run(20'000);
  CHECK(rack.count("clear", "cell_overvoltage/warning") == 0);
  rack.set(0, 3.50);
  rack.mark();
  rack.run(4'900);
  CHECK(rack.count("clear", "cell_overvoltage/warning") == 0);
  rack.set(0, 3.501); // one break and the time starts again
  rack.run(200);
  rack.set(0, 3.50);
  rack.mark();
  rack.run(6'000);
  CHECK(rack.time_of("clear", "cell_overvoltage/warning") >= 5'000);
  CHECK(rack.time_of("clear", "cell_overvoltage/warning") <= 5'000 + scan_ms + data_ms + margin_ms);
}

TEST_CASE("a higher level does not hide the lower ones, each comes in its own time") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.run(200 - (rack.now_us - 1'000'000) / 1'000 % 200);
  rack.set(19, 3.80);
  rack.scan();
  rack.mark();
  rack.run(4'000);
  CHECK(rack.lines() ==
        std::vector<std::string>{"200 set cell_overvoltage/hard module_1:cell_3",
                                 "1000 set cell_overvoltage/fault module_1:cell_3",
                                 "2000 set cell_overvoltage/alarm module_1:cell_3",
                                 "3000 set cell_overvoltage/warning module_1:cell_3"});
  const auto& said = rack.tick();
  CHECK(said.verdict.opening == messages::opening::ordered);
  CHECK_FALSE(said.verdict.granted);
  CHECK(said.verdict.locked);
}

TEST_CASE("warning derates, alarm stops one direction, fault opens and stops both") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  CHECK(rack.tick().limits.charge_a == 140);
  CHECK(rack.tick().limits.discharge_a == 120);
  CHECK(rack.tick().limits.reasons.empty());
  rack.set(0, 3.56);
  rack.run(3'500);
  CHECK(rack.tick().limits == current_limits{70, 120, {"cell_overvoltage/warning"}});
  rack.set(0, 3.61);
  rack.run(2'500);
  CHECK(rack.tick().limits ==
        current_limits{0, 120, {"cell_overvoltage/warning", "cell_overvoltage/alarm"}});
  CHECK(rack.tick().verdict.granted);
  rack.set(0, 3.66);
  rack.run(1'500);
  CHECK(rack.tick().limits.discharge_a == 0);
  CHECK_FALSE(rack.tick().verdict.granted);
  CHECK(rack.tick().verdict.reasons ==
        std::vector<std::string>{"cell_overvoltage/fault module_0:cell_0"});
}

TEST_CASE("a value that is bad for 51 percent of the time trips, one for 49 percent does not") {
  for (const int bad_of_100 : {49, 51}) {
    auto options = options_for("lfp");
    options.cell_period_ms = 10;
    bench_rack rack(options);
    rack.tick_ms = 10;
    rack.settle();
    int scan = 0;
    rack.before_scan = [&](bench_rack& self) {
      // Spread evenly: the bad ones never come in one run that trips by itself.
      const bool bad = (scan + 1) * bad_of_100 / 100 != scan * bad_of_100 / 100;
      self.set(3, bad ? 3.70 : 3.3);
      ++scan;
    };
    rack.mark();
    rack.run(120'000);
    CHECK(rack.count("set", "cell_overvoltage/fault") == (bad_of_100 > 50 ? 1 : 0));
  }
}

TEST_CASE("the order of cells does not change what is decided") {
  std::mt19937 random(20261121);
  std::vector<std::size_t> order(32);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::string> first;
  for (int round = 0; round < 5; ++round) {
    bench_rack rack(options_for("lfp"));
    rack.settle();
    rack.set(order[0], 3.70);
    rack.set(order[1], 2.70);
    rack.set(order[2], 3.57);
    rack.mark();
    rack.run(5'000);
    std::vector<std::string> seen;
    for (const auto& one : rack.log) {
      seen.push_back(fmt::format("{} {} {} {:.3f}", one.time_us - rack.since_us, one.edge,
                                 one.reason, one.told.value));
    }
    std::ranges::sort(seen);
    if (round == 0) first = seen;
    CHECK(seen == first);
    std::ranges::shuffle(order, random);
  }
}

TEST_CASE("a step at the same time again changes nothing") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.70);
  for (int round = 0; round < 30; ++round) {
    rack.run(50);
    const auto verdict = rack.tick().verdict;
    const auto told = rack.log.size();
    for (int again = 0; again < 20; ++again) {
      CHECK(rack.tick().verdict == verdict);
      CHECK(rack.scan().verdict == verdict);
    }
    CHECK(rack.log.size() == told);
  }
  CHECK(rack.count("set", "cell_overvoltage/fault") == 1);
}

TEST_CASE("steps of 5 and of 50 ms trip at the same time within one scan") {
  for (const double value_v : {3.56, 3.61, 3.66, 3.76, 2.99, 2.79, 2.49, 1.99}) {
    std::vector<std::int64_t> times;
    for (const int tick_ms : {5, 50}) {
      bench_rack rack(options_for("lfp"));
      rack.settle();
      rack.tick_ms = tick_ms;
      rack.set(5, value_v);
      rack.mark();
      rack.run(8'000);
      for (const auto& one : rack.log) times.push_back(one.time_us - rack.since_us);
    }
    REQUIRE(!times.empty());
    REQUIRE(times.size() % 2 == 0);
    for (std::size_t each = 0; each < times.size() / 2; ++each) {
      CHECK(std::abs(times[each] - times[each + times.size() / 2]) <= scan_ms * 1'000);
    }
  }
}

TEST_CASE("a worse value never gives a looser verdict, and a tighter table neither") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> volt(2.3, 3.8);
  for (int round = 0; round < 60; ++round) {
    const double nearer_v = volt(random);
    const double further_v = nearer_v > 3.3 ? nearer_v + 0.05 : nearer_v - 0.05;
    bench_rack mild(options_for("lfp"));
    bench_rack severe(options_for("lfp"));
    auto tight_options = options_for("lfp");
    for (auto& watched : tight_options.table.candidates) {
      const double inward =
          watched.direction == messages::protection::direction::high ? -0.02 : 0.02;
      for (auto& limit : watched.limits) limit.set += inward, limit.clear += inward;
    }
    bench_rack tight(tight_options);
    for (auto* rack : {&mild, &severe, &tight}) rack->settle();
    mild.set(2, nearer_v);
    severe.set(2, further_v);
    tight.set(2, nearer_v);
    for (int step = 0; step < 100; ++step) {
      for (auto* rack : {&mild, &severe, &tight}) rack->run(50);
      const auto& base = mild.tick();
      for (auto* rack : {&severe, &tight}) {
        const auto& stricter = rack->tick();
        CHECK(stricter.limits.charge_a <= base.limits.charge_a);
        CHECK(stricter.limits.discharge_a <= base.limits.discharge_a);
        CHECK(stricter.verdict.granted <= base.verdict.granted);
        CHECK(stricter.verdict.opening >= base.verdict.opening);
      }
    }
  }
}

TEST_CASE("F-141 what is not a number never becomes a value") {
  CHECK_FALSE(millionths(std::numeric_limits<double>::quiet_NaN()).has_value());
  CHECK_FALSE(millionths(std::numeric_limits<double>::infinity()).has_value());
  CHECK_FALSE(millionths(-std::numeric_limits<double>::infinity()).has_value());
  CHECK_FALSE(millionths(1e300).has_value());
  CHECK(millionths(3550 * 0.001) == 3'550'000);
  CHECK(millionths(2800 * 0.001) == 2'800'000);
}

TEST_CASE("F-142 an unusable cell neither trips, nor clears, nor forgets") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.66);
  rack.run(800); // most of the fault's second
  rack.qualities[0] = quality::invalid;
  rack.set(0, 6.0);
  rack.run(5'000);
  CHECK(rack.count("set", "cell_overvoltage/fault") == 0);
  CHECK(rack.count("set", "cell_overvoltage/hard") == 0);
  CHECK(rack.count("set", "sensor_invalid/warning") == 1);
  rack.qualities[0] = quality::good; // the integrator was held, not emptied
  rack.set(0, 3.66);
  rack.mark();
  rack.run(600);
  CHECK(rack.time_of("set", "cell_overvoltage/fault") >= 0);
  rack.set(0, 3.3);
  rack.run(9'000);
  rack.qualities[0] = quality::invalid; // breaks the clear time
  rack.run(400);
  rack.qualities[0] = quality::good;
  rack.run(5'000);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 0);
  rack.run(6'000);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 1);
}

TEST_CASE("F-144 one cell far beyond all others trips") {
  bench_rack rack(options_for("lfp", 480));
  rack.settle();
  rack.set(477, 3.70);
  rack.run(1'500);
  REQUIRE(rack.count("set", "cell_overvoltage/fault") == 1);
  CHECK(rack.log.front().told.scope == "module_29:cell_13");
}

TEST_CASE("F-145 all cells unusable alarms at once and opens after one second") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  std::ranges::fill(rack.qualities, quality::invalid);
  rack.scan();
  rack.mark();
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.tick().limits.discharge_a == 0);
  CHECK(rack.tick().verdict.granted);
  rack.run(2'000);
  CHECK(rack.time_of("set", "sensor_invalid/fault") >= 1'000);
  CHECK(rack.time_of("set", "sensor_invalid/fault") <= 1'000 + scan_ms + data_ms + margin_ms);
  CHECK(rack.tick().verdict.opening == messages::opening::ordered);
}

TEST_CASE("F-146 one unusable cell derates, two stop the current") {
  bench_rack rack(options_for("lfp", 480));
  rack.settle();
  rack.qualities[100] = quality::invalid;
  rack.run(400);
  CHECK(rack.tick().limits == current_limits{70, 60, {"sensor_invalid/warning"}});
  REQUIRE(rack.log.size() == 1);
  CHECK(rack.log[0].told.scope == "module_6:cell_4");
  rack.qualities[101] = quality::invalid;
  rack.run(400);
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.tick().limits.discharge_a == 0);
  CHECK(rack.tick().verdict.granted);
  CHECK(invalid_alarm_count(480) == 2);
  CHECK(invalid_alarm_count(100) == 1); // one of a hundred is one percent
  CHECK(invalid_alarm_count(101) == 2);
}

TEST_CASE("silence warns, stops the current and opens at its times, and ends after three scans") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.tick_ms = 10;
  rack.scan();
  rack.mark();
  rack.silent = true;
  rack.run(6'000);
  CHECK(rack.lines() == std::vector<std::string>{"300 set communication_loss/warning cell_voltage",
                                                 "1000 set communication_loss/alarm cell_voltage",
                                                 "5000 set communication_loss/fault cell_voltage"});
  CHECK(rack.tick().verdict.opening == messages::opening::ordered);
  rack.silent = false;
  rack.mark();
  rack.run(350); // two scans
  CHECK(rack.log.empty());
  rack.run(200);
  CHECK(rack.count("clear", "communication_loss/fault") == 1);
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("stale thresholds grow with the period of the data") {
  CHECK(silence_after(100).warning_ms == 300);
  CHECK(silence_after(1'000).warning_ms == 1'500);
  CHECK(silence_after(1'000).alarm_ms == 3'000);
  CHECK(silence_after(2'000).fault_ms == 10'000);
}

TEST_CASE("one element that falls silent counts like silence, though all others go on") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.qualities[7] = quality::stale;
  rack.mark();
  rack.run(1'500);
  CHECK(rack.time_of("set", "communication_loss/warning") >= 0);
  CHECK(rack.time_of("set", "communication_loss/alarm") >= 0);
  rack.set(8, 3.70); // the others are still protected
  rack.run(1'500);
  CHECK(rack.count("set", "cell_overvoltage/fault") == 1);
}

TEST_CASE("what was repeated without a new source time stays old") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  const auto source_us = rack.now_us;
  rack.scan();
  rack.mark();
  for (int repeat = 0; repeat < 20; ++repeat) {
    rack.now_us += 50'000;
    const element_block blocks[] = {{0, source_us, rack.values, quality::good, {}}};
    inputs news;
    news.cells = blocks;
    rack.model.step(news, {rack.now_us, rack.now_us});
  }
  CHECK(rack.tick().limits.charge_a == 0);
}

TEST_CASE("closing is inhibited until the latches are loaded and three scans are good") {
  protection_model model(options_for("lfp"));
  std::vector<std::int32_t> values(32, *millionths(3.3));
  const auto scan_at = [&](std::int64_t now_us) {
    const element_block blocks[] = {{0, now_us, values, quality::good, {}}};
    inputs news;
    news.cells = blocks;
    return model.step(news, {now_us, now_us});
  };
  CHECK_FALSE(model.step({}, {0, 0}).verdict.close_allowed);
  CHECK(model.last().limits == current_limits{0, 0, {"not_ready"}});
  CHECK_FALSE(scan_at(200'000).verdict.close_allowed);
  CHECK_FALSE(scan_at(400'000).verdict.close_allowed);
  CHECK_FALSE(scan_at(600'000).verdict.close_allowed);
  CHECK(model.last().verdict.reasons == std::vector<std::string>{"latches_not_loaded"});
  model.load_latches({}, false);
  CHECK(scan_at(800'000).verdict.close_allowed);
}

TEST_CASE("never received is not ready, and no trip") {
  bench_rack rack(options_for("lfp"));
  rack.silent = true;
  rack.tick();
  rack.run(60'000);
  CHECK(rack.log.empty());
  CHECK(rack.tick().verdict.opening == messages::opening::none);
  CHECK_FALSE(rack.tick().verdict.granted);
}

TEST_CASE("a latched fault stays until a reset with its condition gone and the contactors open") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.66);
  rack.run(1'500);
  CHECK(rack.model.reset(false, true) ==
        refusals{"cell_overvoltage/fault: the condition still holds"});
  rack.set(0, 3.3);
  rack.run(15'000);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 1);
  CHECK_FALSE(rack.tick().verdict.granted);
  CHECK(rack.model.reset(false, false) == refusals{"the contactors are not known to be open"});
  CHECK(rack.model.reset(false, true).empty());
  REQUIRE(rack.model.last().latches.size() == 1);
  CHECK_FALSE(rack.model.last().latches[0].latched);
  REQUIRE(rack.model.last().reports.size() == 1);
  CHECK(rack.model.last().reports[0].edge == report::kind::reset);
  CHECK(rack.tick().verdict.close_allowed);
  CHECK(rack.model.reset(false, true).empty()); // nothing latched: nothing to refuse
}

TEST_CASE("a lock needs the service role") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 1.9);
  rack.run(1'500);
  rack.set(0, 3.3);
  rack.run(15'000);
  CHECK(rack.tick().verdict.locked);
  const auto refused = rack.model.reset(false, true);
  CHECK(refused == refusals{"cell_undervoltage/hard: needs role service"});
  CHECK(rack.tick().verdict.locked);
  CHECK(rack.model.reset(true, true).empty());
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("F-110 a lost latch store counts as latched") {
  bench_rack rack(options_for("lfp"));
  rack.model.load_latches({}, true);
  rack.settle();
  CHECK_FALSE(rack.tick().verdict.close_allowed);
  CHECK(rack.tick().verdict.reasons == std::vector<std::string>{"latch_store_lost/fault rack"});
  CHECK_FALSE(rack.model.reset(false, true).empty());
  CHECK(rack.model.reset(true, true).empty());
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("F-156 a latch survives a table that no longer has its level") {
  bench_rack rack(options_for("lfp"));
  const stored_latch stored[] = {{"cell_overvoltage", "fault", "user", "module_0:cell_1"},
                                 {"rack_temperature", "fault", "user", "rack"}};
  rack.model.load_latches(stored, false);
  rack.settle();
  CHECK(rack.tick().verdict.opening == messages::opening::ordered);
  CHECK(rack.tick().verdict.reasons ==
        std::vector<std::string>{"cell_overvoltage/fault module_0:cell_1",
                                 "rack_temperature/fault rack"});
  CHECK(rack.model.reset(false, true).empty());
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("F-172 many cells at once are told one by one up to a bound, then as a number") {
  bench_rack rack(options_for("lfp", 480));
  rack.settle();
  rack.set_all(3.56);
  rack.run(3'500);
  CHECK(rack.log.size() == reports_per_step_max + 1);
  std::uint32_t all = 0;
  for (const auto& one : rack.log) all += 1 + one.told.others;
  CHECK(all == 480);
  CHECK(rack.log.front().told.opens_group);
  CHECK_FALSE(rack.log.front().told.in_group);
  CHECK(rack.log.back().told.in_group);
}

TEST_CASE("the first event opens a group that later ones belong to while it lasts") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.61);
  rack.run(4'000);
  REQUIRE(rack.log.size() == 2); // alarm, then warning
  CHECK(rack.log[0].told.opens_group);
  CHECK(rack.log[1].told.in_group);
  rack.run(20'000); // the alarm is still active
  rack.set(1, 2.99);
  rack.run(4'000);
  CHECK(rack.log.back().reason == "cell_undervoltage/warning");
  CHECK(rack.log.back().told.in_group);
  rack.set_all(3.3);
  rack.run(60'000);
  rack.mark();
  rack.set(1, 2.99);
  rack.run(4'000);
  CHECK(rack.log.back().told.opens_group);
}

TEST_CASE("the applied limit is the smaller of the own and the device's, and silence raises none") {
  auto options = options_for("lfp");
  options.reports_charge_limit = true;
  bench_rack rack(options);
  rack.settle();
  CHECK(rack.tick().limits.charge_a == 0); // not told yet
  inputs news;
  news.charge_limit = reported_limit{100, quality::good};
  CHECK(rack.model.step(news, {rack.now_us, 0}).limits.charge_a == 100);
  CHECK(rack.tick().limits.reasons == std::vector<std::string>{"reported_charge_current_limit"});
  news.charge_limit = reported_limit{500, quality::stale};
  CHECK(rack.model.step(news, {rack.now_us, 0}).limits.charge_a == 100);
  news.charge_limit = reported_limit{std::numeric_limits<double>::quiet_NaN(), quality::good};
  CHECK(rack.model.step(news, {rack.now_us, 0}).limits.charge_a == 100);
  rack.run(1'200);
  CHECK(rack.tick().limits.charge_a == 0);
  news.charge_limit = reported_limit{500, quality::good};
  CHECK(rack.model.step(news, {rack.now_us, 0}).limits.charge_a == 140);
}

TEST_CASE("candidates without an input are kept and named, and a disabled one stays silent") {
  auto options = options_for("lfp");
  options.disabled = {"cell_overvoltage"};
  bench_rack rack(options);
  CHECK(rack.model.unbound().size() == 15);
  CHECK(rack.model.unbound().front() == "rack_overvoltage");
  rack.settle();
  rack.set(0, 3.9);
  rack.run(10'000);
  CHECK(rack.log.empty());
}

TEST_CASE("options name everything that is wrong with them") {
  CHECK(options_for("lfp").validate().empty());
  protection_options empty;
  CHECK(empty.validate().size() == 7);
  auto typo = options_for("lfp");
  typo.disabled = {"cell_overvoltages"};
  CHECK(typo.validate() ==
        std::vector<std::string>{"rack_0: cannot disable unknown candidate 'cell_overvoltages'"});
}

TEST_CASE("F-114 a jump of the clock charges no more than fresh values may be held") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.66);
  rack.scan();
  rack.mark();
  rack.now_us += 3'600 * messages::us_per_s; // stopped and continued
  const auto& said = rack.tick();
  CHECK(rack.count("set", "cell_overvoltage/fault") == 0);
  CHECK(said.limits.charge_a == 0); // but the silence is seen at once
  rack.now_us -= 1'800 * messages::us_per_s;
  rack.tick(); // time that runs back is no time
  CHECK(rack.count("set", "cell_overvoltage/fault") == 0);
}

} // namespace voltaic::actors::protection
