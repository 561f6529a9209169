#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/profile_reader.hpp"

/// The parts of the loader of inverter profiles; only load_*.cpp include this.
namespace voltaic::messages::inverter {

/// An object of this kind under its key, its path and place known.
[[nodiscard]] profiles::object_reader reader_of(const profiles::object_reader& parent,
                                                const profiles::json_node& node,
                                                std::string_view kind, std::string path,
                                                std::size_t offset);

/// "id" with 3 or 8 digits; nothing, and noted, when it is none.
[[nodiscard]] std::optional<identifier> read_identifier(const profiles::object_reader& reader);

/// The item of a name under "item", or nothing, and noted.
[[nodiscard]] std::optional<item> read_item(const profiles::object_reader& reader);

/// All frames under `key`; those that are sent by time need a period where `is_sent`.
[[nodiscard]] std::vector<frame_layout> read_frames(const profiles::object_reader& root,
                                                    std::string_view key, bool is_sent);

} // namespace voltaic::messages::inverter
