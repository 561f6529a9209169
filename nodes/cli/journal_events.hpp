#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/codec/codec.hpp"

namespace voltaic::nodes::cli {

/// Where the sites that do not run left their journals: of the site file or state folder that is
/// given, else of all.
[[nodiscard]] std::vector<std::string> kept_folders(const std::string& place);

/// The journals of every node that the sites of these state folders have or had,
/// and of their supervisors. Sorted.
[[nodiscard]] std::vector<std::string> journals_in(const std::vector<std::string>& folders);

/// The events that one journal holds, oldest first; what cannot be read is said
/// on stderr. No journal, no events. `newest`: only those among so many last
/// records; 0: all.
[[nodiscard]] std::vector<messages::message> events_of(const std::string& path,
                                                       std::uint64_t newest = 0);

} // namespace voltaic::nodes::cli
