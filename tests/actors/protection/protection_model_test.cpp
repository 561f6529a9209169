#include <catch2/catch.hpp>

#include <limits>
#include <numeric>
#include <random>

#include "actors/protection/bench_rack.hpp"

namespace voltaic::actors::protection::protection_model_test {

using testing::bench_rack;
using testing::currents;
using testing::currents_of;
using testing::data_ms;
using testing::margin_ms;
using testing::options_for;
using testing::scan_ms;

namespace {

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

TEST_CASE("a higher level does not hide the lower ones, they come with it") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.run(200 - (rack.now_us - 1'000'000) / 1'000 % 200);
  rack.set(19, 3.80);
  rack.scan();
  rack.mark();
  rack.run(4'000);
  CHECK(rack.lines() == std::vector<std::string>{"200 set cell_overvoltage/warning module_1:cell_3",
                                                 "200 set cell_overvoltage/alarm module_1:cell_3",
                                                 "200 set cell_overvoltage/fault module_1:cell_3",
                                                 "200 set cell_overvoltage/hard module_1:cell_3"});
  const auto& said = rack.tick();
  CHECK(said.verdict.opening == messages::opening::ordered);
  CHECK_FALSE(said.verdict.granted);
  CHECK(said.verdict.locked);
}

TEST_CASE("each cell sets after its own time, whatever its neighbours have done") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.56);
  rack.run(1'200);
  rack.set(17, 3.56);
  rack.mark();
  rack.run(2'200);
  REQUIRE(rack.log.size() == 1);
  CHECK(rack.log[0].told.scope == "module_0:cell_0");
  rack.run(1'500);
  REQUIRE(rack.log.size() == 2);
  CHECK(rack.log[1].told.scope == "module_1:cell_1");
  CHECK((rack.log[1].time_us - rack.since_us) / 1'000 >= 3'000);
}

TEST_CASE("an immediate opening in the table is demanded as one") {
  using messages::protection::action_kind;
  CHECK(consequence_of({{action_kind::open_ordered, 0}}).opening == messages::opening::ordered);
  CHECK(consequence_of({{action_kind::open_immediate, 0}}).opening == messages::opening::immediate);
  CHECK(
      consequence_of({{action_kind::open_immediate, 0}, {action_kind::open_ordered, 0}}).opening ==
      messages::opening::immediate);
}

TEST_CASE("warning derates, alarm stops one direction, fault opens and stops both") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  CHECK(rack.tick().limits.charge_a == 140);
  CHECK(rack.tick().limits.discharge_a == 120);
  CHECK(rack.tick().limits.reasons.empty());
  rack.set(0, 3.56);
  rack.run(3'500);
  CHECK(currents_of(rack.tick()) == currents{70, 120, {"cell_overvoltage/warning"}});
  rack.set(0, 3.61);
  rack.run(2'500);
  CHECK(currents_of(rack.tick()) ==
        currents{0, 120, {"cell_overvoltage/warning", "cell_overvoltage/alarm"}});
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
    options.points[position_of(measured::cell_voltage)].period_ms = 10;
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

TEST_CASE("the highest level that is active or latched is told") {
  using messages::protection::level;
  bench_rack rack(options_for("lfp"));
  rack.settle();
  CHECK_FALSE(rack.tick().level);
  rack.set(3, 3.56);
  rack.set(7, 2.95);
  rack.run(5'000);
  CHECK(rack.tick().level == level::warning);
  rack.set(3, 3.61);
  rack.run(5'000);
  CHECK(rack.tick().level == level::alarm);
  rack.set(3, 3.66);
  rack.run(5'000);
  CHECK(rack.tick().level == level::fault);
  // The cell is well again, its latch stands.
  rack.set_all(3.3);
  rack.run(20'000);
  CHECK(rack.tick().level == level::fault);
  CHECK(rack.model.reset(messages::lock_right::given, true).empty());
  CHECK_FALSE(rack.tick().level);
}

TEST_CASE("candidates without an input are kept and named, and a disabled one stays silent") {
  auto options = options_for("lfp");
  options.disabled = {"cell_overvoltage"};
  bench_rack rack(options);
  CHECK(rack.model.unbound().size() == 14);
  CHECK(rack.model.unbound().front() == "rack_overvoltage");
  rack.settle();
  rack.set(0, 3.9);
  rack.run(10'000);
  CHECK(rack.log.empty());
}

TEST_CASE("options name everything that is wrong with them") {
  CHECK(options_for("lfp").validate().empty());
  protection_options empty;
  CHECK(empty.validate().size() == 6);
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

} // namespace voltaic::actors::protection::protection_model_test
