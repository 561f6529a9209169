#include <fmt/format.h>

#include <array>

#include "actors/can_device/canopen_node_model.hpp"
#include "messages/points/catalogue.hpp"

// What a node's points say.
namespace voltaic::actors::can_device {
namespace {

constexpr std::array points{
    messages::points::computed_point{"canopen_state", "CanopenState", "", 0, "text"},
    messages::points::computed_point{"canopen_error", "CanopenError", "", 0, "text"},
    messages::points::computed_point{"canopen_emergencies", "CanopenEmergencies", "", 0, "text"},
};

} // namespace

std::string_view to_words(node_state state) {
  switch (state) {
    case node_state::waiting:
      return "waiting";
    case node_state::identifying:
      return "identifying";
    case node_state::configuring:
      return "configuring";
    case node_state::starting:
      return "starting";
    case node_state::operational:
      return "operational";
    case node_state::failed:
      return "failed";
    case node_state::lost:
      return "lost";
    case node_state::never_seen:
      return "never seen";
    case node_state::doubled:
      return "two nodes";
    case node_state::listening:
      return "listening";
  }
  return "";
}

void canopen_node::describe(const std::string& device,
                            std::vector<messages::point_description>& into) const {
  // Said when they change.
  for (const auto& each : points) into.push_back(messages::points::describe(device, each, 0));
}

std::vector<messages::block> canopen_node::take_blocks(std::uint16_t first, std::int64_t now_us) {
  if (points_said_us_ && now_us - *points_said_us_ < node_points_us) return {};
  const std::vector<std::string> now{
      std::string(to_words(state_)),
      error_ ? fmt::format("{} ({}): {}", error_->letter, boot_letter_text(error_->letter),
                           error_->text)
             : "",
      emergencies_.text()};
  std::vector<messages::block> blocks;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!points_said_.empty() && points_said_[i] == now[i]) continue;
    messages::block block;
    block.point = static_cast<std::uint16_t>(first + i);
    block.source_time_us = now_us;
    block.quality = messages::quality::good;
    block.values = now[i];
    blocks.push_back(std::move(block));
  }
  if (blocks.empty()) return blocks;
  points_said_ = now;
  points_said_us_ = now_us;
  return blocks;
}

} // namespace voltaic::actors::can_device
