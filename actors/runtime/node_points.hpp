#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/codec/payloads.hpp"

/// What a node says of itself as points: `system/node/rack_0/cpu` and so on.
namespace voltaic::actors::runtime {

/// They are said this often.
inline constexpr std::int64_t node_points_period_us = messages::us_per_s;

/// The source of a node's points is its name with this behind.
inline constexpr const char* process_suffix = "/process";

/// What a node's process costs, where the process is its alone.
struct process_cost {
  double cpu_percent = 0; ///< of one core, of the last second
  double rss_mb = 0;      ///< resident memory in MiB
};

struct node_figures {
  double uptime_s = 0;
  std::optional<process_cost> cost;  ///< nothing: the process holds other nodes too
  std::uint64_t queue_depth = 0;     ///< mails that wait for its actors
  std::uint64_t deadline_misses = 0; ///< wakes that came more than a period late
  std::uint32_t restarts = 0;        ///< of its process, since its supervisor began
};

/// The points of a node, in a catalogue of this owner.
[[nodiscard]] messages::catalogue node_catalogue(const std::string& node, const std::string& owner);

/// Their values, true at `now_us`. What nobody knows is not said.
[[nodiscard]] messages::telemetry node_telemetry(const messages::catalogue& described,
                                                 const node_figures& figures, std::int64_t now_us);

} // namespace voltaic::actors::runtime
