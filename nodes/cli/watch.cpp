#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "bus/can/clock.hpp"
#include "messages/points/names.hpp"
#include "messages/points/output.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/view/live_state.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::can::monotonic_now_us;
using messages::points::point_state;

constexpr std::chrono::milliseconds wait_for_news{50};
/// Points that came with the full state, and nodes that fell silent, are looked for so often.
constexpr std::int64_t look_period_us = 500'000;
/// How long a site without a fitting point is waited for.
constexpr std::int64_t wait_for_point_us = 5'000'000;

struct options {
  std::vector<std::string> patterns;
  std::string site;
  std::string every;
  bool as_json = false;
};

/// Prints each point that changed since it was last printed, no more often than it may.
class change_printer {
 public:
  change_printer(bool as_json, std::int64_t every_us) : as_json_(as_json), every_us_(every_us) {}

  void look(const point_state& point, std::int64_t now_us) {
    auto& known = known_[point.description.name];
    if (known.is_printed && (now_us < known.due_us || same(known.last, point))) return;
    known.is_printed = true;
    known.due_us = now_us + every_us_;
    known.last = point;
    print(point);
  }
  [[nodiscard]] bool nothing_printed() const { return known_.empty(); }

 private:
  struct printed {
    bool is_printed = false;
    std::int64_t due_us = 0;
    point_state last;
  };
  static bool same(const point_state& a, const point_state& b) {
    return a.quality == b.quality && a.numbers == b.numbers && a.text == b.text &&
           a.element_quality == b.element_quality && a.missing == b.missing;
  }
  void print(const point_state& point) const {
    const auto now_us = utc_now_us();
    if (as_json_) return fmt::print("{}\n", messages::points::point_line(point, now_us));
    const auto& about = point.description;
    const auto value = messages::points::values_text(point);
    fmt::print("{}  {:<32} {}{}{}  {}\n",
               messages::points::utc_text(point.received ? point.source_time.utc_us : now_us),
               about.name, value, about.unit.empty() || value == "-" ? "" : " ",
               value == "-" ? "" : about.unit, to_string(point.quality));
  }

  bool as_json_;
  std::int64_t every_us_;
  std::map<std::string, printed> known_;
};

/// Names of the points that a message speaks of.
std::vector<std::string> points_in(const messages::message& message,
                                   const messages::points::point_table& table) {
  std::vector<std::string> names;
  const auto* said = std::get_if<messages::telemetry>(&message.payload);
  const auto* described = said == nullptr ? nullptr : table.catalogue_of(said->owner);
  if (described == nullptr) return names;
  for (const auto& block : said->blocks)
    if (block.point < described->points.size())
      names.push_back(described->points[block.point].name);
  return names;
}

/// Until it is told to stop or the site has ended.
class follower {
 public:
  follower(const options& given, const running_site& site, std::int64_t every_us)
      : given_(given), site_(site), printer_(given.as_json, every_us) {}

  exit_code follow(site_connection& connection, simulator::stop_signal& stop) {
    begun_us_ = monotonic_now_us();
    while (!stop.wait(0)) {
      const auto news = connection.client().next(wait_for_news);
      const auto now_us = monotonic_now_us();
      if (news) take(*news, now_us);
      if (now_us < look_due_us_) continue;
      look_due_us_ = now_us + look_period_us;
      if (const auto code = look(now_us); code != exit_code::done) return code;
    }
    return exit_code::done;
  }

 private:
  void take(const bus::message::update& news, std::int64_t now_us) {
    using bus::message::update;
    heard_.apply(news, now_us);
    if (news.kind == update::kind::ready) look_due_us_ = now_us;
    if (news.kind != update::kind::message) return;
    for (const auto& name : points_in(news.message, heard_.points()))
      if (is_wanted(name))
        if (const auto point = heard_.points().find(name)) printer_.look(*point, now_us);
    std::fflush(stdout);
  }

  // What was held back, what became stale, and elements, whose names no message has.
  exit_code look(std::int64_t now_us) {
    heard_.look(now_us, utc_now_us());
    if (heard_.is_heard())
      for (const auto& point : heard_.points().select(given_.patterns))
        printer_.look(point, now_us);
    std::fflush(stdout);
    if (!has_complained_ && now_us - begun_us_ > wait_for_point_us) {
      complain();
      if (printer_.nothing_printed()) return exit_code::findings;
    }
    if (!has_ended(site_)) return exit_code::done;
    fmt::print(stderr, "voltaic watch: the site has ended\n");
    return exit_code::no_site;
  }

  // Once: the others are watched all the same, and a point may come with a change of the site.
  void complain() {
    has_complained_ = true;
    site_view seen;
    seen.points = heard_.points();
    for (const auto& pattern : given_.patterns)
      if (seen.points.select({pattern}).empty())
        fmt::print(stderr, "voltaic watch: no point is called {}{}\n", pattern,
                   suggestion(seen, pattern));
  }

  [[nodiscard]] bool is_wanted(const std::string& name) const {
    return std::ranges::any_of(given_.patterns, [&](const auto& pattern) {
      return messages::points::glob_match(pattern, name);
    });
  }

  const options& given_;
  const running_site& site_;
  view::live_state heard_;
  change_printer printer_;
  std::int64_t begun_us_ = 0;
  std::int64_t look_due_us_ = 0;
  bool has_complained_ = false;
};

exit_code run(const options& given) {
  std::int64_t every_us = 0;
  if (!given.every.empty()) {
    const auto every_ms = parse_duration_ms(given.every);
    if (!every_ms) {
      fmt::print(stderr, "voltaic watch: --every {}: expected a duration as 500ms or 1s\n",
                 given.every);
      return exit_code::usage;
    }
    every_us = static_cast<std::int64_t>(*every_ms) * 1'000;
  }
  simulator::stop_signal stop(0);
  const auto found = find_running_site(given.site);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  const auto connection = site_connection::open(site);
  if (!connection) {
    fmt::print(stderr, "voltaic watch: {}\n", connection.error().text);
    return exit_code::no_site;
  }
  return follower(given, site, every_us).follow(**connection, stop);
}

} // namespace

action declare_watch(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("GLOB", given->patterns, "Points, elements of them, or patterns over points")
      .type_name("GLOB")
      .required();
  declare_site_option(app, given->site);
  app.add_option("--every", given->every, "At most one line a point in so long, as 1s")
      .type_name("DURATION");
  app.add_flag("--json", given->as_json, "One JSON object a line, as of voltaic points");
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
