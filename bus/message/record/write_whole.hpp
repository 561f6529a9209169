#pragma once

#include <string_view>

namespace voltaic::bus::message {

/// Writes all bytes to an open file, however many calls that takes. False: `errno` says why not.
[[nodiscard]] bool write_whole(int file, std::string_view bytes);

} // namespace voltaic::bus::message
