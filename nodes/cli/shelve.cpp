#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "nodes/cli/command_request.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::string_view warning = "/warning";

struct options {
  std::string alarm;
  std::string duration;
  request_options asked;
};

// `rack_0/cell_voltage_spread/warning`, or the same without the level: only warnings are shelved.
messages::expected<std::string> candidate_of(const std::string& alarm) {
  const auto name =
      alarm.ends_with(warning) ? alarm.substr(0, alarm.size() - warning.size()) : alarm;
  const auto slash = name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
    return messages::failure{
        fmt::format("{}: expected a rack and a candidate, as rack_0/cell_voltage_spread", alarm)};
  if (name.find('/', slash + 1) != std::string::npos)
    return messages::failure{fmt::format("{}: only warnings can be shelved", alarm)};
  return name;
}

exit_code ask(const options& given, const char* operation) {
  const auto candidate = candidate_of(given.alarm);
  if (!candidate) {
    fmt::print(stderr, "voltaic {}: {}\n", operation, candidate.error().text);
    return exit_code::usage;
  }
  messages::command command;
  command.operation = operation;
  command.point = *candidate;
  if (!given.duration.empty()) {
    const auto lease_ms = lease_of(given.duration);
    if (!lease_ms) {
      fmt::print(stderr, "voltaic {}: {}\n", operation, lease_ms.error().text);
      return exit_code::usage;
    }
    command.lease_ms = *lease_ms;
  }
  return request(std::move(command), given.asked, {operation, given.alarm, operation});
}

void declare_alarm(command_options& app, options& given) {
  app.add_option("ALARM", given.alarm, "Rack and candidate, as rack_0/cell_voltage_spread/warning")
      .type_name("ALARM")
      .required();
}

} // namespace

action declare_shelve(command_options& app) {
  auto given = std::make_shared<options>();
  declare_alarm(app, *given);
  app.add_option("--for", given->duration, "How long, as 30m; at most 8h")
      .type_name("DURATION")
      .required();
  declare_request_options(app, given->asked, true);
  return [given] { return ask(*given, "shelve"); };
}

action declare_unshelve(command_options& app) {
  auto given = std::make_shared<options>();
  declare_alarm(app, *given);
  declare_request_options(app, given->asked, true);
  return [given] { return ask(*given, "unshelve"); };
}

} // namespace voltaic::nodes::cli
