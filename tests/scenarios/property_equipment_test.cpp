#include <catch2/catch.hpp>
#include <string>

#include "scenarios/property/play.hpp"

// Scenarios of what stands around the racks that dice seldom throw.
namespace property_equipment_test {

using namespace voltaic::tests::property;

namespace {

deed at(std::int64_t t_ms, deed_kind kind, int rack, const std::string& text = {}) {
  deed made;
  made.t_ms = t_ms;
  made.kind = kind;
  made.rack = rack;
  made.text = text;
  return made;
}

deed asks(std::int64_t t_ms, int rack, const std::string& operation) {
  auto made = at(t_ms, deed_kind::command, rack, operation);
  made.key = operation + std::to_string(t_ms) + "-" + std::to_string(rack);
  made.role = "operator";
  made.deadline_ms = 10'000;
  return made;
}

/// Two racks on one DC bus behind an inverter, both closed after 12 s.
schedule two_racks() {
  schedule what;
  what.seed = 1;
  what.racks = 2;
  what.duration_ms = 40'000;
  what.has.inverter = inverter_family::discover;
  what.has.behind = 0b11;
  what.has.shares_bus = true;
  what.deeds = {asks(6'000, 0, "close"), asks(9'000, 1, "close")};
  return what;
}

/// One rack of them, closed after 12 s; a node stands still, and while it does another is cut off.
hit_counters play_standstill(const std::string& still, std::int64_t still_ms,
                             std::int64_t cut_at_ms, const std::string& cut_off, lost_rack lost) {
  auto what = two_racks();
  what.racks = 1;
  what.has.behind = 1;
  what.has.shares_bus = false;
  what.has.lost = lost;
  auto stands = at(20'000, deed_kind::stall, 0, still);
  stands.duration_ms = still_ms;
  auto cut = at(cut_at_ms, deed_kind::partition, 0, cut_off);
  cut.duration_ms = 12'000;
  what.deeds = {asks(6'000, 0, "close"), stands, cut};
  hit_counters hits;
  const auto broken = play(what, hits);
  for (const auto& each : broken) UNSCOPED_INFO(each.time_us / 1'000 << " ms: " << each.text);
  CHECK(broken.empty());
  return hits;
}

} // namespace

TEST_CASE("property: a welded rack lets nothing flow, also while its chain is gone") {
  auto what = two_racks();
  auto weld = at(14'000, deed_kind::harm, 0, "welded both");
  weld.duration_ms = 60'000;
  auto killed = at(24'000, deed_kind::kill, 0, "rack_0");
  killed.duration_ms = 10'000;
  what.deeds.insert(what.deeds.end(), {weld, asks(15'000, 0, "open"), killed});
  hit_counters hits;
  const auto broken = play(what, hits);
  for (const auto& each : broken) UNSCOPED_INFO(each.time_us / 1'000 << " ms: " << each.text);
  CHECK(broken.empty());
  CHECK(hits["closed"] == 2);
  CHECK(hits["inverter told that current may flow"] > 0);
  CHECK(hits["locked: contactor_weld"] > 0);
}

TEST_CASE("property: what waited while the site stood still is as old as it is") {
  auto hits = play_standstill("site", 7'000, 22'000, "rack_0", lost_rack::stop);
  CHECK(hits["inverter told that current may flow"] > 5);
}

TEST_CASE("property: limits that waited for a link at a standstill are as old as they are") {
  auto hits = play_standstill("inverter_0", 12'000, 26'000, "inverter_0", two_racks().has.lost);
  CHECK(hits["inverter told that current may flow"] > 5);
}

TEST_CASE("property: a set whose time is over is not resumed by a chain that lives in the past") {
  schedule what;
  what.seed = 50'218;
  auto reports = at(21'640, deed_kind::device_limit, 0);
  reports.value = 72; // whatever it is set to
  auto set = asks(33'480, 0, "set");
  set.index = 1;
  set.value = 20.2;
  set.length_ms = 4'000;
  auto stands = at(46'700, deed_kind::stall, 0, "rack_0");
  stands.duration_ms = 2'000;
  auto ends = at(48'120, deed_kind::crash, 0, "bms_0");
  ends.count = static_cast<std::uint32_t>(crash_place::construction);
  what.deeds = {reports, set, stands, ends};
  hit_counters hits;
  const auto broken = play(what, hits);
  for (const auto& each : broken) UNSCOPED_INFO(each.time_us / 1'000 << " ms: " << each.text);
  CHECK(broken.empty());
  CHECK(hits["crash of bms"] == 2);
  CHECK(hits["set reverted"] == 1);
}

TEST_CASE("property: an attempt to close waits for feedback, and is given up without it") {
  schedule what;
  what.seed = 50'236;
  what.duration_ms = 20'000;
  // The first attempt finds its orders lost; the second one comes 3 s later.
  auto lost = at(4'000, deed_kind::lose_out, 0);
  lost.duration_ms = 2'900;
  auto silent = at(6'700, deed_kind::harm, 0, "feedback lost");
  silent.duration_ms = 3'000;
  what.deeds = {lost, asks(4'010, 0, "close"), silent};
  hit_counters hits;
  const auto broken = play(what, hits);
  for (const auto& each : broken) UNSCOPED_INFO(each.time_us / 1'000 << " ms: " << each.text);
  CHECK(broken.empty());
  CHECK(hits["contactor: feedback lost"] == 1);
}

TEST_CASE(
    "property: F-159 an opening that waited through a standstill shows a weld, where one is") {
  schedule what;
  what.duration_ms = 20'000;
  auto stands = at(4'200, deed_kind::stall, 0, "rack_0"); // in precharge
  stands.duration_ms = 2'000;
  what.deeds = {asks(3'010, 0, "close"), stands, asks(4'500, 0, "open")};
  const bool is_welded = GENERATE(false, true);
  if (is_welded) {
    auto weld = at(4'100, deed_kind::harm, 0, "welded");
    weld.duration_ms = 60'000;
    what.deeds.insert(what.deeds.begin() + 1, weld);
  }
  // Each groups the backlog in another way.
  for (what.seed = 1; what.seed <= 6; ++what.seed) {
    CAPTURE(what.seed);
    hit_counters hits;
    const auto broken = play(what, hits);
    for (const auto& each : broken) UNSCOPED_INFO(each.time_us / 1'000 << " ms: " << each.text);
    CHECK(broken.empty());
    CHECK(hits["node stalled"] == 1);
    CHECK((hits["locked: contactor_weld"] > 0) == is_welded);
  }
}

} // namespace property_equipment_test
