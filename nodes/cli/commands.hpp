#pragma once

#include <functional>

#include "nodes/cli/command_options.hpp"
#include "nodes/cli/exit_code.hpp"

/// The voltaic command: one file per subcommand, one line each in commands.cpp.
namespace voltaic::nodes::cli {

/// Runs after the whole command line was parsed.
using action = std::function<exit_code()>;

/// Declares a subcommand's options on `app` and returns what to do. Options are
/// kept in a shared_ptr that the action captures.
using registration = action (*)(command_options& app);

/// One subcommand, as `voltaic --help` shows it.
struct subcommand {
  const char* name;
  const char* summary;
  const char* example; ///< shown below its --help
  registration declare;
};

/// Parses and runs. Never throws.
[[nodiscard]] int run_command_line(int argument_count, const char* const* arguments);

} // namespace voltaic::nodes::cli
