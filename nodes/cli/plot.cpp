#include "nodes/view/plot.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "bus/can/clock.hpp"
#include "messages/points/output.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/view/live_state.hpp"
#include "nodes/view/terminal.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::can::monotonic_now_us;
using messages::quality;
using messages::points::point_state;

constexpr std::chrono::milliseconds wait_for_news{50};
constexpr std::int64_t progress_period_us = 1'000'000;
constexpr std::chrono::seconds collect_timeout{5};
/// More samples are merged with their neighbours, whatever the time.
constexpr std::size_t samples_max = 4'000;
constexpr view::size default_size{80, 24};
constexpr int lines_max = 30;

struct options {
  std::string point;
  std::string site;
  std::string duration = "60s";
  std::string out;
  bool ascii = false;
};

/// Follows one point, or one element of it.
class gathering {
 public:
  gathering(std::string point, double duration_s)
      : point_(std::move(point)), values_(duration_s, samples_max) {}

  void begin(const point_state& first) {
    begin_us_ = monotonic_now_us();
    about_.point = first.description.name;
    about_.unit = first.description.unit;
    about_.decimals = first.description.decimals;
    about_.is_array = first.description.count > 1;
    about_.begin_utc_us = utc_now_us();
  }
  /// As it is now, if it is not what was taken last.
  void take(const point_state& point, std::int64_t now_us) {
    if (point.quality != quality::good && !has_good(point)) return values_.interrupt();
    if (last_source_us_ == point.source_time.monotonic_us) return;
    last_source_us_ = point.source_time.monotonic_us;
    double least = 0, greatest = 0, sum = 0, count = 0;
    for (std::size_t i = 0; i < point.numbers.size(); ++i) {
      if (point.element_quality[i] != quality::good) continue;
      const double value = point.numbers[i];
      least = count > 0 ? std::min(least, value) : value;
      greatest = count > 0 ? std::max(greatest, value) : value;
      sum += value;
      ++count;
    }
    const double t_s = static_cast<double>(now_us - begin_us_) / 1e6;
    values_.add(std::min(t_s, values_.duration_s()), least, sum / count, greatest);
  }
  void end(std::int64_t now_us) { values_.end(elapsed_s(now_us)); }
  [[nodiscard]] bool is_over(std::int64_t now_us) const { return elapsed_s(now_us) >= duration(); }
  [[nodiscard]] double elapsed_s(std::int64_t now_us) const {
    return static_cast<double>(now_us - begin_us_) / 1e6;
  }
  [[nodiscard]] double duration() const { return values_.duration_s(); }
  [[nodiscard]] const std::string& point() const { return point_; }
  [[nodiscard]] const view::series& values() const { return values_; }
  [[nodiscard]] const view::plot_subject& about() const { return about_; }

 private:
  static bool has_good(const point_state& point) {
    return std::ranges::find(point.element_quality, quality::good) != point.element_quality.end();
  }
  std::string point_;
  view::series values_;
  view::plot_subject about_;
  std::int64_t begin_us_ = 0;
  std::int64_t last_source_us_ = -1;
};

/// On one line of a terminal; nothing where stderr is none.
void tell_progress(const gathering& of, std::int64_t now_us) {
  if (::isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r{:.0f} s of {:.0f} s, {} values ", of.elapsed_s(now_us), of.duration(),
             of.values().count());
}

void end_progress() {
  if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{:40}\r", "");
}

/// Until its time is over or somebody has seen enough.
void listen(bus::message::client& client, view::live_state& heard, gathering& to,
            simulator::stop_signal& stop) {
  std::int64_t progress_due_us = 0;
  while (!stop.wait(0)) {
    const auto news = client.next(wait_for_news);
    const auto now_us = monotonic_now_us();
    if (to.is_over(now_us)) break;
    if (news) heard.apply(*news, now_us);
    heard.look(now_us, utc_now_us());
    const bool is_told = news && std::holds_alternative<messages::telemetry>(news->message.payload);
    if (is_told || !news)
      if (const auto point = heard.points().find(to.point())) to.take(*point, now_us);
    if (now_us < progress_due_us) continue;
    progress_due_us = now_us + progress_period_us;
    tell_progress(to, now_us);
  }
  to.end(monotonic_now_us());
  end_progress();
}

