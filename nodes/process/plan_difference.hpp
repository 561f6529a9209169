#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nodes/site/plan.hpp"

/// What must happen for a running site to become what a file says. Pure.
namespace voltaic::nodes::process {

/// What happens to a process, and of which part of the site it is.
enum class change_kind : std::uint8_t { stop, start, restart };
/// The simulator that plays all equipment on Modbus lines, beside one a rack.
inline constexpr std::string_view equipment_name = "equipment";

/// Which kind of process a part of the site is.
enum class part_kind : std::uint8_t { bus, simulator, node };
/// "stop", "start" or "restart".
[[nodiscard]] std::string_view to_string(change_kind kind);
/// "bus", "simulator" or "node".
[[nodiscard]] std::string_view to_string(part_kind kind);

/// What the supervisor calls a part's process: "rack_0", "bus can0".
[[nodiscard]] std::string process_name(part_kind part, const std::string& name);

/// The racks that a simulator can play: those on virtual buses.
[[nodiscard]] std::vector<site::rack> simulated_racks(const site::plan& source);

/// One process that stops, starts or is restarted. What is not named is kept.
struct change {
  change_kind kind = change_kind::restart;
  part_kind part = part_kind::node;
  std::string name;   ///< of the bus, of the rack that is simulated, of the node
  std::string reason; ///< "bms_0 changed"
  friend bool operator==(const change&, const change&) = default;
};

/// All that differs between two plans.
struct difference {
  std::vector<change> changes; ///< stops, then restarts, then starts
  /// Whose chain stops or restarts, less those whose contactors nothing here moves.
  std::vector<std::string> racks_touched;
  std::vector<std::string> impossible; ///< changes that need a stop of the whole site
};

/// `simulated`: buses and racks of the site are simulated by child processes.
[[nodiscard]] difference compare(const site::plan& running, const site::plan& wanted,
                                 bool simulated);

/// Adds to `what` that processes which were given up are started again, with a
/// fresh restart budget. `failed`: their names. A rack whose node failed has
/// nobody who could be asked to open it first.
void start_failed(difference& what, const site::plan& wanted,
                  const std::vector<std::string>& failed);

} // namespace voltaic::nodes::process
