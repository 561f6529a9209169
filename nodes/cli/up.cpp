#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "nodes/cli/identity.hpp"
#include "nodes/cli/recording.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/supervisor.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string file;
  bool without_simulator = false;
  bool quiet = false;
  std::string duration;
  std::string record;
};

// A signal handler can reach nothing else.
std::atomic<process::supervisor*> running{nullptr};

void on_signal(int number) {
  if (auto* site = running.load(); site != nullptr) site->request_stop(number);
}

void log_line(std::string_view line) {
  fmt::print(stderr, "{:%H:%M:%S} {}\n",
             fmt::localtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
             line);
}

exit_code supervise(const options& given, std::optional<std::int64_t> for_us) {
  const auto text = site::read_bounded(given.file);
  auto loaded = text ? site::load_text(*text, given.file)
                     : std::variant<site::plan, messages::findings>(
                           messages::findings{{given.file, 1, 1, "the file " + text.error().text}});
  if (const auto* found = std::get_if<messages::findings>(&loaded)) {
    for (const auto& finding : *found) fmt::print(stderr, "{}\n", site::to_string(finding));
    return exit_code::findings;
  }
  process::supervisor_options how;
  how.program = std::filesystem::read_symlink("/proc/self/exe").string();
  how.command = "voltaic up";
  how.simulator = !given.without_simulator;
  how.status_lines = !given.quiet;
  how.log = log_line;
  if (!given.record.empty()) how.record = std::filesystem::absolute(given.record).string();
  how.user = user_name();
  how.role = role_of(std::get<site::plan>(loaded).roles);
  auto site = process::supervisor::make(std::get<site::plan>(std::move(loaded)), *text, how);
  if (!site) {
    fmt::print(stderr, "voltaic up: {}\n", site.error().text);
    return exit_code::refused;
  }
  if (!given.record.empty() && !prepare_recording("up", given.record)) return exit_code::refused;
  running = site->get();
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
  (*site)->run(for_us);
  running = nullptr;
  const bool whole = given.record.empty() || finish_recording("up", given.record);
  return (*site)->any_failed() || !whole ? exit_code::fault : exit_code::done;
}

} // namespace

action declare_up(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->file, "Site file").type_name("FILE").required();
  app.add_flag("--no-simulator", given->without_simulator,
               "Leave out the simulator and the virtual buses");
  app.add_option("--for", given->duration, "Stop this long after everything is ready, as 20s")
      .type_name("DURATION");
  declare_record_option(app, given->record);
  app.add_flag("--quiet", given->quiet, "No status line each second");
  return [given] {
    std::optional<std::int64_t> for_us;
    if (!given->duration.empty()) {
      const auto duration_ms = parse_duration_ms(given->duration);
      if (!duration_ms) {
        fmt::print(stderr, "voltaic up: --for: expected a duration as 500ms, 20s or 5m\n");
        return exit_code::usage;
      }
      for_us = static_cast<std::int64_t>(*duration_ms) * 1000;
    }
    return supervise(*given, for_us);
  };
}

} // namespace voltaic::nodes::cli
