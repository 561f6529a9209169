#pragma once

#include <string>

#include <zmq.hpp>

#include "messages/expected.hpp"

/// What every socket of the bus has in common. For bus/message only.
namespace voltaic::bus::message {

/// Messages that wait for one peer. With bundles of `bundle_bytes_max` this is
/// what a stalled peer can cost until its heartbeat is missed.
inline constexpr int high_water_messages = 4096;
/// Messages that wait for the relay; more stay in the outbox, where they are packed.
inline constexpr int publisher_high_water_messages = 256;
/// A peer is asked for a sign of life this often,
inline constexpr int heartbeat_interval_ms = 1000;
/// and given up without one for this long.
inline constexpr int heartbeat_timeout_ms = 3000;
/// A connection that is not agreed on by then is given up.
inline constexpr int handshake_timeout_ms = 3000;
/// Between two attempts to connect, first
inline constexpr int reconnect_min_ms = 20;
/// and at most.
inline constexpr int reconnect_max_ms = 200;
/// How long closing may wait for what has been sent.
inline constexpr int linger_ms = 200;
/// Messages taken from one socket before the others have their turn.
inline constexpr int messages_per_turn = 256;

/// A socket with the bounds above.
[[nodiscard]] zmq::socket_t open_socket(zmq::context_t& context, zmq::socket_type type,
                                        int high_water);

/// The three places of one relay.
struct relay_addresses {
  std::string pub; ///< publishers connect here
  std::string sub; ///< subscribers connect here
  std::string cmd; ///< commands, results, requests
};
/// Refuses what cannot work or may not be: an ipc path over 107 bytes, tcp
/// outside loopback, other transports.
[[nodiscard]] messages::expected<relay_addresses> addresses_below(const std::string& prefix);

/// The library's context behind the opaque one.
[[nodiscard]] zmq::context_t& library_context(const class zmq_context& context);

} // namespace voltaic::bus::message
