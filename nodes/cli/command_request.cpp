#include "nodes/cli/command_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "actors/runtime/bounce.hpp"
#include "messages/command_priority.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* blanks = " \t\r\n";
// A command may act until then; its result is waited for a little longer.
constexpr std::chrono::milliseconds deadline{5'000};
// Closing has three attempts of 2 s, 3 s apart, and may have to wait 10 s after the last one.
constexpr std::chrono::milliseconds closing_deadline{30'000};
constexpr std::chrono::milliseconds answer_time{1'000};
constexpr std::chrono::seconds collect_timeout{2};

std::chrono::milliseconds deadline_of(const messages::command& command) {
  const auto* word = std::get_if<std::string>(&command.value);
  const bool closes =
      command.operation == "close" || (word != nullptr && (*word == "close" || *word == "closed"));
  return closes ? closing_deadline : deadline;
}

std::string random_key() {
  return fmt::format("{}-{}-{}", user_name(), ::getpid(), utc_now_us());
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
  const bool has_hint = std::ranges::any_of(
      result.reasons, [](const auto& each) { return each.find("did you mean") != each.npos; });
  if (result.outcome != messages::outcome::rejected || has_hint) return {};
  return {"", suggestion(*view, command.point)};
}

void print(const request_options& given, const request_words& words, const messages::result& result,
           std::int64_t ms, const annotation& more) {
  if (given.as_json) {
    fmt::print("{}\n", ordered_json({{"id", result.id},
                                     {"point", words.about},
                                     {"requested", number_or_text(words.value)},
                                     {"read_back", number_or_text(result.read_back)},
                                     {"result", word_of(result.outcome)},
                                     {"reasons", result.reasons},
                                     {"ms", ms}})
                           .dump());
    return;
  }
  std::string text = fmt::format("{}: {}", words.about, word_of(result.outcome));
  if (!result.read_back.empty()) text += ", reads " + result.read_back;
  if (!result.read_back.empty() && !more.unit.empty()) text += " " + more.unit;
  if (!result.reasons.empty())
    text += fmt::format(" ({}{})", fmt::join(result.reasons, "; "), more.hint);
  fmt::print("{}\n", text);
}

// The way knows that this command did not arrive, but nothing of earlier tries.
void doubt(const request_options& given, std::string_view answered_by, messages::result& result) {
  if (given.key.empty() || result.outcome != messages::outcome::rejected ||
      !actors::runtime::is_from_the_way(answered_by))
    return;
  result.outcome = messages::outcome::unknown;
  result.reasons.emplace_back("an earlier try with this key may have acted");
}

} // namespace

void declare_request_options(command_options& app, request_options& to, bool needs_reason) {
  auto reason = app.add_option("--reason", to.reason, "Recorded with the command");
  reason.type_name("WORDS");
  if (needs_reason) reason.required();
  to.needs_reason = needs_reason;
  app.add_option("--key", to.key, "A repetition with the same key never acts twice")
      .type_name("KEY");
  declare_site_option(app, to.file);
  app.add_flag("--json", to.as_json, "One JSON object");
}

messages::expected<std::uint64_t> lease_of(const std::string& duration) {
  const auto lease_ms = parse_duration_ms(duration);
  if (!lease_ms) return messages::failure{"--for: expected a duration as 500ms, 20s or 5m"};
  if (*lease_ms == 0) return messages::failure{"--for: a value cannot be set for no time"};
  return *lease_ms;
}

exit_code request(messages::command asked, const request_options& given,
                  const request_words& words) {
  if (given.needs_reason && given.reason.find_first_not_of(blanks) == std::string::npos) {
    fmt::print(stderr,
               "voltaic {0}: --reason is required: it is recorded for those who ask later\n"
               "voltaic {0} --help says more\n",
               words.command);
    return exit_code::usage;
  }
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  asked.key = given.key.empty() ? random_key() : given.key;
  asked.target = site::command_actor;
  asked.deadline_utc_us =
      utc_now_us() +
      std::chrono::duration_cast<std::chrono::microseconds>(deadline_of(asked)).count();
  asked.priority = std::max(asked.priority, messages::command_priority::person);
  asked.user = user_name();
  asked.reason = given.reason;
  asked.role = role_of(site.status.value("roles", json::object()));
  auto connection = site_connection::open(site);
  if (!connection) {
    fmt::print(stderr, "voltaic {}: {}\n", words.command, connection.error().text);
    return exit_code::no_site;
  }
  const auto begin = std::chrono::steady_clock::now();
  auto result = (*connection)->client().request(asked, deadline_of(asked) + answer_time);
  doubt(given, (*connection)->client().answered_by(), result);
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto more = given.as_json ? annotation() : annotate(**connection, site, asked, result);
  print(given, words, result, std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
        more);
  return code_of(result.outcome);
}

} // namespace voltaic::nodes::cli
