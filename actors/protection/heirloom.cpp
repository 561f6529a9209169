#include "actors/protection/heirloom.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace voltaic::actors::protection {

namespace {

// A share in percent at the start of a text, which is cut off.
std::optional<double> take_share(std::string_view& text) {
  double share = 0;
  const auto* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, share);
  if (error != std::errc() || !(share >= 0 && share <= held_shares().charge_percent))
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(after - text.data()));
  return share;
}

} // namespace

std::string heirloom_of(const held_shares& held) {
  return fmt::format("{} {}", held.charge_percent, held.discharge_percent);
}

held_shares held_shares_of(std::string_view heirloom) {
  if (heirloom.empty()) return {};
  const auto charge = take_share(heirloom);
  const bool has_second = charge && heirloom.starts_with(' ');
  if (has_second) heirloom.remove_prefix(1);
  const auto discharge = has_second ? take_share(heirloom) : std::nullopt;
  if (!discharge || !heirloom.empty()) return {0, 0};
  return {*charge, *discharge};
}

} // namespace voltaic::actors::protection
