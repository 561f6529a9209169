#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "bus/message/observer.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/points/point_table.hpp"

namespace voltaic::nodes::view {

/// What a site says on its message bus, kept up to date. Pure: fed with the
/// updates of a client and the time at which they came.
class live_state {
 public:
  /// A node tells of itself four times a second; one that was not heard for so
  /// long is down, and what it said is stale.
  static constexpr std::int64_t silence_us = 1'500'000;

  void apply(const bus::message::update& news, std::int64_t now_us);
  /// To be called now and then: finds values that are too old and nodes that are
  /// silent. True when one fell silent. `utc_us` is since 1970.
  bool look(std::int64_t now_us, std::int64_t utc_us);

  [[nodiscard]] const messages::points::point_table& points() const { return points_; }
  /// By node; of those that were heard lately.
  [[nodiscard]] const std::map<std::string, messages::health>& health() const { return health_; }
  /// By rack.
  [[nodiscard]] const std::map<std::string, messages::limits>& limits() const { return limits_; }
  /// The full state was heard, and some node lives.
  [[nodiscard]] bool is_heard() const { return is_whole_ && !health_.empty(); }

 private:
  void take(const messages::message& message, std::int64_t now_us);

  messages::points::point_table points_;
  std::map<std::string, messages::health> health_;
  std::map<std::string, std::int64_t> heard_us_; ///< by node
  std::map<std::string, messages::limits> limits_;
  bool is_whole_ = false;
};

} // namespace voltaic::nodes::view
