#include "nodes/view/series.hpp"

#include <algorithm>
#include <cmath>

namespace voltaic::nodes::view {

namespace {

constexpr int decimals_max = 6;

double step_of(double from, double to, int about) {
  const double rough = (to - from) / std::max(about, 1);
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= rough) return factor * decade;
  return 10 * decade;
}

} // namespace

series::series(double duration_s, std::size_t samples_max)
    : duration_s_(duration_s), width_s_(duration_s / static_cast<double>(samples_max)) {}

void series::add(double t_s, double least, double average, double greatest) {
  ++count_;
  sum_ += average;
  const auto while_of = [&](double t) { return std::floor(t / width_s_); };
  if (!samples_.empty() && !is_interrupted_ && while_of(samples_.back().t_s) == while_of(t_s)) {
    auto& last = samples_.back();
    last.least = std::min(last.least, least);
    last.greatest = std::max(last.greatest, greatest);
    ++in_last_;
    last.average += (average - last.average) / static_cast<double>(in_last_);
    return;
  }
  samples_.push_back({t_s, least, average, greatest, !is_interrupted_});
  in_last_ = 1;
  is_interrupted_ = false;
}

void series::end(double t_s) {
  const double last = samples_.empty() ? 0 : samples_.back().t_s;
  duration_s_ = std::max(std::min(duration_s_, t_s), std::max(last, width_s_));
}

double series::least() const {
  double result = samples_.empty() ? 0 : samples_.front().least;
  for (const auto& one : samples_) result = std::min(result, one.least);
  return result;
}

double series::greatest() const {
  double result = samples_.empty() ? 0 : samples_.front().greatest;
  for (const auto& one : samples_) result = std::max(result, one.greatest);
  return result;
}

double series::average() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::vector<double> ticks(double from, double to, int about) {
  if (!(to > from)) return {from};
  const double step = step_of(from, to, about);
  // A tick that rounding puts a hair outside still counts.
  const double hair = step * 1e-6;
  std::vector<double> result;
  for (double n = std::ceil((from - hair) / step); n * step <= to + hair; ++n)
    result.push_back(n * step + 0.0); // never -0
  return result;
}

int decimals_of(const std::vector<double>& ticks) {
  if (ticks.size() < 2) return 3;
  const double step = ticks[1] - ticks[0];
  return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-6)), 0, decimals_max);
}

} // namespace voltaic::nodes::view
