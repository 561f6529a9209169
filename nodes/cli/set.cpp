#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string>

#include "messages/command_priority.hpp"
#include "messages/points/names.hpp"
#include "nodes/cli/command_request.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string point;
  std::string value;
  std::string duration;
  request_options asked;
  bool is_remote = false;
};

// "close rack_0", "acknowledge ID": an operation and what it is for.
messages::expected<messages::command> order_of(const std::string& text) {
  const auto space = text.find(' ');
  const auto operation = text.substr(0, space);
  const bool known = operation == "close" || operation == "open" || operation == "reset" ||
                     operation == "acknowledge" || operation == "shelve" || operation == "unshelve";
  if (!known || space == std::string::npos)
    return messages::failure{
        "command: expected close, open or reset and a rack, acknowledge and an event, or shelve "
        "or unshelve and a warning as rack_0/soc_low"};
  messages::command command;
  command.operation = operation;
  command.point = text.substr(space + 1);
  return command;
}

messages::expected<messages::command> write_of(const options& given) {
  const auto path = messages::points::parse_path(given.point);
  if (!path) return path.error();
  messages::command command;
  command.operation = "set";
  command.point = path->point;
  command.index = path->index.value_or(0);
  double number = 0;
  const auto* end = given.value.data() + given.value.size();
  const auto parsed = std::from_chars(given.value.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end)
    command.value = number;
  else
    command.value = given.value;
  return command;
}

messages::expected<messages::command> command_of(const options& given) {
  auto command = given.point == "command" ? order_of(given.value) : write_of(given);
  if (command && given.is_remote) command->priority = messages::command_priority::remote;
  if (!command || given.duration.empty()) return command;
  const auto lease_ms = lease_of(given.duration);
  if (!lease_ms) return lease_ms.error();
  command->lease_ms = *lease_ms;
  return command;
}

exit_code set(const options& given) {
  auto command = command_of(given);
  if (!command) {
    fmt::print(stderr, "voltaic set: {}\n", command.error().text);
    return exit_code::usage;
  }
  return request(*std::move(command), given.asked, {"set", given.point, given.value});
}

} // namespace

action declare_set(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("POINT", given->point,
                 "Name or channel, with [INDEX] for one element; or: command")
      .type_name("POINT")
      .required();
  app.add_option(
         "VALUE", given->value,
         "Number in the point's unit, or a word: open or close of a contactor, 'reset rack_0' "
         "of command")
      .type_name("VALUE")
      .required();
  app.add_option("--for", given->duration, "Back to what stands beside it after this time, as 5m")
      .type_name("DURATION");
  app.add_flag("--remote", given->is_remote,
               "Speak as one who is not at the plant: refused while command/mode is local");
  declare_request_options(app, given->asked, false);
  return [given] { return set(*given); };
}

} // namespace voltaic::nodes::cli
