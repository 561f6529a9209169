#pragma once

#include <cstdint>
#include <string>

#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"
#include "nodes/cli/command_options.hpp"
#include "nodes/cli/exit_code.hpp"

namespace voltaic::nodes::cli {

/// What every command of a person takes beside what it is about.
struct request_options {
  std::string reason;
  std::string key;
  std::string file;
  bool as_json = false;
  bool needs_reason = false; ///< one that says something
};

/// How the outcome is shown.
struct request_words {
  std::string command; ///< the subcommand, before complaints
  std::string about;   ///< `point` of the answer
  std::string value;   ///< `requested` of the answer
};

/// `--reason`, `--key`, `--site` and `--json`.
void declare_request_options(command_options& app, request_options& to, bool needs_reason);

/// A duration that a command lasts; refuses what is none, or no time at all.
[[nodiscard]] messages::expected<std::uint64_t> lease_of(const std::string& duration);

/// Fills in who asks and until when, a person at the plant unless a priority is stated, sends the
/// command to the site's dispatcher, waits for what became of it and prints that.
[[nodiscard]] exit_code request(messages::command asked, const request_options& given,
                                const request_words& words);

} // namespace voltaic::nodes::cli
