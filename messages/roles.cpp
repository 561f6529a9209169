#include "messages/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace voltaic::messages {

namespace {

const right& right_of(deed what) {
  const auto* const found = std::ranges::find(rights, what, &right::what);
  assert(found != rights.end());
  return *found;
}

} // namespace

bool may(std::string_view role, deed what) {
  const auto* const own = std::ranges::find(roles, role);
  return own != roles.end() && own >= std::ranges::find(roles, right_of(what).role);
}

std::string refusal_of(std::string_view role, deed what) {
  const auto& needed = right_of(what);
  return fmt::format("to {} needs role {}, not {}", needed.name, needed.role,
                     role.empty() ? "none" : role);
}

} // namespace voltaic::messages
