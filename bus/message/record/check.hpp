#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/expected.hpp"

namespace voltaic::bus::message {

/// What a recording holds, and what it lacks.
struct recording_check {
  std::uint64_t frames = 0;
  /// What is missing, one line each; empty: the recording is whole.
  std::vector<std::string> missing;
};

/// Counts what each source said in a recording that began before the sources
/// did: what was lost on the way leaves a hole in their numbers.
[[nodiscard]] messages::expected<recording_check> check_recording(const std::string& path);

/// Makes room for a new recording at `path`: an old one goes away, any other
/// file is refused.
[[nodiscard]] messages::expected<bool> clear_recording(const std::string& path);

} // namespace voltaic::bus::message
