#include "nodes/process/user_identity.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <set>

#include "messages/roles.hpp"

namespace voltaic::nodes::process {
namespace {

// Of more groups the rest does not count.
constexpr int groups_max = 1'024;

// The system's answers lie in buffers that its callers share.
std::mutex tables;

std::set<std::string> names_of(const std::vector<gid_t>& ids) {
  std::set<std::string> names;
  for (const auto id : ids)
    if (const auto* entry = ::getgrgid(id); entry != nullptr) names.insert(entry->gr_name);
  return names;
}

} // namespace

std::string name_of_user(uid_t user) {
  const std::lock_guard lock(tables);
  const auto* entry = ::getpwuid(user);
  return entry == nullptr ? fmt::format("user {}", user) : std::string(entry->pw_name);
}

std::string role_of_user(const role_groups& roles, uid_t user, gid_t group) {
  const std::lock_guard lock(tables);
  std::vector<gid_t> ids{group};
  if (const auto* entry = ::getpwuid(user); entry != nullptr) {
    int count = groups_max;
    ids.resize(static_cast<std::size_t>(count));
    ::getgrouplist(entry->pw_name, entry->pw_gid, ids.data(), &count);
    ids.resize(static_cast<std::size_t>(std::clamp(count, 0, groups_max)));
    ids.push_back(group);
  }
  return messages::highest_role(roles, names_of(ids));
}

std::string own_role(const role_groups& roles) {
  const std::lock_guard lock(tables);
  std::vector<gid_t> ids(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ids.resize(
      static_cast<std::size_t>(std::max(::getgroups(static_cast<int>(ids.size()), ids.data()), 0)));
  ids.push_back(::getegid());
  return messages::highest_role(roles, names_of(ids));
}

std::string identity_of_node(const site::plan& of, const std::string& node) {
  if (of.folders.group.empty()) return node;
  std::random_device source;
  return fmt::format("{}-{:08x}{:08x}{:08x}{:08x}", node, source(), source(), source(), source());
}

bus::message::identify_peer identify_members(const site::plan& of) {
  if (of.folders.group.empty()) return nullptr;
  return [roles = of.roles](const bus::message::peer& from) {
    return bus::message::peer_identity{name_of_user(from.user),
                                       role_of_user(roles, from.user, from.group)};
  };
}

} // namespace voltaic::nodes::process
