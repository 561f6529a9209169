#pragma once

#include <optional>

#include <zmq.hpp>

#include "bus/message/peer.hpp"

/// Where a message came from, as the library knows it. For bus/message only.
namespace voltaic::bus::message {

/// Who sent a message.
struct origin {
  bool is_within = false;   ///< this process: nothing lies between
  bool is_network = false;  ///< tcp, on loopback
  std::optional<peer> user; ///< of another process of this machine, where the kernel says it
};

/// Reads what the library keeps with the message; nothing of that is kept beyond it.
[[nodiscard]] origin origin_of(zmq::message_t& message);

} // namespace voltaic::bus::message
