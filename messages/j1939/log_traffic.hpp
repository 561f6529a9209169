#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/j1939/transport_listener.hpp"

namespace voltaic::messages::j1939 {

/// Somebody claims an address, or says that it cannot: the address is `null_address` then
/// (J1939-81 4.2.2).
struct heard_claim {
  std::uint8_t address = null_address;
  std::uint8_t destination = global_address;
  std::uint64_t name = 0;
  friend bool operator==(const heard_claim&, const heard_claim&) = default;
};

/// Somebody gives a transfer up (J1939-21 5.10.3.5).
struct heard_abort {
  std::uint32_t pgn = 0; ///< of what was transported
  std::uint8_t source = 0;
  std::uint8_t destination = 0;
  abort_reason reason = abort_reason::other;
  friend bool operator==(const heard_abort&, const heard_abort&) = default;
};

/// What happened on a bus.
using heard = std::variant<message, heard_claim, heard_abort>;

/// Buses of one log; transfers on those beyond are not put together.
inline constexpr std::size_t log_buses_max = 64;

/// Makes messages of the frames of a log, each bus by itself. Frames of the transport protocol are
/// none of their own; other frames than J1939's say nothing.
class log_traffic {
 public:
  /// What is complete, or over, with this frame.
  void take(const can::log_entry& entry, std::vector<heard>& out);
  /// Transfers that were lost without an abort, by why.
  [[nodiscard]] const std::map<abort_reason, std::uint64_t>& lost() const { return lost_; }
  /// Transfers that are not complete yet.
  [[nodiscard]] std::size_t open() const;

 private:
  void take_transport(const can::log_entry& entry, const packet& one, std::vector<heard>& out);

  std::map<std::string, transport_listener, std::less<>> buses_;
  std::map<abort_reason, std::uint64_t> lost_;
};

} // namespace voltaic::messages::j1939
