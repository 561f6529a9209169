#include "messages/configuration/rack_configuration.hpp"

namespace voltaic::messages::configuration {

std::string bar_to_closing(const rack_configuration& of) {
  if (!(of.commissioned > 0)) return "profile " + of.profile + " is not commissioned";
  if (of.lease_ms > 0 || !of.hard_wired_opening.empty()) return {};
  return "profile " + of.profile +
         " states no lease, and the site names nothing hard-wired that opens it";
}

} // namespace voltaic::messages::configuration
