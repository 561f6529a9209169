#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "messages/event_codes.hpp"
#include "nodes/cli/event_printer.hpp"
#include "nodes/cli/journal_events.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {

namespace {

using messages::message;

constexpr std::chrono::seconds collect_timeout{5};
constexpr std::chrono::seconds wait_for_event{1};
// How far before the last full state a loss of the bus may have begun unseen.
constexpr std::int64_t catch_up_us = 60'000'000;

struct options {
  std::string since;
  std::string place; ///< site file or state folder
  std::string language;
  bool follow = false;
  bool as_json = false;
  bool explains = false;
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

std::vector<std::string> state_of(const running_site& site) {
  return {site.status.value("state", "")};
}

/// Prints each event once, wherever it comes from.
class printer {
 public:
  explicit printer(const event_printer& to) : to_(to) {}
  /// What the journals hold since then and was not printed, in order of time.
  void print_journals(const std::vector<std::string>& folders, std::int64_t since_us) {
    std::vector<message> events;
    for (const auto& path : journals_in(folders))
      for (auto& said : events_of(path))
        if (said.header.time.utc_us >= since_us) events.push_back(std::move(said));
    std::stable_sort(events.begin(), events.end(), [](const message& a, const message& b) {
      return a.header.time.utc_us < b.header.time.utc_us;
    });
    for (const auto& said : events) print_once(said);
  }
  void print_once(const message& said) {
    const auto& event = std::get<messages::event>(said.payload);
    if (!shown_.insert(event.id).second) return;
    to_.print(said);
    if (event.code == messages::event_codes::site_start) site_stopped_ = false;
    if (event.code == messages::event_codes::site_stopped) site_stopped_ = true;
  }
  /// The site's newest word of itself is that it stopped in order.
  [[nodiscard]] bool site_stopped() const { return site_stopped_; }
  [[nodiscard]] bool nothing_printed() const { return shown_.empty(); }

 private:
  const event_printer& to_;
  bool site_stopped_ = false;
  std::set<std::string> shown_;
};

// Live events. What was said while the message bus was away is in the journals:
// they are read again after each loss. Ends when the site does, whose last words
// are in the journals alone.
exit_code follow(const running_site& site, site_connection& connection, printer& to,
                 std::int64_t since_us) {
  using bus::message::update;
  auto whole_until_us = utc_now_us();
  const auto catch_up = [&] {
    const auto now_us = utc_now_us();
    to.print_journals(state_of(site), std::max(since_us, whole_until_us - catch_up_us));
    whole_until_us = now_us;
  };
  const auto state = connection.collect(site, collect_timeout);
  if (!state) fmt::print(stderr, "voltaic events: {}\n", state.error().text);
  catch_up();
  while (true) {
    std::fflush(stdout);
    const auto news = connection.client().next(wait_for_event);
    if (!news) {
      if (!has_ended(site)) continue;
      catch_up();
      if (to.site_stopped()) return exit_code::done;
      fmt::print(stderr, "voltaic events: the site ended without a word\n");
      return exit_code::no_site;
    }
    if (news->kind == update::kind::ready) catch_up();
    if (news->kind == update::kind::message &&
        std::holds_alternative<messages::event>(news->message.payload))
      to.print_once(news->message);
  }
}

// The journals of a site that does not run: they are only read, nothing is made.
exit_code show_stopped(const options& given, const event_printer& paper, std::int64_t since_us) {
  const auto words = given.place.empty() ? "no site runs" : given.place + " is not running";
  if (given.follow) {
    fmt::print(stderr,
               "voltaic events: {}: there is nothing to follow; without --follow its journals are "
               "shown\n",
               words);
    return exit_code::no_site;
  }
  const auto folders = kept_folders(given.place);
  if (journals_in(folders).empty()) {
    fmt::print(stderr, "voltaic events: {}, and there are no journals of it\n", words);
    return exit_code::no_site;
  }
  if (given.place.empty() && folders.size() > 1) {
    fmt::print(stderr, "voltaic events: {}, choose whose journals to show with --site:\n", words);
    for (const auto& folder : folders) fmt::print(stderr, "  {}\n", folder);
    return exit_code::usage;
  }
  fmt::print(stderr, "voltaic events: {}; this is from its journals in {}\n", words,
             fmt::join(folders, ", "));
  printer to(paper);
  to.print_journals(folders, since_us);
  return to.nothing_printed() ? exit_code::findings : exit_code::done;
}

exit_code show(const options& given) {
  const auto since_us = parse_since(given.since);
  if (!since_us) {
    fmt::print(stderr, "voltaic events: --since: expected 2026-01-31T12:00:00Z or 5m\n");
    return exit_code::usage;
  }
  const auto paper = event_printer::make({given.as_json, given.explains, given.language});
  if (!paper) {
    fmt::print(stderr, "voltaic events: {}\n", paper.error().text);
    return exit_code::usage;
  }
  if (running_sites(given.place).empty()) return show_stopped(given, *paper, *since_us);
  const auto found = find_running_site(given.place);
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
  printer to(*paper);
  to.print_journals(state_of(site), *since_us);
  if (given.follow) return follow(site, *connection, to, *since_us);
  return to.nothing_printed() ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_events(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("--since", given->since, "A time as 2026-01-31T12:00:00Z, or so long ago as 5m")
      .type_name("TIME");
  app.add_flag("--follow", given->follow, "Then go on with what happens, until the site stops");
  declare_site_option(
      app, given->place, "--site",
      "Site file or state folder; of a site that is not running its journals are read");
  app.add_flag("--explain", given->explains,
               "With each event its cause, its consequence and what to do");
  declare_language_option(app, given->language);
  app.add_flag("--json", given->as_json, "One JSON object a line");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
