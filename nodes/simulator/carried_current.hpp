#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nodes/simulate/targets.hpp"

namespace voltaic::nodes::simulator {

/// What a scenario lets flow through racks, for the inverters before them: each of them may be
/// played by another process.
class carried_current {
 public:
  /// Takes what a row lays over a rack, if it is about its current.
  void take(const simulate::overlay& what);
  /// The sum of these racks, positive on discharge.
  [[nodiscard]] double sum_a(const std::vector<std::string>& racks) const;

 private:
  std::map<std::string, double, std::less<>> currents_a_; ///< by rack
};

} // namespace voltaic::nodes::simulator
