#pragma once

#include <optional>
#include <string>

#include "messages/canopen/eds.hpp"

namespace voltaic::nodes::cli {

/// The device of an EDS or DCF file; else nothing, with everything that is wrong on standard
/// error. Read tolerantly, what is wrong with it is said too.
[[nodiscard]] std::optional<messages::canopen::device_description> load_device_description(
    const char* command, const std::string& file, bool tolerant);

} // namespace voltaic::nodes::cli
