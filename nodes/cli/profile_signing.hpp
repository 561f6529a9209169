#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nodes/cli/command_options.hpp"
#include "nodes/cli/exit_code.hpp"

namespace voltaic::nodes::cli {

/// What `voltaic profiles keygen`, `sign` and `verify` are asked for.
struct signing_request {
  std::string key_file; ///< of a private key
  std::string project;
  std::vector<std::string> keys;  ///< public ones
  std::vector<std::string> files; ///< to sign or to verify
};

/// Declares the three beside what `app` does by itself; the name of the one that is asked for
/// stands in `chosen` then.
void declare_signing(command_options& app, std::string& chosen, signing_request& to);
/// Does what is asked for.
[[nodiscard]] exit_code run(std::string_view chosen, const signing_request& asked);

} // namespace voltaic::nodes::cli
