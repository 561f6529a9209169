#include "bus/can/replay/recording.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "messages/can/text_log.hpp"

namespace voltaic::bus::can {
namespace {

using messages::can::log_entry;

/// GVRET writes 32 bits of microseconds: they start again after 71 minutes.
constexpr std::int64_t gvret_wrap_us = std::int64_t{1} << 32;

messages::expected<std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  struct stat info {};
  if (!file || ::fstat(::fileno(file.get()), &info) != 0) {
    return messages::failure{fmt::format("{}: {}", path, std::strerror(errno))};
  }
  if (!S_ISREG(info.st_mode) || static_cast<std::size_t>(info.st_size) > recording_bytes_max) {
    return messages::failure{
        fmt::format("{}: not a file of at most {} bytes", path, recording_bytes_max)};
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

/// Puts entries of all buses on one timeline and keeps those of one bus.
class selection {
 public:
  explicit selection(const std::string& bus, std::int64_t wrap_us) : bus_(bus), wrap_us_(wrap_us) {}

  void add(const log_entry& entry) {
    const std::int64_t time_us = unwrapped(entry.frame.time_us);
    if (!first_us_) first_us_ = time_us;
    // Buses are logged side by side: a frame may be a little older than the last line.
    const std::int64_t since_us = std::max<std::int64_t>(0, time_us - *first_us_);
    result_.span_us = std::max(result_.span_us, since_us);
    channels_.insert(entry.channel);
    if (!bus_.empty() && entry.channel != bus_) return;
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
  std::int64_t wrap_us_; ///< 0: times do not wrap
  std::int64_t wraps_us_ = 0;
  std::optional<std::int64_t> last_us_;
  std::optional<std::int64_t> first_us_;
  std::int64_t newest_us_ = 0; ///< of this bus
  std::set<std::string> channels_;
  recording result_;
};

} // namespace

messages::expected<recording> load_recording(const std::string& path, const std::string& bus) {
  const auto text = read_file(path);
  if (!text) return text.error();
  std::string_view rest = *text;
  const bool gvret = messages::can::is_gvret_header(rest.substr(0, rest.find('\n')));
  selection chosen(bus, gvret ? gvret_wrap_us : 0);
  for (std::size_t line_number = 1; !rest.empty(); ++line_number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (gvret && line_number == 1) continue;
    const auto entry =
        gvret ? messages::can::parse_gvret(line) : messages::can::parse_candump_log(line);
    if (!entry) {
      return messages::failure{fmt::format("{}:{}: {}", path, line_number, entry.error().text)};
    }
    if (entry->dropped == 0) chosen.add(*entry);
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
