#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "messages/j1939/assembly.hpp"
#include "messages/j1939/transfer_end.hpp"

namespace voltaic::messages::j1939 {

/// Puts the transported messages of a bus together without taking part (J1939-21 5.10): all
/// broadcasts, and the transfers between any two others. A broadcast that misses a packet is
/// lost, as nobody can ask for it again; between two, packets may come again and in any order.
/// At most `bus_transfers_max` at once. Times in microseconds; one that runs backwards ends
/// nothing.
class transport_listener {
 public:
  /// A frame of the transport protocol; others say nothing to it. `out.packets` stays as it is.
  void take(const packet& heard, std::int64_t now_us, transport_output& out);
  /// Ends what waited for too long.
  void step(std::int64_t now_us, transport_output& out);
  /// When the next one will have; nothing: none is open.
  [[nodiscard]] std::optional<std::int64_t> next_us() const;
  [[nodiscard]] std::size_t open() const { return transfers_.size(); }

 private:
  struct transfer {
    transfer_control opening;
    std::uint8_t priority = 0;
    std::uint8_t source = 0;
    std::uint8_t destination = 0;
    std::int64_t due_us = 0;
    std::uint64_t granted = 0; ///< rises with each clear to send of the bus; 0: none seen
    assembly parts;
  };
  using position = std::vector<transfer>::iterator;

  void take_control(const packet& heard, std::int64_t now_us, transport_output& out);
  void take_data(const packet& heard, std::int64_t now_us, transport_output& out);
  void open(const packet& heard, const transfer_control& said, std::int64_t now_us,
            transport_output& out);
  void take_answer(const packet& heard, const transfer_control& said, std::int64_t now_us);
  void take_abort(const packet& heard, const transfer_control& said, transport_output& out);
  [[nodiscard]] position find(std::uint8_t source, std::uint8_t destination, std::uint32_t pgn);
  [[nodiscard]] position find_receiving(std::uint8_t source, std::uint8_t destination);
  void end(position which, abort_reason reason, bool by_peer, transport_output& out);

  std::vector<transfer> transfers_;
  std::uint64_t grants_ = 0;
};

} // namespace voltaic::messages::j1939
