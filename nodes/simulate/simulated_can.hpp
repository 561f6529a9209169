#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/simulator/can_inverter_model.hpp"
#include "actors/simulator/pack_model.hpp"
#include "actors/simulator/simulated_rack_model.hpp"
#include "bus/can/port.hpp"
#include "bus/can/replay/recording.hpp"
#include "bus/can/replay/timeline.hpp"
#include "messages/time.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::simulate {

/// How the racks of a site are simulated.
struct simulated_can_options {
  std::uint64_t seed = 1;
  bool noise = false; ///< racks measure with errors and have weak cells, by the seed
};

/// What is on the CAN buses of a site: racks and inverters that are simulated, or what was
/// recorded. The same calls give the same frames.
class simulated_can {
 public:
  using recordings = std::map<std::string, bus::can::recording, std::less<>>;
  /// Hears what was said on a bus: those whom the plan has on it.
  using hearer =
      std::function<void(const std::vector<const site::device*>& devices,
                         const std::vector<const site::inverter*>& links, bus::can::batch said)>;

  /// The plan must outlive it. Buses that `played` has are played from there.
  simulated_can(const site::plan& plan, simulated_can_options options, recordings& played,
                messages::instant now);

  /// Takes a frame of an actor, for the next step. False: no such bus, or it is played.
  bool take(std::string_view bus, const messages::can::frame& frame, std::int64_t now_us);
  /// All that is said until now, bus by bus.
  void step(messages::instant now, const hearer& hear);

  /// Lays something over what a rack reports. False: no such rack, point or index.
  bool set(std::string_view rack, std::string_view point, std::optional<std::uint32_t> index,
           actors::simulator::override_kind kind, double value);
  /// The same of an inverter. False: none of that name is simulated.
  /// Of a pack; false: there is none of this name, or it knows no such thing.
  bool set(const equipment_overlay& what);
  bool set(const inverter_overlay& what);
  /// What flows through a rack, whatever it shows; nothing: it is not simulated.
  [[nodiscard]] std::optional<double> carried_a(std::string_view rack) const;
  /// What flows through the racks behind a simulated inverter of this name.
  void carry(std::string_view inverter, double current_a);
  /// By its name, or nullptr.
  [[nodiscard]] const actors::simulator::can_inverter_model* inverter(std::string_view name) const;

 private:
  struct playing_pack {
    std::string name; ///< of its device
    std::unique_ptr<actors::simulator::pack_model> model;
    std::vector<messages::can::frame> said; ///< in its last step, for the others to hear
  };
  struct can_bus {
    std::vector<const site::device*> devices;
    /// By the rack's name.
    std::vector<std::pair<std::string, actors::simulator::simulated_rack_model>> racks;
    std::vector<const site::inverter*> links;
    /// By the inverter's name.
    std::vector<std::pair<std::string, actors::simulator::can_inverter_model>> inverters;
    std::vector<playing_pack> packs;
    std::vector<messages::can::frame> sent; ///< by the actors, not yet heard by the racks
    std::optional<bus::can::replay_timeline> recorded; ///< is played instead of racks
    std::int64_t utc_offset_us = 0;
  };
  /// A rack's place on the DC bus that it shares.
  struct dc_place {
    actors::simulator::dc_bus_model* bus = nullptr;
    std::size_t place = 0;
  };

  void open(const site::can_bus& described, recordings& played, messages::instant now);
  void place(const site::device& device);
  void place(const site::inverter& inverter);
  bus::can::batch say(can_bus& bus, messages::instant now);
  /// Packs hear the actors and each other, the latter a step later.
  static void step_packs(can_bus& bus, const std::vector<messages::can::frame>& sent,
                         std::int64_t now_us, std::vector<messages::can::frame>& heard);

  const site::plan& plan_;
  simulated_can_options options_;
  std::map<std::string, can_bus, std::less<>> buses_;
  std::map<std::string, actors::simulator::dc_bus_model> dc_buses_;
  std::map<std::string, dc_place> sharing_; ///< by rack
};

} // namespace voltaic::nodes::simulate
