#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>

#include "messages/finding.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::messages::profiles {

/// A longer or deeper file is refused before anything is read from it.
inline constexpr std::size_t profile_bytes_max = 1024 * 1024;
inline constexpr std::size_t profile_nesting_max = 32;
/// Tables that a profile may fill.
inline constexpr std::uint32_t points_max = 4'096;
inline constexpr std::uint32_t point_elements_max = 65'536;
inline constexpr std::uint32_t messages_max = 16'384; ///< with repeats counted
inline constexpr std::uint32_t commands_max = 256;
inline constexpr std::uint32_t findings_max = 1'000; ///< more are not listed

/// Either a profile that is wholly valid, or everything that is wrong with it.
using load_result = std::variant<device_profile, findings>;

/// Reads a profile's text strictly: unknown, missing, doubled and mistyped keys,
/// missing or wrong units, inverted ranges, overlapping signals and the like are
/// findings at the line and column of the offending key, all of them at once.
/// `file_name` is only used in findings. Never throws on any text.
[[nodiscard]] load_result load_profile(std::string_view text, std::string_view file_name);

/// Whether others look for a point of this name and rely on what it is.
[[nodiscard]] bool is_known_point(std::string_view name);

/// A key that the loader knows. The published JSON Schema lists the same ones.
struct key_rule {
  std::string_view object; ///< "profile", "point", "message", "signal" ...
  std::string_view key;
  bool required = false;
};
/// All of them.
[[nodiscard]] std::span<const key_rule> key_rules();

} // namespace voltaic::messages::profiles
