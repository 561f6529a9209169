// What the supervisor does with the contents of a site before any process runs by them.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "messages/event_codes.hpp"
#include "nodes/process/profile_store.hpp"
#include "nodes/process/supervisor.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::process {

namespace {

namespace codes = messages::event_codes;

// Views of whoever may enter the folder read the site as it was applied last.
constexpr mode_t applied_mode = 0640;

// Files without a sound signature that an event names.
constexpr std::size_t distrusted_told_max = 16;

std::int64_t utc_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(file, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

} // namespace

std::string supervisor::applied_path() const {
  return plan_.folders.runtime + "/" + site::applied_name;
}

// By rename: a node that starts meanwhile reads the old site or the new one, never parts of both.
messages::expected<bool> supervisor::write_applied(const site::contents& of) const {
  const auto bytes = site::to_bytes(of);
  if (bytes.size() > site::applied_bytes_max)
    return messages::failure{
        fmt::format("the site file and all that it names are longer than {} "
                    "bytes together",
                    site::applied_bytes_max)};
  const auto fresh = applied_path() + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, applied_mode);
  const bool written = file >= 0 && write_all(file, bytes);
  if (file >= 0) ::close(file);
  if (!written || ::rename(fresh.c_str(), applied_path().c_str()) != 0)
    return messages::failure{applied_path() + ": cannot be written"};
  return true;
}

// The site runs all the same where they cannot be kept: its nodes have them from the runtime
// folder.
std::vector<std::string> supervisor::keep_files(const site::plan& plan, const site::contents& of,
                                                const older_accepted& by) {
  auto told = keep_profiles(plan, of, utc_us());
  std::vector<std::string> warnings;
  const auto tell = [&](const char* code, std::string reason) {
    warnings.push_back(reason);
    auto event = system_event(code, plan.name, std::move(reason));
    if (event.code == codes::older_version) {
      event.user = by.user;
      event.role = by.role;
      if (!by.reason.empty()) event.reasons = {by.reason};
    }
    events_->record(std::move(event));
  };
  if (told.lost) tell(codes::files_not_kept, *std::move(told.lost));
  if (told.failure) tell(codes::files_not_kept, *std::move(told.failure));
  for (auto& each : told.older) tell(codes::older_version, std::move(each));
  return warnings;
}

// One event, whatever the number of files.
void supervisor::tell_distrusted(const messages::findings& found) {
  std::vector<std::string> told;
  std::size_t more = 0;
  for (const auto& each : found) {
    if (each.kind != messages::finding_kind::signature) continue;
    if (told.size() < distrusted_told_max)
      told.push_back(site::to_string(each));
    else
      ++more;
  }
  if (told.empty()) return;
  if (more != 0) told.push_back(fmt::format("and {} more", more));
  auto event = system_event(codes::signature_failed, plan_.name, told.front());
  event.reasons.assign(told.begin() + 1, told.end());
  events_->record(std::move(event));
}

void supervisor::tell_rejected(const site_start& start) {
  if (start.rejected.empty()) return;
  tell_distrusted(start.rejected);
  auto event = system_event(codes::files_rejected, plan_.name, rejection_of(start));
  for (const auto& each : start.instead) event.reasons.push_back("runs instead: " + each);
  events_->record(std::move(event));
}

} // namespace voltaic::nodes::process
