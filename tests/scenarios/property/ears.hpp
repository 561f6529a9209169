#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "messages/codec/codec.hpp"
#include "messages/points/watched_points.hpp"
#include "scenarios/property/history.hpp"

namespace voltaic::tests::property {

/// Tells what racks and the battery say, as it reaches the door of one node.
class ears {
 public:
  ears(listening_node at, int racks, std::function<void(const fact&)> tell);

  /// It came in now.
  void hear(const messages::message& said, std::int64_t now_us);

 private:
  struct places {
    std::size_t charge = 0;
    std::size_t discharge = 0;
    std::size_t lock = 0;
  };
  void hear_rack(int rack, const std::vector<std::size_t>& news, std::int64_t now_us);

  listening_node at_;
  std::function<void(const fact&)> tell_;
  messages::points::watched_points points_;
  std::vector<places> racks_;
  std::size_t battery_ = 0;
};

} // namespace voltaic::tests::property
