#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/configuration/identity.hpp"
#include "messages/configuration/version.hpp"

namespace voltaic::nodes::cli {

/// A version, and when it was journalled.
struct dated_version {
  std::int64_t utc_us = 0; ///< microseconds since 1970
  messages::configuration::version of;
};

/// What the journals know of one rack's configuration.
struct rack_history {
  std::vector<dated_version> versions; ///< oldest first; the last one holds
  std::optional<messages::configuration::version> staged;
  std::optional<messages::configuration::kept_identity> identity; ///< of its device
};

/// Who approved what is staged, as long as that waits for a second person; nothing: nobody.
[[nodiscard]] std::optional<messages::configuration::approver> first_approval(
    const messages::configuration::version& staged, std::int64_t now_utc_us);

/// What waits for approval, item by item with what holds and what comes, and who approved it
/// already; lines.
[[nodiscard]] std::string staged_text(const std::string& rack,
                                      const messages::configuration::version& staged,
                                      std::int64_t now_utc_us);

/// By rack, of every journal in these folders. What cannot be read is told on stderr and left out.
[[nodiscard]] std::map<std::string, rack_history> configurations_in(
    const std::vector<std::string>& folders);

} // namespace voltaic::nodes::cli
