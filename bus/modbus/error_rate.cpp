#include "bus/modbus/error_rate.hpp"

namespace voltaic::bus::modbus {
namespace {

constexpr std::int64_t us_per_s = 1'000'000;

} // namespace

void error_rate::add(std::int64_t now_us, bool is_error) {
  const auto number = now_us / us_per_s;
  auto& now = seconds_[static_cast<std::size_t>(number % window_s)];
  if (now.number != number) now = {number, 0, 0};
  ++now.answers;
  now.errors += is_error ? 1 : 0;
}

error_rate::second error_rate::sum(std::int64_t now_us) const {
  second all;
  for (const auto& each : seconds_) {
    if (each.number < 0 || now_us / us_per_s - each.number >= window_s) continue;
    all.answers += each.answers;
    all.errors += each.errors;
  }
  return all;
}

double error_rate::percent(std::int64_t now_us) const {
  const auto all = sum(now_us);
  if (all.answers == 0) return 0;
  return 100.0 * static_cast<double>(all.errors) / static_cast<double>(all.answers);
}

line_quality error_rate::judge(std::int64_t now_us) {
  const auto all = sum(now_us);
  // A unit that fails is asked too rarely to judge by: what was known stays.
  if (all.answers < answers_min && all.errors != 0) return known_;
  const double share = percent(now_us);
  known_ = share > alarm_percent     ? line_quality::alarm
           : share > warning_percent ? line_quality::warning
                                     : line_quality::good;
  return known_;
}

} // namespace voltaic::bus::modbus
