#pragma once

#include <cstdint>
#include <vector>

#include "messages/can/frame.hpp"

namespace voltaic::bus::can {

/// Identifiers from `first` to `last`, both included.
struct id_range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool extended = false; ///< of 29 bits
  friend bool operator==(const id_range&, const id_range&) = default;
};

/// Which frames somebody listens to, by their identifiers. Pure.
class id_filter {
 public:
  /// Listens to nothing.
  id_filter() = default;
  /// To what lies in one of these, in any order; they may overlap.
  explicit id_filter(std::vector<id_range> ranges);
  [[nodiscard]] bool wants(const messages::can::frame& one) const;
  /// In rising order, and as few as there can be.
  [[nodiscard]] const std::vector<id_range>& ranges() const { return ranges_; }

 private:
  std::vector<id_range> ranges_;
};

} // namespace voltaic::bus::can
