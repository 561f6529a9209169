#pragma once

#include <cstdint>
#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// Vector ASC, as CANalyzer, CANoe, SavvyCAN and python-can write it.
namespace voltaic::messages::can {

/// Whether the line stands in the head of an ASC file.
[[nodiscard]] bool is_asc_header(std::string_view line);

/// Reads one log line by line: its head says how numbers and times are written.
/// Relative times are summed up, so that each frame's counts from the start.
class asc_reader {
 public:
  [[nodiscard]] expected<line_kind> read(std::string_view line, log_entry& out);

 private:
  void read_base(std::string_view line);
  [[nodiscard]] expected<line_kind> read_classic(std::string_view line, std::string_view rest,
                                                 log_entry& out) const;
  [[nodiscard]] expected<line_kind> read_fd(std::string_view line, std::string_view rest,
                                            log_entry& out) const;
  [[nodiscard]] bool set_id_text(frame& out, std::string_view text) const;
  [[nodiscard]] bool set_data(frame& out, std::string_view& rest, std::size_t length) const;

  int base_ = 16;
  bool relative_times_ = false;
  std::int64_t time_us_ = 0; ///< of the last line
};

} // namespace voltaic::messages::can
