#pragma once

#include <cstdint>

/// Who speaks, as commands say it: of two that want one thing, the lower number goes first.
namespace voltaic::messages::command_priority {

/// Somebody at the plant.
inline constexpr std::uint8_t person = 1;
/// A controller at the plant.
inline constexpr std::uint8_t controller = 2;
/// Whoever is not at the plant; so is every number from here on.
inline constexpr std::uint8_t remote = 3;

} // namespace voltaic::messages::command_priority
