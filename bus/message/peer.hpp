#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bus/message/endpoint.hpp"

/// Who is at the other end of a socket: what the kernel says of a process (SO_PEERCRED), and what
/// the relay makes of what other users say.
namespace voltaic::bus::message {

/// Whose process it is.
struct peer {
  uid_t user = 0;
  gid_t group = 0;
  friend bool operator==(const peer&, const peer&) = default;
};

/// Reads what the library tells of a message's sender ("HOST:UID:GID:PID"). Empty where it is no
/// process of this machine that is known, as within the process or over tcp.
[[nodiscard]] std::optional<peer> peer_in(std::string_view address);

/// What a site knows a user as.
struct peer_identity {
  std::string user;
  std::string role;
};

/// Asked once in a while for each user; may look into the system's tables.
using identify_peer = std::function<peer_identity(const peer&)>;

/// Whether the library says an address of the network, as of tcp: nobody knows whose process it is.
[[nodiscard]] bool is_of_network(std::string_view address);

/// What becomes of a frame of somebody else's process.
struct foreign_frame {
  frame_ptr frame = nullptr; ///< null: nothing is
  std::string refusal = {};  ///< why a command is not passed on, but answered; empty: it is
};

/// A command bears his name and role, whatever he wrote, comes from a person at best, is answered
/// to `identity`, by which the relay knows his socket, and is for the dispatcher: whoever acts
/// hears the site's own processes alone. The full state may be asked for; nothing else is said.
[[nodiscard]] foreign_frame as_said_by(const peer_identity& who, const std::string& identity,
                                       const frame_ptr& frame);

} // namespace voltaic::bus::message
