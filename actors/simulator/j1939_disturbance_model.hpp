#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "messages/j1939/packet.hpp"

namespace voltaic::actors::simulator {

/// What befalls the packets of broadcast transfers on their way: of each transfer one, by its
/// sequence number from 1, or none (0).
class j1939_broken_broadcasts {
 public:
  std::uint8_t lost = 0;
  std::uint8_t doubled = 0;
  std::uint8_t swapped = 0; ///< with the one behind it; the last packet has none

  /// What of this packet goes onto the bus now; others than those of broadcasts as they are.
  void pass(const messages::j1939::packet& said, std::vector<messages::j1939::packet>& out);

 private:
  unsigned packets_ = 0; ///< of the transfer under way
  std::optional<messages::j1939::packet> held_;
};

/// Others on the bus that make an address a matter of dispute: a rival with a lower NAME that
/// claims the battery's address, again and again, and a second battery of the same NAME.
class j1939_rivals {
 public:
  static constexpr std::uint32_t strikes_max = 255;
  /// Between two claims of the rival: the battery has waited for its new address by then.
  static constexpr std::int64_t strike_us = 300'000;

  /// Of a battery with this NAME; the second one is at `second_address`.
  j1939_rivals(std::uint64_t name, std::uint8_t second_address);

  /// The rival claims so many times from now on.
  void begin_battle(std::uint32_t strikes) { strikes_left_ = strikes; }
  /// The second battery is there, or is gone.
  void place_second(bool is_there);

  /// Claims that others make now; the battery has its address, or nothing.
  void step(std::int64_t now_us, std::optional<std::uint8_t> own_address,
            std::vector<messages::j1939::packet>& out);
  /// Who asks for claims is answered by the second battery.
  void take(const messages::j1939::packet& heard, std::vector<messages::j1939::packet>& out) const;
  /// The second battery says what the first one does.
  void repeat(messages::j1939::packet said, std::vector<messages::j1939::packet>& out) const;

 private:
  [[nodiscard]] messages::j1939::packet claim(std::uint64_t name, std::uint8_t address) const;

  std::uint64_t name_;
  std::uint64_t rival_name_;
  std::uint8_t second_address_;
  std::uint32_t strikes_left_ = 0;
  std::int64_t strike_due_us_ = 0;
  bool has_second_ = false;
  bool second_claims_ = false;
};

} // namespace voltaic::actors::simulator
