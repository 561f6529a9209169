#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/packet.hpp"

namespace voltaic::actors::can_device {

/// Claims and answers of others' requests that we send in this time; more are those of a battle,
/// which is left to the others.
inline constexpr int own_claims_max = 20;
inline constexpr std::int64_t own_claims_window_us = 10'000'000;

/// Who we are on a bus of J1939, and what this device's actor does there.
struct j1939_role {
  bool sends = true;  ///< false: the bus may only be read
  bool claims = true; ///< false: the actor of another device on the bus claims our address
  std::uint8_t address = messages::j1939::null_address;
  std::uint64_t name = 0; ///< not arbitrary address capable
  /// Of the device's NAME, where the site file says it.
  std::optional<std::uint32_t> identity_number;
};

/// Whether the address that we send from is ours (J1939-81 4.4). All devices of a bus follow the
/// same rules by what they hear, and one of them says what is to be said. Pure.
class own_address {
 public:
  explicit own_address(const j1939_role& role);

  /// Any frame of the bus.
  void take(const messages::j1939::packet& heard, std::int64_t now_us);
  /// At each grid instant.
  void step(std::int64_t now_us);

  /// It is claimed, and its wait is over.
  [[nodiscard]] bool may_send() const;
  [[nodiscard]] bool is_lost() const { return !why_lost_.empty(); }
  [[nodiscard]] std::vector<messages::j1939::packet> take_packets();
  [[nodiscard]] std::vector<notice> take_notices();
  /// "address 39", "claiming", "lost", "listening".
  [[nodiscard]] std::string text() const;

 private:
  void heed(const messages::j1939::claim_output& said, std::int64_t now_us);
  void lose(std::string why);

  j1939_role role_;
  messages::j1939::address_claim claim_;
  bool began_ = false;
  std::string why_lost_;
  std::int64_t window_us_ = 0;
  int in_window_ = 0;
  std::vector<messages::j1939::packet> packets_;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
