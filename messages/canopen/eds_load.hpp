#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "messages/canopen/eds.hpp"
#include "messages/defects.hpp"

namespace voltaic::messages::canopen {

/// A longer file is refused.
inline constexpr std::size_t eds_file_bytes_max = 4 * 1024 * 1024;

/// A device, and what was wrong with its file.
struct loaded_eds {
  device_description device;
  findings defects;
};

/// Reads an EDS or DCF file in UTF-8 or Windows-1252. Each finding names `file` and the line. A
/// file in which no object is described is refused in both ways.
[[nodiscard]] std::variant<loaded_eds, findings> load_eds(std::string_view text,
                                                          std::string_view file, strictness how);

} // namespace voltaic::messages::canopen
