#pragma once

#include <string>
#include <string_view>

#include "actors/protection/limit_model.hpp"

/// What an evaluator hands on to its next life in the same node.
namespace voltaic::actors::protection {

/// "20.5 100": what its limits are held at, of charge and discharge in percent.
[[nodiscard]] std::string heirloom_of(const held_shares& held);
/// The same read again. Empty: there was no former life, and nothing is held down; what cannot be
/// read holds both at zero.
[[nodiscard]] held_shares held_shares_of(std::string_view heirloom);

} // namespace voltaic::actors::protection
