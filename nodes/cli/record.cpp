#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bus/can/clock.hpp"
#include "bus/message/record/recording.hpp"
#include "bus/message/zmq/context.hpp"
#include "nodes/cli/recording.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::message::endpoint;
using bus::message::plane;
using bus::message::recorder;
using std::chrono::steady_clock;

constexpr int look_period_ms = 50;
/// A relay that is away for longer has ended with its site.
constexpr std::chrono::seconds absence_max{5};

struct options {
  std::string site;
  std::string out;
  std::string duration;
};

/// Until it is told to stop, the time is over or the site is gone.
void listen(const endpoint& bus, simulator::stop_signal& stop,
            std::optional<std::chrono::milliseconds> duration) {
  const auto begin = steady_clock::now();
  auto linked = begin;
  while (!stop.wait(look_period_ms)) {
    const auto now = steady_clock::now();
    if (duration && now - begin >= *duration) return;
    if (bus.statistics().linked) linked = now;
    if (now - linked > absence_max) {
      fmt::print(stderr, "voltaic record: the site is gone\n");
      return;
    }
  }
}

exit_code record(const options& given) {
  std::optional<std::chrono::milliseconds> duration;
  if (!given.duration.empty()) {
    const auto parsed = parse_duration_ms(given.duration);
    if (!parsed) {
      fmt::print(stderr, "voltaic record: --for {}: expected a duration such as 20s\n",
                 given.duration);
      return exit_code::usage;
    }
    duration = std::chrono::milliseconds(*parsed);
  }
  const auto found = find_running_site(given.site);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  if (!prepare_recording("record", given.out)) return exit_code::refused;
  simulator::stop_signal stop(0);
  auto into = recorder::open(given.out, bus::can::monotonic_now_us);
  if (!into) {
    fmt::print(stderr, "voltaic record: {}\n", into.error().text);
    return exit_code::refused;
  }
  const bus::message::endpoint_options options{
      fmt::format("record-{}-{:x}", ::getpid(), bus::can::monotonic_now_us()),
      std::get<running_site>(found).relay,
      {plane::telemetry, plane::events, plane::health, plane::snapshot}};
  bus::message::zmq_context context;
  auto heard = bus::message::make_zmq_endpoint(context, options, **into);
  if (!heard) {
    fmt::print(stderr, "voltaic record: {}\n", heard.error().text);
    return exit_code::no_site;
  }
  listen(**heard, stop, duration);
  heard->reset();
  const auto unwritten = (*into)->failed();
  into->reset();
  if (unwritten > 0)
    fmt::print(stderr, "voltaic record: {} messages could not be written\n", unwritten);
  const bool whole = finish_recording("record", given.out, bus::message::recording_start::midway);
  return whole && unwritten == 0 ? exit_code::done : exit_code::fault;
}

} // namespace

action declare_record(command_options& app) {
  auto given = std::make_shared<options>();
  declare_site_option(app, given->site, "--site,SITE");
  app.add_option("--out", given->out, "Recording to write, an old one is replaced")
      .type_name("FILE")
      .required();
  app.add_option("--for", given->duration,
                 "Stop after so long, as 20s; else with Ctrl-C or with the site")
      .type_name("DURATION");
  return [given] { return record(*given); };
}

} // namespace voltaic::nodes::cli
