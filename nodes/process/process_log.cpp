#include "nodes/process/process_log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

namespace voltaic::nodes::process {

namespace {

constexpr const char* pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";

bool is_same_file(int file, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(file, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

spdlog::sink_ptr file_sink(const std::string& path, bool holds_stderr) {
  spdlog::file_event_handlers handlers;
  if (holds_stderr)
    handlers.after_open = [](const std::string&, std::FILE* file) {
      ::dup2(::fileno(file), STDOUT_FILENO);
      ::dup2(::fileno(file), STDERR_FILENO);
    };
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, log_file_bytes_max,
                                                                log_files_max, false, handlers);
}

} // namespace

std::shared_ptr<spdlog::logger> open_process_log(const std::string& folder, const std::string& name,
                                                 bool also_stderr) {
  const auto path = folder + "/" + name + ".log";
  const bool holds_stderr = is_same_file(STDERR_FILENO, path);
  std::vector<spdlog::sink_ptr> sinks;
  std::string failed;
  try {
    sinks.push_back(file_sink(path, holds_stderr));
  } catch (const spdlog::spdlog_ex& error) {
    failed = error.what();
  }
  if ((also_stderr && !holds_stderr) || !failed.empty())
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto log = std::make_shared<spdlog::logger>(name, sinks.begin(), sinks.end());
  log->set_pattern(pattern, spdlog::pattern_time_type::utc);
  log->flush_on(spdlog::level::info);
  if (!failed.empty()) log->warn("no log file: {}", failed);
  return log;
}

void growth_log::look(std::int64_t now_us, const std::string& what, std::uint64_t count) {
  auto& one = counters_[what];
  if (to_ == nullptr || count <= one.told || now_us < one.due_us) return;
  to_->warn("{} {}", count - one.told, what);
  one = {count, now_us + period_us};
}

} // namespace voltaic::nodes::process
