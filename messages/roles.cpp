#include "messages/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "messages/command_priority.hpp"

namespace voltaic::messages {

namespace {

const right& right_of(deed what) {
  const auto* const found = std::ranges::find(rights, what, &right::what);
  assert(found != rights.end());
  return *found;
}

} // namespace

std::string highest_role(const std::map<std::string, std::vector<std::string>>& mapped,
                         const std::set<std::string>& groups) {
  if (mapped.empty()) return std::string(roles.back());
  for (auto role = roles.rbegin(); role != roles.rend(); ++role) {
    const auto found = mapped.find(std::string(*role));
    if (found != mapped.end() && std::ranges::any_of(found->second, [&](const auto& group) {
          return groups.contains(group);
        }))
      return std::string(*role);
  }
  return "";
}

bool may(std::string_view role, deed what) {
  const auto* const own = std::ranges::find(roles, role);
  return own != roles.end() && own >= std::ranges::find(roles, right_of(what).role);
}

std::string refusal_of(std::string_view role, deed what) {
  const auto& needed = right_of(what);
  return fmt::format("to {} needs role {}, not {}", needed.name, needed.role,
                     role.empty() ? "none" : role);
}

lock_right lock_right_of(std::string_view role, std::uint8_t priority) {
  if (!may(role, deed::reset_lock)) return lock_right::needs_service;
  return priority >= command_priority::remote ? lock_right::needs_plant : lock_right::given;
}

std::string_view refusal_of(lock_right right) {
  switch (right) {
    case lock_right::given:
      return {};
    case lock_right::needs_service:
      return "needs role service";
    case lock_right::needs_plant:
      return "a lock is reset at the plant alone";
  }
  return {};
}

} // namespace voltaic::messages
