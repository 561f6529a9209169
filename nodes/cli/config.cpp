#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/cli/journal_configurations.hpp"
#include "nodes/cli/journal_events.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

using messages::configuration::version;
using messages::points::utc_text;
using nlohmann::ordered_json;

struct options {
  std::string rack;
  std::string place; ///< site file or state folder
  bool as_json = false;
  bool history = false;
  bool diff = false;
};

std::string by_whom(const version& of) {
  if (of.approvers.empty()) return of.origin;
  std::vector<std::string> names;
  for (const auto& each : of.approvers)
    names.push_back(fmt::format("{} ({})", each.user, each.role));
  return fmt::format("{} by {}", of.origin, fmt::join(names, " and "));
}

ordered_json to_json(const std::string& rack, const dated_version& shown) {
  auto approvers = ordered_json::array();
  for (const auto& each : shown.of.approvers)
    approvers.push_back({{"user", each.user},
                         {"role", each.role},
                         {"reason", each.reason},
                         {"utc", utc_text(each.utc_us)}});
  return {{"rack", rack},
          {"version", shown.of.number},
          {"hash", shown.of.hash},
          {"utc", utc_text(shown.utc_us)},
          {"origin", shown.of.origin},
          {"approvers", std::move(approvers)},
          {"changes", shown.of.changes}};
}

void print_line(const std::string& rack, const dated_version& shown) {
  fmt::print("{}: version {} {} since {}, {}\n", rack, shown.of.number, shown.of.hash,
             utc_text(shown.utc_us), by_whom(shown.of));
}

void print_changes(const version& of) {
  for (const auto& each : of.changes) fmt::print("  {}\n", each);
}

void print_history(const std::string& rack, const rack_history& known, bool as_json) {
  for (const auto& each : known.versions) {
    if (as_json) {
      fmt::print("{}\n", to_json(rack, each).dump());
    } else {
      print_line(rack, each);
      print_changes(each.of);
    }
  }
}

std::optional<messages::configuration::approver> approved_by(const rack_history& known) {
  return known.staged ? first_approval(*known.staged, utc_now_us()) : std::nullopt;
}

// What waits for approval, item by item, and how it is approved.
void print_staged(const std::string& rack, const rack_history& known, bool as_json) {
  if (as_json) {
    ordered_json line{{"rack", rack}, {"staged", nullptr}, {"changes", ordered_json::array()}};
    if (known.staged) line["staged"] = known.staged->hash;
    if (known.staged) line["changes"] = known.staged->changes;
    if (const auto first = approved_by(known)) line["approved_by"] = first->user;
    fmt::print("{}\n", line.dump());
  } else if (known.staged) {
    fmt::print("{}  two persons, while it is open: voltaic approve {} {} --reason WORDS\n",
               staged_text(rack, *known.staged, utc_now_us()), rack, known.staged->hash);
  } else {
    fmt::print("{}: nothing waits for approval\n", rack);
  }
}

void print_in_force(const std::string& rack, const rack_history& known, const options& given) {
  if (known.versions.empty()) return;
  const auto& newest = known.versions.back();
  if (given.as_json) {
    auto line = to_json(rack, newest);
    line["staged"] = known.staged ? ordered_json(known.staged->hash) : ordered_json();
    line["text"] = newest.of.text;
    fmt::print("{}\n", line.dump());
    return;
  }
  print_line(rack, newest);
  const auto first = approved_by(known);
  if (known.staged)
    fmt::print(
        "{}: {} waits for {}, see voltaic config {} --diff\n", rack, known.staged->hash,
        first ? fmt::format("a second approval beside that of {} ({})", first->user, first->role)
              : std::string("approval"),
        rack);
  if (!given.rack.empty()) fmt::print("\n{}", newest.of.text);
}

exit_code show(const options& given) {
  std::vector<std::string> folders;
  if (running_sites(given.place).empty()) {
    folders = kept_folders(given.place);
    if (given.place.empty() && folders.size() > 1) {
      fmt::print(stderr,
                 "voltaic config: no site runs, choose whose journals to show with --site:\n");
      for (const auto& folder : folders) fmt::print(stderr, "  {}\n", folder);
      return exit_code::usage;
    }
  } else {
    const auto found = find_running_site(given.place);
    if (const auto* code = std::get_if<exit_code>(&found)) return *code;
    folders = {std::get<running_site>(found).status.value("state", "")};
  }
  bool any = false;
  for (const auto& [rack, known] : configurations_in(folders)) {
    if (!given.rack.empty() && rack != given.rack) continue;
    any = true;
    if (given.history)
      print_history(rack, known, given.as_json);
    else if (given.diff)
      print_staged(rack, known, given.as_json);
    else
      print_in_force(rack, known, given);
  }
  if (any) return exit_code::done;
  fmt::print(stderr, "voltaic config: no journal knows a configuration of {}\n",
             given.rack.empty() ? "any rack" : given.rack);
  return exit_code::findings;
}

} // namespace

action declare_config(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("RACK", given->rack, "One rack, with all that is in force; without, all racks")
      .type_name("RACK");
  const auto history =
      app.add_flag("--history", given->history, "Every version: when, by whom, what changed");
  app.add_flag("--diff", given->diff, "What waits for approval, and which of it loosens")
      .excludes(history);
  declare_site_option(
      app, given->place, "--site",
      "Site file or state folder; of a site that is not running its journals are read");
  app.add_flag("--json", given->as_json, "One JSON object a line");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
