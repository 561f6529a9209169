#include "bench/restart.hpp"
#include "bench/running_site.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "bench/benchmarks.hpp"

/// Two racks of the demo under `voltaic up`, both closed: kill -9 of the first rack's
/// node, again and again. How long until a whole scan of its 480 cells is heard
/// good from the next life, by a client of the relay as every tool is one; the
/// longest time between two scans of the other rack; when the rack itself tells
/// the bus that its contactors are open.
namespace voltaic::bench {
namespace {

using namespace restart_bench;

constexpr int kills = 20;
constexpr std::int64_t back_within_us = 30'000'000;
constexpr std::int64_t good_goal_us = 1'000'000 + 3 * scan_period_us;
// The lease; no current flows that an opening would wait for; then the next status.
constexpr std::int64_t lease_us = 500'000;
constexpr std::int64_t status_period_us = 100'000;
constexpr std::int64_t open_goal_us = lease_us + status_period_us;
// From two periods on, a scan is missing.
constexpr double gap_goal_periods = 2;
/// The other rack is watched after the killed one is back, while it joins again.
constexpr std::int64_t watch_after_us = 1'200'000;
/// Kills come at another moment of the scan each time.
constexpr std::int64_t phase_step_us = 37'000;

struct figures {
  std::vector<double> good_ms, open_ms, gap_periods;
  std::uint64_t not_back = 0;
  std::uint64_t other_disturbed = 0; ///< messages lost and contactors opened
};

void kill_once(watcher& eyes, int number, figures& to) {
  for (std::size_t rack = 0; rack < racks; ++rack) eyes.close(rack);
  eyes.follow([] { return false; }, 2 * scan_period_us + number * phase_step_us);
  eyes.kill_node();
  const bool back =
      eyes.follow([&] { return eyes.seen().good_us != 0 && !eyes.closed(0); }, back_within_us);
  eyes.follow([] { return false; }, watch_after_us);
  const auto& seen = eyes.seen();
  to.other_disturbed += seen.other_lost + seen.other_openings;
  if (!back) {
    ++to.not_back;
    return;
  }
  to.good_ms.push_back(static_cast<double>(seen.good_us - seen.killed_us) * 1e-3);
  to.open_ms.push_back(static_cast<double>(eyes.changed_us(0) - seen.killed_us) * 1e-3);
  to.gap_periods.push_back(static_cast<double>(seen.other_gap_us) /
                           static_cast<double>(scan_period_us));
}

row state(const std::string& name, double value, const std::string& unit) {
  row one;
  one.name = "restart/" + name;
  one.value = value;
  one.unit = unit;
  one.samples = kills;
  return one;
}

row state(const std::string& name, const std::vector<double>& values, double part,
          const std::string& unit) {
  auto one = state(name, percentile(values, part), unit);
  one.samples = values.size();
  one.noise = fmt::format("{:.2f}..{:.2f}", percentile(values, 0), percentile(values, 1));
  return one;
}

void judge(row& one, double goal) {
  one.goal = fmt::format("<= {} {}", goal, one.unit);
  one.pass = one.value <= goal;
}

} // namespace

std::vector<row> restart() {
  const running_site demo(demo_text());
  watcher eyes(demo.plan());
  figures seen;
  for (int number = 0; number < kills; ++number) kill_once(eyes, number, seen);
  if (seen.good_ms.empty()) throw std::runtime_error("the demo's node never came back");
  auto good = state("kill -9 to good cells, worst", seen.good_ms, 1, "ms");
  judge(good, good_goal_us * 1e-3);
  auto open = state("kill -9 to contactors open, worst", seen.open_ms, 1, "ms");
  judge(open, open_goal_us * 1e-3);
  auto gap = state("longest between scans of the other rack", seen.gap_periods, 1, "periods");
  gap.goal = fmt::format("< {} periods", gap_goal_periods);
  gap.pass = gap.value < gap_goal_periods;
  auto disturbed = state("other rack: messages lost, contactors opened",
                         static_cast<double>(seen.other_disturbed), "");
  judge(disturbed, 0);
  auto not_back = state("not back", static_cast<double>(seen.not_back), "kills");
  judge(not_back, 0);
  return {state("kill -9 to good cells, p50", seen.good_ms, 0.5, "ms"),
          good,
          state("kill -9 to contactors open, p50", seen.open_ms, 0.5, "ms"),
          open,
          gap,
          disturbed,
          not_back};
}

} // namespace voltaic::bench
