#include "nodes/cli/journal_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "actors/runtime/event_log.hpp"
#include "bus/storage/journal.hpp"
#include "nodes/site/folders.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::size_t records_a_read = 1'000;

// The sequence of the last event, found by halving: a journal may be long.
std::uint64_t last_event(const bus::storage::journal_reader& reader) {
  const auto next_after = [&](std::uint64_t sequence) -> std::uint64_t {
    const auto found = reader.since(actors::runtime::events_stream, sequence, 1);
    return found && !found->empty() ? found->front().sequence : 0;
  };
  std::uint64_t known = next_after(0); // there is an event here
  std::uint64_t beyond = std::max<std::uint64_t>(known, 1);
  while (const auto further = next_after(beyond)) {
    known = further;
    beyond = 2 * further;
  }
  while (beyond - known > 1) {
    const auto middle = known + (beyond - known) / 2;
    if (const auto further = next_after(middle))
      known = further;
    else
      beyond = middle;
  }
  return known;
}

} // namespace

std::vector<std::string> journals_in(const std::vector<std::string>& folders) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& folder : folders)
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      if (entry.path().extension() == ".journal") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> kept_folders(const std::string& place) {
  std::error_code error;
  if (std::filesystem::is_directory(place, error)) return {place};
  const auto real_path =
      place.empty() ? place : std::filesystem::weakly_canonical(place, error).string();
  auto folders = site::kept_state_folders(real_path);
  std::erase_if(folders, [](const auto& folder) { return journals_in({folder}).empty(); });
  return folders;
}

std::vector<messages::message> events_of(const std::string& path, std::uint64_t newest) {
  std::vector<messages::message> found;
  const auto reader = bus::storage::open_reader(path);
  if (!reader) return found; // a node that has said nothing has no journal
  std::uint64_t last = 0;
  if (newest > 0) {
    const auto end = last_event(**reader);
    last = end - std::min(end, newest);
  }
  while (true) {
    const auto records = (*reader)->since(actors::runtime::events_stream, last, records_a_read);
    if (!records) fmt::print(stderr, "voltaic: {}\n", records.error().text);
    if (!records || records->empty()) return found;
    last = records->back().sequence;
    for (const auto& record : *records)
      if (auto said = actors::runtime::read_event(record)) found.push_back(*std::move(said));
  }
}

} // namespace voltaic::nodes::cli
