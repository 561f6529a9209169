#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bus/can/bridge/address.hpp"
#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// How a bridge is reached: CAN over Ethernet in the framing of cannelloni.
struct bridge_place {
  bool stream = false;                 ///< tcp
  std::optional<network_address> here; ///< where we are bound; nothing, of tcp: we connect
  network_address partner;             ///< frames of others are dropped and counted
};

/// `udp:127.0.0.1:20000`, `tcp:127.0.0.1:20000` (we listen) or `tcp:connect`, and the partner's
/// address, whose port may be 0 for any where it sends first. A failure says what is wrong with
/// which.
[[nodiscard]] messages::expected<bridge_place> parse_bridge(std::string_view uri,
                                                            std::string_view partner);

/// Whether both ends are on this machine.
[[nodiscard]] bool is_local(const bridge_place& place);

/// A CAN bus behind a gateway. Frames are stamped when they come; what the gateway lost by the
/// sequence of its packets is counted as overflow. The partner may be absent: the port is down
/// meanwhile (of tcp; of udp nobody knows), and ticks go on. Frames are not kept for later. Where
/// the options have a runtime folder, others listen by its mirror (`mirror_of`).
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_bridge_port(
    const port_options& options, batch_handler handler);

} // namespace voltaic::bus::can
