#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "actors/runtime/event_log.hpp"
#include "bus/storage/journal.hpp"
#include "messages/points/output.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {

namespace {

using messages::message;

constexpr std::size_t records_a_read = 1'000;
constexpr std::chrono::seconds collect_timeout{5};
constexpr std::chrono::seconds wait_for_event{1};

struct options {
  std::string since;
  std::string file;
  bool follow = false;
  bool as_json = false;
};

// "2026-01-31T12:00:00Z", or a duration back from now.
std::optional<std::int64_t> parse_since(const std::string& text) {
  if (text.empty()) return 0;
  if (const auto back_ms = parse_duration_ms(text))
    return utc_now_us() - static_cast<std::int64_t>(*back_ms) * 1000;
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000;
}

void print(const message& said, bool as_json) {
  const auto& event = std::get<messages::event>(said.payload);
  const auto utc_us = said.header.time.utc_us;
  if (as_json)
    fmt::print("{}\n", messages::points::event_line(event, utc_us));
  else
    fmt::print("{}  {:<10} {:<10} {}\n", messages::points::utc_text(utc_us), event.kind,
               event.subject, messages::points::event_sentence(event));
}

// Of every node that the site has or had, and of its supervisor.
std::vector<std::string> journals_of(const running_site& site) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(site.status.value("state", ""), error))
    if (entry.path().extension() == ".journal") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Everything that one journal holds since a time.
void read_journal(const std::string& path, std::int64_t since_us, std::vector<message>& found) {
  const auto reader = bus::storage::open_reader(path);
  if (!reader) return; // a node that has said nothing has no journal
  std::uint64_t last = 0;
  while (true) {
    const auto records = (*reader)->since(actors::runtime::events_stream, last, records_a_read);
    if (!records || records->empty()) return;
    last = records->back().sequence;
    for (const auto& record : *records)
      if (auto said = actors::runtime::read_event(record);
          said && said->header.time.utc_us >= since_us)
        found.push_back(*std::move(said));
  }
}

// Live events; what the journals already showed is left out by its identifier.
// Ends when the site does.
exit_code follow(const options& given, const running_site& site, site_connection& connection,
                 std::set<std::string> shown) {
  const auto state = connection.collect(site, collect_timeout);
  if (!state) fmt::print(stderr, "voltaic events: {}\n", state.error().text);
  while (true) {
    std::fflush(stdout);
    const auto update = connection.client().next(wait_for_event);
    if (!update) {
      const auto found = find_running_site(site.status.value("file", ""));
      if (const auto* code = std::get_if<exit_code>(&found)) return *code;
    }
    if (!update || update->kind != bus::message::update::kind::message) continue;
    const auto* event = std::get_if<messages::event>(&update->message.payload);
    if (event != nullptr && shown.insert(event->id).second) print(update->message, given.as_json);
  }
}

exit_code show(const options& given) {
  const auto since_us = parse_since(given.since);
  if (!since_us) {
    fmt::print(stderr, "voltaic events: --since: expected 2026-01-31T12:00:00Z or 5m\n");
    return exit_code::usage;
  }
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  std::unique_ptr<site_connection> connection;
  if (given.follow) {
    auto opened = site_connection::open(site);
    if (!opened) {
      fmt::print(stderr, "voltaic events: {}\n", opened.error().text);
      return exit_code::no_site;
    }
    connection = *std::move(opened);
  }
  std::vector<message> events;
  for (const auto& path : journals_of(site)) read_journal(path, *since_us, events);
  std::stable_sort(events.begin(), events.end(), [](const message& a, const message& b) {
    return a.header.time.utc_us < b.header.time.utc_us;
  });
  std::set<std::string> shown;
  for (const auto& said : events) {
    print(said, given.as_json);
    shown.insert(std::get<messages::event>(said.payload).id);
  }
  if (given.follow) return follow(given, site, *connection, std::move(shown));
  return events.empty() ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_events(CLI::App& app) {
  auto given = std::make_shared<options>();
  app.add_option("--since", given->since, "A time as 2026-01-31T12:00:00Z, or so long ago as 5m");
  app.add_flag("--follow", given->follow, "Then go on with what happens, until the site stops");
  app.add_option("--site", given->file, "Site file, where several sites run");
  app.add_flag("--json", given->as_json, "One JSON object a line");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
