#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <variant>

#include "nodes/cli/agreement.hpp"
#include "nodes/cli/journal_configurations.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

// What the person is about to agree to, as the rack's journal has it. Of another hash than that
// nothing is shown: whoever agrees has read it before.
exit_code show_staged(const agreement& given) {
  const auto found = find_running_site(given.asked.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto known = configurations_in({std::get<running_site>(found).status.value("state", "")});
  const auto rack = known.find(given.rack);
  if (rack == known.end() || !rack->second.staged) {
    fmt::print(stderr, "voltaic approve: nothing of {} waits for approval\n", given.rack);
    return exit_code::findings;
  }
  if (!given.hash.empty() && given.hash != rack->second.staged->hash) return exit_code::findings;
  if (!given.asked.as_json)
    fmt::print("{}", staged_text(given.rack, *rack->second.staged, utc_now_us()));
  return exit_code::done;
}

exit_code approve(const agreement& given) {
  const auto shown = show_staged(given);
  if (shown != exit_code::done && shown != exit_code::findings) return shown;
  if (given.hash.empty()) {
    fmt::print(stderr,
               "voltaic approve: nothing is approved yet: who agrees to this names it by its "
               "hash\n");
    return exit_code::usage;
  }
  return agree("approve", given);
}

} // namespace

action declare_approve(command_options& app) {
  auto given = std::make_shared<agreement>();
  declare_agreement(app, *given, "Whose configuration waits for approval",
                    "Of what waits; without it that is shown, with what holds now, and nothing is "
                    "approved");
  return [given] { return approve(*given); };
}

} // namespace voltaic::nodes::cli
