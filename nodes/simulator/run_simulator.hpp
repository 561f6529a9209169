#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/remap.hpp"
#include "nodes/cli/exit_code.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/simulator/simulated_equipment.hpp"

namespace voltaic::nodes::simulator {

/// Where a simulated rack sits.
struct rack_place {
  std::string name; ///< for people
  std::string uri;  ///< of its bus's port: "virtual:can0"
  std::uint32_t id_offset = 0;
  messages::profiles::id_translation identifiers; ///< of a bridge in front of it
  std::int64_t cell_period_us = 200'000;
  std::string dc_bus; ///< that it shares with others of the same; empty: its own
};

/// An inverter on a virtual bus.
struct inverter_place {
  std::string name;
  std::string uri; ///< of its bus's port
  std::shared_ptr<const messages::inverter::inverter_profile> profile;
  messages::inverter::wire_options wire;
  std::vector<std::string> racks; ///< behind it, where all of them are simulated; else empty
};

/// A battery that is asked, commissioned or claims an address, on a virtual bus.
struct pack_place {
  std::string name;
  std::string kind; ///< "pack" or "canopen"
  std::string uri;  ///< of its bus's port
  std::shared_ptr<const messages::profiles::device_profile> profile;
  std::uint32_t id_offset = 0;
};

/// Which racks a simulator plays, and how they begin.
struct simulator_options {
  std::string runtime_folder; ///< where virtual buses have their sockets
  std::vector<rack_place> racks;
  std::vector<equipment_line> equipment;
  std::vector<inverter_place> inverters;
  std::vector<pack_place> packs;
  bool initially_closed = false;
  double soc_percent = 50;
  double temperature_c = 25;
  bool noise = false;                ///< racks measure with errors
  bool scatter = false;              ///< their cells differ, some are weak
  std::uint64_t seed = 1;            ///< of both
  std::vector<simulate::deed> deeds; ///< what devices are made to do, by rising time
  /// Monotonic time of the deeds' t=0; nothing: once it plays. What lies before
  /// is done at once.
  std::optional<std::int64_t> deeds_start_us;
  pid_t parent = 0; ///< ends with this process; 0: with nobody
};

/// Plays racks on their buses and equipment on its lines until SIGTERM, SIGINT or the parent's end;
/// says ready once it plays. A bus may be absent for a while. Call it before there is any other
/// thread.
[[nodiscard]] cli::exit_code run_simulator(const simulator_options& options);

} // namespace voltaic::nodes::simulator
