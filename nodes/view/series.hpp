#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Values of a point over a time, as they come, in bounded memory.
namespace voltaic::nodes::view {

/// What was true in a short while: of an array over its elements, too.
struct sample {
  double t_s = 0; ///< since the beginning
  double least = 0;
  double average = 0;
  double greatest = 0;
  bool follows = false; ///< nothing is missing between it and the one before
};

class series {
 public:
  /// Of so long a time, with at most so many samples.
  series(double duration_s, std::size_t samples_max);

  /// A value, or those of an array, at a time since the beginning; not before
  /// the last one.
  void add(double t_s, double least, double average, double greatest);
  /// What comes next does not follow what came last.
  void interrupt() { is_interrupted_ = true; }

  /// Nothing comes any more: shorter than it was meant to be, where it ends early.
  void end(double t_s);

  [[nodiscard]] const std::vector<sample>& samples() const { return samples_; }
  [[nodiscard]] double duration_s() const { return duration_s_; }
  /// Over everything; 0 without samples.
  [[nodiscard]] double least() const;
  [[nodiscard]] double greatest() const;
  [[nodiscard]] double average() const;
  /// How often something was added.
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  double duration_s_;
  double width_s_; ///< of the while that one sample stands for
  std::vector<sample> samples_;
  std::size_t in_last_ = 0; ///< what the last sample is the average of
  std::size_t count_ = 0;
  double sum_ = 0;
  bool is_interrupted_ = true;
};

/// Round numbers inside a range, about so many, evenly spaced.
[[nodiscard]] std::vector<double> ticks(double from, double to, int about);
/// Digits behind the point that tell such numbers apart.
[[nodiscard]] int decimals_of(const std::vector<double>& ticks);

} // namespace voltaic::nodes::view
