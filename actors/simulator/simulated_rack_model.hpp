#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/cell_pack_model.hpp"
#include "actors/simulator/rack_controller_model.hpp"
#include "actors/simulator/rack_values_model.hpp"
#include "actors/simulator/random_sequence.hpp"
#include "messages/can/frame.hpp"
#include "messages/profiles/remap.hpp"

namespace voltaic::actors::simulator {

/// The grid on which a rack works and speaks.
inline constexpr std::int64_t slot_us = 10'000;

/// How a simulated rack differs from the next one. Currents in A.
struct rack_options {
  std::uint32_t id_offset = 0;                    ///< added to every identifier
  messages::profiles::id_translation identifiers; ///< or what a bridge makes of them
  std::int64_t phase_us = 0;             ///< the first frames come this much after the first step
  std::int64_t cell_period_us = 200'000; ///< how often all cells are sent; whole slots
  /// Cells and temperatures are spread over their periods, as on a real bus; else
  /// each scan comes at once (virtual time).
  bool spread = true;
  /// Cells, temperatures, voltage and current are measured with an error of up
  /// to one step of their resolution.
  bool noise = false;
  std::uint64_t noise_seed = 1;
  double charge_current_limit_a = 140;
  double discharge_current_limit_a = 140;
  double insulation_kohm = 5'000; ///< of a sound rack
  double soh_percent = 97.5;      ///< of one that was used for a while
  cell_pack_model::options pack;
  rack_controller_model::options controller;
};

/// The first and the last of what a rack is sent, before the offset: orders and limits.
inline constexpr std::uint32_t first_order_id = 0x080;
inline constexpr std::uint32_t last_order_id = 0x083;

/// One simulated rack of 30 modules with 16 cells and 8 temperatures each, as
/// it behaves on a CAN bus. It knows neither clock nor bus: the same steps give
/// the same frames. A module whose fault flags are set measures nothing: its
/// cells and temperatures are sent as invalid, and so are its limits.
class simulated_rack_model {
 public:
  explicit simulated_rack_model(const rack_options& options);

  /// It is `now_us`, and these frames arrived since the last step (stamped on
  /// the same timeline; foreign identifiers are ignored). What the rack sends now.
  [[nodiscard]] std::vector<messages::can::frame> step(
      std::int64_t now_us, std::span<const messages::can::frame> received);

  /// Lays a value, a defect or silence over what the rack reports, from the
  /// next step on. `index` empty: all elements. False: no such point or index.
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         override_kind kind, double value = 0) {
    return values_.set(point, index, kind, value);
  }

  /// Damages a contactor, or mends it, from the next step on.
  void harm(rack_controller_model::contactor which, rack_controller_model::damage what) {
    controller_.harm(which, what);
  }
  /// Something on its DC bus keeps a precharge from its end, from the next step on.
  void load_bus(bool is_loaded) { controller_.load_bus(is_loaded); }

  /// What others make of the DC bus that it shares with them, for the next steps.
  void share(const std::optional<live_bus>& others) { others_ = others; }
  /// Its voltage while it is joined to that bus.
  [[nodiscard]] std::optional<double> joined_v() const {
    return controller_.conducting() ? std::optional(pack_.voltage_v()) : std::nullopt;
  }

  /// What flows through it, whatever its sensor shows; positive on discharge.
  [[nodiscard]] double current_a() const;

  [[nodiscard]] const rack_controller_model& controller() const { return controller_; }
  [[nodiscard]] const cell_pack_model& pack() const { return pack_; }

 private:
  class frame_writer;
  void take(const messages::can::frame& item, std::int64_t now_us);
  void speak(std::int64_t slot, std::int64_t now_us);
  void send_status(std::int64_t now_us);
  void send_values();
  void send_limits();
  void send_cells(std::uint32_t block);
  void send_temperatures(std::uint32_t block);
  void send_module(std::uint32_t module);
  void send_air();
  void send_terminals();
  void send_insulation();
  void send(const frame_writer& item);
  [[nodiscard]] bool is_faulted(std::uint32_t module) const;
  /// What a module lets flow, unless a trace says otherwise.
  [[nodiscard]] double module_limit_a(quantity what, std::uint32_t module) const;
  /// The smaller of what was set and what all modules let flow.
  [[nodiscard]] double limit_a(quantity what, double set_a) const;
  /// A physical value as it is measured.
  [[nodiscard]] double measured(double value, double resolution);

  rack_options options_;
  std::int64_t cell_slots_; ///< of a period
  cell_pack_model pack_;
  rack_controller_model controller_;
  std::optional<live_bus> others_;
  rack_values_model values_;
  random_sequence noise_;
  double charge_limit_a_;
  double discharge_limit_a_;
  std::optional<std::int64_t> start_us_;
  std::int64_t last_us_ = 0;
  std::int64_t next_slot_ = 0;
  std::vector<messages::can::frame> out_;
};

} // namespace voltaic::actors::simulator
