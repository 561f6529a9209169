#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "actors/simulator/can_inverter_model.hpp"
#include "messages/can/frame.hpp"
#include "nodes/site/plan.hpp"
#include "scenarios/property/history.hpp"
#include "scenarios/property/schedule.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// The limits that a frame tells an inverter of the family, read from its bytes; nothing: it tells
/// none.
[[nodiscard]] std::optional<limits_told> read_told(inverter_family family,
                                                   const messages::can::frame& from);

/// A simulated inverter and the wire to it.
class inverter_wire {
 public:
  inverter_wire(const nodes::site::inverter& described, inverter_family family,
                std::function<void(const fact&)> tell, hit_counters& hits);

  /// Nothing comes from it until then.
  void silence(std::int64_t until_us) { silent_until_us_ = until_us; }
  /// Its link sends: tells what it tells.
  void send(const messages::can::frame& sent, std::int64_t now_us);
  /// The inverter lives on; what reaches the port of the link's node.
  [[nodiscard]] std::vector<messages::can::frame> step(std::int64_t now_us, std::int64_t clock_us);
  /// A frame was given to the link's node: tells whether it shows that the inverter lives.
  void heard(const messages::can::frame& from, std::int64_t now_us) const;

 private:
  inverter_family family_;
  messages::inverter::identifier alive_;
  std::function<void(const fact&)> tell_;
  hit_counters& hits_;
  actors::simulator::can_inverter_model inverter_;
  std::vector<messages::can::frame> arriving_;
  std::int64_t silent_until_us_ = 0;
};

} // namespace voltaic::tests::property
