#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bus/can/file_descriptor.hpp"

namespace voltaic::nodes::process {

/// A log that several processes write to, a line at a time, and that is rotated by whichever of
/// them finds it full: FOLDER/NAME.log, then NAME.1.log and older ones.
class shared_log {
 public:
  shared_log(const std::string& folder, const std::string& name, std::int64_t bytes_max,
             int older_max);
  /// With the time in front. What cannot be written is lost: a log holds nobody up.
  void write(std::string_view line, std::int64_t utc_us);

 private:
  [[nodiscard]] std::string path(int age) const;
  void open();
  void rotate();

  const std::string base_;
  const std::int64_t bytes_max_;
  const int older_max_;
  bus::can::file_descriptor file_;
};

} // namespace voltaic::nodes::process
