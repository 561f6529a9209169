#include <fmt/chrono.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "nodes/cli/identity.hpp"
#include "nodes/cli/recording.hpp"
#include "nodes/cli/rejected_files.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/supervisor.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string file;
  bool without_simulator = false;
  bool quiet = false;
  bool lines = false;
  bool refuse_bad_files = false;
  std::string duration;
  std::string record;
};

// A signal handler can reach nothing else.
std::atomic<process::supervisor*> running{nullptr};

void on_signal(int number) {
  if (auto* site = running.load(); site != nullptr) site->request_stop(number);
}

/// What happens, a line each on stderr. While the view has the terminal the last
/// lines wait; all of them are in the supervisor's log.
class told_lines {
 public:
  void tell(std::string_view line) {
    auto text = fmt::format(
        "{:%H:%M:%S} {}\n",
        fmt::localtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
        line);
    if (!is_held_) return write(text);
    held_.push_back(std::move(text));
    if (held_.size() > held_max) held_.pop_front();
  }
  void hold() { is_held_ = true; }
  void release() {
    is_held_ = false;
    for (const auto& line : held_) write(line);
    held_.clear();
  }

 private:
  // A terminal that has gone away must not keep the site from being stopped.
  static void write(const std::string& text) {
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
  }
  static constexpr std::size_t held_max = 20;
  bool is_held_ = false;
  std::deque<std::string> held_;
};

/// The terminal before the view had it, for the case that the view dies.
class terminal_before {
 public:
  void remember() { is_known_ = ::tcgetattr(STDIN_FILENO, &settings_) == 0; }
  void restore() const {
    if (is_known_) ::tcsetattr(STDIN_FILENO, TCSANOW, &settings_);
    // Plain letters, the cursor, and the screen that was there before, as terminals understand it.
    std::fputs("\x1b[0m\x1b[?25h\x1b[?1l\x1b>\x1b[?1049l\r\n", stdout);
    std::fflush(stdout);
  }

 private:
  termios settings_{};
  bool is_known_ = false;
};

/// The view needs a terminal whose keys are this process's.
bool has_terminal() {
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 &&
         ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

exit_code supervise(const options& given, std::optional<std::int64_t> for_us) {
  auto loaded =
      process::load_to_start(given.file, given.refuse_bad_files ? process::bad_files::refuse
                                                                : process::bad_files::run_kept);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) {
    for (const auto& finding : *found) fmt::print(stderr, "{}\n", site::to_string(finding));
    return exit_code::findings;
  }
  auto& start = std::get<process::site_start>(loaded);
  if (const auto found = simulate::scenario_findings(start.plan);
      !found.empty() && !given.without_simulator) {
    for (const auto& finding : found) fmt::print(stderr, "{}\n", site::to_string(finding));
    return exit_code::findings;
  }
  print_rejected("up", start);
  process::supervisor_options how;
  how.program = std::filesystem::read_symlink("/proc/self/exe").string();
  how.command = "voltaic up";
  how.simulator = !given.without_simulator;
  how.view = !given.quiet && !given.lines && has_terminal();
  how.status_lines = !given.quiet && !how.view;
  told_lines told;
  terminal_before terminal;
  how.log = [&told](std::string_view line) { told.tell(line); };
  how.on_view = [&](process::view_change now) {
    if (now == process::view_change::shown) {
      terminal.remember();
      return told.hold();
    }
    if (now == process::view_change::lost) terminal.restore();
    told.release();
  };
  if (!given.record.empty()) how.record = std::filesystem::absolute(given.record).string();
  how.user = user_name();
  how.role = role_of(start.plan.roles);
  auto site = process::supervisor::make(std::move(start), how);
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
  declare_refuse_option(app, given->refuse_bad_files);
  app.add_flag("--quiet", given->quiet, "Neither view nor status line each second");
  app.add_flag("--lines", given->lines, "A status line each second, also on a terminal");
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
