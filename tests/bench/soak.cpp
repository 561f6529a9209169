#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include "bench/benchmarks.hpp"
#include "bench/running_site.hpp"
#include "messages/time.hpp"
#include "support/demo_site.hpp"
#include "support/own_ports.hpp"

/// Long runs: whether memory grows and descriptors stay open, over a day of virtual
/// time and over minutes of real time.
namespace voltaic::bench {
namespace {

using messages::us_per_s;

constexpr std::int64_t virtual_hours = 24;
constexpr int virtual_racks = 1;
constexpr int real_racks = 4;
/// This part of a run is the beginning, in which caches fill.
constexpr double warm_up = 0.2;
constexpr double slope_percent_max = 1;
constexpr std::int64_t sample_period_us = us_per_s;
constexpr std::int64_t progress_period_us = 60 * us_per_s;
constexpr std::int64_t ready_within_us = 30 * us_per_s;
constexpr std::size_t samples_min = 10;

struct sample {
  double time_s = 0;
  double rss_mb = 0;
  double anonymous_mb = 0;
  std::size_t files = 0;
};

struct trend {
  double mean_mb = 0;
  double grown_mb = 0; ///< by the straight line through the samples
  double anonymous_grown_mb = 0;
  std::size_t files_least = 0;
  std::size_t files_most = 0;
};

/// By how much the straight line through the samples rises, by least squares.
double rise_of(const std::vector<sample>& all, double sample::*of) {
  const auto count = static_cast<double>(all.size());
  double mean_s = 0;
  double mean = 0;
  for (const auto& one : all) {
    mean_s += one.time_s / count;
    mean += one.*of / count;
  }
  double products = 0;
  double squares = 0;
  for (const auto& one : all) {
    products += (one.time_s - mean_s) * (one.*of - mean);
    squares += (one.time_s - mean_s) * (one.time_s - mean_s);
  }
  return products / squares * (all.back().time_s - all.front().time_s);
}

// What comes after the beginning.
trend trend_of(const std::vector<sample>& all) {
  const auto skip = static_cast<std::size_t>(static_cast<double>(all.size()) * warm_up);
  const std::vector<sample> kept(all.begin() + static_cast<std::ptrdiff_t>(skip), all.end());
  if (kept.size() < samples_min) throw std::runtime_error("too few samples: run it for longer");
  trend result;
  result.files_least = result.files_most = kept.front().files;
  for (const auto& one : kept) {
    result.mean_mb += one.rss_mb / static_cast<double>(kept.size());
    result.files_least = std::min(result.files_least, one.files);
    result.files_most = std::max(result.files_most, one.files);
  }
  result.grown_mb = rise_of(kept, &sample::rss_mb);
  result.anonymous_grown_mb = rise_of(kept, &sample::anonymous_mb);
  return result;
}

void add_rows(std::vector<row>& rows, const std::string& what, const std::vector<sample>& samples) {
  const auto seen = trend_of(samples);
  const double slope_percent = 100 * seen.grown_mb / seen.mean_mb;
  row memory{"soak/" + what + ": memory from begin to end", slope_percent, "%"};
  memory.goal = fmt::format("<= {} %", slope_percent_max);
  memory.pass = slope_percent <= slope_percent_max;
  memory.samples = samples.size();
  memory.noise = fmt::format("mean {:.1f} MB, grown {:.2f} MB, {:.2f} of its own", seen.mean_mb,
                             seen.grown_mb, seen.anonymous_grown_mb);
  rows.push_back(memory);
  row files{"soak/" + what + ": descriptors, most minus least",
            static_cast<double>(seen.files_most - seen.files_least), ""};
  files.goal = "= 0";
  files.pass = seen.files_most == seen.files_least;
  files.samples = samples.size();
  files.noise = fmt::format("{}..{}", seen.files_least, seen.files_most);
  rows.push_back(files);
}

sample sample_of(pid_t pid, std::int64_t begin_us) {
  const auto cost = cost_of(pid);
  return {static_cast<double>(now_us() - begin_us) * 1e-6, cost.rss_mb, cost.anonymous_mb,
          cost.files};
}

void show(const std::string& what, std::int64_t begin_us, std::int64_t& shown_us,
          const sample& last) {
  if (now_us() - shown_us < progress_period_us) return;
  shown_us = now_us();
  fmt::print(stderr, "  {}: {} min, {:.1f} MB, {} descriptors\n", what,
             (shown_us - begin_us) / progress_period_us, last.rss_mb, last.files);
}

/// `voltaic simulate` of a day, as fast as it goes.
std::vector<sample> live_a_virtual_day() {
  const scratch_folder folder;
  std::filesystem::copy("configs", folder.path() + "/configs",
                        std::filesystem::copy_options::recursive);
  const auto file = folder.path() + "/configs/demo.toml";
  std::ofstream(file) << tests::demo_site(virtual_racks);
  const auto program = voltaic_program();
  const auto duration = fmt::format("{}h", virtual_hours);
  const auto begin_us = now_us();
  const process simulation([&] {
    setenv("VOLTAIC_RUNTIME_DIR", folder.path().c_str(), 1);
    if (freopen("/dev/null", "w", stdout) == nullptr) _exit(1);
    execl(program.c_str(), "voltaic", "simulate", file.c_str(), "--for", duration.c_str(), nullptr);
    _exit(1);
  });
  std::vector<sample> samples;
  auto shown_us = begin_us;
  while (true) {
    usleep(static_cast<unsigned>(sample_period_us));
    siginfo_t ended{};
    if (waitid(P_PID, static_cast<id_t>(simulation.pid()), &ended, WEXITED | WNOHANG | WNOWAIT) ==
            0 &&
        ended.si_pid != 0) {
      if (ended.si_code != CLD_EXITED || ended.si_status != 0)
        throw std::runtime_error("the simulation did not end well");
      return samples;
    }
    samples.push_back(sample_of(simulation.pid(), begin_us));
    show(fmt::format("{} h of virtual time", virtual_hours), begin_us, shown_us, samples.back());
  }
}

/// The demo, every process of it.
std::map<std::string, std::vector<sample>> live(std::int64_t minutes) {
  const running_site site(tests::demo_site(real_racks) + tests::own_ports());
  site.wait_until_ready(ready_within_us);
  const auto members = site.members();
  std::map<std::string, std::vector<sample>> samples;
  const auto begin_us = now_us();
  auto shown_us = begin_us;
  while (now_us() - begin_us < minutes * progress_period_us) {
    usleep(static_cast<unsigned>(sample_period_us));
    for (const auto& each : members) samples[each.name].push_back(sample_of(each.pid, begin_us));
    samples["supervisor"].push_back(sample_of(site.pid(), begin_us));
    show("rack_0", begin_us, shown_us, samples["rack_0"].back());
  }
  for (const auto& now : site.members())
    if (std::ranges::none_of(members, [&](const auto& was) { return was.pid == now.pid; }))
      throw std::runtime_error(now.name + " was restarted");
  return samples;
}

} // namespace

std::vector<row> soak(std::int64_t minutes) {
  std::vector<row> rows;
  for (const auto& [name, samples] : live(minutes))
    add_rows(rows, fmt::format("{} min, {}", minutes, name), samples);
  add_rows(rows, fmt::format("{} h of virtual time", virtual_hours), live_a_virtual_day());
  return rows;
}

} // namespace voltaic::bench
