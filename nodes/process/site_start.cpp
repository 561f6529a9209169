#include "nodes/process/site_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "messages/points/output.hpp"
#include "nodes/process/profile_store.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::process {

namespace {

// What runs although the disk says something else.
std::vector<std::string> not_as_on_disk(const kept_set& kept,
                                        const std::vector<site::named_file>& used) {
  std::vector<std::string> told;
  for (const auto& each : used) {
    const auto from = std::ranges::find(kept.files, each.named, &kept_profile::named);
    if (from == kept.files.end()) continue; // it came from the disk
    const auto now = site::site_files().read(each.named);
    if (now && *now == each.text) continue;
    told.push_back(fmt::format("{} of {}, {}",
                               std::filesystem::path(each.named).filename().string(),
                               messages::points::utc_text(from->since_utc_us), from->hash));
  }
  return told;
}

std::optional<site_start> load_kept(const std::string& text, const std::string& file,
                                    bad_files what_to_do) {
  const auto folders = site::folders_of(text, file);
  if (!folders) return std::nullopt;
  const bool is_reader = what_to_do == bad_files::run_kept_as_reader;
  auto known = is_reader ? read_profiles(folders->state) : recover_profiles(folders->state);
  // After a power cut it may have to be recovered before anybody reads it.
  if (!known && is_reader) known = recover_profiles(folders->state);
  if (!known || known->newest() == nullptr) return std::nullopt;
  site::site_files files(files_of(*known), site::site_files::others::on_disk);
  auto loaded = site::load_text(text, file, files);
  auto* plan = std::get_if<site::plan>(&loaded);
  if (plan == nullptr) return std::nullopt;
  return site_start{
      std::move(*plan), {text, files.used()}, {}, not_as_on_disk(*known->newest(), files.used())};
}

} // namespace

std::variant<site_start, messages::findings> load_to_start(const std::string& file,
                                                           bad_files what_to_do) {
  const auto text = site::read_bounded(file);
  if (!text) return messages::findings{{file, 1, 1, "the file " + text.error().text}};
  site::site_files files;
  auto loaded = site::load_text(*text, file, files);
  messages::findings found;
  if (auto* plan = std::get_if<site::plan>(&loaded)) {
    site_start sound{std::move(*plan), {*text, files.used()}, {}, {}};
    if (what_to_do != bad_files::run_kept_as_reader)
      found = older_than_kept(sound.plan, sound.contents);
    if (found.empty()) return sound;
  } else {
    found = std::get<messages::findings>(std::move(loaded));
  }
  if (what_to_do != bad_files::refuse)
    if (auto kept = load_kept(*text, file, what_to_do)) {
      kept->rejected = std::move(found);
      return *std::move(kept);
    }
  return found;
}

std::string rejection_of(const site_start& started) {
  if (started.rejected.empty()) return {};
  const auto more = started.rejected.size() - 1;
  return fmt::format("{}{}", site::to_string(started.rejected.front()),
                     more == 0 ? "" : fmt::format(", and {} more", more));
}

} // namespace voltaic::nodes::process
