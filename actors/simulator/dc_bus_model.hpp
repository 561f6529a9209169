#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace voltaic::actors::simulator {

/// What a rack finds on its DC bus: the racks that are joined to it already.
struct live_bus {
  double voltage_v = 0; ///< the mean of theirs
  int racks = 0;
};

/// The DC bus that several racks are joined to. No current between them is played: each keeps
/// its own, and the bus stands between their voltages. Pure.
class dc_bus_model {
 public:
  /// One rack more; its place.
  [[nodiscard]] std::size_t add_rack();
  /// The rack's voltage while both of its main contactors are closed; nothing: it is not joined.
  void set(std::size_t rack, std::optional<double> joined_v) { racks_.at(rack) = joined_v; }
  /// What all others make of the bus; nothing: none of them is joined.
  [[nodiscard]] std::optional<live_bus> without(std::size_t rack) const;

 private:
  std::vector<std::optional<double>> racks_;
};

} // namespace voltaic::actors::simulator
