#include <fmt/format.h>

#include <array>
#include <iterator>

#include "actors/can_device/j1939_device_model.hpp"
#include "messages/j1939/name.hpp"
#include "messages/points/catalogue.hpp"

// What the points of a device of J1939 say.
namespace voltaic::actors::can_device {
namespace {

using messages::points::computed_point;

constexpr std::array texts{
    computed_point{"j1939_state", "J1939State", "", 0, "text"},
    computed_point{"j1939_name", "J1939Name", "", 0, "text"},
    computed_point{"j1939_own_address", "J1939OwnAddress", "", 0, "text"},
    computed_point{"j1939_faults", "J1939Faults", "", 0, "text"},
    computed_point{"j1939_previous_faults", "J1939PreviousFaults", "", 0, "text"},
    computed_point{"j1939_no_values", "J1939NoValues", "", 0, "text"},
};
constexpr std::array counts{
    computed_point{"j1939_unanswered", "J1939Unanswered", "", 0, "i64"},
    computed_point{"j1939_refused", "J1939Refused", "", 0, "i64"},
    computed_point{"j1939_failed_transfers", "J1939FailedTransfers", "", 0, "i64"},
};

} // namespace

std::string_view to_words(group_state state) {
  switch (state) {
    case group_state::waiting:
      return "waiting";
    case group_state::identifying:
      return "identifying";
    case group_state::operational:
      return "operational";
    case group_state::wrong_device:
      return "wrong device";
    case group_state::doubled:
      return "two devices";
    case group_state::no_address:
      return "no address";
    case group_state::lost:
      return "lost";
    case group_state::never_seen:
      return "never seen";
    case group_state::listening:
      return "listening";
  }
  return "";
}

void j1939_device::describe(const std::string& device,
                            std::vector<messages::point_description>& into) const {
  // Said when they change.
  for (const auto& each : texts) into.push_back(messages::points::describe(device, each, 0));
  for (const auto& each : counts) into.push_back(messages::points::describe(device, each, 0));
}

std::vector<messages::block> j1939_device::take_blocks(std::uint16_t first, std::int64_t now_us) {
  if (points_said_us_ && now_us - *points_said_us_ < device_points_us) return {};
  const std::vector<std::string> now{wrong_.empty()
                                         ? std::string(to_words(state_))
                                         : fmt::format("{}: {}", to_words(state_), wrong_),
                                     name_ ? fmt::format("{:016X} at address {}", *name_, at_) : "",
                                     own_.text(),
                                     troubles_.active(),
                                     troubles_.previous(),
                                     indicators_.text()};
  const std::array<std::int64_t, counts.size()> counted{
      static_cast<std::int64_t>(asking_.unanswered()), static_cast<std::int64_t>(asking_.refused()),
      static_cast<std::int64_t>(failed_transfers_)};
  std::vector<messages::block> blocks;
  const auto say = [&](std::size_t place, auto value) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(first + place);
    block.source_time_us = now_us;
    block.quality = messages::quality::good;
    block.values = std::move(value);
    blocks.push_back(std::move(block));
  };
  for (std::size_t i = 0; i < now.size(); ++i)
    if (points_said_.empty() || points_said_[i] != now[i]) say(i, now[i]);
  for (std::size_t i = 0; i < counted.size(); ++i)
    if (counted[i] != counts_said_[i]) say(now.size() + i, messages::block::integers{counted[i]});
  if (blocks.empty()) return blocks;
  points_said_ = now;
  counts_said_ = counted;
  points_said_us_ = now_us;
  return blocks;
}

} // namespace voltaic::actors::can_device
