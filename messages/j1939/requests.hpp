#pragma once

#include <cstdint>
#include <optional>

#include "messages/j1939/packet.hpp"

namespace voltaic::messages::j1939 {

/// The group that somebody asks for (J1939-21 5.4.2); nothing: it is no request.
[[nodiscard]] std::optional<std::uint32_t> requested_group(const packet& heard);

/// Asks `destination`, or everybody, for a group.
[[nodiscard]] packet request_for(std::uint32_t pgn, std::uint8_t source, std::uint8_t destination);

/// "I do not have it", to everybody (J1939-21 5.4.4): what `asker` asked `source` for.
[[nodiscard]] packet refusal_of(std::uint32_t pgn, std::uint8_t source, std::uint8_t asker);

/// Whether an acknowledgement is about what `asker` asked. Older devices do not say whom they mean.
[[nodiscard]] bool acknowledges(const packet& heard, std::uint8_t asker);

} // namespace voltaic::messages::j1939
