#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "nodes/cli/event_printer.hpp"
#include "nodes/cli/site_watch.hpp"
#include "nodes/cli/status_line.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/view/render.hpp"
#include "nodes/view/svg.hpp"
#include "nodes/view/terminal.hpp"

namespace voltaic::nodes::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Keys are looked for so often, and the bus is listened to in between.
constexpr int key_wait_ms = 20;
constexpr milliseconds listen_bound{30};
constexpr milliseconds draw_period{250};
/// Looking takes at most this part of the time, however large the site is.
constexpr int look_share = 10;
/// A snapshot waits so long until every node has told of itself, and until one that told of
/// itself before and is gone is known to be silent.
constexpr milliseconds snapshot_wait{2'000};
static_assert(std::chrono::microseconds(view::live_state::silence_us) < snapshot_wait);
constexpr view::size snapshot_size{120, 40};
constexpr int size_max = 1'000;

struct options {
  std::string site;
  bool without_colours = false;
  bool ascii = false;
  bool stops_site = false; ///< started by `voltaic up`
  std::string snapshot;
  std::string size;
  std::string language;
};

// "120x40"
std::optional<view::size> parse_size(std::string_view text) {
  view::size result;
  const auto* end = text.data() + text.size();
  const auto columns = std::from_chars(text.data(), end, result.columns);
  if (columns.ec != std::errc() || columns.ptr == end || *columns.ptr != 'x') return std::nullopt;
  const auto lines = std::from_chars(columns.ptr + 1, end, result.lines);
  if (lines.ec != std::errc() || lines.ptr != end) return std::nullopt;
  const auto is_fit = [](int number, int least) { return number >= least && number <= size_max; };
  if (!is_fit(result.columns, view::screen_min.columns) ||
      !is_fit(result.lines, view::screen_min.lines))
    return std::nullopt;
  return result;
}

view::manner manner_of(const options& given, bool ascii) {
  return {ascii, given.stops_site ? "stop the site" : "quit"};
}

/// Draws until somebody leaves or the site is over.
exit_code show_screen(const options& given, site_watch& site, view::terminal& screen,
                      simulator::stop_signal& stop) {
  const auto how = manner_of(given, given.ascii || !view::has_unicode());
  view::choice chosen;
  view::picture seen = site.look();
  auto look_due = steady_clock::now();
  while (!stop.wait(0)) {
    site.listen(listen_bound);
    const auto pressed = screen.wait(key_wait_ms);
    const auto size = screen.dimensions();
    if (pressed != view::key::none)
      chosen = view::after(chosen, pressed, view::extent_of(seen, chosen, size, how));
    if (chosen.is_over) return exit_code::done;
    const auto now = steady_clock::now();
    const bool is_due = now >= look_due;
    if (is_due && !chosen.is_paused) seen = site.look();
    if (is_due || pressed != view::key::none) screen.show(view::render(seen, chosen, size, how));
    if (!is_due) continue;
    if (site.is_over()) return exit_code::no_site;
    const auto took = steady_clock::now() - now;
    look_due =
        steady_clock::now() + std::max<steady_clock::duration>(draw_period, look_share * took);
  }
  return exit_code::done;
}

/// The screen as it would be drawn, into a file.
exit_code write_snapshot(const options& given, site_watch& site) {
  auto size = snapshot_size;
  if (!given.size.empty()) {
    const auto parsed = parse_size(given.size);
    if (!parsed) {
      fmt::print(stderr, "voltaic top: --size {}: expected at least {}x{}, as 120x40\n", given.size,
                 view::screen_min.columns, view::screen_min.lines);
      return exit_code::usage;
    }
    size = *parsed;
  }
  const auto end = steady_clock::now() + snapshot_wait;
  while (steady_clock::now() < end) site.listen(listen_bound);
  const auto lines = view::render(site.look(), {}, size, manner_of(given, given.ascii));
  const bool as_picture = given.snapshot.ends_with(".svg");
  std::ofstream file(given.snapshot, std::ios::binary);
  file << (as_picture ? view::screen_svg(lines, size.columns) : view::plain_text(lines));
  file.close();
  if (file) return exit_code::done;
  fmt::print(stderr, "voltaic top: {}: {}\n", given.snapshot, std::strerror(errno));
  return exit_code::refused;
}

bool wants_colours(const options& given) {
  const char* none = std::getenv("NO_COLOR");
  return !given.without_colours && (none == nullptr || *none == '\0');
}

exit_code run(const options& given) {
  const auto texts = texts_for(given.language);
  if (!texts) {
    fmt::print(stderr, "voltaic top: {}\n", texts.error().text);
    return exit_code::usage;
  }
  simulator::stop_signal stop(0);
  auto found = find_running_site(given.site);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  auto& site = std::get<running_site>(found);
  if (given.snapshot.empty() && ::isatty(STDOUT_FILENO) == 0)
    return print_each_second(given.site, std::move(site), stop);
  const auto watch = site_watch::begin(site, **texts);
  if (!watch) {
    fmt::print(stderr, "voltaic top: {}\n", watch.error().text);
    return exit_code::no_site;
  }
  if (!given.snapshot.empty()) return write_snapshot(given, **watch);
  auto screen = view::terminal::open({wants_colours(given), !given.stops_site});
  // Its parent then prints lines itself.
  if (!screen && given.stops_site) return exit_code::refused;
  if (!screen) return print_each_second(given.site, std::move(site), stop);
  const auto code = show_screen(given, **watch, **screen, stop);
  screen->reset();
  if (code == exit_code::no_site && !given.stops_site)
    fmt::print(stderr, "voltaic top: the site has ended\n");
  return code;
}

} // namespace

action declare_top(command_options& app) {
  auto given = std::make_shared<options>();
  declare_site_option(app, given->site, "--site,SITE");
  app.add_flag("--no-color", given->without_colours,
               "Without colours, as with NO_COLOR in the environment");
  app.add_flag("--ascii", given->ascii, "Only ASCII, as in a locale that is not UTF-8");
  app.add_option("--snapshot", given->snapshot,
                 "Write one screen to a file and end: a picture (.svg) or text")
      .type_name("FILE");
  app.add_option("--size", given->size, "Of the snapshot, as 80x24; else 120x40").type_name("SIZE");
  declare_language_option(app, given->language);
  app.add_flag("--stops-site", given->stops_site, "Leaving ends who started it").hidden();
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
