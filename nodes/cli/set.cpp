#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "actors/runtime/bounce.hpp"
#include "messages/points/names.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// A command may act until then; its result is waited for a little longer.
constexpr std::chrono::milliseconds deadline{5'000};
constexpr std::chrono::milliseconds answer_time{1'000};
constexpr std::chrono::seconds collect_timeout{2};
constexpr std::uint8_t priority_of_people = 1;

struct options {
  std::string point;
  std::string value;
  std::string duration;
  std::string reason;
  std::string key;
  std::string file;
  bool as_json = false;
};

std::string random_key() {
  return fmt::format("{}-{}-{}", user_name(), ::getpid(), utc_now_us());
}

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
  if (!command) return command;
  command->key = given.key.empty() ? random_key() : given.key;
  command->target = site::command_actor;
  if (!given.duration.empty()) {
    const auto lease_ms = parse_duration_ms(given.duration);
    if (!lease_ms) return messages::failure{"--for: expected a duration as 500ms, 20s or 5m"};
    if (*lease_ms == 0) return messages::failure{"--for: a value cannot be set for no time"};
    command->lease_ms = *lease_ms;
  }
  command->deadline_utc_us =
      utc_now_us() + std::chrono::duration_cast<std::chrono::microseconds>(deadline).count();
  command->priority = priority_of_people;
  command->user = user_name();
  command->reason = given.reason;
  return command;
}

exit_code code_of(messages::outcome outcome) {
  switch (outcome) {
    case messages::outcome::done:
      return exit_code::done;
    case messages::outcome::rejected:
      return exit_code::refused;
    case messages::outcome::expired:
      return exit_code::expired;
    case messages::outcome::accepted:
    case messages::outcome::unknown:
      break;
  }
  return exit_code::outcome_unknown;
}

const char* word_of(messages::outcome outcome) {
  switch (outcome) {
    case messages::outcome::done:
      return "done";
    case messages::outcome::rejected:
      return "rejected";
    case messages::outcome::expired:
      return "expired";
    case messages::outcome::accepted:
    case messages::outcome::unknown:
      break;
  }
  return "unknown";
}

ordered_json number_or_text(const std::string& text) {
  const auto parsed = json::parse(text, nullptr, false);
  if (text.empty()) return {};
  return parsed.is_number() ? ordered_json(parsed) : ordered_json(text);
}

// The unit of what was read back, and what an unknown name may have meant.
struct annotation {
  std::string unit;
  std::string hint;
};

annotation annotate(site_connection& connection, const running_site& site,
                    const messages::command& command, const messages::result& result) {
  const auto view = connection.collect(site, collect_timeout);
  if (!view || command.operation != "set") return {};
  const auto point = view->points.find(command.point);
  if (point) return {point->description.unit, ""};
  if (result.outcome != messages::outcome::rejected) return {};
  return {"", suggestion(*view, command.point)};
}

void print(const options& given, const messages::result& result, std::int64_t ms,
           const annotation& more) {
  if (given.as_json) {
    fmt::print("{}\n", ordered_json({{"id", result.id},
                                     {"point", given.point},
                                     {"requested", number_or_text(given.value)},
                                     {"read_back", number_or_text(result.read_back)},
                                     {"result", word_of(result.outcome)},
                                     {"reasons", result.reasons},
                                     {"ms", ms}})
                           .dump());
    return;
  }
  std::string text = fmt::format("{}: {}", given.point, word_of(result.outcome));
  if (!result.read_back.empty()) text += ", reads " + result.read_back;
  if (!result.read_back.empty() && !more.unit.empty()) text += " " + more.unit;
  if (!result.reasons.empty())
    text += fmt::format(" ({}{})", fmt::join(result.reasons, "; "), more.hint);
  fmt::print("{}\n", text);
}

// The way knows that this command did not arrive, but nothing of earlier tries.
void doubt(const options& given, std::string_view answered_by, messages::result& result) {
  if (given.key.empty() || result.outcome != messages::outcome::rejected ||
      !actors::runtime::is_from_the_way(answered_by))
    return;
  result.outcome = messages::outcome::unknown;
  result.reasons.emplace_back("an earlier try with this key may have acted");
}

exit_code set(const options& given) {
  auto command = command_of(given);
  if (!command) {
    fmt::print(stderr, "voltaic set: {}\n", command.error().text);
    return exit_code::usage;
  }
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  command->role = role_of(site.status.value("roles", json::object()));
  auto connection = site_connection::open(site);
  if (!connection) {
    fmt::print(stderr, "voltaic set: {}\n", connection.error().text);
    return exit_code::no_site;
  }
  const auto begin = std::chrono::steady_clock::now();
  auto result = (*connection)->client().request(*command, deadline + answer_time);
  doubt(given, (*connection)->client().answered_by(), result);
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto more = given.as_json ? annotation() : annotate(**connection, site, *command, result);
  print(given, result, std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), more);
  return code_of(result.outcome);
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
  app.add_option("--reason", given->reason, "Recorded with the command").type_name("WORDS");
  app.add_option("--key", given->key, "A repetition with the same key never acts twice")
      .type_name("KEY");
  declare_site_option(app, given->file);
  app.add_flag("--json", given->as_json, "One JSON object");
  return [given] { return set(*given); };
}

} // namespace voltaic::nodes::cli
