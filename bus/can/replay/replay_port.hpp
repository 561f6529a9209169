#pragma once

#include <memory>
#include <string>

#include "bus/can/port.hpp"
#include "bus/can/replay/recording.hpp"

namespace voltaic::bus::can {

/// Where the chain's monotonic time starts when the replay has a fixed epoch.
inline constexpr std::int64_t epoch_monotonic_us = 1'000'000;

/// What the port of this uri plays. Failures name it.
[[nodiscard]] messages::expected<recording> load_replayed(const std::string& uri);

/// Plays one bus of a log file (`replay:FILE#BUS`) on its recorded time. Nobody
/// listens: sending is answered with `down`. After the end the state is `down`
/// and ticks go on.
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_replay_port(
    const port_options& options, batch_handler handler);

} // namespace voltaic::bus::can
