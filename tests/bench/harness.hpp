#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// What every benchmark shares: blocks of subject and reference in turn, so that
/// whatever else the machine does meets both, and rows that say what was seen.
namespace voltaic::bench {

/// One measured figure beside its reference from the same run.
struct row {
  std::string name;
  double value = 0;
  std::string unit;
  double reference = 0; ///< 0: none
  double ratio = 0;     ///< value / reference, the median over the blocks
  std::string goal;     ///< empty: stated only
  bool pass = true;
  std::uint64_t samples = 0;
  std::string noise; ///< smallest and largest ratio (or value) of a block
};

/// What may be asked for on the command line.
struct settings {
  std::size_t trips = 100'000; ///< of the trip benchmark
  std::int64_t minutes = 60;   ///< of the soak
  std::int64_t seconds = 60;   ///< of can_load and can_slaves
};

/// A benchmark and the name by which it is asked for.
struct benchmark {
  std::string name;
  std::function<std::vector<row>()> run;
  bool only_by_name = false; ///< too long to run beside all others
};

/// Medians of blocks run in turn: reference, subject, reference, subject...
struct comparison {
  double subject = 0;
  double reference = 0;
  double ratio = 0;
  double ratio_min = 0;
  double ratio_max = 0;
};

[[nodiscard]] double median(std::vector<double> values);
/// The value below which this part (0 to 1) of the samples lies.
[[nodiscard]] double percentile(std::vector<double> values, double part);
/// From the figures of each block, in order.
[[nodiscard]] comparison compare(const std::vector<double>& subject,
                                 const std::vector<double>& reference);
[[nodiscard]] std::string noise_of(const comparison& from);

/// How late a sleeping thread wakes on this machine now, in microseconds.
struct lateness {
  double p50_us = 0;
  double p99_us = 0;
};
[[nodiscard]] lateness timer_lateness();

[[nodiscard]] std::int64_t now_us();

/// Blocks of a comparison.
inline constexpr int rounds = 5;

} // namespace voltaic::bench
