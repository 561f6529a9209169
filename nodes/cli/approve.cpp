#include <memory>
#include <string>

#include "nodes/cli/command_request.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string rack;
  std::string hash;
  request_options asked;
};

exit_code approve(const options& given) {
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
  app.add_option("HASH", given->hash, "Of what waits, as voltaic config RACK --diff shows it")
      .type_name("HASH")
      .required();
  declare_request_options(app, given->asked, true);
  return [given] { return approve(*given); };
}

} // namespace voltaic::nodes::cli
