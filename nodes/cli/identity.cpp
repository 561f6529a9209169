#include "nodes/cli/identity.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <vector>

#include "messages/roles.hpp"

namespace voltaic::nodes::cli {

using nlohmann::json;

std::string user_name() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? fmt::format("user {}", ::geteuid()) : std::string(entry->pw_name);
}

std::string role_of(const json& roles) {
  if (roles.empty()) return "service";
  std::set<std::string> groups;
  std::vector<gid_t> ids(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ids.resize(
      static_cast<std::size_t>(std::max(::getgroups(static_cast<int>(ids.size()), ids.data()), 0)));
  ids.push_back(::getegid());
  for (const auto id : ids)
    if (const auto* entry = ::getgrgid(id); entry != nullptr) groups.insert(entry->gr_name);
  for (auto role = messages::roles.rbegin(); role != messages::roles.rend(); ++role)
    for (const auto& group : roles.value(*role, json::array()))
      if (groups.contains(group.get<std::string>())) return std::string(*role);
  return "";
}

} // namespace voltaic::nodes::cli
