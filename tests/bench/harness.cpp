#include "bench/harness.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>

namespace voltaic::bench {

double percentile(std::vector<double> values, double part) {
  assert(!values.empty());
  const auto at =
      static_cast<std::size_t>(std::lround(part * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

double median(std::vector<double> values) {
  return percentile(std::move(values), 0.5);
}

comparison compare(const std::vector<double>& subject, const std::vector<double>& reference) {
  assert(subject.size() == reference.size());
  std::vector<double> ratios;
  for (std::size_t n = 0; n < subject.size(); ++n) ratios.push_back(subject[n] / reference[n]);
  return {median(subject), median(reference), median(ratios),
          *std::min_element(ratios.begin(), ratios.end()),
          *std::max_element(ratios.begin(), ratios.end())};
}

std::string noise_of(const comparison& from) {
  return fmt::format("{:.2f}..{:.2f}", from.ratio_min, from.ratio_max);
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

lateness timer_lateness() {
  constexpr int sleeps = 300;
  constexpr std::int64_t sleep_us = 1000;
  std::vector<double> late;
  for (int n = 0; n < sleeps; ++n) {
    const std::int64_t begin = now_us();
    const timespec pause{0, sleep_us * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    late.push_back(static_cast<double>(now_us() - begin - sleep_us));
  }
  return {percentile(late, 0.5), percentile(late, 0.99)};
}

} // namespace voltaic::bench
