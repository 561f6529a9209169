#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/inverter/items.hpp"

namespace voltaic::actors::inverter_link {

/// A limit that is told each second may not wait for that where it fell by this share of what was
/// told, or to nothing: the current follows it, and protection judges the current by it.
inline constexpr double urgent_fall_share = 0.05;

/// Which frames would now allow less than when they last went out. Pure.
class falling_model {
 public:
  explicit falling_model(const std::vector<messages::inverter::frame_layout>& frames);

  [[nodiscard]] bool fell(std::size_t position, const messages::inverter::payload& now) const;
  /// This frame goes out with that.
  void went_out(std::size_t position, const messages::inverter::payload& with);

 private:
  struct told {
    messages::inverter::item limit = 0;
    std::optional<double> value; ///< nothing: it never went out
  };
  std::vector<std::vector<told>> frames_;
};

} // namespace voltaic::actors::inverter_link
