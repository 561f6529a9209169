#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <variant>

#include "nodes/cli/command_request.hpp"
#include "nodes/cli/journal_configurations.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string rack;
  std::string hash;
  request_options asked;
};

// What the person is about to agree to, as the rack's journal has it. Of another hash than that
// nothing is shown: whoever agrees has read it before.
exit_code show_staged(const options& given) {
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

exit_code approve(const options& given) {
  const auto shown = show_staged(given);
  if (shown != exit_code::done && shown != exit_code::findings) return shown;
  if (given.hash.empty()) {
    fmt::print(stderr,
               "voltaic approve: nothing is approved yet: who agrees to this names it by its "
               "hash\n");
    return exit_code::usage;
  }
  if (given.asked.reason.empty()) {
    fmt::print(stderr, "voltaic approve: --reason is required\nvoltaic approve --help says more\n");
    return exit_code::usage;
  }
  messages::command command;
  command.operation = "approve";
  command.point = given.rack + "/" + given.hash;
  return request(std::move(command), given.asked, {"approve", given.rack, given.hash});
}

} // namespace

action declare_approve(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("RACK", given->rack, "Whose configuration waits for approval")
      .type_name("RACK")
      .required();
  app.add_option("HASH", given->hash,
                 "Of what waits; without it that is shown, with what holds now, and nothing is "
                 "approved")
      .type_name("HASH");
  declare_request_options(app, given->asked, false);
  return [given] { return approve(*given); };
}

} // namespace voltaic::nodes::cli
