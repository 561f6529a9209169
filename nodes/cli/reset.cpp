#include <memory>
#include <string>

#include "nodes/cli/command_request.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string rack;
  request_options asked;
};

exit_code reset(const options& given) {
  messages::command command;
  command.operation = "reset";
  command.point = given.rack;
  return request(std::move(command), given.asked, {"reset", given.rack, "reset"});
}

} // namespace

action declare_reset(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("RACK", given->rack,
                 "Its latches of protection and contactor; rack_0/protection or "
                 "rack_0/contactor: only those")
      .type_name("RACK")
      .required();
  declare_request_options(app, given->asked, true);
  return [given] { return reset(*given); };
}

} // namespace voltaic::nodes::cli
