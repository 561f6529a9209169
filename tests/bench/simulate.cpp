#include <time.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "bench/benchmarks.hpp"
#include "bench/model_rack.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::bench {
namespace {

namespace simulate = nodes::simulate;

constexpr std::uint32_t racks = 4;
constexpr std::uint32_t cell_period_ms = 1'000;
/// Virtual time of one block.
constexpr std::int64_t block_s = 60;
/// Of each rack, where they discharge.
constexpr double discharge_a = 30;
constexpr double simulated_least = 1'000;
constexpr double models_least = 3'000;

constexpr const char* site_text = R"([site]
name = "four"
[range]
rack = "0..3"
[[bus]]
name = "can{rack/2}"
port = "virtual:can{rack/2}"
bitrate = 500000
[[device]]
name = "bms_{rack}"
profile = "profiles/demo_rack.json"
bus = "can{rack/2}"
id_offset = "{rack%2}*0xC0"
[[rack]]
name = "rack_{rack}"
device = "bms_{rack}"
protection = "protection/lfp.toml"
)";

/// The same device with cells once a second.
std::shared_ptr<const messages::profiles::device_profile> with_slow_cells(
    messages::profiles::device_profile profile) {
  const auto cells = profile.find_point("cell_voltage").value();
  profile.points[cells].period_ms = cell_period_ms;
  for (auto& message : profile.messages) {
    const bool brings_cells = std::ranges::any_of(
        message.signals, [&](const auto& signal) { return signal.point == cells; });
    if (brings_cells) message.period_ms = cell_period_ms;
  }
  return std::make_shared<const messages::profiles::device_profile>(std::move(profile));
}

nodes::site::plan four_racks() {
  auto loaded = nodes::site::load_text(site_text, "configs/four.toml");
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    throw std::runtime_error(nodes::site::to_string(findings->front()));
  }
  auto plan = std::get<nodes::site::plan>(std::move(loaded));
  for (auto& device : plan.devices) device.profile = with_slow_cells(*device.profile);
  return plan;
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Virtual seconds for each second of a clock, block by block.
struct speeds {
  std::vector<double> wall;
  std::vector<double> cpu;
};

speeds speeds_of(const std::function<void()>& second_passes) {
  speeds all;
  for (int round = 0; round < rounds; ++round) {
    const double wall_s = seconds_of(CLOCK_MONOTONIC);
    const double cpu_s = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (std::int64_t second = 0; second < block_s; ++second) second_passes();
    all.wall.push_back(block_s / (seconds_of(CLOCK_MONOTONIC) - wall_s));
    all.cpu.push_back(block_s / (seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu_s));
  }
  return all;
}

speeds simulated(double current_a) {
  const auto plan = four_racks();
  simulate::simulated_site site(plan, {});
  simulate::simulation_options how;
  how.keeps_points = false;
  how.out = [](const std::string&) {};
  const auto closed = simulate::run_simulation(site, plan, how);
  if (!closed) throw std::runtime_error(closed.error().text);
  for (const auto& rack : plan.racks) {
    const bool flows =
        site.set(rack.name, "current", {}, actors::simulator::override_kind::value, current_a);
    if (!flows) throw std::runtime_error(rack.name + " has no current");
  }
  return speeds_of([&] {
    for (std::int64_t step = 0; step < messages::us_per_s / simulate::step_us; ++step) site.step();
    static_cast<void>(site.take_messages());
  });
}

speeds models_alone(double current_a) {
  std::vector<std::unique_ptr<model_rack>> all;
  for (std::uint32_t rack = 0; rack < racks; ++rack) {
    all.push_back(std::make_unique<model_rack>(cell_period_ms, current_a));
    all.back()->close();
  }
  return speeds_of([&] {
    for (auto& rack : all) rack->run(messages::us_per_s);
  });
}

row row_of(const std::string& name, const std::vector<double>& blocks, double least) {
  row out;
  out.name = "simulate/" + name;
  out.value = median(blocks);
  out.unit = "times";
  if (least > 0) out.goal = fmt::format(">= {:.0f}", least);
  out.pass = out.value >= least;
  out.samples = rounds * block_s;
  out.noise = fmt::format("{:.0f}..{:.0f}", *std::ranges::min_element(blocks),
                          *std::ranges::max_element(blocks));
  return out;
}

} // namespace

std::vector<row> simulated_time() {
  const auto resting = simulated(0);
  const auto giving = simulated(discharge_a);
  const auto models = models_alone(0);
  const auto giving_models = models_alone(discharge_a);
  return {row_of("4 racks at rest, frames and encoding, wall", resting.wall, simulated_least),
          row_of("the same, CPU", resting.cpu, 0),
          row_of("4 racks that discharge, CPU", giving.cpu, 0),
          row_of("4 racks at rest, models alone, wall", models.wall, models_least),
          row_of("the same, CPU", models.cpu, 0),
          row_of("4 racks that discharge, models alone, CPU", giving_models.cpu, 0)};
}

} // namespace voltaic::bench
