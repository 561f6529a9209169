#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"

/// How an actor that acts on commands keeps them in its node's journal, so that
/// a key acts once across restarts too: one record when a command is accepted,
/// one more when its result is known.
namespace voltaic::actors::runtime {

/// A command as the journal keeps it: accepted, and finished once there is a result.
struct command_record {
  messages::command command;
  std::optional<messages::result> done;
};

/// The journal's stream for one actor; the record's key is the command's.
[[nodiscard]] std::string command_stream(std::string_view actor);

/// The bytes for the journal, and back; a body that is damaged is a failure.
[[nodiscard]] std::string encode_command_record(const command_record& kept);
[[nodiscard]] messages::expected<command_record> decode_command_record(std::string_view body);

} // namespace voltaic::actors::runtime
