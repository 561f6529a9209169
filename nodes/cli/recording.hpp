#pragma once

#include <string>
#include <string_view>

#include "bus/message/record/check.hpp"
#include "messages/expected.hpp"
#include "nodes/cli/command_options.hpp"

namespace voltaic::nodes::cli {

/// Declares `--record FILE`.
void declare_record_option(command_options& app, std::string& path);

/// Makes room for a new recording; complains when something else is there.
[[nodiscard]] bool prepare_recording(std::string_view command, const std::string& path);

/// Says how many messages were recorded, or what is missing. False: not all.
[[nodiscard]] bool finish_recording(
    std::string_view command, const std::string& path,
    bus::message::recording_start start = bus::message::recording_start::with_sources);

} // namespace voltaic::nodes::cli
