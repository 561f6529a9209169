#pragma once

#include "nodes/cli/commands.hpp"

/// One declaration a subcommand; each is defined in the file of its name.
namespace voltaic::nodes::cli {

[[nodiscard]] action declare_apply(CLI::App& app);
[[nodiscard]] action declare_capture(CLI::App& app);
[[nodiscard]] action declare_decode(CLI::App& app);
[[nodiscard]] action declare_events(CLI::App& app);
[[nodiscard]] action declare_record(CLI::App& app);
[[nodiscard]] action declare_replay(CLI::App& app);
[[nodiscard]] action declare_set(CLI::App& app);
[[nodiscard]] action declare_bus(CLI::App& app);
[[nodiscard]] action declare_check(CLI::App& app);
[[nodiscard]] action declare_points(CLI::App& app);
[[nodiscard]] action declare_status(CLI::App& app);
[[nodiscard]] action declare_up(CLI::App& app);
[[nodiscard]] action declare_sim(CLI::App& app);
[[nodiscard]] action declare_node(CLI::App& app);
[[nodiscard]] action declare_run(CLI::App& app);
[[nodiscard]] action declare_simulate(CLI::App& app);

} // namespace voltaic::nodes::cli
