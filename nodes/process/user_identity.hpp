#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "bus/message/peer.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// Role -> Unix groups, as the site file maps them.
using role_groups = std::map<std::string, std::vector<std::string>>;

/// How the system calls a user; "user 1234" where it does not know him.
[[nodiscard]] std::string name_of_user(uid_t user);

/// The highest role that a user has by the groups that the system's tables say he is in, and by
/// `group`, his process's own; looks them up and may wait for them. Empty: none.
[[nodiscard]] std::string role_of_user(const role_groups& roles, uid_t user, gid_t group);

/// The same of this process, by the groups that it runs with.
[[nodiscard]] std::string own_role(const role_groups& roles);

/// By what the relay knows a node's socket. Where other users reach the relay nobody can guess it:
/// who bears it gets what is meant for the node. It is another one at each start.
[[nodiscard]] std::string identity_of_node(const site::plan& of, const std::string& node);

/// How a site's relay knows who commands it; null where nobody but its owner may use the site.
[[nodiscard]] bus::message::identify_peer identify_members(const site::plan& of);

} // namespace voltaic::nodes::process
