#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "actors/runtime/real_time.hpp"
#include "bus/can/clock.hpp"
#include "bus/message/record/recording.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/cli/recording.hpp"
#include "nodes/cli/rejected_files.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/local_site.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/process/supervisor.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {
namespace {

using std::chrono::steady_clock;

constexpr int look_period_ms = 20;

struct options {
  std::string site;
  std::string duration;
  bool no_simulator = false;
  bool refuse_bad_files = false;
  std::string record;
};

// The nodes' side of the command, in a thread of its own: buses and simulators
// are children of the main thread and outlive every node.
class nodes_life {
 public:
  nodes_life(const site::plan& plan, process::supervisor& children, simulator::stop_signal& stop,
             std::optional<std::int64_t> for_ms, bus::message::listener* tap)
      : plan_(plan), children_(children), stop_(stop), for_ms_(for_ms), tap_(tap) {}

  void live() {
    if (wait([this] { return children_.is_ready(); })) {
      run();
    }
    children_.set_node_state(process::process_state::stopped);
    children_.request_stop();
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  void run() {
    log_->info("all nodes of site {} start: voltaic {}, process {}, rights: those of any process",
               plan_.name, VOLTAIC_VERSION, ::getpid());
    auto started = process::local_site::start(
        plan_,
        [](const std::string& node, const std::string& reason) {
          fmt::print(stderr, "voltaic run: node {} has failed: {}\n", node, reason);
        },
        tap_, log_);
    if (!started) {
      fmt::print(stderr, "voltaic run: {}\n", started.error().text);
      log_->error("ends: {}", started.error().text);
      failed_ = true;
      return;
    }
    auto& site = **started;
    if (wait([&] { return site.ready() || site.failed(); })) {
      children_.set_node_state(process::process_state::running);
      fmt::print("{} runs: {} nodes in this process\n", plan_.name, plan_.nodes.size());
      std::fflush(stdout);
      const auto end = steady_clock::now() + std::chrono::milliseconds(for_ms_.value_or(0));
      wait([&] {
        site.tend();
        return for_ms_ && steady_clock::now() >= end;
      });
    }
    failed_ = site.failed();
    log_->info("is asked to stop");
    site.stop();
    log_->info("has stopped");
  }

  // Until it is done (true) or somebody asked to stop (false).
  template <class Done>
  bool wait(Done done) {
    while (!done()) {
      if (stop_.wait(look_period_ms)) {
        return false;
      }
    }
    return true;
  }

  const site::plan& plan_;
  process::supervisor& children_;
  simulator::stop_signal& stop_;
  std::optional<std::int64_t> for_ms_;
  bus::message::listener* tap_;
  std::shared_ptr<spdlog::logger> log_ = process::open_process_log(plan_.folders.log, "run", false);
  std::atomic<bool> failed_ = false;
};

exit_code run_site(const options& given) {
  std::optional<std::int64_t> for_ms;
  if (!given.duration.empty()) {
    const auto parsed = parse_duration_ms(given.duration);
    if (!parsed) {
      fmt::print(stderr, "voltaic run: --for {}: expected a duration such as 20s\n",
                 given.duration);
      return exit_code::usage;
    }
    for_ms = static_cast<std::int64_t>(*parsed);
  }
  simulator::stop_signal stop(0);
  auto loaded =
      process::load_to_start(given.site, given.refuse_bad_files ? process::bad_files::refuse
                                                                : process::bad_files::run_kept);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) {
    for (const auto& finding : *found) fmt::print(stderr, "{}\n", site::to_string(finding));
    return exit_code::findings;
  }
  auto& start = std::get<process::site_start>(loaded);
  const auto plan = start.plan;
  for (const auto& warning : plan.warnings)
    fmt::print(stderr, "voltaic run: {}\n", site::to_string(warning));
  if (const auto found = simulate::scenario_findings(plan); !found.empty() && !given.no_simulator) {
    for (const auto& finding : found) fmt::print(stderr, "{}\n", site::to_string(finding));
    return exit_code::findings;
  }
  print_rejected("run", start);
  process::supervisor_options supervision;
  supervision.program = std::filesystem::read_symlink("/proc/self/exe").string();
  supervision.command = "voltaic run";
  supervision.user = user_name();
  supervision.role = role_of(plan.roles);
  supervision.nodes = false;
  supervision.simulator = !given.no_simulator;
  supervision.log = [](std::string_view line) { fmt::print(stderr, "voltaic run: {}\n", line); };
  auto children = process::supervisor::make(std::move(start), std::move(supervision));
  if (!children) {
    fmt::print(stderr, "voltaic run: {}\n", children.error().text);
    return exit_code::refused;
  }
  fmt::print(stderr,
             "voltaic run: every node shares this process and fails with it; "
             "reaction times are best effort\n");
  std::unique_ptr<bus::message::recorder> recorder;
  if (!given.record.empty()) {
    if (!prepare_recording("run", given.record)) return exit_code::refused;
    auto opened = bus::message::recorder::open(given.record, bus::can::monotonic_now_us);
    if (!opened) {
      fmt::print(stderr, "voltaic run: {}\n", opened.error().text);
      return exit_code::refused;
    }
    recorder = *std::move(opened);
  }
  actors::runtime::keep_freed_memory();
  nodes_life life(plan, **children, stop, for_ms, recorder.get());
  std::thread nodes([&] { life.live(); });
  (*children)->run(std::nullopt);
  nodes.join();
  recorder.reset();
  const bool whole = given.record.empty() || finish_recording("run", given.record);
  const bool well = whole && !life.failed() && !(*children)->any_failed();
  return well ? exit_code::done : exit_code::fault;
}

} // namespace

action declare_run(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site, "The site file").type_name("FILE").required();
  app.add_option("--for", given->duration, "Stop this long after everything is ready")
      .type_name("DURATION");
  app.add_flag("--no-simulator", given->no_simulator, "Start no buses and no simulator");
  declare_refuse_option(app, given->refuse_bad_files);
  declare_record_option(app, given->record);
  return [given] { return run_site(*given); };
}

} // namespace voltaic::nodes::cli
