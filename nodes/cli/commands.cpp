#include "nodes/cli/commands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/nearest_word.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

// The one list of subcommands, in the order of `voltaic --help`.
constexpr std::array subcommands = {
    subcommand{"up", "Run a site, one process a node", "voltaic up configs/demo.toml --for 20s",
               declare_up},
    subcommand{"run", "Run a whole site in this process", "voltaic run configs/demo.toml --for 20s",
               declare_run},
    subcommand{"check", "Check a site file and print its plan", "voltaic check configs/demo.toml",
               declare_check},
    subcommand{"apply", "Change a running site to what its file says now",
               "voltaic apply configs/demo.toml", declare_apply},
    subcommand{"status", "Show the nodes and buses of a running site", "voltaic status --actors",
               declare_status},
    subcommand{"top", "Show a running site on the terminal, live", "voltaic top configs/demo.toml",
               declare_top},
    subcommand{"points", "Show values of a running site",
               "voltaic points 'rack_0/cell_voltage*' --json", declare_points},
    subcommand{"watch", "Print each change of points",
               "voltaic watch 'rack_*/soc' --every 1s --json", declare_watch},
    subcommand{"plot", "Draw a point over a time, here or into a picture",
               "voltaic plot rack_0/current --for 60s --out current.svg", declare_plot},
    subcommand{"set", "Set a point and wait for its read-back",
               "voltaic set rack_0/contactor close --reason 'start of shift'", declare_set},
    subcommand{"events", "Show what happened", "voltaic events --since 5m --follow --json",
               declare_events},
    subcommand{"captures", "Show what racks said in the seconds around their faults",
               "voltaic captures rack_0/17 'rack_0/cell_voltage' --csv", declare_captures},
    subcommand{"why", "Say what holds limits down, and what bars a closing", "voltaic why rack_0",
               declare_why},
    subcommand{"doctor", "Test each link of a site and say what is wrong with it",
               "voltaic doctor configs/demo.toml inverter_line", declare_doctor},
    subcommand{"acknowledge", "Say that somebody has seen an alarm; it changes nothing else",
               "voltaic acknowledge rack_0-1a2b-17 --reason 'on my way'", declare_acknowledge},
    subcommand{"shelve", "Put a warning aside for a time; what is done about it goes on",
               "voltaic shelve rack_0/cell_voltage_spread/warning --for 2h --reason 'balancing'",
               declare_shelve},
    subcommand{"unshelve", "Show a shelved warning again",
               "voltaic unshelve rack_0/cell_voltage_spread/warning --reason 'balanced'",
               declare_unshelve},
    subcommand{"reset", "Let go of what a rack has latched, once its condition is over",
               "voltaic reset rack_0 --reason 'fan replaced'", declare_reset},
    subcommand{"config", "Show which configuration racks run by, and what waits for approval",
               "voltaic config rack_0 --diff", declare_config},
    subcommand{"profiles",
               "Show which profiles and protection files a site was applied with; sign and verify "
               "them",
               "voltaic profiles configs/demo.toml --json", declare_profiles},
    subcommand{"approve", "Be one of two persons who let a rack be protected less",
               "voltaic approve rack_0 1a2b3c4d5e6f7081 --reason 'new cells'", declare_approve},
    subcommand{"accept", "Say that another device in a rack's place is meant to be there",
               "voltaic accept rack_0 1a2b3c4d5e6f7081 --reason 'module replaced'", declare_accept},
    subcommand{"record", "Write what a running site says into a file",
               "voltaic record --out site.rec --for 5m", declare_record},
    subcommand{"replay", "Show what a recording holds: events, values, or a moment of it",
               "voltaic replay site.rec 'rack_0/cell_voltage_max' --from 20s --for 10s",
               declare_replay},
    subcommand{"canctl", "Set up a site's CAN interfaces, and restart them when they are bus-off",
               "voltaic canctl configs/plant.toml", declare_canctl},
    subcommand{"capture", "Write the frames of a site's CAN bus as a candump log",
               "voltaic capture can0 --out can0.log --for 20s", declare_capture},
    subcommand{"sniff", "Show what is on a CAN bus, identifier by identifier, live",
               "voltaic sniff can0 --site configs/demo.toml --for 10s", declare_sniff},
    subcommand{"canopen", "Ask the CANopen nodes of a bus, and give them node ids and values",
               "voltaic canopen scan can0 --site configs/canopen_pack.toml", declare_canopen},
    subcommand{"decode", "Show what the frames of a CAN log say",
               "voltaic decode --profile configs/profiles/kona_bus0.json --log drive.csv --json",
               declare_decode},
    subcommand{"encode", "Make a CAN frame of a DBC file's message",
               "voltaic encode --dbc pack.dbc PackLimits ChargeCurrent=120 State=Ready",
               declare_encode},
    subcommand{"import", "Make a device profile of a DBC or EDS file, for a person to edit",
               "voltaic import dbc pack.dbc --out pack.json", declare_import},
    subcommand{"simulate", "Play a site and a trace on virtual time",
               "voltaic simulate configs/demo.toml --trace trace.csv --for 120s --json",
               declare_simulate},
    subcommand{"node", "Run one node of a site; voltaic up and services start it",
               "voltaic node configs/demo.toml rack_0", declare_node},
    subcommand{"health", "Tell whether a node of this machine lives: exit 0 or 1",
               "voltaic health configs/demo.toml rack_0", declare_health},
    subcommand{"sim", "Simulate a site's racks on its virtual buses",
               "voltaic sim configs/demo.toml --rack rack_0", declare_sim},
    subcommand{"bus", "Serve a virtual CAN bus", "voltaic bus configs/demo.toml can0", declare_bus},
};

