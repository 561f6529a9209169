#include "nodes/process/kept_configurations.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "bus/storage/journal.hpp"

namespace voltaic::nodes::process {

namespace {

namespace files = std::filesystem;
using messages::configuration::kept_version;

constexpr std::size_t records_a_read = 100;

constexpr int attempts_max = 20;
constexpr std::chrono::milliseconds attempt_pause(50);

/// Whether all of it could be read.
bool add(const std::string& path, std::vector<kept_version>& kept) {
  const auto reader = bus::storage::open_reader(path);
  if (!reader) return false;
  std::map<std::string, kept_version> newest;
  std::uint64_t last = 0;
  while (true) {
    auto records = (*reader)->since(messages::configuration::stream, last, records_a_read);
    if (!records) return false;
    if (records->empty()) break;
    last = records->back().sequence;
    for (auto& each : *records)
      newest[each.key] = {each.key, each.utc_us, std::move(each.body), false};
  }
  for (auto& [key, version] : newest) kept.push_back(std::move(version));
  return true;
}

bool add_patiently(const std::string& path, std::vector<kept_version>& kept) {
  for (int attempt = 1; attempt < attempts_max; ++attempt) {
    if (add(path, kept)) return true;
    std::this_thread::sleep_for(attempt_pause);
  }
  return add(path, kept);
}

} // namespace

messages::configuration::kept_elsewhere kept_configurations(const site::plan& plan,
                                                            const site::node& node) {
  messages::configuration::kept_elsewhere kept;
  if (!node.safety) return kept;
  std::error_code error;
  for (const auto& entry : files::directory_iterator(plan.folders.state, error)) {
    const bool is_own = entry.path() == files::path(plan.journal_path(node.name));
    if (entry.path().extension() != ".journal" || is_own) continue;
    if (!add_patiently(entry.path().string(), kept.versions)) kept.any_unreadable = true;
  }
  return kept;
}

} // namespace voltaic::nodes::process
