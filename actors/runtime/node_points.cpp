#include "actors/runtime/node_points.hpp"

#include <array>
#include <utility>
#include <vector>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::runtime {
namespace {

using messages::points::computed_point;

// In the order in which `node_telemetry` says them.
constexpr std::array described_points = {
    computed_point{"uptime", "Uptime", "s", 0},
    computed_point{"cpu", "Cpu", "%", 1},
    computed_point{"rss", "Rss", "MB", 1},
    computed_point{"queue_depth", "QueueDepth", "", 0},
    computed_point{"deadline_misses", "DeadlineMisses", "", 0},
    computed_point{"restarts", "Restarts", "", 0},
};

} // namespace

messages::catalogue node_catalogue(const std::string& node, const std::string& owner) {
  std::vector<messages::point_description> points;
  for (const auto& each : described_points)
    points.push_back(
        messages::points::describe("system/node/" + node, each, node_points_period_us));
  return messages::points::make_catalogue(owner, std::move(points));
}

messages::telemetry node_telemetry(const messages::catalogue& described,
                                   const node_figures& figures, std::int64_t now_us) {
  const auto number = [](auto value) { return std::optional(static_cast<double>(value)); };
  const auto& cost = figures.cost;
  const std::array<std::optional<double>, described_points.size()> values = {
      number(figures.uptime_s),
      cost ? number(cost->cpu_percent) : std::nullopt,
      cost ? number(cost->rss_mb) : std::nullopt,
      number(figures.queue_depth),
      number(figures.deadline_misses),
      number(figures.restarts),
  };
  messages::telemetry said{described.owner, described.fingerprint, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    messages::block block;
    block.point = static_cast<std::uint16_t>(i);
    block.source_time_us = now_us;
    block.quality = messages::quality::good;
    block.values = messages::block::reals{*values[i]};
    said.blocks.push_back(std::move(block));
  }
  return said;
}

} // namespace voltaic::actors::runtime
