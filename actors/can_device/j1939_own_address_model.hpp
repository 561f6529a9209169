#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/packet.hpp"

namespace voltaic::actors::can_device {

/// Claims of our address by others that we answer in this time: whoever goes on has not heeded us,
/// and the address is lost.
inline constexpr int own_defenses_max = 20;
/// Requests for our claim that we answer in this time; what more are asked is not answered.
inline constexpr int own_answers_max = 20;
inline constexpr std::int64_t own_claims_window_us = 10'000'000;

/// Who we are on a bus of J1939, and what this device's actor does there.
struct j1939_role {
  bool sends = true;  ///< false: the bus may only be read
  bool claims = true; ///< false: the actor of another device on the bus claims our address
  std::uint8_t address = messages::j1939::null_address;
  std::uint64_t name = 0; ///< not arbitrary address capable
  /// No other device of the site speaks J1939 on the bus.
  bool is_alone = true;
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

  /// What was to be sent did not go out: our claim may be nobody's knowledge, and is said again.
  void unsent(std::int64_t now_us);

  /// It is claimed, and its wait is over.
  [[nodiscard]] bool may_send() const;
  [[nodiscard]] bool is_lost() const { return !why_lost_.empty(); }
  [[nodiscard]] std::vector<messages::j1939::packet> take_packets();
  [[nodiscard]] std::vector<notice> take_notices();
  /// "address 39", "claiming", "lost", "listening".
  [[nodiscard]] std::string text() const;

 private:
  void heed(const messages::j1939::claim_output& said);
  void open_window(std::int64_t now_us);
  /// Others' requests for a group that is not ours to give.
  void refuse(const messages::j1939::packet& heard);
  void lose(std::string why);
  /// A request that is ours to answer, be it with a refusal.
  [[nodiscard]] bool is_to_us(const messages::j1939::packet& heard) const;

  j1939_role role_;
  messages::j1939::address_claim claim_;
  bool began_ = false;
  std::int64_t begin_due_us_ = 0;
  std::string why_lost_;
  std::int64_t window_us_ = 0;
  int defenses_ = 0; ///< in the window, as the answers
  int answers_ = 0;
  std::vector<messages::j1939::packet> packets_;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