// What is said of a first word that is no subcommand.
std::optional<std::string> unknown_word(int argument_count, const char* const* arguments) {
  if (argument_count < 2 || arguments[1][0] == '-') return std::nullopt;
  const std::string_view word = arguments[1];
  std::vector<std::string_view> known;
  for (const auto& entry : subcommands) known.emplace_back(entry.name);
  if (std::ranges::find(known, word) != known.end()) return std::nullopt;
  const auto near = messages::nearest_word(word, known);
  return fmt::format("there is no command {}{}", word,
                     near.empty() ? "" : fmt::format(", did you mean {}?", near));
}

// "voltaic set: POINT is required", as every other complaint of the commands.
void complain(CLI::App& app, const CLI::ParseError& error) {
  std::string command = "voltaic";
  for (auto subs = app.get_subcommands(); !subs.empty(); subs = subs.front()->get_subcommands())
    command += " " + subs.front()->get_name();
  fmt::print(stderr, "{}: {}\n{} --help says more\n", command, error.what(), command);
}

} // namespace

int run_command_line(int argument_count, const char* const* arguments) {
  if (const auto complaint = unknown_word(argument_count, arguments)) {
    fmt::print(stderr, "voltaic: {}\nvoltaic --help shows them all\n", *complaint);
    return static_cast<int>(exit_code::usage);
  }
  CLI::App app("Voltaic: reads, protects and controls battery energy storage", "voltaic");
  app.footer(
      "Exit codes: 0 done, 1 findings or nothing matched, 2 usage, 3 no site runs,\n"
      "  4 refused or already running, 5 expired, 6 outcome unknown, 7 ended by a fault\n"
      "Of several sites VOLTAIC_SITE names the file of the one that is meant, as --site does\n"
      "Folders: sockets and logs in VOLTAIC_RUNTIME_DIR, else XDG_RUNTIME_DIR/voltaic, else\n"
      "  /tmp/voltaic-UID; journals of events and latches in VOLTAIC_STATE_DIR, else\n"
      "  VOLTAIC_RUNTIME_DIR/state (so that one variable moves both), else STATE_DIRECTORY, else\n"
      "  /var/lib/voltaic for root, else XDG_STATE_HOME/voltaic, else ~/.local/state/voltaic");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("voltaic ") + VOLTAIC_VERSION);
  exit_code code = exit_code::usage;
  std::vector<action> actions;
  actions.reserve(subcommands.size());
  for (const auto& entry : subcommands) {
    auto* sub = app.add_subcommand(entry.name, entry.summary);
    sub->footer(fmt::format("Example:\n  {}", entry.example));
    command_options taken(*sub);
    actions.push_back(entry.declare(taken));
    sub->callback([&code, &chosen = actions.back()] { code = chosen(); });
  }
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::Success& success) {
    app.exit(success);
    return static_cast<int>(exit_code::done);
  } catch (const CLI::ParseError& error) {
    if (argument_count < 2)
      fmt::print(stderr, "{}", app.help());
    else
      complain(app, error);
    return static_cast<int>(exit_code::usage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "voltaic: {}\n", error.what());
    return static_cast<int>(exit_code::fault);
  }
  return static_cast<int>(code);
}

} // namespace voltaic::nodes::cli
