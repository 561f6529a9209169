#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// PEAK TRC 1.0 to 1.3, 2.0 and 2.1, as PCAN-View, PCAN-Explorer, PEAK loggers
/// and python-can write it. Times are milliseconds since the start of the trace.
namespace voltaic::messages::can {

/// Whether the line is a row of a trace, whose head may be missing.
[[nodiscard]] bool is_trc_row(std::string_view line);

/// Reads one trace line by line: the head of 2.x names its columns. A trace that
/// lost its head is understood by what its rows look like.
class trc_reader {
 public:
  [[nodiscard]] expected<line_kind> read(std::string_view line, log_entry& out);

 private:
  /// More columns do not exist.
  static constexpr std::size_t columns_max = 16;
  [[nodiscard]] expected<line_kind> read_columns(std::string_view line, std::string_view rest,
                                                 log_entry& out) const;
  [[nodiscard]] std::string_view columns_of(std::string_view rest) const;

  std::array<char, columns_max> named_{}; ///< the letters of the head
  std::size_t named_count_ = 0;
};

} // namespace voltaic::messages::can
