#pragma once

#include <string>

#include "nodes/cli/command_options.hpp"
#include "nodes/cli/command_request.hpp"
#include "nodes/cli/exit_code.hpp"

namespace voltaic::nodes::cli {

/// What a person agrees to by its hash: whoever agrees has read what it stands for.
struct agreement {
  std::string rack;
  std::string hash; ///< empty: what waits is shown, nothing is agreed to
  request_options asked;
};

/// RACK, HASH and the options of a command; the texts are the help's.
void declare_agreement(command_options& app, agreement& given, const char* rack_help,
                       const char* hash_help);

/// Sends the command `operation` for the rack and the hash. Without a reason it says how to ask.
[[nodiscard]] exit_code agree(const std::string& operation, const agreement& given);

} // namespace voltaic::nodes::cli
