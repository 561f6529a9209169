#include "nodes/process/thread_room.hpp"

#include <fmt/format.h>

#include <latch>
#include <system_error>
#include <thread>
#include <vector>

namespace voltaic::nodes::process {

std::optional<std::string> lack_of_threads(std::size_t wanted) {
  std::latch end(1); // all of them live at the same time
  std::vector<std::thread> made;
  made.reserve(wanted);
  std::optional<std::string> lack;
  try {
    while (made.size() < wanted) made.emplace_back([&end] { end.wait(); });
  } catch (const std::system_error& refused) {
    lack = fmt::format(
        "the system refuses thread {} of {}: {}; raise the limit of processes (ulimit -u, "
        "TasksMax=, pids.max), or end what is needless",
        made.size() + 1, wanted, refused.what());
  }
  end.count_down();
  for (auto& each : made) each.join();
  return lack;
}

} // namespace voltaic::nodes::process
