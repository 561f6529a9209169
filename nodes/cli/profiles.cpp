#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "messages/configuration/text.hpp"
#include "messages/points/output.hpp"
#include "nodes/cli/journal_events.hpp"
#include "nodes/cli/profile_signing.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/profile_store.hpp"

namespace voltaic::nodes::cli {

namespace {

using messages::points::utc_text;
using process::kept_profile;

struct options {
  std::string command; ///< empty: show
  std::string place;   ///< site file or state folder
  bool as_json = false;
  signing_request signing;
};

// How the file is now, beside what was applied.
std::string on_disk(const kept_profile& of) {
  const auto now = site::site_files().read(of.named);
  if (!now) return now.error().text;
  return messages::configuration::content_hash(*now) == of.hash ? "same" : "differs";
}

void print(const kept_profile& shown, bool as_json) {
  const auto disk = on_disk(shown);
  if (as_json) {
    const nlohmann::ordered_json line{{"kind", shown.kind},
                                      {"name", shown.name},
                                      {"version", shown.version},
                                      {"hash", shown.hash},
                                      {"bytes", shown.bytes},
                                      {"origin", shown.origin},
                                      {"since", utc_text(shown.since_utc_us)},
                                      {"on_disk", disk}};
    fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  auto title = shown.kind;
  if (!shown.name.empty()) title += " " + shown.name;
  if (shown.version != 0) title += fmt::format(" version {}", shown.version);
  fmt::print("{}: {} since {}\n  {}{}\n", title, shown.hash, utc_text(shown.since_utc_us),
             shown.origin,
             disk == "same"      ? ""
             : disk == "differs" ? ": on disk it differs now"
                                 : ": on disk now: " + disk);
}

// Whose folders; an exit code where that is not clear.
std::variant<std::vector<std::string>, exit_code> folders_for(const options& given) {
  if (!running_sites(given.place).empty()) {
    const auto found = find_running_site(given.place);
    if (const auto* code = std::get_if<exit_code>(&found)) return *code;
    return std::vector{std::get<running_site>(found).status.value("state", std::string())};
  }
  auto folders = kept_folders(given.place);
  if (!given.place.empty() || folders.size() <= 1) return folders;
  fmt::print(stderr, "voltaic profiles: no site runs, choose whose to show:\n");
  for (const auto& folder : folders) fmt::print(stderr, "  {}\n", folder);
  return exit_code::usage;
}

exit_code show(const options& given) {
  const auto folders = folders_for(given);
  if (const auto* code = std::get_if<exit_code>(&folders)) return *code;
  bool any = false;
  for (const auto& folder : std::get<std::vector<std::string>>(folders)) {
    const auto known = process::read_profiles(folder);
    if (!known) fmt::print(stderr, "voltaic profiles: {}\n", known.error().text);
    if (!known || known->newest() == nullptr) continue;
    any = true;
    for (const auto& each : known->newest()->files) print(each, given.as_json);
  }
  if (any) return exit_code::done;
  fmt::print(stderr, "voltaic profiles: no site was started from here that kept its profiles\n");
  return exit_code::findings;
}

} // namespace

action declare_profiles(command_options& app) {
  auto given = std::make_shared<options>();
  declare_site_option(
      app, given->place, "--site,SITE",
      "Site file or state folder; of a site that is not running what it ran by last");
  app.add_flag("--json", given->as_json, "One JSON object a line");
  declare_signing(app, given->command, given->signing);
  app.commands_are_optional();
  return [given] {
    return given->command.empty() ? show(*given) : run(given->command, given->signing);
  };
}

} // namespace voltaic::nodes::cli
