#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/runtime/clock.hpp"
#include "bus/can/clock.hpp"
#include "bus/can/socketcan/interface_keeper.hpp"
#include "nodes/cli/command_options.hpp"
#include "nodes/cli/rejected_files.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/comm_log.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/process/site_start.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::string_view socketcan_scheme = "socketcan:";

struct options {
  std::string site_file;
  std::string reset;
  bool once = false;
};

std::vector<bus::can::interface_settings> settings_of(const site::plan& plan) {
  std::vector<bus::can::interface_settings> result;
  for (const auto& bus : plan.buses) {
    if (bus.kind == site::bus_kind::socketcan)
      result.push_back({bus.uri.substr(socketcan_scheme.size()), bus.bitrate,
                        bus.sample_point_percent, bus.data_bitrate});
  }
  return result;
}

exit_code ask_for_reset(const site::plan& plan, const std::string& interface_name) {
  const auto known = settings_of(plan);
  const bool is_known =
      std::ranges::any_of(known, [&](const auto& each) { return each.name == interface_name; });
  if (!is_known) {
    fmt::print(stderr, "voltaic canctl: {} has no CAN interface {} of this machine\n", plan.name,
               interface_name);
    return exit_code::usage;
  }
  if (bus::can::ask_setup(plan.folders.runtime,
                          {bus::can::setup_request::verb::reset, interface_name}))
    return exit_code::done;
  fmt::print(stderr, "voltaic canctl: none runs for {}\n", plan.name);
  return exit_code::no_site;
}

exit_code keep(const site::plan& plan, bus::can::interface_keeper& keeper) {
  simulator::stop_signal stop(0);
  auto listener = bus::can::setup_listener::open(plan.folders.runtime);
  if (!listener) {
    fmt::print(stderr, "voltaic canctl: {}\n", listener.error().text);
    return exit_code::refused;
  }
  (void)keeper.set_up_all();
  while (!stop.wait(0)) {
    const auto idle_us = keeper.idle_us(bus::can::monotonic_now_us());
    if (const auto request = listener->wait(static_cast<int>((idle_us + 999) / 1000)))
      keeper.asked(*request, bus::can::monotonic_now_us());
    keeper.step(bus::can::monotonic_now_us());
  }
  return exit_code::done;
}

exit_code serve(const options& given) {
  // As the site itself starts: a spoiled profile must not keep its buses down.
  const auto loaded =
      process::load_to_start(given.site_file, process::bad_files::run_kept_as_reader);
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    for (const auto& each : *findings) fmt::print(stderr, "{}\n", site::to_string(each));
    return exit_code::findings;
  }
  const auto& start = std::get<process::site_start>(loaded);
  print_rejected("canctl", start);
  const auto& plan = start.plan;
  if (!given.reset.empty()) return ask_for_reset(plan, given.reset);
  auto wanted = settings_of(plan);
  if (wanted.empty()) {
    fmt::print("{} has no CAN interface of this machine: nothing to set up\n", plan.name);
    return exit_code::done;
  }
  if (const auto made = site::create(plan.folders); !made) {
    fmt::print(stderr, "voltaic canctl: {}\n", made.error().text);
    return exit_code::refused;
  }
  const auto log = process::open_process_log(plan.folders.log, "canctl");
  log->info("sets up the CAN interfaces of {}: voltaic {}, process {}", plan.name, VOLTAIC_VERSION,
            ::getpid());
  process::shared_log links(plan.folders.log, process::comm_log_name, process::comm_log_bytes_max,
                            process::comm_log_files_max);
  const actors::runtime::system_clock time;
  bus::can::interface_keeper keeper(std::move(wanted), [&](bool is_alarm, const std::string& line) {
    is_alarm ? log->error("{}", line) : log->info("{}", line);
    links.write(is_alarm ? "ALARM " + line : line, time.now().utc_us);
  });
  if (given.once) return keeper.set_up_all() ? exit_code::done : exit_code::findings;
  return keep(plan, keeper);
}

} // namespace

action declare_canctl(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site_file, "Site file").type_name("FILE").required();
  app.add_flag("--once", given->once, "Set up and end, restart nothing");
  app.add_option("--reset", given->reset,
                 "Tell the one that runs to restart an interface again that it gave up")
      .type_name("INTERFACE");
  return [given] { return serve(*given); };
}

} // namespace voltaic::nodes::cli
