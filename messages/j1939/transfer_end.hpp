#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "messages/j1939/packet.hpp"
#include "messages/j1939/transfer_control.hpp"

namespace voltaic::messages::j1939 {

/// A transfer that is over.
struct transfer_end {
  std::uint32_t pgn = 0;
  std::uint8_t source = 0; ///< who sent the message, or wanted to
  std::uint8_t destination = 0;
  std::optional<abort_reason> reason; ///< nothing: delivered, and of a broadcast all of it sent
  bool by_peer = false;               ///< the other one gave it up, and said so
  friend bool operator==(const transfer_end&, const transfer_end&) = default;
};

/// What comes out of a step of a transport.
struct transport_output {
  std::vector<packet> packets;    ///< to be sent, in this order
  std::vector<message> messages;  ///< received, each once and complete
  std::vector<transfer_end> ends; ///< of what was sent; of what was received only the broken
};

} // namespace voltaic::messages::j1939
