#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "bench/benchmarks.hpp"
#include "messages/time.hpp"
#include "nodes/simulate/simulated_site.hpp"
#include "nodes/site/load.hpp"
#include "support/gap_watch.hpp"

namespace voltaic::bench {
namespace {

namespace simulate = nodes::simulate;
using messages::us_per_s;

constexpr std::int64_t settle_us = 10 * us_per_s;
constexpr std::int64_t watched_us = 600 * us_per_s;
/// A point that is left unsaid for longer has a gap: what makes a value stale.
constexpr double periods_max = 1.5;

nodes::site::plan plan() {
  auto loaded = nodes::site::load(VOLTAIC_SOURCE_FOLDER "/configs/twelve_batteries.toml");
  if (const auto* found = std::get_if<messages::findings>(&loaded))
    throw std::runtime_error(found->front().text);
  return std::get<nodes::site::plan>(std::move(loaded));
}

// Those of the site as a whole say of links that virtual time has none.
bool is_of_battery(const nodes::site::plan& plan, const std::string& owner) {
  return plan.find_device(owner) != nullptr || plan.find_rack(owner) != nullptr;
}

void pass(simulate::simulated_site& site, std::int64_t duration_us) {
  const auto end_us = site.now().monotonic_us + duration_us;
  while (site.now().monotonic_us < end_us) {
    site.step();
    static_cast<void>(site.take_messages());
  }
}

} // namespace

std::vector<row> twelve_batteries() {
  const auto described = plan();
  tests::gap_watch watch;
  simulate::simulated_site_options how;
  how.tap = &watch;
  simulate::simulated_site site(described, how);
  site.leave_points();
  pass(site, settle_us);
  watch.begin(site.now().monotonic_us);
  pass(site, watched_us);

  auto points = watch.all(site.now().monotonic_us);
  std::erase_if(points, [&](const auto& each) { return !is_of_battery(described, each.owner); });
  double worst = 0;
  std::string of;
  std::uint64_t gaps = 0;
  std::uint64_t said = 0;
  for (const auto& each : points) {
    const double periods = static_cast<double>(each.longest_us) / 1e3 / each.period_ms;
    if (periods > worst) {
      worst = periods;
      of = each.point;
    }
    gaps += periods > periods_max || !each.was_good ? 1 : 0;
    said += each.times;
  }
  row made;
  made.name = fmt::format(
      "twelve_batteries/points with a gap in 10 virtual minutes, of {} points; the longest is "
      "{:.2f} "
      "periods, of {}",
      points.size(), worst, of);
  made.value = static_cast<double>(gaps);
  made.goal = "every point at its period, none";
  made.pass = gaps == 0 && !points.empty();
  made.samples = said;
  return {made};
}

} // namespace voltaic::bench
