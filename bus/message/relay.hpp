#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bus/message/endpoint.hpp"
#include "bus/message/peer.hpp"
#include "bus/message/zmq/context.hpp"
#include "messages/expected.hpp"

namespace voltaic::bus::message {

/// Where a relay binds, and who listens in.
struct relay_options {
  /// Address prefixes to bind, e.g. "ipc:///run/.../relay" and "inproc://site/relay".
  std::vector<std::string> bind;
  /// Hears every telemetry and event frame on the relay's thread, before anybody
  /// else and without a queue between. Null: nobody. Outlives the relay.
  listener* tap = nullptr;
  /// Who the members of the sockets' group are. Null: nobody but `owner` may open the sockets of
  /// ipc prefixes. Else their group may as well (SO_PEERCRED tells who it is), and whoever is not
  /// `owner` reads, and commands under this name and role; nothing else is taken from him.
  identify_peer identify;
  /// Whose processes are the site's own, and believed.
  uid_t owner = ::geteuid();
};

/// What a relay did since it began.
struct relay_statistics {
  std::uint64_t frames = 0;     ///< heard from publishers
  std::uint64_t foreign = 0;    ///< bundles and requests that only the site's own processes may say
  std::uint64_t refused = 0;    ///< bundles, frames or requests that were no valid message
  std::uint64_t routed = 0;     ///< commands and results delivered
  std::uint64_t unroutable = 0; ///< commands and results whose receiver is not there
  std::uint64_t snapshots = 0;
  std::uint64_t subscriptions_refused = 0;
  std::uint64_t gaps = 0;     ///< frames that sources said and the relay never heard
  std::uint64_t not_kept = 0; ///< passed on, but no part of snapshots or routes: a table is full
};

/// The machine's meeting point: fans telemetry, events and health out, routes
/// commands and results, keeps the last values for snapshots. One thread.
class relay {
 public:
  virtual ~relay() = default;
  [[nodiscard]] virtual relay_statistics statistics() const = 0;
};

/// Binds every prefix and starts the thread. Errors name the address.
[[nodiscard]] messages::expected<std::unique_ptr<relay>> make_relay(zmq_context& context,
                                                                    const relay_options& options);

} // namespace voltaic::bus::message
