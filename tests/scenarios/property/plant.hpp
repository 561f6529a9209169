#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/simulator/dc_bus_model.hpp"
#include "bus/digital/port.hpp"
#include "messages/can/frame.hpp"
#include "nodes/site/plan.hpp"
#include "scenarios/property/history.hpp"
#include "scenarios/property/inverter_wire.hpp"
#include "scenarios/property/schedule.hpp"
#include "scenarios/property/wire.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// All that nodes reach by wires: racks on their CAN and DC buses, the inverter on a CAN of its
/// own, and digital inputs.
class plant {
 public:
  /// Schedule and plan must outlive it.
  plant(const schedule& what, const nodes::site::plan& plan, std::function<void(const fact&)> tell,
        hit_counters& hits);

  /// A deed that happens to it.
  void happen(const deed& one, std::int64_t now_us);
  /// A node sends on a CAN.
  void send(const std::string& bus, const messages::can::frame& sent, std::int64_t now_us);
  /// It lives on.
  void step(std::int64_t now_us, std::int64_t clock_us);
  /// What reached the ports with that step.
  [[nodiscard]] const std::vector<messages::can::frame>& from_racks() const { return from_racks_; }
  [[nodiscard]] const std::vector<messages::can::frame>& from_inverter() const {
    return from_inverter_;
  }
  /// Frames were given to the node of this rack, or of the link.
  void heard_by(int rack, std::span<const messages::can::frame> frames, std::int64_t now_us) const;
  void heard_by_link(std::span<const messages::can::frame> frames, std::int64_t now_us) const;
  /// The levels of a rack's input lines now.
  [[nodiscard]] bus::digital::sample sample(int rack, std::int64_t clock_us,
                                            std::int64_t utc_offset_us) const;

 private:
  struct input {
    std::int64_t active_until_us = 0;
    bool is_active = false;
  };
  void press(const deed& one, std::int64_t now_us);
  void tell_inputs(std::int64_t now_us);

  const schedule& what_;
  std::function<void(const fact&)> tell_;
  hit_counters& hits_;
  std::vector<wire> wires_;
  actors::simulator::dc_bus_model dc_bus_;
  std::vector<std::size_t> places_; ///< of racks on the DC bus that they share
  std::optional<inverter_wire> inverter_;
  /// By role, and the key behind them.
  std::array<std::array<input, input_roles.size() + 1>, racks_max> inputs_{};
  std::vector<messages::can::frame> from_racks_;
  std::vector<messages::can::frame> from_inverter_;
};

} // namespace voltaic::tests::property
