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

/// Since when a recording heard its sources.
enum class recording_start : std::uint8_t {
  with_sources, ///< since before they began: each one's numbers begin with 1
  midway        ///< they had been speaking before
};

/// Counts what each source said: what was lost on the way leaves a hole in its
/// numbers. Full states, which repeat what was said, are not counted.
[[nodiscard]] messages::expected<recording_check> check_recording(
    const std::string& path, recording_start start = recording_start::with_sources);

/// Makes room for a new recording at `path`: an old one goes away, any other
/// file is refused.
[[nodiscard]] messages::expected<bool> clear_recording(const std::string& path);

} // namespace voltaic::bus::message
