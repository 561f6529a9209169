#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/canopen_objects_model.hpp"
#include "actors/simulator/pack_model.hpp"
#include "actors/simulator/rack_controller_model.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/sdo_server.hpp"

namespace voltaic::actors::simulator {

/// Who a simulated battery says it is.
inline constexpr std::uint32_t canopen_battery_type = 0x1A2; ///< CiA 418
inline constexpr std::uint32_t canopen_battery_vendor = 0x0000'0566;
inline constexpr std::uint32_t canopen_battery_product = 0x0000'0418;
inline constexpr std::uint32_t canopen_battery_revision = 0x0001'0002;

/// A simulated CiA 418 battery of 16 cells: an NMT slave that boots into pre-operational, serves
/// its object dictionary, sends its PDOs once it is started, and whose contactors take the orders
/// of an RPDO. Behind the objects of CiA 418 it has its maker's: 2100 contactors, 2101 current and
/// voltage, 2102 cells, 2110 orders. It goes wrong on demand.
///
/// Faults, by `set`: the whole device `silent`; `reset` begins anew; `wrong_identity` answers as
/// another maker's; `emergency` says that code once; `emergency_storm` one a step; `sdo_abort`
/// refuses each write; `sdo_silent` answers no SDO; `second_node` says each heartbeat twice as
/// often.
class canopen_battery_model final : public pack_model {
 public:
  static constexpr std::size_t cells = 16;
  /// It says boot-up this long after it was reset or switched on.
  static constexpr std::int64_t boot_us = 50'000;

  explicit canopen_battery_model(std::uint8_t node);
  canopen_battery_model(const canopen_battery_model&) = delete; // its server knows its objects
  canopen_battery_model& operator=(const canopen_battery_model&) = delete;

  [[nodiscard]] std::vector<messages::can::frame> step(
      std::int64_t now_us, std::span<const messages::can::frame> received) override;
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         equipment_effect effect, double value) override;

  [[nodiscard]] messages::canopen::nmt_state state() const { return state_; }
  [[nodiscard]] const rack_controller_model& controller() const { return controller_; }
  [[nodiscard]] const canopen_objects& objects() const { return objects_; }

 private:
  using frames = std::vector<messages::can::frame>;

  void fill();
  void hear(const messages::can::frame& frame, std::int64_t now_us);
  void obey(const messages::canopen::nmt_order& order);
  /// Values of all objects forget what was written.
  void begin_anew();
  void measure(std::int64_t now_us);
  void say_alive(std::int64_t now_us, frames& out);
  void say_emergencies(frames& out);
  void say_pdos(std::int64_t now_us, frames& out);
  [[nodiscard]] double voltage_v() const;

  std::uint8_t node_;
  canopen_objects objects_;
  messages::canopen::sdo_server server_{objects_};
  rack_controller_model controller_{{}};
  messages::canopen::nmt_state state_ = messages::canopen::nmt_state::boot_up;
  std::optional<std::int64_t> boots_us_; ///< when it says boot-up
  std::int64_t heartbeat_due_us_ = 0;
  std::vector<std::int64_t> pdo_due_us_;
  frames answers_; ///< to guarding
  bool guard_toggle_ = false;

  std::array<double, cells> cell_v_{};
  double temperature_c_ = 25;
  double current_a_ = 0;
  double soc_percent_ = 50;
  double charge_current_a_ = 20; ///< that it asks for

  bool is_silent_ = false;
  bool is_other_ = false;
  bool storms_ = false;
  bool is_mute_ = false; ///< to SDO
  bool is_two_ = false;
  bool reset_wanted_ = false;
  std::optional<std::uint16_t> emergency_; ///< to be said
  std::uint16_t storm_ = 0;                ///< codes count up
};

} // namespace voltaic::actors::simulator
