#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/engine.hpp"
#include "actors/simulator/simulated_rack_model.hpp"
#include "bus/can/port.hpp"
#include "bus/can/replay/recording.hpp"
#include "bus/message/memory/hub.hpp"
#include "messages/expected.hpp"
#include "messages/points/point_table.hpp"
#include "nodes/simulate/simulated_node.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/plan.hpp"

/// A whole site without threads, sockets or files: its nodes on virtual time,
/// joined by the memory hub, their devices simulated.
namespace voltaic::nodes::simulate {

/// What surrounds a simulated site.
struct simulated_site_options {
  std::uint64_t seed = 1;
  bool noise = false; ///< racks measure with errors and have weak cells, by the seed
  group_factory make_groups = process::make_groups;
  /// What happens on the buses that are played from recordings, by their names.
  std::map<std::string, bus::can::recording, std::less<>> recordings = {};
  /// Where captures of faults are kept, in a folder a rack; empty: nowhere.
  std::string captures = {};
  /// Hears every telemetry and event frame. Null: nobody. Outlives the site.
  bus::message::listener* tap = nullptr;
};

/// Reads what the plan's `replay:` buses play.
[[nodiscard]] messages::expected<std::map<std::string, bus::can::recording, std::less<>>>
load_recordings(const site::plan& plan);

/// Time passes in steps of this; racks and devices live on the same grid.
inline constexpr std::int64_t step_us = actors::simulator::slot_us;
/// Where virtual time starts: a monotonic clock at zero hides mistakes.
inline constexpr messages::instant start_time{3'600'000'000, 1'767'225'600'000'000};
/// Where a site's time starts: where its recordings say so, that is there.
[[nodiscard]] messages::instant start_of(const site::plan& plan);

/// A node whose process ended runs again after this.
inline constexpr std::int64_t node_down_us = 1'000'000;

/// A whole site on virtual time: its nodes, the hub between them, its racks and its power
/// equipment. The same calls give the same bytes.
class simulated_site {
 public:
  /// The plan must outlive the site.
  simulated_site(const site::plan& plan, simulated_site_options options);
  ~simulated_site();
  simulated_site(const simulated_site&) = delete;
  simulated_site& operator=(const simulated_site&) = delete;

  /// Lets `step_us` pass: racks and lines speak, actors act, the hub delivers.
  void step();
  [[nodiscard]] messages::instant now() const;

  /// Lays something over what a rack reports, from the next step on. False: no
  /// such rack, point or index.
  bool set(std::string_view rack, std::string_view point, std::optional<std::uint32_t> index,
           actors::simulator::override_kind kind, double value);
  /// The same of power equipment. False: no such device or point, or it refuses the value.
  bool set(const equipment_overlay& what);
  /// The same of an inverter on a CAN bus. False: no such simulated inverter.
  bool set(const inverter_overlay& what);
  /// A simulated inverter on a CAN bus, with what it was told; nullptr: there is none.
  [[nodiscard]] const actors::simulator::can_inverter_model* inverter(std::string_view name) const;
  /// The same of a digital input.
  void set(const digital_overlay& what);
  /// What the output lines of a [[digital]] were driven to last, in their order; empty: nothing
  /// yet.
  [[nodiscard]] std::vector<bool> driven(const std::string& digital) const;
  /// Ends a node as SIGKILL ends its process, and starts it again after `down_us`, with its
  /// journal. False: no such node, or it is down.
  bool kill(std::string_view node, std::int64_t down_us = node_down_us);
  /// Says a command as an operator would, in the next step; its result comes
  /// among the messages.
  void send(messages::command command);

  /// Events, results and health of all nodes since this was last asked, as the
  /// hub delivered them.
  [[nodiscard]] std::vector<messages::message> take_messages();
  /// The newest value of every point.
  [[nodiscard]] const messages::points::point_table& points() const;
  /// Nobody asks for points any more: they stay as they are, and telemetry goes by undecoded.
  void leave_points();
  /// Every piece of power equipment has been read often enough to count as running.
  [[nodiscard]] bool equipment_read() const;
  /// Modbus answers that came after their request was given up.
  [[nodiscard]] std::uint64_t late_answers() const;
  /// Names of nodes whose supervisor gave up.
  [[nodiscard]] std::vector<std::string> failed_nodes() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace voltaic::nodes::simulate
