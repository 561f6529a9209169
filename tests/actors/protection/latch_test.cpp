#include <catch2/catch.hpp>

#include "actors/protection/bench_rack.hpp"

namespace voltaic::actors::protection::latch_test {

using testing::bench_rack;
using testing::options_for;

TEST_CASE("closing is inhibited until the latches are loaded and three scans are good") {
  protection_model model(options_for("lfp"));
  std::vector<std::int32_t> values(32, *millionths(3.3));
  const auto scan_at = [&](std::int64_t now_us) {
    const element_block blocks[] = {{0, now_us, values, quality::good, {}}};
    inputs news;
    news.blocks = blocks;
    return model.step(news, {now_us, now_us});
  };
  CHECK_FALSE(model.step({}, {0, 0}).verdict.close_allowed);
  CHECK(model.last().limits ==
        current_limits{0, 0, {"not_ready"}, {}, {}, 0, 0, {"not_ready"}, {"not_ready"}});
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
  CHECK(rack.model.reset(messages::lock_right::needs_service, true) ==
        refusals{"cell_overvoltage/fault: the condition still holds"});
  rack.set(0, 3.3);
  rack.run(15'000);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 1);
  CHECK_FALSE(rack.tick().verdict.granted);
  CHECK(rack.model.reset(messages::lock_right::needs_service, false) ==
        refusals{"the contactors are not known to be open"});
  CHECK(rack.model.reset(messages::lock_right::needs_service, true).empty());
  REQUIRE(rack.model.last().latches.size() == 1);
  CHECK_FALSE(rack.model.last().latches[0].latched);
  REQUIRE(rack.model.last().reports.size() == 1);
  CHECK(rack.model.last().reports[0].edge == report::kind::reset);
  CHECK(rack.tick().verdict.close_allowed);
  CHECK(rack.model.reset(messages::lock_right::needs_service, true)
            .empty()); // nothing latched: nothing to refuse
}

TEST_CASE("a lock needs the service role") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 1.9);
  rack.run(1'500);
  rack.set(0, 3.3);
  rack.run(15'000);
  CHECK(rack.tick().verdict.locked);
  const auto refused = rack.model.reset(messages::lock_right::needs_service, true);
  CHECK(refused == refusals{"cell_undervoltage/hard: needs role service"});
  CHECK(rack.tick().verdict.locked);
  CHECK(rack.model.reset(messages::lock_right::given, true).empty());
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("a lock bars closing, even one whose actions would not") {
  auto options = options_for("lfp");
  const auto watched = std::ranges::find(options.table.candidates, "cell_undervoltage",
                                         &messages::protection::candidate::name);
  watched->limits.back().actions = {{messages::protection::action_kind::log, 0}};
  bench_rack rack(options);
  const stored_latch stored[] = {{"cell_undervoltage", "hard", "lock", "module_0:cell_1"}};
  rack.model.load_latches(stored, false);
  rack.settle();
  CHECK(rack.tick().verdict.granted);
  CHECK_FALSE(rack.tick().verdict.close_allowed);
  rack.run(11'000);
  REQUIRE(rack.model.reset(messages::lock_right::given, true).empty());
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("F-110 a lost latch store counts as latched") {
  bench_rack rack(options_for("lfp"));
  rack.model.load_latches({}, true);
  rack.settle();
  CHECK_FALSE(rack.tick().verdict.close_allowed);
  CHECK(rack.tick().verdict.reasons ==
        std::vector<std::string>{"latch_store_lost/fault rack is latched: reset first"});
  CHECK_FALSE(rack.model.reset(messages::lock_right::needs_service, true).empty());
  CHECK(rack.model.reset(messages::lock_right::given, true).empty());
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
        std::vector<std::string>{"cell_overvoltage/fault module_0:cell_1 is latched: reset first",
                                 "rack_temperature/fault rack is latched: reset first"});
  rack.run(11'000);
  CHECK(rack.model.reset(messages::lock_right::needs_service, true).empty());
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("a latch that is stored as nobody can read is a lock") {
  for (const auto* word : {"", "none", "lokc"}) {
    CAPTURE(word);
    bench_rack rack(options_for("lfp"));
    const stored_latch stored[] = {{"cell_overvoltage", "fault", word, "module_0:cell_1"}};
    rack.model.load_latches(stored, false);
    rack.settle();
    rack.run(11'000);
    CHECK(rack.tick().verdict.locked);
    CHECK_FALSE(rack.model.reset(messages::lock_right::needs_service, true).empty());
    CHECK(rack.model.reset(messages::lock_right::given, true).empty());
  }
}

TEST_CASE("trips that a former life counted count, and an alarm's are none") {
  for (const std::uint32_t former : {3U, 4U}) {
    bench_rack rack(options_for("lfp"));
    stored_latch stored{"cell_overvoltage", "fault", "user", "", {}, former, false};
    rack.model.load_latches({&stored, 1}, false);
    rack.settle();
    CHECK(rack.tick().verdict.close_allowed);
    rack.set(0, 3.66);
    rack.run(2'000);
    CHECK(rack.tick().verdict.locked == (former == 4));
  }
  bench_rack rack(options_for("lfp"));
  rack.settle();
  for (int round = 0; round < 7; ++round) {
    rack.set(0, 3.61);
    rack.run(3'000);
    rack.set(0, 3.3);
    rack.run(12'000);
    CHECK(rack.model.reset(messages::lock_right::needs_service, true).empty());
  }
  CHECK_FALSE(rack.tick().verdict.locked);
}

TEST_CASE("F-154 an alarm that comes for the fifth time within an hour latches, chatter is none") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  // Chatter around the value, faster than it clears: once.
  for (int round = 0; round < 200; ++round) {
    rack.set(0, round % 3 == 0 ? 3.595 : 3.605);
    rack.run(200);
  }
  CHECK(rack.count("set", "cell_overvoltage/alarm") == 1);
  for (int round = 0; round < 3; ++round) {
    rack.set(0, 3.3);
    rack.run(12'000);
    rack.set(0, 3.61);
    rack.run(4'000);
  }
  rack.set(0, 3.3);
  rack.run(12'000);
  CHECK(rack.count("set", "cell_overvoltage/alarm") == 4);
  CHECK(rack.count("clear", "cell_overvoltage/alarm") == 4);
  CHECK(rack.tick().limits.charge_a > 0); // it rises slowly
  rack.set(0, 3.61);
  rack.run(2'300);
  rack.set(0, 3.3);
  rack.run(12'000);
  CHECK(rack.count("latch", "cell_overvoltage/alarm") == 1);
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.model.reset(messages::lock_right::needs_service, true).empty());
  rack.run(3'000);
  CHECK(rack.tick().limits.charge_a > 0);
}

TEST_CASE("F-154 an alarm that comes five times in more than an hour does not latch") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  for (int round = 0; round < 6; ++round) {
    rack.set(0, 3.61);
    rack.run(3'000);
    rack.set(0, 3.3);
    rack.run(1'000'000);
  }
  CHECK(rack.count("set", "cell_overvoltage/alarm") == 6);
  CHECK(rack.count("latch", "cell_overvoltage/alarm") == 0);
}

TEST_CASE("a warning is shelved for a time of at most eight hours, and does what it does") {
  constexpr std::int64_t hour_us = 3'600 * messages::us_per_s;
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.56);
  rack.run(4'000);
  REQUIRE(rack.tick().level == messages::protection::level::warning);
  CHECK_FALSE(rack.model.shelve("cell_overvoltage", 8 * hour_us + 1).empty());
  CHECK_FALSE(rack.model.shelve("cell_overvoltage", 0).empty());
  const auto longest_ms = static_cast<std::uint64_t>(8 * hour_us / messages::us_per_ms);
  const refusals too_long = {"a warning is shelved for a time of at most 8 h"};
  CHECK(shelving_refusals(0) == too_long);
  CHECK(shelving_refusals(1).empty());
  CHECK(shelving_refusals(longest_ms).empty());
  CHECK(shelving_refusals(longest_ms + 1) == too_long);
  CHECK_FALSE(rack.model.shelve("latch_store_lost", hour_us).empty()); // it has no warning
  CHECK_FALSE(rack.model.unshelve("cell_overvoltage").empty());
  CHECK(rack.model.shelve("cell_overvoltage", 10 * messages::us_per_s).empty());
  REQUIRE(rack.model.last().reports.size() == 1);
  CHECK(rack.model.last().reports[0].edge == report::kind::shelve);
  CHECK_FALSE(rack.tick().level);
  CHECK(rack.tick().limits.charge_a == 70);
  // An alarm of the same candidate is none of it.
  rack.set(0, 3.61);
  rack.run(3'000);
  CHECK(rack.tick().level == messages::protection::level::alarm);
  rack.mark();
  rack.run(7'500);
  CHECK(rack.count("unshelve", "cell_overvoltage/warning") == 1);
  CHECK(rack.model.shelve("cell_overvoltage", hour_us).empty());
  CHECK(rack.model.unshelve("cell_overvoltage").empty());
  CHECK(rack.model.last().reports[0].edge == report::kind::unshelve);
}

TEST_CASE(
    "what is shelved is told alone, with its row and scope, and counts as long as it was said") {
  constexpr std::int64_t hour_us = 3'600 * messages::us_per_s;
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(19, 3.56);
  rack.run(4'000);
  const auto shelved = [&](std::int64_t duration_us) {
    const auto refused = rack.model.shelve("cell_overvoltage", duration_us);
    const auto& reports = rack.model.last().reports;
    REQUIRE(refused.empty());
    REQUIRE(reports.size() == 1);
    CHECK(rack.model.rows()[reports[0].row].reason == "cell_overvoltage/warning");
    CHECK(reports[0].scope == "module_1:cell_3");
    CHECK(reports[0].in_group);
  };
  shelved(2 * messages::us_per_s);
  CHECK(rack.model.shelve("cell_overvoltage", 8 * hour_us).empty()); // longer, while it is shelved
  shelved(2 * messages::us_per_s);
  rack.mark();
  rack.run(1'950);
  CHECK(rack.log.empty());
  rack.run(50);
  REQUIRE(rack.log.size() == 1);
  CHECK(rack.log[0].text == "2000 unshelve cell_overvoltage/warning module_1:cell_3");
  CHECK(rack.log[0].told.in_group);
  CHECK(rack.tick().level == messages::protection::level::warning);
  CHECK_FALSE(rack.model.unshelve("cell_overvoltage").empty()); // over is over
}

TEST_CASE(
    "a warning that does not stand is not shelved in advance, one that was shelved is longer") {
  constexpr std::int64_t minute_us = 60 * messages::us_per_s;
  bench_rack rack(options_for("lfp"));
  rack.settle();
  CHECK(rack.model.shelve("cell_overvoltage", minute_us) ==
        refusals{"no warning cell_overvoltage stands: only one that stands is shelved"});
  CHECK(rack.model.last().reports.empty());
  rack.set(0, 3.56);
  rack.run(4'000);
  // Another one that stands is none of it.
  CHECK_FALSE(rack.model.shelve("cell_undervoltage", minute_us).empty());
  REQUIRE(rack.model.shelve("cell_overvoltage", minute_us).empty());
  rack.set(0, 3.3);
  rack.run(10'000); // it is over, and may come again
  CHECK(rack.model.shelve("cell_overvoltage", minute_us).empty());
  REQUIRE(rack.model.unshelve("cell_overvoltage").empty());
  CHECK_FALSE(rack.model.shelve("cell_overvoltage", minute_us).empty());
}

TEST_CASE("each warning is shelved and told by its own row") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.56);
  rack.set(1, 2.9);
  rack.run(40'000); // both, and how far they are apart
  int told = 0;
  const auto& rows = rack.model.rows();
  for (std::size_t position = 0; position < rows.size(); ++position) {
    if (rows[position].limit.level != messages::protection::level::warning) continue;
    CAPTURE(rows[position].reason);
    const auto is_told = [&] {
      ++told;
      return std::ranges::count(rack.model.last().reports, position, &report::row) == 1;
    };
    if (!rack.model.shelve(rows[position].candidate, messages::us_per_s).empty()) continue;
    CHECK(is_told());
    REQUIRE(rack.model.unshelve(rows[position].candidate).empty());
    CHECK(is_told());
  }
  CHECK(told > 2);
}

TEST_CASE("to shelve and to unshelve tells nothing of the step before") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.56);
  while (rack.model.last().reports.empty()) rack.run(50);
  CHECK_FALSE(rack.model.shelve("cell_overvoltage", 0).empty());
  CHECK(rack.model.last().reports.empty());
  CHECK(rack.model.shelve("cell_overvoltage", messages::us_per_s).empty());
  CHECK_FALSE(rack.model.unshelve("cell_undervoltage").empty());
  CHECK(rack.model.last().reports.empty());
}

} // namespace voltaic::actors::protection::latch_test
