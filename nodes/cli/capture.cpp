#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/can/logs/capture.hpp"
#include "nodes/cli/applied_site.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/field_ports.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::can::capture;
using std::chrono::steady_clock;

constexpr int write_period_ms = 20;
/// A bus that is away for longer has ended with its site.
constexpr std::chrono::seconds absence_max{5};

struct options {
  std::string bus;
  std::string out;
  std::string duration;
  std::string site;
};

using file_ptr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// The log's file, or standard output.
std::optional<file_ptr> open_output(const std::string& path) {
  if (path.empty()) return file_ptr(stdout, [](std::FILE*) { return 0; });
  file_ptr file(std::fopen(path.c_str(), "we"), &std::fclose);
  if (file) return file;
  fmt::print(stderr, "voltaic capture: {}: {}\n", path, std::strerror(errno));
  return std::nullopt;
}

/// The bus of the running site, or what to answer.
std::variant<bus::can::port_options, exit_code> find_bus(const options& given) {
  const auto found = find_running_site(given.site);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  // Not the file: somebody may have moved the bus in it and not applied that.
  const auto plan = applied_site(site);
  if (!plan) {
    fmt::print(stderr, "voltaic capture: {}\n", unreadable_words(site));
    return exit_code::findings;
  }
  const auto* bus = plan->find_bus(given.bus);
  if (bus == nullptr) {
    std::vector<std::string> known;
    for (const auto& one : plan->buses) known.push_back(one.name);
    fmt::print(stderr, "voltaic capture: {} has no bus {}; its buses: {}\n", plan->name, given.bus,
               fmt::join(known, ", "));
    return exit_code::usage;
  }
  if (bus->kind == site::bus_kind::replay) {
    fmt::print(stderr, "voltaic capture: {} plays the log {} and nothing else\n", given.bus,
               bus->uri);
    return exit_code::refused;
  }
  return process::listening_options_of(*plan, *bus);
}

/// Writes until it is told to stop, the time is over or the bus is gone. False
/// when the log cannot be written.
bool write_log(capture& source, std::FILE* file, simulator::stop_signal& stop,
               std::optional<std::chrono::milliseconds> duration) {
  const auto begin = steady_clock::now();
  auto heard = begin;
  std::string lines;
  for (bool ending = false; !ending;) {
    ending = stop.wait(write_period_ms);
    const auto now = steady_clock::now();
    if (source.connected()) heard = now;
    ending = ending || (duration && now - begin >= *duration) || now - heard > absence_max;
    lines.clear();
    source.take(lines);
    if (lines.empty()) continue;
    if (std::fwrite(lines.data(), 1, lines.size(), file) != lines.size() || std::fflush(file) != 0)
      return false;
  }
  if (!source.connected()) fmt::print(stderr, "voltaic capture: the bus is gone\n");
  return true;
}

exit_code run(const options& given) {
  std::optional<std::chrono::milliseconds> duration;
  if (!given.duration.empty()) {
    const auto parsed = parse_duration_ms(given.duration);
    if (!parsed) {
      fmt::print(stderr, "voltaic capture: --for {}: expected a duration such as 20s\n",
                 given.duration);
      return exit_code::usage;
    }
    duration = std::chrono::milliseconds(*parsed);
  }
  const auto bus = find_bus(given);
  if (const auto* code = std::get_if<exit_code>(&bus)) return *code;
  simulator::stop_signal stop(0);
  const auto file = open_output(given.out);
  if (!file) return exit_code::findings;
  auto source = capture::start(std::get<bus::can::port_options>(bus));
  if (!source) {
    fmt::print(stderr, "voltaic capture: {}\n", source.error().text);
    return exit_code::no_site;
  }
  if (!write_log(**source, file->get(), stop, duration)) {
    fmt::print(stderr, "voltaic capture: the log cannot be written\n");
    return exit_code::fault;
  }
  const auto counts = (*source)->counts();
  fmt::print(stderr, "voltaic capture: {}: {} frames, {} lost\n", given.bus, counts.frames,
             counts.lost);
  return counts.frames == 0 || counts.lost > 0 ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_capture(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("BUS", given->bus, "Bus of the running site, as can0").type_name("BUS").required();
  app.add_option("--out", given->out, "Log to write, an old one is replaced; else standard output")
      .type_name("FILE");
  app.add_option("--for", given->duration, "Stop after so long, as 20s; else with Ctrl-C")
      .type_name("DURATION");
  declare_site_option(app, given->site);
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
