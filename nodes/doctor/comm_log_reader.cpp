#include "nodes/doctor/comm_log_reader.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "messages/time.hpp"

namespace voltaic::nodes::doctor {
namespace {

/// As the log writes it: such texts sort as the times do.
std::string time_text(std::int64_t utc_us) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(utc_us / messages::us_per_s)),
                     utc_us % messages::us_per_s / messages::us_per_ms);
}

} // namespace

std::map<std::string, told_words> count_words(std::string_view log, std::int64_t from_utc_us) {
  std::map<std::string, told_words> result;
  const auto from = time_text(from_utc_us);
  while (!log.empty()) {
    const auto line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(log.size(), line.size() + 1));
    const auto name = line.find(' ');
    const auto word = name == std::string_view::npos ? name : line.find(' ', name + 1);
    const auto end = word == std::string_view::npos ? word : line.find(": ", word);
    if (end == std::string_view::npos || name != from.size() || line.substr(0, name) < from)
      continue;
    ++result[std::string(line.substr(name + 1, word - name - 1))]
            [std::string(line.substr(word + 1, end - word - 1))];
  }
  return result;
}

std::string log_end(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto size = static_cast<std::int64_t>(file.tellg());
  const auto from = std::max<std::int64_t>(0, size - static_cast<std::int64_t>(log_end_bytes));
  file.seekg(from);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (from > 0) text.erase(0, text.find('\n') + 1);
  return text;
}

} // namespace voltaic::nodes::doctor
