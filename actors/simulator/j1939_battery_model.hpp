#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/j1939_disturbance_model.hpp"
#include "actors/simulator/j1939_trouble_model.hpp"
#include "actors/simulator/j1939_values_model.hpp"
#include "actors/simulator/pack_model.hpp"
#include "actors/simulator/rack_controller_model.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/transport.hpp"

namespace voltaic::actors::simulator {

/// Whom a simulated battery wants to be, by the `id_offset` of its device.
inline constexpr std::uint8_t j1939_battery_address = 243; ///< a battery pack monitor's
inline constexpr std::uint16_t j1939_battery_manufacturer = 1382;
inline constexpr std::uint32_t j1939_battery_identity = 1'000;
/// The last address of a device is 253.
inline constexpr std::uint32_t j1939_battery_offset_max =
    messages::j1939::device_address_max - j1939_battery_address;
/// Its NAME (J1939-81 4.1.1).
[[nodiscard]] std::uint64_t j1939_battery_name(std::uint32_t id_offset);

/// A simulated battery of 16 cells that speaks SAE J1939: it claims an address and defends it, says
/// its groups on their periods, long ones by BAM, answers requests, also by RTS/CTS, keeps trouble
/// codes, and closes for as long as HVESSC1 renews its lease. docs/simulator.md has the groups and
/// what it does wrong on demand. How addresses are claimed and long messages travel is that of
/// messages/j1939, which the laboratory compares with the kernel's; groups, scales, trouble codes
/// and the checksum are its own.
class j1939_battery_model final : public pack_model {
 public:
  /// Of 0 to `j1939_battery_offset_max`.
  explicit j1939_battery_model(std::uint32_t id_offset);

  [[nodiscard]] std::vector<messages::can::frame> step(
      std::int64_t now_us, std::span<const messages::can::frame> received) override;
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         equipment_effect effect, double value) override;

  [[nodiscard]] const messages::j1939::address_claim& claim() const { return claim_; }
  [[nodiscard]] const rack_controller_model& controller() const { return controller_; }
  /// Messages that are sent or received in parts and not over.
  [[nodiscard]] std::size_t open_transfers() const { return transport_.open(); }
  /// HVESSC1 with a wrong length, checksum or content, or a counter that stands still.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::size_t cyclic_groups = 9;
  static constexpr std::size_t long_groups = 5;
  struct order {
    std::uint8_t counter = 0;
    std::int64_t time_us = 0;
  };

  /// As after a loss of supply: what was ordered and claimed is forgotten.
  void begin_anew();
  void hear(const messages::j1939::packet& heard, std::int64_t now_us);
  void take(const messages::j1939::message& heard, std::int64_t now_us);
  void take_order(const messages::j1939::message& heard, std::int64_t now_us);
  void take_limits(const messages::j1939::message& heard);
  void take_request(const messages::j1939::message& heard, std::int64_t now_us);
  void answer(const messages::j1939::message& to, std::uint32_t pgn, std::int64_t now_us);
  void acknowledge(const messages::j1939::message& to, std::uint32_t pgn, std::uint8_t control);
  void claim_on(const messages::j1939::claim_output& said, std::int64_t now_us);
  void follow_address(std::int64_t now_us);
  void fight(std::int64_t now_us);
  void say_cyclic(std::int64_t now_us);
  void say_long(std::int64_t now_us);
  void pass_on(messages::j1939::transport_output&& said);
  [[nodiscard]] bool set_fault(std::string_view point, std::optional<std::uint32_t> index,
                               bool is_released, double value);
  [[nodiscard]] bool is_normal() const;
  [[nodiscard]] bus_connection connection() const;
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> payload_of(std::uint32_t pgn) const;

  messages::j1939::claim_settings identity_;
  messages::j1939::address_claim claim_;
  std::uint8_t transport_address_ = messages::j1939::null_address;
  messages::j1939::transport transport_{{}};
  rack_controller_model controller_{{}};
  j1939_battery_values values_;
  j1939_trouble_codes trouble_;
  j1939_broken_broadcasts broken_;
  j1939_rivals rivals_;

  std::optional<order> last_order_;
  std::uint64_t refused_ = 0;
  std::array<std::int64_t, cyclic_groups> due_us_{};
  std::array<bool, long_groups> is_waiting_{}; ///< for the broadcast before it to end
  std::size_t next_long_ = 0;                  ///< in turn, so that none waits for ever
  std::vector<std::uint8_t> said_trouble_;     ///< DM1 as it was said last
  std::vector<messages::j1939::packet> out_;   ///< of this step
  bool is_silent_ = false;
  bool reset_wanted_ = false;
};

} // namespace voltaic::actors::simulator
