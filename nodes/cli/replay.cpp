#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bus/can/clock.hpp"
#include "bus/message/record/recording.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/points/output.hpp"
#include "messages/points/point_table.hpp"
#include "nodes/cli/event_printer.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::message::plane;
using messages::message;
using messages::points::point_state;

constexpr double speed_max = 1e6;

struct options {
  std::string file;
  std::vector<std::string> patterns;
  std::string from;
  std::string duration;
  std::string at;
  double speed = 0; ///< 0: as fast as it goes
  std::string language;
  bool as_json = false;
  bool explains = false;
};

/// The part of the recording that is asked for, in microseconds since its start.
struct window {
  std::int64_t from_us = 0;
  std::optional<std::int64_t> until_us;
  bool state_at_end = false; ///< show the values at its end instead of what happened
};

/// The points that the patterns name, catalogue by catalogue: what a block of
/// telemetry changes is found without a search.
class chosen_points {
 public:
  explicit chosen_points(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  /// Paths of the owner's point at this position.
  const std::vector<std::string>& paths(const messages::catalogue& catalogue, std::size_t point) {
    static const std::vector<std::string> none;
    auto& known = owners_[catalogue.owner];
    if (known.fingerprint != catalogue.fingerprint || known.paths.empty()) {
      known.fingerprint = catalogue.fingerprint;
      known.paths.assign(catalogue.points.size(), {});
      for (const auto& pattern : patterns_) choose(catalogue, pattern, known.paths);
    }
    return point < known.paths.size() ? known.paths[point] : none;
  }

 private:
  struct owner_paths {
    std::uint64_t fingerprint = 0;
    std::vector<std::vector<std::string>> paths;
  };

  static void choose(const messages::catalogue& catalogue, const std::string& pattern,
                     std::vector<std::vector<std::string>>& into) {
    for (std::size_t i = 0; i < catalogue.points.size(); ++i)
      if (messages::points::matches(catalogue.points[i], pattern))
        into[i].push_back(catalogue.points[i].name);
    const auto path = messages::points::parse_path(pattern);
    if (!path) return;
    const auto found = messages::points::find(catalogue, *path);
    if (found && found->index) into[found->point].push_back(pattern);
  }

  std::vector<std::string> patterns_;
  std::map<std::string, owner_paths> owners_;
};

/// Goes through a recording and prints it.
class player {
 public:
  player(const options& given, const window& part, const event_printer& to)
      : given_(given), part_(part), to_(to), chosen_(given.patterns) {}

