#include <catch2/catch.hpp>

#include <set>

#include "actors/protection/bench_rack.hpp"
#include "actors/protection/full_rack.hpp"
#include "actors/protection/quick_rack.hpp"

// What a step and a reset tell, and what they forget.
namespace voltaic::actors::protection::bookkeeping_test {

using messages::protection::action_kind;
using messages::protection::level;
using testing::bench_rack;
using testing::full_options;
using testing::full_rack;
using testing::options_for;
using testing::quick_options;
using testing::quick_rack;
using lines = std::vector<std::string>;

namespace {

messages::protection::candidate& find(protection_options& options, const std::string& name) {
  return *std::ranges::find(options.table.candidates, name, &messages::protection::candidate::name);
}

} // namespace

TEST_CASE("a rack is ready with its third scan, and not with the second") {
  protection_model model(quick_options());
  model.load_latches({}, false);
  const std::vector<std::int32_t> values(32, *millionths(3.3));
  for (std::int64_t scan = 1; scan <= 3; ++scan) {
    const element_block blocks[] = {{0, scan, values, quality::good, {}}};
    inputs news;
    news.blocks = blocks;
    CAPTURE(scan);
    const auto& said = model.step(news, {scan, scan});
    CHECK(said.verdict.granted == (scan == 3));
    CHECK(said.verdict.reasons == (scan == 3 ? lines{} : lines{"not_ready"}));
  }
}

TEST_CASE("an event, a latch and a change of limits are told in their step alone") {
  quick_rack rack;
  CHECK(rack.scan(0, 3.66).edge == report::kind::set);
  CHECK(rack.model.last().reports.size() == 3);
  CHECK(rack.model.last().latches.size() == 1);
  CHECK(rack.model.last().limits_changed);
  const auto& after = rack.tick();
  CHECK(after.reports.empty());
  CHECK(after.latches.empty());
  CHECK_FALSE(after.limits_changed);
}

TEST_CASE("a reset, refused or not, tells nothing of the step before it") {
  quick_rack rack;
  rack.scan(0, 3.66);
  REQUIRE(rack.model.last().limits_changed);
  CHECK_FALSE(rack.model.reset(messages::lock_right::needs_service, true).empty());
  CHECK(rack.model.last().reports.empty());
  CHECK(rack.model.last().latches.empty());
  CHECK_FALSE(rack.model.last().limits_changed);
  rack.scan(0, 3.3);
  REQUIRE(rack.model.last().reports.size() == 3);
  REQUIRE(rack.model.reset(messages::lock_right::needs_service, true).empty());
  REQUIRE(rack.model.last().reports.size() == 1);
  CHECK(rack.model.last().reports[0].edge == report::kind::reset);
  CHECK(rack.model.last().reports[0].scope == "module_0:cell_0");
  CHECK_FALSE(rack.model.last().reports[0].has_value);
  CHECK(rack.model.last().latches.size() == 1);
}

TEST_CASE("each refusal of a reset is told, of each latch") {
  quick_rack rack;
  rack.scan(0, 2.4);
  rack.scan(0, 1.9);
  CHECK(rack.model.reset(messages::lock_right::needs_service, false) ==
        refusals{"cell_undervoltage/fault: the condition still holds",
                 "cell_undervoltage/hard: the condition still holds",
                 "cell_undervoltage/hard: needs role service",
                 "the contactors are not known to be open"});
}

TEST_CASE("what latches is told with its value, its end as a latch, its place stays") {
  quick_rack rack;
  rack.scan(17, 3.66);
  for (const auto& told : rack.model.last().reports) {
    CHECK(told.has_value);
    CHECK(told.value == Approx(3.66));
    CHECK(told.scope == "module_1:cell_1");
  }
  rack.scan(0, 3.66); // a second cell does not move the latch
  rack.scan(17, 3.3);
  rack.scan(0, 3.3);
  CHECK(rack.model.last().reports.size() == 3);
  CHECK(rack.told.edge == report::kind::clear);
  CHECK(rack.told.scope == "module_0:cell_0");
  CHECK(rack.model.last().reports[2].edge == report::kind::latch);
  CHECK(rack.model.last().reports[2].scope == "module_0:cell_0");
  CHECK(rack.model.last().verdict.reasons ==
        lines{"cell_overvoltage/fault module_1:cell_1 is latched: reset first"});
  CHECK_FALSE(rack.model.last().verdict.locked); // a user's latch is no lock
}

TEST_CASE("a level that begins again is told where it begins, not where it began before") {
  auto options = quick_options();
  find(options, "cell_overvoltage").limits[0].actions = {{action_kind::inhibit_close, 0}};
  quick_rack rack(options);
  rack.scan(0, 3.56);
  CHECK(rack.model.last().verdict.reasons == lines{"cell_overvoltage/warning module_0:cell_0"});
  CHECK(rack.model.last().verdict.granted);
  CHECK_FALSE(rack.model.last().verdict.close_allowed);
  rack.scan(0, 3.3);
  CHECK(rack.model.last().verdict.reasons.empty());
  rack.scan(17, 3.56);
  CHECK(rack.model.last().verdict.reasons == lines{"cell_overvoltage/warning module_1:cell_1"});
  // The same after a reset.
  rack.scan(3, 3.66);
  rack.scan(3, 3.3);
  REQUIRE(rack.model.reset(messages::lock_right::needs_service, true).empty());
  rack.scan(17, 3.3);
  rack.scan(20, 3.66);
  // What opens stands first, whatever the order of the table: it is told as the reason.
  CHECK(rack.model.last().verdict.reasons == lines{"cell_overvoltage/fault module_1:cell_4",
                                                   "cell_overvoltage/warning module_1:cell_4"});
}

TEST_CASE("what is watched as a whole ends at the place where it began") {
  full_rack rack;
  rack.settle();
  rack.set_quality(measured::cell_voltage, quality::invalid, 18);
  rack.run(1'000);
  rack.set_quality(measured::cell_voltage, quality::good);
  rack.mark();
  rack.run(7'000);
  REQUIRE(rack.log.size() == 1);
  CHECK(rack.log[0].substr(5) == "clear sensor_invalid/warning module_1:cell_2");
}

TEST_CASE("F-172 each level of many cells has its own number, and its own beginning and end") {
  quick_rack rack(quick_options(480));
  std::ranges::fill(rack.values, *millionths(3.61));
  rack.scan();
  using text = std::vector<std::tuple<std::string, int, std::uint32_t>>;
  const auto told = [&] {
    text all; // reason, how many one by one, how many more
    for (const auto& each : rack.model.last().reports) {
      const auto reason = fmt::format("{} {}", each.edge == report::kind::set ? "set" : "clear",
                                      rack.model.rows()[each.row].reason);
      if (all.empty() || std::get<0>(all.back()) != reason) all.emplace_back(reason, 0, 0);
      ++std::get<1>(all.back());
      std::get<2>(all.back()) += each.others;
    }
    return all;
  };
  CHECK(told() ==
        text{{"set cell_overvoltage/warning", 65, 415}, {"set cell_overvoltage/alarm", 2, 478}});
  // Half of them end while others begin.
  std::ranges::fill(rack.values, *millionths(3.3));
  std::fill_n(rack.values.begin(), 240, *millionths(3.56));
  rack.scan();
  CHECK(told() == text{{"clear cell_overvoltage/warning", 65, 175},
                       {"clear cell_overvoltage/alarm", 2, 238}});
  std::ranges::reverse(rack.values);
  rack.scan();
  CHECK(told() == text{{"set cell_overvoltage/warning", 65, 175},
                       {"clear cell_overvoltage/warning", 2, 238},
                       {"clear cell_overvoltage/alarm", 2, 238}});
}

TEST_CASE("a row that only logs is no reason for a limit, each direction names its own") {
  auto options = quick_options();
  find(options, "cell_overvoltage").limits[0].actions = {{action_kind::log, 0}};
  quick_rack rack(options);
  rack.scan(0, 3.56);
  CHECK(testing::currents_of(rack.model.last()) == testing::currents{140, 120, {}});
  rack.scan(1, 2.95);
  CHECK(testing::currents_of(rack.model.last()) ==
        testing::currents{140, 60, {"cell_undervoltage/warning"}});
}

TEST_CASE("a limit of the device is held for three of its periods to the microsecond, then zero") {
  auto options = quick_options();
  options.reports_charge_limit = options.reports_discharge_limit = true;
  options.reported_period_ms = 1'000;
  const auto tell = [](quick_rack& rack, double ampere, quality is) {
    inputs news;
    news.charge_limit = news.discharge_limit = reported_limit{ampere, is};
    ++rack.now_us;
    return testing::currents_of(rack.model.step(news, {rack.now_us, rack.now_us}));
  };
  const lines both{"reported_charge_current_limit", "reported_discharge_current_limit"};
  quick_rack rack(options);
  CHECK(testing::currents_of(rack.model.last()) == testing::currents{0, 0, both});
  CHECK(tell(rack, 100, quality::good) == testing::currents{100, 100, both});
  CHECK(rack.model.last().limits_changed);
  CHECK(tell(rack, 80, quality::uncertain) == testing::currents{80, 80, both});
  CHECK(tell(rack, 0, quality::good) == testing::currents{0, 0, both});
  CHECK(tell(rack, 90, quality::good) == testing::currents{90, 90, both});
  CHECK(tell(rack, -1, quality::good) == testing::currents{90, 90, both});
  CHECK(tell(rack, std::numeric_limits<double>::infinity(), quality::good) ==
        testing::currents{90, 90, both});
  CHECK(tell(rack, 110, quality::good) == testing::currents{110, 110, both});
  rack.now_us += 3'000'000 - 2;
  CHECK(rack.tick().limits.charge_a == 110);
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.model.last().limits.discharge_a == 0);
  CHECK(tell(rack, 500, quality::good) == testing::currents{140, 120, {}});
}

TEST_CASE("F-110 a store that is lost while all is well bars closing from the next step on") {
  quick_rack rack;
  REQUIRE(rack.tick().verdict.close_allowed);
  rack.model.lose_latch_store();
  CHECK_FALSE(rack.tick().verdict.close_allowed);
  CHECK(rack.model.last().verdict.locked);
  CHECK(rack.model.last().level == level::fault);
}

TEST_CASE("F-156 a latch that the table no longer has keeps its key, and who may let go of it") {
  for (const std::string latch : {"user", "lock"}) {
    for (const std::string which : {"fault", "hard"}) {
      quick_rack rack;
      const stored_latch stored[] = {{"gone", which, latch, "rack", "gone/key"}};
      rack.model.load_latches(stored, false);
      const auto& said = rack.tick();
      CHECK(rack.model.rows().back().key == "gone/key");
      CHECK(said.verdict.opening == messages::opening::ordered);
      CHECK(said.verdict.locked == (latch == "lock"));
      CHECK(said.level == (which == "hard" ? level::hard : level::fault));
      CHECK(rack.model.reset(messages::lock_right::needs_service, true).empty() ==
            (latch == "user"));
      CHECK(rack.model.reset(messages::lock_right::given, true).empty());
      CHECK(rack.tick().verdict.close_allowed);
    }
  }
}

TEST_CASE("a shelving and its end are told of their own row") {
  quick_rack rack;
  const auto told = [&] {
    lines all;
    for (const auto& each : rack.model.last().reports)
      all.push_back((each.edge == report::kind::shelve ? "shelve " : "unshelve ") +
                    rack.model.rows()[each.row].reason);
    return all;
  };
  rack.scan(0, 2.9);
  REQUIRE(rack.model.shelve("cell_undervoltage", shelved_us_max).empty());
  CHECK(told() == lines{"shelve cell_undervoltage/warning"});
  REQUIRE(rack.model.unshelve("cell_undervoltage").empty());
  CHECK(told() == lines{"unshelve cell_undervoltage/warning"});
  CHECK(rack.model.shelve("cell_undervoltage", shelved_us_max + 1).size() == 1);
  constexpr std::uint64_t longest_ms = shelved_us_max / messages::us_per_ms;
  CHECK(shelving_refusals(longest_ms).empty());
  CHECK(shelving_refusals(longest_ms + 1).size() == 1);
}

TEST_CASE("a candidate without its input is a row that nothing evaluates") {
  const protection_model model(options_for("lfp"));
  for (const auto& row : model.rows()) {
    if (messages::protection::find_candidate(row.candidate) == nullptr) continue;
    const bool has_input = row.candidate.starts_with("cell_");
    CAPTURE(row.reason);
    if (has_input) {
      CHECK(row.watch != row::no_watch);
    } else {
      CHECK(row.watch == row::no_watch);
      CHECK(row.from.kind == input_kind::none);
    }
  }
}

TEST_CASE("options are refused by name, all findings at once") {
  auto options = full_options();
  REQUIRE(options.validate().empty());
  options.rack = "r";
  options.points[position_of(measured::fan_tacho)] = {4, 0, 1'000};
  options.points[position_of(measured::coolant_flow)] = {1, 0, 1'000};
  const auto finding = [&](auto&& spoil) {
    auto spoilt = options;
    spoil(spoilt);
    return spoilt.validate();
  };
  for (std::size_t each = 0; each < known_count; ++each) {
    const std::string name(measured_points[each].point);
    const bool single = each >= position_of(measured::voltage) &&
                        each <= position_of(measured::insulation_resistance);
    CAPTURE(name);
    CHECK(finding([&](auto& of) { of.points[each].period_ms = 0; }) ==
          lines{"r: " + name + " needs a period"});
    CHECK(finding([&](auto& of) { of.points[each].count = single ? 2 : 65'537; }) ==
          lines{fmt::format("r: {} must have 1 to {} elements", name, single ? 1 : 65'536)});
    CHECK(finding([&](auto& of) { of.points[each].count = single ? 1 : 65'536; }).empty());
    if (each > 0) CHECK(finding([&](auto& of) { of.points[each] = {}; }).empty());
  }
  CHECK(finding([](auto& of) { of.points[0] = {}; }) == lines{"r: protection needs cell_voltage"});
  CHECK(finding([](auto& of) { of.rack.clear(); }) ==
        lines{"protection needs the name of its rack"});
  for (const double ampere : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    const lines wrong{"r: rated currents must be above zero"};
    CHECK(finding([&](auto& of) { of.charge_current_a = ampere; }) == wrong);
    CHECK(finding([&](auto& of) { of.discharge_current_a = ampere; }) == wrong);
  }
  for (const std::string name : {"cell_overvoltage", "cell_undervoltage"}) {
    CHECK(finding([&](auto& of) { find(of, name).name = "other"; }) ==
          lines{"r: protection has no " + name});
  }
  CHECK(finding([](auto& of) {
          of.points[position_of(own_point(0))] = {1, 0, 1'000};
        }) == lines{"r: a point of its own needs a name"});
  CHECK(finding([](auto& of) {
          of.disabled = {"cell_overvoltage", "sensor_invalid", "communication_loss"};
        }).empty());
}

} // namespace voltaic::actors::protection::bookkeeping_test
