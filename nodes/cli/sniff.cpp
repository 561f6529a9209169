#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "messages/profiles/load.hpp"
#include "nodes/cli/applied_site.hpp"
#include "nodes/cli/bus_listener.hpp"
#include "nodes/cli/dbc_file.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/field_ports.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/load.hpp"
#include "nodes/view/controls.hpp"
#include "nodes/view/terminal.hpp"

namespace voltaic::nodes::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int look_wait_ms = 50;
constexpr milliseconds draw_period{250};
/// A bus that is away for longer has ended with its site.
constexpr milliseconds absence_max{5'000};
/// The summary has no screen: it is as wide as values are long, up to this.
constexpr int summary_columns = 400;
constexpr int us_per_ms = 1'000;
constexpr double ms_per_s = 1'000;

struct options {
  std::string bus;
  std::string site;
  std::string uri;
  std::string duration;
  std::string profile;
  dbc_options dbc;
  std::uint32_t id_offset = 0;
  bool as_json = false;
};

/// What is listened to, and by what it is read.
struct subject {
  bus::can::port_options port;
  frame_words words;
};

std::optional<exit_code> add_site(subject& to, const options& given) {
  const auto found = site_of_file("sniff", given.site);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& plan = std::get<site::plan>(found);
  const auto* bus = plan.find_bus(given.bus);
  if (bus == nullptr) {
    std::vector<std::string> known;
    for (const auto& one : plan.buses) known.push_back(one.name);
    fmt::print(stderr, "voltaic sniff: {} has no bus {}; its buses: {}\n", plan.name, given.bus,
               fmt::join(known, ", "));
    return exit_code::usage;
  }
  to.port = process::listening_options_of(plan, *bus);
  auto words = words_of_site(plan, given.bus);
  if (!words) {
    fmt::print(stderr, "voltaic sniff: {}\n", words.error().text);
    return exit_code::findings;
  }
  to.words = *std::move(words);
  return std::nullopt;
}

/// A profile or a DBC file says more than the site does, or stands in its place.
std::optional<exit_code> add_files(subject& to, const options& given) {
  if (!given.profile.empty()) {
    const auto text = site::read_bounded(given.profile);
    if (!text) {
      fmt::print(stderr, "voltaic sniff: {}: the file {}\n", given.profile, text.error().text);
      return exit_code::findings;
    }
    auto loaded = messages::profiles::load_profile(*text, given.profile);
    if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
      for (const auto& each : *findings) fmt::print(stderr, "{}\n", site::to_string(each));
      return exit_code::findings;
    }
    const auto added = to.words.add(
        "", std::get<messages::profiles::device_profile>(std::move(loaded)), given.id_offset);
    if (!added) {
      fmt::print(stderr, "voltaic sniff: {}\n", added.error().text);
      return exit_code::findings;
    }
  }
  if (given.dbc.file.empty()) return std::nullopt;
  auto database = load_database("sniff", given.dbc);
  if (!database) return exit_code::findings;
  to.words.add(*std::move(database));
  return std::nullopt;
}

/// Whether it is time to end: told to, the time is over, or the bus is gone.
class end_watch {
 public:
  end_watch(simulator::stop_signal& stop, std::optional<milliseconds> duration, bool is_recording)
      : stop_(stop), duration_(duration), patience_(is_recording ? milliseconds(0) : absence_max) {}

  [[nodiscard]] bool is_over(const bus_listener& source) {
    const auto now = steady_clock::now();
    if (source.connected()) heard_ = now;
    is_gone_ = now - heard_ > patience_;
    return stop_.wait(0) || is_gone_ || (duration_ && now - begin_ >= *duration_);
  }
  [[nodiscard]] bool is_gone() const { return is_gone_; }

 private:
  simulator::stop_signal& stop_;
  const std::optional<milliseconds> duration_;
  const milliseconds patience_;
  const steady_clock::time_point begin_ = steady_clock::now();
  steady_clock::time_point heard_ = begin_;
  bool is_gone_ = false;
};

