#include "nodes/cli/journal_configurations.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "bus/storage/journal.hpp"
#include "messages/configuration/profile_words.hpp"
#include "messages/points/output.hpp"
#include "nodes/cli/journal_events.hpp"

namespace voltaic::nodes::cli {
namespace configuration = messages::configuration;

namespace {

// A journal keeps fewer.
constexpr std::size_t records_max = 10'000;
constexpr std::string_view staged_end = "/staged";
constexpr std::string_view shelved_end = "/shelved";
constexpr std::string_view identity_end = "/identity";

void take_identity(const bus::storage::record& record, std::map<std::string, rack_history>& into) {
  const auto rack = record.key.substr(0, record.key.size() - identity_end.size());
  auto read = configuration::decode_identity(record.body);
  if (read)
    into[rack].identity = *std::move(read);
  else
    fmt::print(stderr, "voltaic: which device {} has is unreadable: {}\n", rack, read.error().text);
}

void take(const bus::storage::record& record, std::map<std::string, rack_history>& into) {
  if (configuration::is_words_key(record.key) || record.key.ends_with(shelved_end)) return;
  if (record.key.ends_with(identity_end)) return take_identity(record, into);
  const bool is_staged = record.key.ends_with(staged_end);
  const auto rack =
      is_staged ? record.key.substr(0, record.key.size() - staged_end.size()) : record.key;
  auto& history = into[rack];
  if (is_staged) history.staged.reset();
  if (record.body.empty()) return;
  auto version = configuration::decode_version(record.body);
  if (!version) {
    fmt::print(stderr, "voltaic: a configuration of {} is unreadable: {}\n", rack,
               version.error().text);
  } else if (is_staged) {
    history.staged = *std::move(version);
  } else {
    history.versions.push_back({record.utc_us, *std::move(version)});
  }
}

} // namespace

std::map<std::string, rack_history> configurations_in(const std::vector<std::string>& folders) {
  std::map<std::string, rack_history> found;
  for (const auto& path : journals_in(folders)) {
    const auto reader = bus::storage::open_reader(path);
    if (!reader) continue; // a node that has said nothing has no journal
    const auto records = (*reader)->since(configuration::stream, 0, records_max);
    if (!records) fmt::print(stderr, "voltaic: {}\n", records.error().text);
    if (!records) continue;
    for (const auto& record : *records) take(record, found);
  }
  // What was approved meanwhile waits no longer, before its chain says so.
  for (auto& [rack, history] : found)
    if (history.staged && !history.versions.empty() &&
        history.staged->hash == history.versions.back().of.hash)
      history.staged.reset();
  return found;
}

std::optional<configuration::approver> first_approval(const configuration::version& staged,
                                                      std::int64_t now_utc_us) {
  if (staged.approvers.empty()) return std::nullopt;
  const auto& first = staged.approvers.front();
  if (now_utc_us >= first.utc_us + configuration::approval_us) return std::nullopt;
  return first;
}

std::string staged_text(const std::string& rack, const configuration::version& staged,
                        std::int64_t now_utc_us) {
  auto text = fmt::format("{}: {} waits for approval\n", rack, staged.hash);
  for (const auto& each : staged.changes) text += fmt::format("  {}\n", each);
  if (const auto first = first_approval(staged, now_utc_us))
    text += fmt::format("  {} ({}) approved it at {}: {}\n  a second person has to until {}\n",
                        first->user, first->role, messages::points::utc_text(first->utc_us),
                        first->reason,
                        messages::points::utc_text(first->utc_us + configuration::approval_us));
  return text;
}

} // namespace voltaic::nodes::cli
