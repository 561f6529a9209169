#include "nodes/process/memory_kills.hpp"

#include <fstream>
#include <string>
#include <utility>

namespace voltaic::nodes::process {

std::optional<std::uint64_t> read_memory_kills() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  for (std::uint64_t count = 0; counters >> name >> count;)
    if (name == "oom_kill") return count;
  return std::nullopt;
}

void memory_kills::look(std::int64_t now_us, std::uint64_t count) {
  const auto before = std::exchange(count_, count).value_or(count);
  for (auto kill = before; kill < count && unexplained_us_.size() < kept_max; ++kill)
    unexplained_us_.push_back(now_us);
  forget(now_us);
}

void memory_kills::forget(std::int64_t now_us) {
  while (!unexplained_us_.empty() && unexplained_us_.front() < now_us - explains_us)
    unexplained_us_.pop_front();
}

bool memory_kills::explain(std::int64_t now_us) {
  forget(now_us);
  if (unexplained_us_.empty()) return false;
  unexplained_us_.pop_front();
  return true;
}

} // namespace voltaic::nodes::process