std::string hexadecimal(const std::uint8_t* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02X}", bytes[i]);
  return text;
}

void print_json(const view::traffic_picture& seen) {
  using nlohmann::ordered_json;
  const auto in_ms = [](std::int64_t us) { return static_cast<double>(us) / us_per_ms; };
  for (const auto& each : seen.entries) {
    const auto& row = each.row;
    const auto or_null = [&](std::int64_t us) {
      return row.gaps == 0 ? ordered_json() : ordered_json(in_ms(us));
    };
    const ordered_json line = {
        {"id", view::identifier_text({each.key.extended, each.key.id, false})},
        {"extended", each.key.extended},
        {"remote", each.key.remote},
        {"count", row.count},
        {"period_ms", or_null(row.period_us())},
        {"jitter_ms", or_null(row.jitter_us())},
        {"data", hexadecimal(row.last.data.data(), row.last.length)},
        {"changed", hexadecimal(row.changed.data(), row.last.length)},
        {"ever_changed", hexadecimal(row.ever_changed.data(), row.last.length)},
        {"known", each.is_known ? ordered_json(*each.is_known) : ordered_json()},
        {"message", each.message.empty() ? ordered_json() : ordered_json(each.message)},
        {"values",
         each.values.substr(std::min(each.values.size(), each.values.find_first_not_of(' ')))}};
    fmt::print("{}\n", line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }
  const ordered_json all = {{"bus", seen.bus},
                            {"state", seen.state},
                            {"seconds", std::round(seen.seconds * ms_per_s) / ms_per_s},
                            {"frames", seen.frames},
                            {"identifiers", seen.entries.size()},
                            {"errors", seen.errors},
                            {"last_error", seen.last_error},
                            {"lost", seen.lost},
                            {"left_out", seen.left_out}};
  fmt::print("{}\n", all.dump());
}

/// A line for each identifier when it is heard first, so that a pipe sees strangers at once.
void print_arrivals(bus_listener& source, frame_words& words) {
  for (const auto& each : source.arrivals()) {
    messages::can::traffic_row alone;
    alone.last = each.frame;
    const auto meaning = words.read(each.frame);
    const bool unknown = meaning.is_known && !*meaning.is_known;
    fmt::print("{:>10.3f} {} {:<12} {:<24} {}{}\n", each.seconds, unknown ? "?" : " ",
               view::identifier_text({each.frame.extended, each.frame.id, each.frame.remote}),
               view::bytes_text(alone), unknown ? "unknown" : meaning.message,
               view::printable(meaning.values));
  }
  std::fflush(stdout);
}

void print_summary(const view::traffic_picture& seen) {
  const view::size all{summary_columns,
                       static_cast<int>(seen.entries.size()) + view::traffic_frame_lines};
  fmt::print("{}", view::plain_text(view::render_traffic(seen, 0, all, true)));
}

exit_code print_table(const options& given, bus_listener& source, subject& of, end_watch& end) {
  while (!end.is_over(source)) {
    if (!given.as_json) print_arrivals(source, of.words);
    std::this_thread::sleep_for(milliseconds(look_wait_ms));
  }
  const auto seen = source.look(of.words);
  if (given.as_json) {
    print_json(seen);
  } else {
    print_arrivals(source, of.words);
    print_summary(seen);
  }
  return seen.frames == 0 || seen.lost > 0 || seen.left_out > 0 ? exit_code::findings
                                                                : exit_code::done;
}

exit_code show_screen(bus_listener& source, subject& of, end_watch& end, view::terminal& screen) {
  const bool ascii = !view::has_unicode();
  std::size_t first = 0;
  auto seen = source.look(of.words);
  auto due = steady_clock::now();
  bool is_paused = false;
  while (!end.is_over(source)) {
    const auto pressed = screen.wait(look_wait_ms);
    if (pressed == view::key::quit) break;
    if (pressed == view::key::pause) is_paused = !is_paused;
    const auto last = seen.entries.empty() ? 0 : seen.entries.size() - 1;
    if (pressed == view::key::up && first > 0) --first;
    if (pressed == view::key::down) ++first;
    if (pressed == view::key::page_up) first -= std::min(first, view::page_step);
    if (pressed == view::key::page_down) first += view::page_step;
    if (pressed == view::key::first) first = 0;
    if (pressed == view::key::last) first = last;
    first = std::min(first, last);
    const auto now = steady_clock::now();
    if (now < due && pressed == view::key::none) continue;
    if (now >= due && !is_paused) seen = source.look(of.words);
    if (now >= due) due = now + draw_period;
    screen.show(view::render_traffic(seen, first, screen.dimensions(), ascii));
  }
  return source.frames() == 0 ? exit_code::findings : exit_code::done;
}

/// On a terminal a screen that is drawn anew, anywhere else lines.
exit_code listen(const options& given, subject& of, simulator::stop_signal& stop,
                 std::optional<milliseconds> duration) {
  auto source = bus_listener::start(of.port);
  if (!source) {
    fmt::print(stderr, "voltaic sniff: {}\n", source.error().text);
    return given.uri.empty() ? exit_code::no_site : exit_code::findings;
  }
  end_watch end(stop, duration, of.port.uri.starts_with("replay:"));
  const char* no_colours = std::getenv("NO_COLOR");
  auto screen = given.as_json || ::isatty(STDOUT_FILENO) == 0
                    ? messages::expected<std::unique_ptr<view::terminal>>(messages::failure{})
                    : view::terminal::open({no_colours == nullptr || *no_colours == '\0', true});
  const auto code =
      screen ? show_screen(**source, of, end, **screen) : print_table(given, **source, of, end);
  if (screen) screen->reset();
  const bool is_lost = end.is_gone() && !of.port.uri.starts_with("replay:");
  if (is_lost) fmt::print(stderr, "voltaic sniff: the bus is gone\n");
  return is_lost ? exit_code::no_site : code;
}

exit_code run(const options& given) {
  std::optional<milliseconds> duration;
  if (!given.duration.empty()) {
    const auto parsed = parse_duration_ms(given.duration);
    if (!parsed) {
      fmt::print(stderr, "voltaic sniff: --for {}: expected a duration such as 20s\n",
                 given.duration);
      return exit_code::usage;
    }
    duration = milliseconds(*parsed);
  }
  simulator::stop_signal stop(0);
  subject of;
  if (given.uri.empty()) {
    if (const auto refused = add_site(of, given)) return *refused;
  } else if (given.uri.starts_with("socketcan:") || given.uri.starts_with("replay:")) {
    of.port.name = given.bus;
    of.port.uri = given.uri;
  } else {
    fmt::print(stderr,
               "voltaic sniff: --uri {}: expected socketcan:INTERFACE or replay:FILE#BUS; a "
               "virtual bus is one of a site\n",
               given.uri);
    return exit_code::usage;
  }
  if (const auto refused = add_files(of, given)) return *refused;
  return listen(given, of, stop, duration);
}

} // namespace

action declare_sniff(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("BUS", given->bus, "Bus of the site, as can0").type_name("BUS").required();
  declare_site_option(app, given->site, "--site", "Site file; without it the site that runs");
  app.add_option("--uri", given->uri, "Without a site: socketcan:can0, or replay:drive.log#can0")
      .type_name("URI");
  app.add_option("--profile", given->profile, "Profile of one device more, or without a site")
      .type_name("FILE");
  app.add_option("--id-offset", given->id_offset,
                 "Added to that profile's identifiers, as id_offset of the site file")
      .type_name("NUMBER");
  app.add_option("--dbc", given->dbc.file, "DBC file of the bus").type_name("FILE");
  declare_strictness(app, given->dbc);
  app.add_option("--for", given->duration, "Stop after so long, as 20s; else with q or Ctrl-C")
      .type_name("DURATION");
  app.add_flag("--json", given->as_json,
               "At the end one JSON object a line for each identifier, and one of the bus");
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
