#pragma once

#include <array>
#include <cstdint>

#include "bus/modbus/line.hpp"

namespace voltaic::bus::modbus {

/// The share of broken answers of a line in the last ten seconds.
class error_rate {
 public:
  static constexpr std::int64_t window_s = 10;
  static constexpr double warning_percent = 1;
  static constexpr double alarm_percent = 10;
  /// Fewer answers say nothing new.
  static constexpr std::uint64_t answers_min = 5;

  void add(std::int64_t now_us, bool is_error);
  [[nodiscard]] double percent(std::int64_t now_us) const;
  [[nodiscard]] line_quality judge(std::int64_t now_us);

 private:
  struct second {
    std::int64_t number = -1;
    std::uint64_t answers = 0;
    std::uint64_t errors = 0;
  };
  [[nodiscard]] second sum(std::int64_t now_us) const;
  std::array<second, window_s> seconds_{};
  line_quality known_ = line_quality::good;
};

} // namespace voltaic::bus::modbus
