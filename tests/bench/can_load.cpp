#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "bench/benchmarks.hpp"
#include "bench/can_field.hpp"
#include "messages/time.hpp"

/// Four buses at 80 % of 1 Mbit/s, and 32 slaves on each of four: nothing may be lost, and points
/// must follow their frames closely.
namespace voltaic::bench {
namespace {

using namespace can_field;
using messages::us_per_s;

constexpr double load_percent_min = 80;
constexpr double node_percent_max = 20;
constexpr double point_p99_max_us = 1'000;
constexpr double point_p999_max_us = 3'000;
constexpr double system_p99_max_us = 10'000;
constexpr std::int64_t packing_us = 600;

/// Packs that send pages of cells, as the demo's racks and foxBMS do: 689 frames a second each.
field_layout packs() {
  return {"pack",
          10,
          {{"status", 1, 100'000},
           {"values", 1, 100'000},
           {"limits", 1, 100'000},
           {"cells", 125, 200'000},
           {"temperatures", 34, us_per_s}},
          packing_us};
}

/// Modules of 18 cells: 72 frames a second each.
field_layout slaves() {
  return {"slave",
          32,
          {{"status", 1, 100'000}, {"cells", 6, 100'000}, {"temperatures", 2, us_per_s}},
          packing_us};
}

/// The part of the samples that lies below, of all, and the least and most of equal blocks of it.
row delay(const std::string& name, const std::vector<double>& own, const std::vector<double>& bare,
          double part) {
  if (own.empty()) throw std::runtime_error(name + ": nothing was heard");
  row one{name, percentile(own, part), "us"};
  if (!bare.empty()) {
    one.reference = percentile(bare, part);
    one.ratio = one.value / one.reference;
  }
  one.samples = own.size();
  std::vector<double> blocks;
  const auto step = static_cast<std::ptrdiff_t>(own.size() / rounds);
  for (std::ptrdiff_t n = 0; step > 0 && n < rounds; ++n)
    blocks.push_back(percentile({own.begin() + n * step, own.begin() + (n + 1) * step}, part));
  if (!blocks.empty())
    one.noise = fmt::format("{:.0f}..{:.0f} us", *std::ranges::min_element(blocks),
                            *std::ranges::max_element(blocks));
  return one;
}

row below(row one, double most) {
  one.goal = fmt::format("< {} {}", most, one.unit);
  one.pass = one.value < most;
  return one;
}

row cpu_of_node(const std::string& name, const outcome& seen) {
  const auto compared = compare(seen.node_percent, seen.bare_percent);
  row one{name + "cpu of the node", compared.subject, "%", compared.reference, compared.ratio};
  one.noise = fmt::format("{:.1f}..{:.1f} %", *std::ranges::min_element(seen.node_percent),
                          *std::ranges::max_element(seen.node_percent));
  one.samples = seen.node_percent.size();
  return one;
}

row stated(const std::string& name, double value, const std::string& unit) {
  row one{name, value, unit};
  one.samples = 1;
  return one;
}

/// Each frame that the buses took has to be in a round that a client was told.
std::vector<row> losses(const std::string& name, const outcome& seen) {
  const auto missing = [&](std::uint64_t there) {
    return static_cast<double>(seen.sent) - static_cast<double>(there);
  };
  auto lost = stated(name + "frames lost, of all that the buses took",
                     missing(seen.decoded) + static_cast<double>(seen.skipped), "");
  lost.reference = static_cast<double>(seen.sent);
  lost.goal = "= 0";
  lost.pass = lost.value == 0 && seen.skipped == 0 && seen.bad_counter == 0 && seen.overflow == 0 &&
              seen.arrived == seen.sent && seen.missed == 0;
  lost.samples = seen.sent;
  lost.noise = fmt::format(
      "not at the ports {}, overflow {}, counters that do not count {}, rounds skipped {}, "
      "messages "
      "that the client missed {}; sent again {}",
      missing(seen.arrived), seen.overflow, seen.bad_counter, seen.skipped, seen.missed,
      seen.again);
  return {lost, stated(name + "frames on all buses", seen.frames_per_s, "1/s")};
}

std::vector<row> can_load_for(std::int64_t measure_us) {
  const std::string name = "can_load/";
  const auto seen = watch(packs(), measure_us);
  auto rows = losses(name, seen);
  auto load = stated(name + "load of a bus", seen.load_percent, "%");
  load.goal = fmt::format(">= {} %", load_percent_min);
  load.pass = load.value >= load_percent_min;
  rows.push_back(load);
  rows.push_back(below(cpu_of_node(name, seen), node_percent_max));
  rows.push_back(stated(name + "cpu of the relay", median(seen.relay_percent), "%"));
  rows.push_back(delay(name + "frame to point, p50", seen.said, seen.bare, 0.5));
  rows.push_back(
      below(delay(name + "frame to point, p99", seen.said, seen.bare, 0.99), point_p99_max_us));
  rows.push_back(
      below(delay(name + "frame to point, p99.9", seen.said, seen.bare, 0.999), point_p999_max_us));
  rows.push_back(delay(name + "frame to a client of the message bus, p50", seen.heard, {}, 0.5));
  rows.push_back(delay(name + "frame to a client of the message bus, p99", seen.heard, {}, 0.99));
  rows.push_back(delay(name + "wakes of the player late, p99", seen.late, {}, 0.99));
  return rows;
}

std::vector<row> can_slaves_for(std::int64_t measure_us) {
  const std::string name = "can_slaves/";
  const auto seen = watch(slaves(), measure_us);
  auto rows = losses(name, seen);
  rows.push_back(cpu_of_node(name, seen));
  rows.push_back(stated(name + "cpu of the relay", median(seen.relay_percent), "%"));
  rows.push_back(
      below(delay(name + "frame to point, p99", seen.said, seen.bare, 0.99), system_p99_max_us));
  rows.push_back(delay(name + "frame to a client of the message bus, p50", seen.heard, {}, 0.5));
  rows.push_back(
      below(delay(name + "frame to a client of the message bus, p99", seen.heard, {}, 0.99),
            system_p99_max_us));
  rows.push_back(delay(name + "wakes of the player late, p99", seen.late, {}, 0.99));
  return rows;
}

} // namespace

std::vector<row> can_load(std::int64_t seconds) {
  return can_load_for(seconds * us_per_s);
}

std::vector<row> can_slaves(std::int64_t seconds) {
  return can_slaves_for(seconds * us_per_s);
}

} // namespace voltaic::bench
