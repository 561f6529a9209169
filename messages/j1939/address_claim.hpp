#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "messages/j1939/name.hpp"
#include "messages/j1939/packet.hpp"

namespace voltaic::messages::j1939 {

/// Before a claimed address is used (J1939-81 4.4.2).
inline constexpr std::int64_t claim_wait_us = 250'000;
/// Of the random wait before "cannot claim": 0 to 255 of them, 153 ms (J1939-81 4.4.3.3).
inline constexpr std::int64_t cannot_claim_step_us = 600;
/// Addresses that an arbitrary address capable device chooses from (J1939-81 4.4.4.1).
inline constexpr std::uint8_t chosen_address_first = 128;
inline constexpr std::uint8_t chosen_address_last = 247;
/// Highest address that a device can have.
inline constexpr std::uint8_t device_address_max = 253;

/// Who claims what.
struct claim_settings {
  std::uint64_t name = 0;
  std::uint8_t preferred_address = chosen_address_first; ///< at most `device_address_max`
  std::uint8_t random = 0; ///< drawn by the caller: the wait before "cannot claim"
};

/// Somebody else with our NAME: two devices that cannot be told apart (F-065).
struct duplicate_name {
  std::uint8_t address = 0;
  friend bool operator==(const duplicate_name&, const duplicate_name&) = default;
};

/// What comes out of a step of the claim.
struct claim_output {
  std::vector<packet> packets;
  std::vector<duplicate_name> duplicates;
};

/// Gets an address and defends it (J1939-81 4.4). Times never decrease. A claim of others is
/// answered by one packet at most, so that a battle is as long as its opponent wants it to be.
class address_claim {
 public:
  enum class state : std::uint8_t {
    idle,        ///< not begun
    claiming,    ///< claimed, and may not be used yet
    normal,      ///< ours
    cannot_claim ///< lost it, and there is no other
  };

  explicit address_claim(const claim_settings& given);

  void begin(std::int64_t now_us, claim_output& out);
  /// Claims of others and requests for ours; everything else says nothing to it.
  void take(const packet& heard, std::int64_t now_us, claim_output& out);
  /// Commanded address (J1939-81 4.2.3), as the transport protocol delivers it; for us if it
  /// names us.
  void take(const message& heard, std::int64_t now_us, claim_output& out);
  /// What is due by now.
  void step(std::int64_t now_us, claim_output& out);

  [[nodiscard]] state current() const { return state_; }
  /// `null_address` unless claiming or normal.
  [[nodiscard]] std::uint8_t address() const { return address_; }
  /// When `step` has to be called next; nothing: never.
  [[nodiscard]] std::optional<std::int64_t> next_us() const { return due_us_; }

 private:
  void claim(std::uint8_t address, std::int64_t now_us, claim_output& out);
  void give_up(std::int64_t now_us);
  void lose(std::int64_t now_us, claim_output& out);
  void hear_claim(const packet& heard, std::int64_t now_us, claim_output& out);
  void hear_request(const packet& heard, std::int64_t now_us, claim_output& out);
  [[nodiscard]] std::optional<std::uint8_t> free_address_after(std::uint8_t lost) const;
  [[nodiscard]] packet said() const;

  claim_settings given_;
  state state_ = state::idle;
  std::uint8_t address_ = null_address;
  std::optional<std::int64_t> due_us_; ///< end of the wait of `claiming`, or "cannot claim"
  std::array<std::optional<std::uint64_t>, 256> holders_{}; ///< NAMEs by address
};

/// The state as people write it: "normal", "cannot claim".
[[nodiscard]] const char* to_string(address_claim::state of);

} // namespace voltaic::messages::j1939
