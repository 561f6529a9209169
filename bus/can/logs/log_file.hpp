#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bus/can/file_descriptor.hpp"
#include "messages/can/logs/log_reader.hpp"
#include "messages/expected.hpp"

namespace voltaic::bus::can {

/// What was met in a log so far.
struct log_counts {
  std::uint64_t lines = 0;
  std::uint64_t frames = 0;
  std::uint64_t bad = 0;
  std::uint64_t other = 0; ///< lines about something that is no CAN frame
  std::uint64_t lost = 0;  ///< frames that the log's writer lost
};

/// A log of CAN frames in any format, read from a file or from standard input
/// in constant memory.
class log_file {
 public:
  enum class outcome : std::uint8_t { frame, lost, bad, end };

  /// `-` is standard input. Failures name the path.
  [[nodiscard]] static messages::expected<log_file> open(const std::string& path);

  /// The next line that says something; headers and comments are passed over.
  [[nodiscard]] outcome next(messages::can::log_entry& into);
  /// After `bad`: "FILE:LINE: what is wrong".
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  [[nodiscard]] const log_counts& counts() const { return counts_; }
  [[nodiscard]] messages::can::log_format format() const { return reader_.format(); }
  /// Whether `next` has to ask the system for more, and may have to wait.
  [[nodiscard]] bool needs_input() const;

 private:
  log_file(std::string name, file_descriptor owned, int source);
  /// A line without its end; a line beyond the bound comes cut to just beyond it.
  [[nodiscard]] bool next_line(std::string_view& line);
  [[nodiscard]] bool fill();
  [[nodiscard]] outcome refuse(std::string_view what);

  std::string name_;
  file_descriptor owned_; ///< none for standard input
  int source_ = -1;
  messages::can::log_reader reader_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0; ///< of what was read and not yet taken
  std::size_t end_ = 0;
  bool ended_ = false;
  std::string read_error_;
  std::string complaint_;
  log_counts counts_;
};

} // namespace voltaic::bus::can
