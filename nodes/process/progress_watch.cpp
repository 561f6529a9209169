#include "nodes/process/progress_watch.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace voltaic::nodes::process {

std::optional<std::string> progress_watch::look(const actors::runtime::progress_layout& page,
                                                pid_t process, std::int64_t now_us) {
  if (page.running != 1) {
    wedge_.reset();
    return std::nullopt;
  }
  const auto count = std::min<std::size_t>(page.count, page.slots.size());
  std::vector<std::uint64_t> counters(count);
  for (std::size_t i = 0; i < count; ++i) counters[i] = page.slots[i].progress;
  bool starved = false;
  if (wedge_.suspicious())
    starved = probe_.starved(process, now_us);
  else
    probe_.reset();
  const auto wedged = wedge_.look(now_us, counters, starved);
  if (!wedged) return std::nullopt;
  const auto& name = page.slots[*wedged].name;
  return std::string(name.data(), ::strnlen(name.data(), name.size()));
}

void progress_watch::reset() {
  wedge_.reset();
  probe_.reset();
}

} // namespace voltaic::nodes::process
