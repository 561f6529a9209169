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

/// What a frame of somebody else's process becomes. A command bears his name and role, whatever
/// he wrote, and comes from a person at best; the full state may be asked for. Null: anything else,
/// which only the site's own processes say.
[[nodiscard]] frame_ptr as_said_by(const peer_identity& who, const frame_ptr& frame);

} // namespace voltaic::bus::message
