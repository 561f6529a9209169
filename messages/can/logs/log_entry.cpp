#include "messages/can/logs/log_entry.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voltaic::messages::can {

std::string bus_name(std::string_view channel) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (channel.empty()) return "bus0";
  if (std::ranges::all_of(channel, is_digit)) return std::string("bus").append(channel);
  return std::string(channel);
}

std::string seconds_text(const log_entry& entry) {
  constexpr std::int64_t us_per_second = 1'000'000;
  if (entry.time == log_time::none) return {};
  return fmt::format("{}.{:06}", entry.frame.time_us / us_per_second,
                     entry.frame.time_us % us_per_second);
}

} // namespace voltaic::messages::can
