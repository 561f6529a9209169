#pragma once

#include <cstdint>

/// How a simulated rack is built.
namespace voltaic::actors::simulator {

inline constexpr std::uint32_t modules = 30;
inline constexpr std::uint32_t cells_per_module = 16;
inline constexpr std::uint32_t temperatures_per_module = 8;
inline constexpr std::uint32_t cells = modules * cells_per_module;
inline constexpr std::uint32_t temperatures = modules * temperatures_per_module;
/// Minus and plus, where the cables are bolted on.
inline constexpr std::uint32_t terminals = 2;

} // namespace voltaic::actors::simulator
