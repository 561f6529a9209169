#include "nodes/cli/identity.hpp"

#include <unistd.h>

#include "nodes/process/user_identity.hpp"

namespace voltaic::nodes::cli {

std::string user_name() {
  return process::name_of_user(::geteuid());
}

std::string role_of(const nlohmann::json& roles) {
  return process::own_role(roles.get<process::role_groups>());
}

} // namespace voltaic::nodes::cli
