#include <memory>
#include <string>

#include "nodes/cli/command_request.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string event;
  request_options asked;
};

exit_code acknowledge(const options& given) {
  messages::command command;
  command.operation = "acknowledge";
  command.point = given.event;
  return request(std::move(command), given.asked, {"acknowledge", given.event, "acknowledge"});
}

} // namespace

action declare_acknowledge(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("EVENT_ID", given->event, "As voltaic events --json tells it: id of the event")
      .type_name("EVENT_ID")
      .required();
  declare_request_options(app, given->asked, true);
  return [given] { return acknowledge(*given); };
}

} // namespace voltaic::nodes::cli
