#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bus/can/bridge/address.hpp"
#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// What a tunnel saw that nobody is handed.
struct tunnel_counters {
  std::uint64_t foreign = 0; ///< packets and connections of others than the partner
  std::uint64_t broken = 0;  ///< packets and streams that are not of the protocol
  std::uint64_t lost = 0;    ///< packets that the sequence says are missing
};

/// The network's side of a bridge: one partner, nothing blocks, nothing is kept for later than the
/// kernel takes it. Used under its owner's lock.
class tunnel {
 public:
  virtual ~tunnel() = default;
  /// Descriptors to wait at; those that are not there are -1.
  [[nodiscard]] virtual std::vector<int> descriptors() const = 0;
  /// Appends what has come.
  virtual void receive(std::vector<messages::can::frame>& into, std::int64_t now_us) = 0;
  [[nodiscard]] virtual send_result send(std::span<const messages::can::frame> frames) = 0;
  [[nodiscard]] virtual bool is_up() const = 0;
  [[nodiscard]] virtual const tunnel_counters& counters() const = 0;
};

/// Packets of UDP: bound here, to and from the partner.
[[nodiscard]] messages::expected<std::unique_ptr<tunnel>> open_udp_tunnel(
    const network_address& here, const network_address& partner);
/// A stream of TCP: a partner that connects to us is taken where `here` is stated, else we connect
/// to it, again and again.
[[nodiscard]] messages::expected<std::unique_ptr<tunnel>> open_tcp_tunnel(
    const std::optional<network_address>& here, const network_address& partner);

} // namespace voltaic::bus::can
