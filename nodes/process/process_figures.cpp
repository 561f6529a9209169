#include "nodes/process/process_figures.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace voltaic::nodes::process {

namespace {

// A runnable thread that got less than this share of the time is starved.
constexpr std::int64_t starved_share_percent = 20;

std::string read_proc(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char buffer[1024];
  const auto count = ::read(file, buffer, sizeof(buffer));
  ::close(file);
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
}

// Fields of a stat line from the state on; the name before may hold anything.
std::vector<std::string_view> stat_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  const auto name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return fields;
  line.remove_prefix(name_end + 1);
  while (true) {
    const auto begin = line.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return fields;
    const auto end = std::min(line.find_first_of(" \n", begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

std::int64_t to_number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Positions behind the name: state is 0, utime 11, stime 12, rss 21.
constexpr std::size_t utime_field = 11;
constexpr std::size_t stime_field = 12;
constexpr std::size_t rss_field = 21;

} // namespace

std::optional<process_figures> read_figures(pid_t pid) {
  const auto line = read_proc(fmt::format("/proc/{}/stat", pid));
  const auto fields = stat_fields(line);
  if (fields.size() <= rss_field) return std::nullopt;
  const auto ticks = to_number(fields[utime_field]) + to_number(fields[stime_field]);
  process_figures result;
  result.cpu_seconds = static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  result.rss_kb = to_number(fields[rss_field]) * (::sysconf(_SC_PAGESIZE) / 1024);
  return result;
}

void process_meter::look(std::int64_t now_us) {
  if (measured_us_ != 0 && now_us - measured_us_ < period_us) return;
  const auto figures = read_figures(::getpid());
  if (!figures) return;
  if (measured_us_ != 0) {
    actors::runtime::process_cost cost;
    cost.cpu_percent =
        (figures->cpu_seconds - measured_cpu_s_) * 1e8 / static_cast<double>(now_us - measured_us_);
    cost.rss_mb = static_cast<double>(figures->rss_kb) / 1024;
    const std::lock_guard lock(mutex_);
    last_ = cost;
  }
  measured_us_ = now_us;
  measured_cpu_s_ = figures->cpu_seconds;
}

std::optional<actors::runtime::process_cost> process_meter::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

bool starvation_probe::starved(pid_t pid, std::int64_t now_us) {
  const auto folder = fmt::format("/proc/{}/task", pid);
  DIR* tasks = ::opendir(folder.c_str());
  if (tasks == nullptr) return false;
  const auto elapsed_ns = (now_us - last_us_) * 1000;
  const bool first = threads_.empty();
  std::map<pid_t, std::int64_t> seen;
  bool starved = false;
  while (const auto* entry = ::readdir(tasks)) {
    if (entry->d_name[0] == '.') continue;
    const auto base = folder + "/" + entry->d_name;
    const auto line = read_proc(base + "/stat");
    const auto fields = stat_fields(line);
    if (fields.empty()) continue;
    const auto thread = static_cast<pid_t>(to_number(entry->d_name));
    const auto used_ns = to_number(read_proc(base + "/schedstat"));
    seen[thread] = used_ns;
    const bool wants = fields[0] == "R" || fields[0] == "D";
    const auto known = threads_.find(thread);
    const auto got_ns = known == threads_.end() ? 0 : used_ns - known->second;
    if (wants && got_ns * 100 < elapsed_ns * starved_share_percent) starved = true;
  }
  ::closedir(tasks);
  threads_ = std::move(seen);
  last_us_ = now_us;
  return first || starved;
}

} // namespace voltaic::nodes::process
