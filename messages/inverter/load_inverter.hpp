#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "messages/finding.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/load.hpp"

/// Inverter profiles from their files.
namespace voltaic::messages::inverter {

/// Tables that a profile may fill.
inline constexpr std::size_t frames_max = 256;
inline constexpr std::size_t fields_max = 64; ///< of a frame
inline constexpr std::size_t requests_max = 16;
inline constexpr std::size_t points_max = 64;

/// Either a profile that is wholly valid, or everything that is wrong with it.
using load_result = std::variant<inverter_profile, findings>;

/// Reads an inverter profile's text strictly, with findings as `profiles::load_profile`
/// has them. Never throws on any text.
[[nodiscard]] load_result load_inverter_profile(std::string_view text, std::string_view file_name);

/// The keys that the loader knows; the published JSON Schema lists the same ones.
[[nodiscard]] std::span<const profiles::key_rule> key_rules();

} // namespace voltaic::messages::inverter
