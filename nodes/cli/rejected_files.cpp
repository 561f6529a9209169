#include "nodes/cli/rejected_files.hpp"

#include <fmt/format.h>

#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

void declare_refuse_option(command_options& app, bool& to) {
  app.add_flag("--refuse-bad-files", to,
               "Do not start where a profile or table is bad now; else those that were applied "
               "last run");
}

void print_rejected(std::string_view command, const process::site_start& start) {
  if (start.rejected.empty()) return;
  for (const auto& finding : start.rejected) fmt::print(stderr, "{}\n", site::to_string(finding));
  fmt::print(stderr, "voltaic {}: runs by the files that were applied last, see CFG_REJECT\n",
             command);
}

} // namespace voltaic::nodes::cli
