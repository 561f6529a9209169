#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/simulator/can_inverter_model.hpp"
#include "actors/simulator/equipment_model.hpp"
#include "actors/simulator/simulated_rack_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/finding.hpp"
#include "nodes/simulate/trace.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::simulate {

/// What a row lays over a simulated rack, in the rack's own words.
struct overlay {
  std::string rack;
  std::string point; ///< "cell_voltage"
  std::optional<std::uint32_t> index;
  actors::simulator::override_kind kind = actors::simulator::override_kind::value;
  double value = 0;
};

/// What a row lays over simulated power equipment.
struct equipment_overlay {
  std::string device;
  std::string point; ///< "power"; empty: all of the unit
  std::optional<std::uint32_t> index;
  actors::simulator::equipment_effect effect = actors::simulator::equipment_effect::value;
  double value = 0;
};

/// What a row makes of a simulated inverter on a CAN bus.
struct inverter_overlay {
  std::string inverter;
  actors::simulator::inverter_effect effect = actors::simulator::inverter_effect::none;
};

/// A line of a chip that a row makes active, or not.
struct digital_overlay {
  std::string point; ///< "dio_0/emergency_stop"
  bool is_active = false;
};

/// A node's process ends as by SIGKILL, and is started again.
struct node_death {
  std::string node;
};

/// A row whose target is known to exist.
struct deed {
  std::int64_t t_ms = 0;
  std::variant<overlay, equipment_overlay, inverter_overlay, digital_overlay, node_death,
               messages::command>
      what;
};

/// Who plays a trace: a whole simulated site, or only the devices of a running one.
enum class trace_player : std::uint8_t { site, devices };

/// How long a command of a trace may take to act: three attempts to close fit into it.
inline constexpr std::int64_t command_deadline_us = 30 * messages::us_per_s;

/// How long a trace shelves a warning: as long as anybody may.
inline constexpr std::uint64_t shelved_ms = 8 * 3'600'000;

/// A command as the site's service person gives it; `number` makes its key.
[[nodiscard]] messages::command make_command(const std::string& operation,
                                             const std::string& subject, std::size_t number);

/// Finds what each row means in this site. Every row that means nothing is a
/// finding, and of `devices` every command.
[[nodiscard]] std::variant<std::vector<deed>, messages::findings> resolve_trace(
    const trace& rows, const site::plan& plan, const std::string& file,
    trace_player player = trace_player::site);

/// Reads and resolves the file. Every mistake is a finding with its line.
[[nodiscard]] std::variant<std::vector<deed>, messages::findings> load_trace(
    const std::string& path, const site::plan& plan, trace_player player);

/// What is wrong with the scenario that the site's simulated devices play; empty
/// where it has none.
[[nodiscard]] messages::findings scenario_findings(const site::plan& plan);

} // namespace voltaic::nodes::simulate
