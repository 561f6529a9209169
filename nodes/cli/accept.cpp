#include <fmt/format.h>

#include <memory>
#include <string>
#include <variant>

#include "messages/points/output.hpp"
#include "nodes/cli/command_request.hpp"
#include "nodes/cli/journal_configurations.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

namespace configuration = messages::configuration;

struct options {
  std::string rack;
  std::string hash;
  request_options asked;
};

void print_identity(const std::string& rack, const configuration::kept_identity& kept) {
  const auto next = configuration::with_said(kept);
  if (kept.accepted_by && next == kept.known) {
    fmt::print("{}: {}, accepted by {} ({}) at {}: {}\n", rack, configuration::text_of(kept.known),
               kept.accepted_by->user, kept.accepted_by->role,
               messages::points::utc_text(kept.accepted_by->utc_us), kept.accepted_by->reason);
    return;
  }
  fmt::print("{}: {} waits for somebody who accepts it\n  {}\n", rack, configuration::hash_of(next),
             configuration::text_of(next));
  for (const auto& each : configuration::differences(kept.known, kept.said))
    fmt::print("  {}\n", each);
  if (kept.was_lost)
    fmt::print("  what was accepted before cannot be read\n");
  else if (!kept.accepted_by)
    fmt::print("  nobody accepted the one that was heard first\n");
}

// What the person is about to agree to, as the rack's journal has it.
exit_code show_identity(const options& given) {
  const auto found = find_running_site(given.asked.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto known = configurations_in({std::get<running_site>(found).status.value("state", "")});
  const auto rack = known.find(given.rack);
  if (rack == known.end() || !rack->second.identity) {
    fmt::print(stderr, "voltaic accept: the device of {} has not said what it is\n", given.rack);
    return exit_code::findings;
  }
  if (!given.asked.as_json) print_identity(given.rack, *rack->second.identity);
  return exit_code::done;
}

exit_code accept(const options& given) {
  if (given.hash.empty()) return show_identity(given);
  if (given.asked.reason.empty()) {
    fmt::print(stderr, "voltaic accept: --reason is required\nvoltaic accept --help says more\n");
    return exit_code::usage;
  }
  messages::command command;
  command.operation = "accept";
  command.point = given.rack + "/" + given.hash;
  return request(std::move(command), given.asked, {"accept", given.rack, given.hash});
}

} // namespace

action declare_accept(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("RACK", given->rack, "Whose device is another one, or was never accepted")
      .type_name("RACK")
      .required();
  app.add_option("HASH", given->hash,
                 "Of the device that is there now; without it that is shown, with the one that was "
                 "accepted, and nothing is accepted")
      .type_name("HASH");
  declare_request_options(app, given->asked, false);
  return [given] { return accept(*given); };
}

} // namespace voltaic::nodes::cli
