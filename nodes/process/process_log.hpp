#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace voltaic::nodes::process {

/// A log is rotated at this size.
inline constexpr std::size_t log_file_bytes_max = 4 * 1024 * 1024;
/// So many older ones are kept beside it.
inline constexpr std::size_t log_files_max = 3;

/// The log of one process: FOLDER/NAME.log, and stderr unless that ends in the
/// same file. What libraries print there goes on into the file when it is
/// rotated. Without a file it is stderr alone. `also_stderr` false: the process
/// tells people itself.
[[nodiscard]] std::shared_ptr<spdlog::logger> open_process_log(const std::string& folder,
                                                               const std::string& name,
                                                               bool also_stderr = true);

/// Tells of counters that grew: each at most once a period, with the sum of
/// what was added, so that a flood makes no flood of lines.
class growth_log {
 public:
  explicit growth_log(std::shared_ptr<spdlog::logger> to) : to_(std::move(to)) {}
  static constexpr std::int64_t period_us = 10'000'000;

  /// `what` of "12 messages refused: no valid message".
  void look(std::int64_t now_us, const std::string& what, std::uint64_t count);

 private:
  struct known {
    std::uint64_t told = 0;
    std::int64_t due_us = 0;
  };
  std::shared_ptr<spdlog::logger> to_; ///< null: nobody is told
  std::map<std::string, known> counters_;
};

} // namespace voltaic::nodes::process
