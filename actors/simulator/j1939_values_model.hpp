#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/equipment_model.hpp"

namespace voltaic::actors::simulator {

/// How the contactors stand, by its number in HVESSS1 (SPN "bus connection status").
enum class bus_connection : std::uint8_t { open = 0, precharging = 1, closed = 2, error = 14 };

/// What a simulated J1939 battery measures, what a scenario lays over it, and how its groups have
/// it. Numbers of groups and scales are written down here a second time (SAE J1939-71 and the
/// table of docs/simulator.md), so that the battery checks a profile instead of repeating its
/// mistakes. Current is positive on discharge here, and on the wire the other way round.
class j1939_battery_values {
 public:
  static constexpr std::size_t cells = 16;
  static constexpr std::size_t temperatures = 8;

  /// What is no measurement of the cells, for HVESSD6 and HVESSS1.
  struct status {
    double bus_v = 0; ///< behind the contactors
    bus_connection connection = bus_connection::open;
    bool is_faulty = false;
  };

  /// It is `now_us`; the first call only starts its clock.
  void step(std::int64_t now_us);
  /// See `pack_model::set`; false: no such value, or one that its group cannot carry.
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         equipment_effect effect, double value);
  /// Limits by a master, in A, at most what a raw number of 0.1 A says; what is left out stays.
  void limit(std::optional<double> charge_a, std::optional<double> discharge_a);
  /// Limits of masters are forgotten.
  void forget_limits();

  /// All cells in series, whatever is measured.
  [[nodiscard]] double voltage_v() const;
  [[nodiscard]] double soc_percent() const { return soc_percent_; }
  [[nodiscard]] bool is_interlock_open() const;
  /// What the group says; nothing: it is none of these. 8 bytes, or as many as its list needs.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> payload(std::uint32_t pgn,
                                                                 const status& now) const;

 private:
  enum class origin : std::uint8_t { physics, laid, not_available, error };
  /// What lies over a measurement.
  struct overlay {
    origin from = origin::physics;
    double value = 0;
  };
  /// What is reported: a value, or one of the two that are none.
  struct reading {
    double value = 0;
    origin from = origin::physics;
    [[nodiscard]] bool is_valid() const { return from == origin::physics || from == origin::laid; }
  };
  struct extremes {
    reading highest, lowest, average;
  };
  /// A point with the range that its groups can carry.
  struct place {
    std::span<overlay> elements;
    double minimum = 0;
    double maximum = 0;
  };

  [[nodiscard]] std::optional<place> find(std::string_view point);
  [[nodiscard]] static reading read(const overlay& over, double physical);
  [[nodiscard]] static extremes extremes_of(std::span<const reading> of);
  [[nodiscard]] static std::uint64_t raw(const reading& of, double steps, double offset,
                                         std::size_t bytes);
  [[nodiscard]] double current_a() const;
  [[nodiscard]] double cell_v(std::size_t cell) const;
  [[nodiscard]] std::array<reading, cells> read_cells() const;
  [[nodiscard]] std::array<reading, temperatures> read_temperatures() const;
  [[nodiscard]] double charge_limit_a() const;
  [[nodiscard]] double discharge_limit_a() const;
  void put_power(std::span<std::uint8_t> to) const;
  void put_charge(std::span<std::uint8_t> to) const;
  void put_warmth(std::span<std::uint8_t> to) const;
  void put_limits(std::span<std::uint8_t> to) const;
  void put_status(std::span<std::uint8_t> to, const status& now) const;

  std::optional<std::int64_t> last_us_;
  double soc_percent_ = 50;
  std::optional<double> charge_limit_set_a_;
  std::optional<double> discharge_limit_set_a_;

  std::array<overlay, cells> cell_voltage_{};
  std::array<overlay, temperatures> cell_temperature_{};
  overlay voltage_, current_, soc_, soh_, charge_limit_, discharge_limit_, interlock_;
};

} // namespace voltaic::actors::simulator
