#include <fmt/format.h>

#include <memory>
#include <string>
#include <variant>

#include "nodes/cli/agreement.hpp"
#include "nodes/cli/applied_site.hpp"
#include "nodes/cli/journal_configurations.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/shown_identity.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

// What the person is about to agree to, as the rack's journal has it.
exit_code show_identity(const agreement& given) {
  const auto found = find_running_site(given.asked.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  if (const auto plan = applied_site(site)) {
    if (const auto why = no_identity_of(*plan, given.rack); !why.empty()) {
      fmt::print(stderr, "voltaic accept: {}\n", why);
      return exit_code::findings;
    }
  }
  const auto known = configurations_in({site.status.value("state", "")});
  const auto rack = known.find(given.rack);
  if (rack == known.end() || !rack->second.identity) {
    fmt::print(stderr, "voltaic accept: the device of {} has not said what it is\n", given.rack);
    return exit_code::findings;
  }
  const auto& kept = *rack->second.identity;
  if (given.asked.as_json)
    fmt::print("{}\n", identity_json(given.rack, kept).dump());
  else
    fmt::print("{}", identity_text(given.rack, kept));
  return exit_code::done;
}

exit_code accept(const agreement& given) {
  if (given.hash.empty()) return show_identity(given);
  return agree("accept", given);
}

} // namespace

action declare_accept(command_options& app) {
  auto given = std::make_shared<agreement>();
  declare_agreement(
      app, *given, "Whose device is another one, or was never accepted",
      "Of the device that is there now; without it that is shown, with the one that was "
      "accepted, and nothing is accepted");
  return [given] { return accept(*given); };
}

} // namespace voltaic::nodes::cli