/// The point as it is at the begin, or why there is nothing to plot.
messages::expected<point_state> find_point(bus::message::client& client, view::live_state& heard,
                                           const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + collect_timeout;
  while (!heard.is_heard() && std::chrono::steady_clock::now() < end)
    if (const auto news = client.next(wait_for_news)) heard.apply(*news, monotonic_now_us());
  if (!heard.is_heard()) return messages::failure{"nothing is heard on the message bus"};
  auto point = heard.points().find(name);
  if (!point) {
    site_view seen;
    seen.points = heard.points();
    return messages::failure{fmt::format("no point is called {}{}", name, suggestion(seen, name))};
  }
  if (point->description.raw_type == "text") return messages::failure{name + " is a text"};
  return point;
}

view::size size_of_terminal() {
  winsize found{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0) return default_size;
  return {std::max<int>(found.ws_col - 1, 40), std::clamp<int>(found.ws_row - 1, 12, lines_max)};
}

exit_code show(const options& given, const gathering& of) {
  if (of.values().count() == 0) {
    fmt::print(stderr, "voltaic plot: {} had no good value\n", given.point);
    return exit_code::findings;
  }
  if (given.out.empty()) {
    const bool ascii = given.ascii || !view::has_unicode();
    fmt::print("{}", view::plain_text(
                         view::plot_lines(of.values(), of.about(), size_of_terminal(), ascii)));
    return exit_code::done;
  }
  std::ofstream file(given.out, std::ios::binary);
  file << view::plot_svg(of.values(), of.about());
  file.close();
  if (!file) {
    fmt::print(stderr, "voltaic plot: {}: {}\n", given.out, std::strerror(errno));
    return exit_code::refused;
  }
  fmt::print(stderr, "voltaic plot: {}: {}\n", given.out,
             view::summary_of(of.values(), of.about(),
                              view::glyphs_of(given.ascii || !view::has_unicode())));
  return exit_code::done;
}

exit_code run(const options& given) {
  const auto duration_ms = parse_duration_ms(given.duration);
  if (!duration_ms || *duration_ms == 0) {
    fmt::print(stderr, "voltaic plot: --for {}: expected a duration as 60s or 5m\n",
               given.duration);
    return exit_code::usage;
  }
  if (!given.out.empty() && !given.out.ends_with(".svg")) {
    fmt::print(stderr, "voltaic plot: --out {}: only .svg files are written\n", given.out);
    return exit_code::usage;
  }
  simulator::stop_signal stop(0);
  const auto found = find_running_site(given.site);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto connection = site_connection::open(std::get<running_site>(found));
  if (!connection) {
    fmt::print(stderr, "voltaic plot: {}\n", connection.error().text);
    return exit_code::no_site;
  }
  auto& client = (*connection)->client();
  view::live_state heard;
  const auto point = find_point(client, heard, given.point);
  if (!point) {
    fmt::print(stderr, "voltaic plot: {}\n", point.error().text);
    return exit_code::findings;
  }
  gathering values(given.point, static_cast<double>(*duration_ms) / 1e3);
  values.begin(*point);
  listen(client, heard, values, stop);
  return show(given, values);
}

} // namespace

action declare_plot(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("POINT", given->point, "A point, or an element as rack_0/cell_voltage[19]")
      .type_name("POINT")
      .required();
  declare_site_option(app, given->site);
  app.add_option("--for", given->duration, "So long; Ctrl-C plots what there is")
      .type_name("DURATION")
      .shows_default();
  app.add_option("--out", given->out, "Picture to write (.svg) instead of lines here")
      .type_name("FILE");
  app.add_flag("--ascii", given->ascii, "Only ASCII, as in a locale that is not UTF-8");
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
