#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace voltaic::messages {

/// The point `rack_N/contactor` of a rack that nothing here can open or close, while nothing
/// tells where its contactors stand.
inline constexpr std::string_view contactor_unknown = "unknown";

/// What the limits of all have to do with one rack.
enum class joining : std::uint8_t {
  apart,    ///< its contactors are shown to be open: it counts for nothing
  coming,   ///< precharge: its limits bind the others, it has no share yet
  joined,   ///< closed, or nobody can tell: what may carry current binds the limits of all
  departing ///< it is to be open and is not yet: nothing may flow until it is
};

/// By the point `rack_N/contactor` and, of a rack that is or is to be open, by
/// `rack_N/contactor_joined`: whether feedback shows it joined to its DC bus all the same. Nothing:
/// that is not known. One that was open and tells no more how it stands is as one that is not
/// heard.
[[nodiscard]] constexpr std::optional<joining> joining_of(std::string_view contactor,
                                                          std::optional<bool> is_joined) {
  if (contactor == "closed" || contactor == contactor_unknown) return joining::joined;
  if (contactor == "precharge") return joining::coming;
  if (!is_joined) return std::nullopt;
  return *is_joined ? joining::departing : joining::apart;
}

} // namespace voltaic::messages
