#include <ctime>

#include <algorithm>
#include <vector>

#include "actors/protection/full_rack.hpp"
#include "bench/benchmarks.hpp"
#include "messages/protection/derating.hpp"

namespace voltaic::bench {
namespace {

namespace protection = actors::protection;
using protection::measured;
using protection::testing::full_rack;

constexpr int steps_in_block = 20'000;
// So short that nothing sets within a block.
constexpr std::int64_t step_us = 1;

/// Of this thread: what other work takes from the machine is none of the step's time.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// CPU nanoseconds of a step that brings every cell and temperature, median of blocks.
std::vector<double> step_ns(bool pending, bool with_scan) {
  auto rules = protection::testing::full_options("lfp", 480);
  rules.derating = messages::protection::derating_of({}, rules.table);
  full_rack rack(rules);
  rack.settle();
  if (pending) {
    rack.set(measured::cell_voltage, 3.76);
    rack.set(measured::voltage, 3.76 * 480 * 1.02);
    rack.set(measured::cell_temperature, 61);
    rack.set(measured::terminal_temperature, 96);
    rack.set(measured::current, -300);
    rack.set(measured::soc, 100);
  }
  std::vector<protection::element_block> blocks;
  for (std::size_t each = 0; each < protection::known_count; ++each)
    blocks.push_back(
        {0, 0, rack.values[each], messages::quality::good, {}, static_cast<measured>(each)});
  protection::inputs news;
  std::vector<double> all;
  for (int round = 0; round < rounds; ++round) {
    const double begin_ns = cpu_ns();
    for (int step = 0; step < steps_in_block; ++step) {
      rack.now_us += step_us;
      for (auto& block : blocks) block.source_time_us = rack.now_us;
      news.blocks = {};
      if (with_scan || (step == 0 && round == 0)) news.blocks = blocks;
      rack.model.step(news, {rack.now_us, rack.now_us});
    }
    all.push_back((cpu_ns() - begin_ns) / steps_in_block);
  }
  return all;
}

row row_of(const char* name, const std::vector<double>& blocks, double most_ns, const char* goal) {
  row out;
  out.name = name;
  out.value = median(blocks);
  out.unit = "ns CPU";
  out.goal = goal;
  out.pass = most_ns <= 0 || out.value <= most_ns;
  out.samples = rounds * steps_in_block;
  out.noise = fmt::format("{:.0f}..{:.0f}", *std::ranges::min_element(blocks),
                          *std::ranges::max_element(blocks));
  return out;
}

} // namespace

std::vector<row> protection_step() {
  return {row_of("protection_step/quiet, time alone", step_ns(false, false), 1'000, "<= 1000 ns"),
          row_of("protection_step/quiet, every value new", step_ns(false, true), 0, ""),
          row_of("protection_step/all pending, time alone", step_ns(true, false), 0, ""),
          row_of("protection_step/all pending, every value new", step_ns(true, true), 5'000,
                 "<= 5000 ns")};
}

} // namespace voltaic::bench
