#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/simulator/equipment_model.hpp"
#include "actors/simulator/rack_controller_model.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/serial/framing.hpp"

namespace voltaic::actors::simulator {

/// A battery of plain RS-485 as its profile describes it: it answers what the profile asks, and
/// keeps what its commands set. Where the profile has an order it has contactors, which take those
/// orders and fall open by the profile's lease. Pure: time is told.
class serial_battery_model {
 public:
  /// The profile is one of plain RS-485.
  serial_battery_model(std::shared_ptr<const messages::profiles::device_profile> profile,
                       std::uint8_t address);

  /// Lives until `now_us`, monotonic; the first call only starts its clock.
  void step(std::int64_t now_us);
  /// What flows through it from now on; positive on discharge.
  void carry(double current_a) { current_a_ = current_a; }

  /// Lays something over a point (`point` empty: over all that it says). False: there is no such
  /// point or element, or it cannot be treated so.
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         equipment_effect effect, double value);

  /// What goes over the wire for a request that was heard; nothing, where it is for others.
  struct reply {
    std::vector<std::uint8_t> bytes; ///< empty: silence
    std::int64_t delay_us = 0;
  };
  [[nodiscard]] reply answer(const messages::serial::frame& asked);
  /// Its contactors, if it has any.
  [[nodiscard]] const std::optional<rack_controller_model>& controller() const {
    return controller_;
  }
  /// The information of an answer, without any disturbance of the wire.
  [[nodiscard]] std::vector<std::uint8_t> data_of(std::size_t question) const;

 private:
  struct overlay {
    equipment_effect effect = equipment_effect::release;
    double value = 0;
  };
  using point_element = std::pair<std::uint16_t, std::uint32_t>; ///< point and index
  [[nodiscard]] double value_of(std::uint16_t point, std::uint32_t index) const;
  void append(std::vector<std::uint8_t>& to, const messages::profiles::answer_item& item) const;
  void put_number(std::vector<std::uint8_t>& to, const messages::profiles::answer_item& item,
                  std::uint32_t element) const;
  void put_text(std::vector<std::uint8_t>& to, const messages::profiles::answer_item& item) const;
  [[nodiscard]] std::int64_t raw_of(const messages::profiles::answer_item& item,
                                    std::uint32_t element) const;
  [[nodiscard]] std::optional<std::size_t> setting_of(const messages::serial::frame& asked) const;
  void take(std::size_t command, const messages::serial::frame& asked);
  void take_order(const messages::profiles::command& rule, std::span<const std::uint8_t> bytes);
  [[nodiscard]] double flowing_a() const;
  [[nodiscard]] double cells_v() const;
  [[nodiscard]] std::optional<double> contactor_value(std::string_view point) const;
  [[nodiscard]] reply disturbed(std::vector<std::uint8_t> bytes) const;

  std::shared_ptr<const messages::profiles::device_profile> profile_;
  std::uint8_t address_;
  std::optional<rack_controller_model> controller_; ///< of a profile with an order
  double current_a_ = 0;
  double taken_ah_ = 0; ///< out of it since its start
  std::map<point_element, overlay> overlays_;
  std::map<std::uint16_t, double> held_; ///< what was set, by the point that shows it
  overlay unit_;                         ///< what is laid over all that it says
  std::int64_t last_us_ = 0;
  bool started_ = false;
};

} // namespace voltaic::actors::simulator