  /// False: somebody asked to stop.
  bool play(bus::message::recording& source, simulator::stop_signal& stop) {
    bus::message::recorded one;
    std::int64_t start_us = 0;
    const auto began_us = bus::can::monotonic_now_us();
    while (source.next(one)) {
      if (frames_++ == 0) start_us = one.time_us;
      at_us_ = one.time_us - start_us;
      if (part_.until_us && at_us_ > *part_.until_us) break;
      if (!wait(began_us, stop)) return false;
      const auto said = messages::decode(*one.frame);
      if (!said) {
        fmt::print(stderr, "voltaic replay: message {}: {}\n", frames_, said.error().text);
        ++refused_;
        continue;
      }
      hear(one.from, *said);
    }
    if (part_.state_at_end) print_state();
    return true;
  }
  [[nodiscard]] bool printed() const { return printed_ > 0; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  // Paced by the recording's own times, from the beginning of the window on.
  bool wait(std::int64_t began_us, simulator::stop_signal& stop) const {
    if (given_.speed <= 0 || at_us_ <= part_.from_us) return !stop.wait(0);
    const auto due_us = began_us + static_cast<std::int64_t>(
                                       static_cast<double>(at_us_ - part_.from_us) / given_.speed);
    const auto left_ms = std::max<std::int64_t>(0, due_us - bus::can::monotonic_now_us()) / 1'000;
    if (left_ms > 0) std::fflush(stdout);
    return !stop.wait(static_cast<int>(left_ms));
  }

  void hear(plane from, const message& said) {
    table_.apply(said);
    if (at_us_ < part_.from_us || part_.state_at_end) return;
    if (std::holds_alternative<messages::event>(said.payload)) print_event(said);
    const auto* telemetry = std::get_if<messages::telemetry>(&said.payload);
    if (telemetry == nullptr || from == plane::local) return;
    const auto* catalogue = table_.catalogue_of(telemetry->owner);
    if (catalogue == nullptr || catalogue->fingerprint != telemetry->fingerprint) return;
    for (const auto& block : telemetry->blocks)
      for (const auto& path : chosen_.paths(*catalogue, block.point))
        if (const auto point = table_.find(path)) print(*point, said.header.time.utc_us);
  }

  void print_event(const message& said) {
    ++printed_;
    to_.print(said);
  }

  void print(const point_state& point, std::int64_t now_utc_us) {
    ++printed_;
    if (given_.as_json) {
      fmt::print("{}\n", messages::points::point_line(point, now_utc_us));
      return;
    }
    const auto& about = point.description;
    fmt::print("{}  {:<32} {:>14} {:<5} {}\n", messages::points::utc_text(point.source_time.utc_us),
               about.name, messages::points::values_text(point), about.unit,
               to_string(point.quality));
  }

  void print_state() {
    std::int64_t newest_us = 0;
    const auto points = table_.select(given_.patterns);
    for (const auto& point : points) newest_us = std::max(newest_us, point.source_time.utc_us);
    for (const auto& point : points) print(point, newest_us);
  }

  const options& given_;
  const window part_;
  const event_printer& to_;
  chosen_points chosen_;
  messages::points::point_table table_;
  std::uint64_t frames_ = 0;
  std::int64_t at_us_ = 0; ///< since the start of the recording
  std::uint64_t printed_ = 0;
  std::uint64_t refused_ = 0;
};

/// Microseconds of a duration; nothing, with a complaint, when it is none.
std::optional<std::int64_t> microseconds_of(std::string_view name, const std::string& text) {
  const auto parsed_ms = parse_duration_ms(text);
  if (!parsed_ms)
    fmt::print(stderr, "voltaic replay: {} {}: expected a duration such as 20s\n", name, text);
  return parsed_ms ? std::optional(static_cast<std::int64_t>(*parsed_ms) * 1'000) : std::nullopt;
}

std::optional<window> window_of(const options& given) {
  window part;
  if (!given.at.empty()) {
    part.until_us = microseconds_of("--at", given.at);
    part.state_at_end = true;
    return part.until_us ? std::optional(part) : std::nullopt;
  }
  if (!given.from.empty()) {
    const auto from_us = microseconds_of("--from", given.from);
    if (!from_us) return std::nullopt;
    part.from_us = *from_us;
  }
  if (!given.duration.empty()) {
    const auto for_us = microseconds_of("--for", given.duration);
    if (!for_us) return std::nullopt;
    part.until_us = part.from_us + *for_us;
  }
  return part;
}

exit_code replay(const options& given) {
  const auto part = window_of(given);
  if (!part) return exit_code::usage;
  const auto paper = event_printer::make({given.as_json, given.explains, given.language});
  if (!paper) {
    fmt::print(stderr, "voltaic replay: {}\n", paper.error().text);
    return exit_code::usage;
  }
  auto source = bus::message::recording::open(given.file);
  if (!source) {
    fmt::print(stderr, "voltaic replay: {}\n", source.error().text);
    return exit_code::findings;
  }
  simulator::stop_signal stop(0);
  player playing(given, *part, *paper);
  const bool whole = playing.play(*source, stop);
  if (whole && source->torn()) {
    fmt::print(stderr, "voltaic replay: {}: its end is torn, what stands before it was played\n",
               given.file);
    return exit_code::findings;
  }
  if (!playing.printed())
    fmt::print(stderr, "voltaic replay: {}: nothing of it was asked for\n", given.file);
  return playing.refused() > 0 || !playing.printed() ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_replay(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("FILE", given->file, "Recording of a site's bus").type_name("FILE").required();
  app.add_option("GLOB", given->patterns,
                 "Also the values of these points, as they were said; events are always shown")
      .type_name("GLOB");
  const auto from = app.add_option("--from", given->from, "Begin so long after its start, as 20s")
                        .type_name("DURATION");
  const auto duration =
      app.add_option("--for", given->duration, "End so long after that").type_name("DURATION");
  app.add_option("--at", given->at, "Instead: the values so long after the start; no GLOB: all")
      .type_name("DURATION")
      .excludes(from)
      .excludes(duration);
  app.add_option("--speed", given->speed, "1: as fast as it was; else as fast as it goes")
      .range(0.0, speed_max)
      .type_name("FACTOR");
  app.add_flag("--explain", given->explains,
               "With each event its cause, its consequence and what to do");
  declare_language_option(app, given->language);
  app.add_flag("--json", given->as_json, "One JSON object a line, as points and events have it");
  return [given] { return replay(*given); };
}

} // namespace voltaic::nodes::cli
