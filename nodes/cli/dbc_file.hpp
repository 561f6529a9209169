#pragma once

#include <optional>
#include <string>

#include "messages/dbc/load.hpp"
#include "nodes/cli/command_options.hpp"

namespace voltaic::nodes::cli {

/// How a command reads a DBC file.
struct dbc_options {
  std::string file;
  bool tolerant = false;
  bool strict = false; ///< also without
};

/// `--strict`, which is the default, and `--tolerant`.
void declare_strictness(command_options& app, dbc_options& given);

/// The database; else nothing, with everything that is wrong on standard error. Read
/// tolerantly, what is wrong with it is said too.
[[nodiscard]] std::optional<messages::dbc::database> load_database(const char* command,
                                                                   const dbc_options& given);

} // namespace voltaic::nodes::cli
