#pragma once

#include "nodes/cli/commands.hpp"

/// One declaration a subcommand; each is defined in the file of its name, unshelve in shelve.cpp.
namespace voltaic::nodes::cli {

[[nodiscard]] action declare_acknowledge(command_options& app);
[[nodiscard]] action declare_apply(command_options& app);
[[nodiscard]] action declare_accept(command_options& app);
[[nodiscard]] action declare_approve(command_options& app);
[[nodiscard]] action declare_canctl(command_options& app);
[[nodiscard]] action declare_canopen(command_options& app);
[[nodiscard]] action declare_capture(command_options& app);
[[nodiscard]] action declare_captures(command_options& app);
[[nodiscard]] action declare_config(command_options& app);
[[nodiscard]] action declare_decode(command_options& app);
[[nodiscard]] action declare_doctor(command_options& app);
[[nodiscard]] action declare_encode(command_options& app);
[[nodiscard]] action declare_events(command_options& app);
[[nodiscard]] action declare_import(command_options& app);
[[nodiscard]] action declare_profiles(command_options& app);
[[nodiscard]] action declare_record(command_options& app);
[[nodiscard]] action declare_replay(command_options& app);
[[nodiscard]] action declare_reset(command_options& app);
[[nodiscard]] action declare_set(command_options& app);
[[nodiscard]] action declare_shelve(command_options& app);
[[nodiscard]] action declare_sniff(command_options& app);
[[nodiscard]] action declare_unshelve(command_options& app);
[[nodiscard]] action declare_bus(command_options& app);
[[nodiscard]] action declare_check(command_options& app);
[[nodiscard]] action declare_plot(command_options& app);
[[nodiscard]] action declare_points(command_options& app);
[[nodiscard]] action declare_status(command_options& app);
[[nodiscard]] action declare_top(command_options& app);
[[nodiscard]] action declare_watch(command_options& app);
[[nodiscard]] action declare_up(command_options& app);
[[nodiscard]] action declare_sim(command_options& app);
[[nodiscard]] action declare_node(command_options& app);
[[nodiscard]] action declare_health(command_options& app);
[[nodiscard]] action declare_run(command_options& app);
[[nodiscard]] action declare_simulate(command_options& app);
[[nodiscard]] action declare_why(command_options& app);

} // namespace voltaic::nodes::cli
