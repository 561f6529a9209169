#include "bus/can/replay/recording.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "bus/can/logs/log_file.hpp"

namespace voltaic::bus::can {
namespace {

using messages::can::log_entry;

/// GVRET writes 32 bits of microseconds: they start again after 71 minutes.
constexpr std::int64_t gvret_wrap_us = std::int64_t{1} << 32;

/// What is wrong with the file as a whole, if anything.
std::optional<messages::failure> unplayable(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  if (!S_ISREG(info.st_mode) || static_cast<std::size_t>(info.st_size) > recording_bytes_max)
    return messages::failure{
        fmt::format("{}: not a file of at most {} bytes", path, recording_bytes_max)};
  return std::nullopt;
}

/// Puts entries of all buses on one timeline and keeps those of one bus.
class selection {
 public:
  explicit selection(const std::string& bus) : bus_(bus) {}

  /// After how many microseconds the log's times start again; 0: never.
  void set_wrap(std::int64_t wrap_us) { wrap_us_ = wrap_us; }

  void add(const log_entry& entry) {
    const std::int64_t time_us = unwrapped(entry.frame.time_us);
    if (!first_us_) first_us_ = time_us;
    // Buses are logged side by side: a frame may be a little older than the last line.
    const std::int64_t since_us = std::max<std::int64_t>(0, time_us - *first_us_);
    result_.span_us = std::max(result_.span_us, since_us);
    const std::string channel = entry.channel.empty() ? "0" : entry.channel;
    channels_.insert(channel);
    if (!bus_.empty() && bus_ != channel && bus_ != messages::can::bus_name(channel)) return;
    auto& item = result_.frames.emplace_back(entry.frame);
    newest_us_ = std::max(newest_us_, since_us);
    item.time_us = newest_us_;
  }
  [[nodiscard]] const std::set<std::string>& channels() const { return channels_; }
  [[nodiscard]] recording take() { return std::move(result_); }

 private:
  std::int64_t unwrapped(std::int64_t time_us) {
    if (wrap_us_ == 0) return time_us;
    if (last_us_ && time_us + wraps_us_ < *last_us_ - wrap_us_ / 2) wraps_us_ += wrap_us_;
    last_us_ = time_us + wraps_us_;
    return *last_us_;
  }

  std::string bus_;
  std::int64_t wrap_us_ = 0;
  std::int64_t wraps_us_ = 0;
  std::optional<std::int64_t> last_us_;
  std::optional<std::int64_t> first_us_;
  std::int64_t newest_us_ = 0; ///< of this bus
  std::set<std::string> channels_;
  recording result_;
};

} // namespace

messages::expected<recording> load_recording(const std::string& path, const std::string& bus) {
  if (auto reason = unplayable(path)) return *std::move(reason);
  auto log = log_file::open(path);
  if (!log) return log.error();
  selection chosen(bus);
  log_entry entry;
  for (auto met = log->next(entry); met != log_file::outcome::end; met = log->next(entry)) {
    if (met == log_file::outcome::bad) return messages::failure{log->complaint()};
    if (met == log_file::outcome::lost) continue;
    if (entry.time == messages::can::log_time::none)
      return messages::failure{
          fmt::format("{}:{}: the line carries no time", path, log->counts().lines)};
    chosen.set_wrap(log->format() == messages::can::log_format::gvret ? gvret_wrap_us : 0);
    chosen.add(entry);
  }
  const std::string known = fmt::format("{}", fmt::join(chosen.channels(), ", "));
  if (bus.empty() && chosen.channels().size() > 1) {
    return messages::failure{fmt::format("{}: name one of its buses: {}", path, known)};
  }
  recording result = chosen.take();
  if (!result.frames.empty()) return result;
  return messages::failure{
      fmt::format("{}: no frame of bus '{}'; its buses: {}", path, bus, known)};
}

} // namespace voltaic::bus::can
