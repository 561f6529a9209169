#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "actors/protection/level_model.hpp"

namespace voltaic::actors::protection {

/// A rise is measured over at least this time.
inline constexpr std::int64_t rise_window_us = 3'000'000;
/// Scans that are kept for it at most.
inline constexpr std::size_t rise_scans_max = 32;

/// How fast each of a point's elements rises, in its parts per second.
///
/// Over a window of several scans; both halves of it must rise at least half as fast, so
/// that one jump of a sensor is no rise.
class rise_model {
 public:
  rise_model(std::uint32_t count, std::uint32_t period_ms);

  void step(const element_values& values, std::int64_t now_us);
  /// Falling counts as 0. Not valid before the window is full.
  [[nodiscard]] const element_values& rates() const { return rates_; }

 private:
  struct scan {
    std::int64_t time_us = 0;
    std::vector<std::int32_t> value;
    std::vector<std::int32_t> valid;
  };
  [[nodiscard]] const scan& before(std::size_t scans) const;
  void derive();

  element_values rates_;
  std::vector<scan> ring_;
  std::int64_t period_us_;
  std::size_t newest_ = 0;
  std::size_t known_ = 0;
};

} // namespace voltaic::actors::protection
