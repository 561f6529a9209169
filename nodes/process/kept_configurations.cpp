#include "nodes/process/kept_configurations.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "bus/storage/journal.hpp"

namespace voltaic::nodes::process {

namespace {

namespace files = std::filesystem;
using messages::configuration::kept_version;

constexpr std::size_t records_a_read = 100;

void add(const std::string& path, std::vector<kept_version>& kept) {
  const auto reader = bus::storage::open_reader(path);
  if (!reader) return;
  std::map<std::string, kept_version> newest;
  std::uint64_t last = 0;
  while (true) {
    auto records = (*reader)->since(messages::configuration::stream, last, records_a_read);
    if (!records || records->empty()) break;
    last = records->back().sequence;
    for (auto& each : *records)
      newest[each.key] = {each.key, each.utc_us, std::move(each.body), false};
  }
  for (auto& [key, version] : newest) kept.push_back(std::move(version));
}

} // namespace

std::vector<kept_version> kept_configurations(const site::plan& plan, const site::node& node) {
  std::vector<kept_version> kept;
  if (!node.safety) return kept;
  std::error_code error;
  for (const auto& entry : files::directory_iterator(plan.folders.state, error)) {
    const bool is_own = entry.path() == files::path(plan.journal_path(node.name));
    if (entry.path().extension() == ".journal" && !is_own) add(entry.path().string(), kept);
  }
  return kept;
}

} // namespace voltaic::nodes::process
