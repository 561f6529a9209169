#include "nodes/cli/commands.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

// The one list of subcommands, in the order of `voltaic --help`.
constexpr std::array subcommands = {
    subcommand{"run", "Run a whole site in this process", "voltaic run configs/demo.toml --for 20s",
               declare_run},
    subcommand{"node", "Run one node of a site", "voltaic node configs/demo.toml rack_0",
               declare_node},
    subcommand{"simulate", "Play a site and a trace on virtual time",
               "voltaic simulate configs/demo.toml --trace trace.csv --for 120s --json",
               declare_simulate},
    subcommand{"check", "Check a site file and print its plan", "voltaic check configs/demo.toml",
               declare_check},
    subcommand{"up", "Run a site, one process a node", "voltaic up configs/demo.toml --for 20s",
               declare_up},
    subcommand{"status", "Show the nodes and buses of a running site", "voltaic status --json",
               declare_status},
    subcommand{"points", "Show values of a running site",
               "voltaic points 'rack_0/cell_voltage*' --json", declare_points},
    subcommand{"set", "Set a point and wait for its read-back",
               "voltaic set rack_0/contactor close --reason 'start of shift'", declare_set},
    subcommand{"events", "Show what happened", "voltaic events --since 5m --follow --json",
               declare_events},
    subcommand{"apply", "Change a running site to what its file says now",
               "voltaic apply configs/demo.toml", declare_apply},
    subcommand{"sim", "Simulate a site's racks on its virtual buses",
               "voltaic sim configs/demo.toml --rack rack_0", declare_sim},
    subcommand{"bus", "Serve a virtual CAN bus", "voltaic bus configs/demo.toml can0", declare_bus},
};

} // namespace

int run_command_line(int argument_count, const char* const* arguments) {
  CLI::App app("Voltaic: reads, protects and controls battery energy storage", "voltaic");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("voltaic ") + VOLTAIC_VERSION);
  exit_code code = exit_code::usage;
  std::vector<action> actions;
  actions.reserve(subcommands.size());
  for (const auto& entry : subcommands) {
    auto* sub = app.add_subcommand(entry.name, entry.summary);
    sub->footer(fmt::format("Example:\n  {}", entry.example));
    actions.push_back(entry.declare(*sub));
    sub->callback([&code, &chosen = actions.back()] { code = chosen(); });
  }
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::Success& success) {
    app.exit(success);
    return static_cast<int>(exit_code::done);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return static_cast<int>(exit_code::usage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "voltaic: {}\n", error.what());
    return static_cast<int>(exit_code::fault);
  }
  return static_cast<int>(code);
}

} // namespace voltaic::nodes::cli
