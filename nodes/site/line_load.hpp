#pragma once

#include "bus/modbus/line.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// A line that needs more of its time is refused: retries and commands need the rest.
inline constexpr double line_load_percent_max = 70;

/// How long one read keeps the line: request, answer and the silence behind it.
[[nodiscard]] double exchange_ms(const modbus_line& line, std::uint16_t registers,
                                 std::uint32_t min_gap_ms);
/// The same of one question of plain RS-485: so many bytes in both frames.
[[nodiscard]] double framed_exchange_ms(const modbus_line& line, std::size_t bytes,
                                        std::uint32_t min_gap_ms);

/// What the reads of one device need.
struct device_load {
  std::string device;
  std::size_t reads = 0;
  double percent = 0;
};
/// Of each device on the line, the largest first.
[[nodiscard]] std::vector<device_load> loads_of(const plan& site, const modbus_line& line);

/// The options of a line, without its units.
[[nodiscard]] bus::modbus::line_options line_options_of(const modbus_line& line);

} // namespace voltaic::nodes::site
